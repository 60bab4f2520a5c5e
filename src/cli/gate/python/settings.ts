import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { normalise } from '../../../ecosystems/conventions/pypi-names.ts';
import { readRequirementLines } from '../../../lockfiles/pypi/requirement-lines.ts';
import { withoutCredentials } from '../../../model/address.ts';
import { tableOf } from '../../../readers/toml-tables.ts';
import { parseToml } from '../../../readers/toml.ts';
import { parseIni } from '../../../registries/pypi/config/ini.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { refuse, words } from '../../exec/programs/grammar.ts';
import type { Program } from '../../exec/programs/program.ts';
import { fits } from '../../exec/variables.ts';
import type { Io } from '../../io.ts';
import { pipFiles, uvFiles } from '../../project/pypi-source.ts';
import { shownPath } from '../../user-files.ts';

/** More than any project has. */
const MAX_FILES = 1000;
/** Of a requirements file, what says who is asked: pip takes these before everything that it is told otherwise. */
const IN_FILES = new Set(['--index-url', '--pypi-url', '--extra-index-url', '--find-links', '--no-index']);

/** Throws UsageError for a setting that would lead an installer past the gate. */
type Lead = (by: string) => never;

/** Demands that nothing in the environment leads pip or uv elsewhere, but for what names the one index. */
export function demandVariables({ variables }: Program, env: Io['env'], lead: Lead): void {
  const { read, harmless, own } = variables;
  for (const [name, value = ''] of Object.entries(env)) {
    if (value === '' || !read.test(name)) continue;
    const isKnown = [harmless, own].some((table) => fits(table, read, name, value));
    if (!isKnown || /^PIP_(?:FIND_LINKS|PROXY|NO_INDEX)$/i.test(name))
      lead(`${escapeText(name, 80)} (the environment)`);
  }
}

/** The same of the files of pip. `program` is how it is called: one of an environment has a file of its own there. */
export function demandPipFiles(program: string, io: Io, lead: Lead): void {
  const own = /[/\\]/.test(program) ? join(dirname(dirname(resolve(io.cwd, program))), 'pip.conf') : '';
  const beside = own !== '' && existsSync(own) ? [{ path: shownPath(own, io), text: readFileSync(own, 'utf8') }] : [];
  for (const { path, text } of [...pipFiles(io), ...beside]) {
    for (const [section, options] of parseIni(text)) {
      if (!/^(?:DEFAULT|global|install|download|wheel|lock)$/.test(section)) continue;
      for (const [name, { value, line }] of options) {
        const isBeside = beside.some((one) => one.path === path) && /^(?:extra-)?index-url$/.test(name);
        if (value !== '' && (isBeside || words('find-links proxy isolated no-index pypi-url').includes(name))) {
          lead(`${name} of ${escapeText(path, 200)}:${line}`);
        }
      }
    }
  }
}

/** The same of the files of uv. */
export function demandUvFiles(folder: string, io: Io, lead: Lead): void {
  const { project, settings } = uvFiles(folder, io);
  for (const { path, text } of [...(project === null ? [] : [project]), ...settings]) {
    const { root } = parseToml(path, text, 'uv stops at it, too');
    const table = path.endsWith('pyproject.toml') ? tableOf(tableOf(root.get('tool')).get('uv')) : root;
    const found = words('find-links http-proxy').find((name) => table.has(name));
    const pip = tableOf(table.get('pip'));
    const ofPip = words('find-links extra-index-url index-url no-index').find((name) => pip.has(name));
    if (found !== undefined) lead(`${found} of ${escapeText(path, 200)}`);
    if (ofPip !== undefined) lead(`pip.${ofPip} of ${escapeText(path, 200)}`);
  }
}

/** Names that files of requirements ask for. Throws UsageError where one leads elsewhere, or cannot be seen. */
export function namesInFiles(files: readonly string[], folder: string, io: Io, lead: Lead): ReadonlySet<string> {
  const names = new Set<string>();
  const queue = files.map((file) => ({ file, from: folder }));
  for (const { file, from } of queue) {
    if (queue.length > MAX_FILES) refuse(`these requirements include more than ${MAX_FILES} files`);
    const path = resolve(from, file);
    const shown = escapeText(shownPath(path, io), 200);
    if (/^[a-z][a-z0-9+.-]+:/i.test(file)) lead(`what ${escapeText(file, 200)} says of indexes`);
    if (!existsSync(path) || /\.(?:toml|cfg|py)$/.test(path)) continue;
    for (const { line, requirement, options } of readRequirementLines(shown, readFileSync(path, 'utf8'))) {
      const found = options.find(({ name }) => IN_FILES.has(name));
      if (found !== undefined) {
        lead(`${found.name} ${escapeText(withoutCredentials(found.value), 120)}`.trim() + ` of ${shown}:${line}`);
      }
      const name = nameOf(requirement);
      if (name !== null) names.add(name);
      const included = options.filter((one) => one.name === '--requirement' || one.name === '--constraint');
      queue.push(...included.map(({ value }) => ({ file: value, from: dirname(path) })));
    }
  }
  return names;
}

/** The name that a requirement begins with, normalised; null for what has none. */
export function nameOf(requirement: string): string | null {
  const [name] = /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?=\s*(?:[[<>=!~;@(,]|$))/.exec(requirement) ?? [];
  return name === undefined ? null : normalise(name);
}
