import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nameOf as settingOf } from '../../../lockfiles/settings/names.ts';
import { isKnown } from '../../../lockfiles/settings/tables.ts';
import type { NodeManager } from '../../../model/dependency.ts';
import { manifestFields } from '../../../readers/manifest.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { folderOf, nodeCommand } from '../../exec/node.ts';
import { takeApart, type NodeCommand } from '../../exec/node-words.ts';
import { refuse, verbIn, words } from '../../exec/programs/grammar.ts';
import type { Installer, NodeProgram } from '../../exec/programs/node.ts';
import { demandKnown, nameOf, withoutVersion } from '../../exec/started.ts';
import type { Io } from '../../io.ts';
import { managerOf } from '../../project/manager-config.ts';
import { demandFile } from '../../user-files.ts';
import { demandPlain, demandSameVariables, refuseProgram, type GateCommand, type Reading } from '../common/kind.ts';
import { nodeClient } from './client.ts';

/** Package managers whose ways to the gate are known. */
const AT_GATE: readonly Installer[] = ['npm', 'pnpm', 'yarn', 'bun'];

/** Commands that write to the registry, of one word or two, by the word that says so where npm takes its beginning. */
const WRITES = new Set(
  words(`publish unpublish deprecate undeprecate dist-tag dist-tags tag access owner author team token login adduser
    add-user logout profile org ogr hook star unstar stage trust`),
);
/** Those of a settings file. */
const SETS = /^(?:(?:config|c) (?:set|edit|delete|rm|del|unset|fix)|set)$/;

/** Options that say who is asked, or name a file that does: those have no say at the gate. */
const LEADING: Readonly<Record<Installer, readonly string[]>> = {
  npm: ['registry', 'reg', 'userconfig', 'globalconfig', 'replace-registry-host'],
  pnpm: ['registry', 'userconfig', 'globalconfig', 'npmrc-auth-file', 'config-dir'],
  yarn: ['registry', 'use-yarnrc', 'rc-filename', 'userconfig', 'globalconfig'],
  bun: ['registry', 'config', 'c'],
  vlt: [],
};

/** Reads a command of npm, pnpm, Yarn or Bun. Throws UsageError. */
export function nodeAtGate(reading: Reading): GateCommand {
  const { started, shown, io, inner } = reading;
  const { args } = started;
  const program = started.program as NodeProgram;
  if (!AT_GATE.includes(program.installer)) refuseProgram(program.name, shown);
  const at = demandPlain(reading);
  demandSameVariables(reading);
  const command = program.isRunner ? takeApart(program, args, true) : nodeCommand(started, io);
  demandNoLeading(command, program, shown);
  const does = program.isRunner ? 'runs' : doesOf(command, program, shown);
  if (does === 'runs') {
    const [name = '', ...rest] = program.isRunner ? wordsBehind(command.verb, args) : runBy(command, args);
    const own = nameOf(withoutVersion(name));
    const found = name === '' ? null : inner([own, ...rest], started);
    if (found !== null) return found;
  }
  demandKnown(started);
  const start = resolve(io.cwd, started.within ?? '.', command.folder ?? '.');
  const folder = folderOf(command, start, { ...io.env, ...started.env });
  const wanted = packageManagerIn(folder);
  const manager = managerIn(folder, program.installer, wanted, io);
  return { manager, folder, at, client: (context) => nodeClient({ manager, folder, wanted, at }, context) };
}

/** Throws UsageError for an option that leads the package manager elsewhere. */
function demandNoLeading({ settings }: NodeCommand, { name, installer, options }: NodeProgram, what: string): void {
  const leading = LEADING[installer];
  const own = words(options);
  const leads = (key: string): boolean =>
    leading.includes(settingOf(installer, key)) ||
    leading.includes(key) ||
    /^@.*:registry$|^registries(?:$|\.)/.test(key) ||
    // npm takes the beginning of an option for it.
    (installer === 'npm' && !isKnown('npm', key) && !own.includes(key) && leading.some((one) => one.startsWith(key)));
  const found = settings.find(([key]) => key !== '' && leads(key));
  if (found === undefined) return;
  refuse(
    `--${escapeText(found[0], 80)} would lead ${name} past the gate: write the registry into the settings of ${name}, where assay reads it; not run: ${what}`,
  );
}

/** What a command does; "plain" of a script. Throws UsageError for those that the gate answers nothing. */
function doesOf({ verb, names }: NodeCommand, program: NodeProgram, what: string): string {
  const { name, installer, grammar } = program;
  const pair = `${verb} ${names[0] ?? ''}`.trim();
  const of = installer === 'yarn' && verb === 'npm' ? (names[0] ?? '') : verb;
  const row = verbIn(grammar, pair) ?? verbIn(grammar, verb);
  const isWrite = (word: string): boolean =>
    WRITES.has(word) && (installer !== 'npm' || row !== null || word !== 'tag');
  // npm takes the beginning of a command for it.
  const begun = installer === 'npm' && row === null && verb !== '' && [...WRITES].some((word) => word.startsWith(verb));
  if (isWrite(of) || begun) {
    refuse(
      `${name} ${escapeText(pair, 80)} writes to the registry, which the gate does not: run it without the gate; not run: ${what}`,
    );
  }
  if (SETS.test(pair) || SETS.test(verb)) {
    refuse(
      `${name} ${escapeText(pair, 80)} changes settings, and may lead past the gate: run it without the gate; not run: ${what}`,
    );
  }
  return row?.does ?? 'plain';
}

/** The words of another program behind a command that runs one. */
function runBy({ verb }: NodeCommand, args: readonly string[]): readonly string[] {
  const rest = args.slice(args.indexOf(verb) + 1);
  const first = rest.findIndex((word) => !word.startsWith('-'));
  return first === -1 ? [] : rest.slice(first);
}

function wordsBehind(verb: string, args: readonly string[]): readonly string[] {
  return verb === '' ? [] : args.slice(args.indexOf(verb));
}

/** Of the two Yarns the one that a project is made for. */
function managerIn(folder: string, installer: Installer, wanted: string, io: Io): NodeManager {
  if (installer !== 'yarn') return installer;
  if (wanted.startsWith('yarn@')) return /^yarn@1(?!\d)/.test(wanted) ? 'yarn-classic' : 'yarn';
  const lockfile = join(folder, 'yarn.lock');
  demandFile(lockfile);
  const isWritten = existsSync(lockfile) && readFileSync(lockfile, 'utf8').trim() !== '';
  if (isWritten) return managerOf(lockfile);
  const rc = io.env['YARN_RC_FILENAME'] ?? '.yarnrc.yml';
  return [folder, io.env['HOME'] ?? folder].some((each) => existsSync(join(each, rc))) ? 'yarn' : 'yarn-classic';
}

function packageManagerIn(folder: string): string {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return '';
  demandFile(path);
  const { packageManager } = manifestFields(path, readFileSync(path, 'utf8'), 'npm');
  return typeof packageManager === 'string' ? packageManager : '';
}
