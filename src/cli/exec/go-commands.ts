import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { flagsOf } from '../../lockfiles/go/settings/index.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';

/** Commands of go that take modules from elsewhere than go.sum, or write it. */
const RESOLVES: readonly string[] = ['get', 'work', 'bug', 'fix'];
const RESOLVES_MOD: readonly string[] = ['tidy', 'init', 'edit'];
/** Flags that lead a command to other modules, or let it write go.mod and go.sum. */
const FLAGS: readonly string[] = ['modfile', 'C', 'modcacherw', 'overlay'];

/**
 * Why a command of go must not run after the audit of these files; null where it builds from an audited go.sum, and for
 * every other program.
 */
export function whyNotGo(line: readonly string[], audited: readonly string[], io: Io): string | null {
  const [program = '', verb = '', ...rest] = line;
  if (!/^(?:.*[/\\])?go(?:\.exe)?$/.test(program)) return null;
  const what = escapeText(line.join(' '), 200);
  const words = rest.filter((word) => !word.startsWith('-'));
  const isVersioned = (verb === 'install' || verb === 'run') && words.some((word) => word.includes('@'));
  const resolves = RESOLVES.includes(verb) || (verb === 'mod' && RESOLVES_MOD.includes(words[0] ?? ''));
  if (resolves || isVersioned) {
    return `${what} may take modules that go.sum does not name yet: run it by itself, then audit what it locked`;
  }
  const flags = new Map([...flagsOf(io.env['GOFLAGS'] ?? ''), ...givenFlags([verb, ...rest])]);
  const flag = [...FLAGS.filter((name) => flags.has(name)), ...(flags.get('mod') === 'mod' ? ['mod=mod'] : [])][0];
  if (flag !== undefined) return `${what} is given -${flag}, with which go takes other modules than those of go.sum`;
  const root = moduleRoot(io.cwd);
  if (root === null || audited.includes(join(root, 'go.sum'))) return null;
  // A module without dependencies has no go.sum.
  return existsSync(join(root, 'go.sum')) ? `${what} builds from a go.sum that was not audited` : null;
}

/** Flags before `--`; of one without `=`, the value is the word that follows. */
function givenFlags(words: readonly string[]): ReadonlyMap<string, string> {
  const end = words.indexOf('--');
  const flags = new Map<string, string>();
  for (const [i, word] of words.slice(0, end === -1 ? undefined : end).entries()) {
    const [, name, value] = /^--?([a-zA-Z][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name !== undefined) flags.set(name, value ?? words[i + 1] ?? '');
  }
  return flags;
}

function moduleRoot(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'go.mod'))) return at;
    if (at === dirname(at)) return null;
  }
}
