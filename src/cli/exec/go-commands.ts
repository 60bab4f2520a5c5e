import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { goSettingsIn } from '../project/go-source.ts';
import { shownPath } from '../user-files.ts';
import { readCommands, type GoCommand } from './command-words.ts';

/** Commands of go that take modules from elsewhere than go.sum, or write it. */
const RESOLVES: readonly string[] = ['get', 'work', 'bug', 'fix'];
const RESOLVES_MOD: readonly string[] = ['tidy', 'init', 'edit'];
/** Those that take a module at a version, whatever go.sum has. */
const VERSIONED: readonly string[] = ['install', 'run', 'mod'];
/** Flags that lead a command to other modules, or let it write go.mod and go.sum. */
const FLAGS: readonly string[] = ['modfile', 'C', 'modcacherw', 'overlay', 'toolexec'];
/** Variables that decide which files the go command reads; the audit reads those of its own environment. */
const VARIABLES: readonly string[] = ['GO111MODULE', 'GOENV', 'GOWORK'];

/**
 * Why a command line must not run after the audit of these files; null where each command of go in it builds from an
 * audited go.sum, and where there is none.
 */
export function whyNotGo(line: readonly string[], audited: readonly string[], io: Io): string | null {
  const commands = readCommands(line).flatMap((read) => ('go' in read ? [read] : []));
  for (const command of commands) {
    const why = whyNot(command, audited, io);
    if (why !== null) return why;
  }
  return null;
}

function whyNot(
  { go: [verb = '', ...rest], within, env }: GoCommand,
  audited: readonly string[],
  io: Io,
): string | null {
  const what = escapeText(['go', verb, ...rest].join(' '), 200);
  const words = rest.filter((word) => !word.startsWith('-'));
  const isVersioned = VERSIONED.includes(verb) && words.some((word) => word.includes('@'));
  const resolves = RESOLVES.includes(verb) || (verb === 'mod' && RESOLVES_MOD.includes(words[0] ?? ''));
  if (resolves || isVersioned) {
    return `${what} may take modules that go.sum does not name yet: run it by itself, then audit what it locked`;
  }
  const given = givenFlags([verb, ...rest]);
  if (verb === 'env' && (given.has('w') || given.has('u'))) return `${what} changes settings that the audit read`;
  const variable = VARIABLES.find((name) => env[name] !== undefined && env[name] !== (io.env[name] ?? ''));
  if (variable !== undefined) {
    return `${variable} is a setting that the audit did not read: set it for assay exec, and not for ${what} alone`;
  }
  const settings = goSettingsIn({ ...io, env: { ...io.env, ...env } });
  const flags = new Map([...settings.flags, ...given]);
  const flag = [...FLAGS.filter((name) => flags.has(name)), ...(flags.get('mod') === 'mod' ? ['mod=mod'] : [])][0];
  if (flag !== undefined) return `${what} is given -${flag}, with which go takes other modules than those of go.sum`;
  if ((io.env['GO111MODULE'] ?? '') === 'off') return `GO111MODULE=off makes ${what} read no go.sum`;
  if (/[$~*?]/.test(within ?? '')) {
    return `in which folder ${what} runs cannot be seen (${escapeText(within ?? '', 80)}): write the folder out`;
  }
  return whyNotAudited(what, resolve(io.cwd, within ?? '.'), settings.work, audited, io);
}

/** A workspace is built from the sums of its folder; a module without dependencies has none. */
function whyNotAudited(what: string, folder: string, work: string, audited: readonly string[], io: Io): string | null {
  const workFile = work === 'auto' ? above(folder, 'go.work') : work === 'off' ? null : resolve(folder, work);
  const ofWork = workFile === null ? [] : ['go.sum', 'go.work.sum'].map((name) => join(dirname(workFile), name));
  const module = above(folder, 'go.mod');
  const ofModule = module === null ? [] : [join(dirname(module), 'go.sum')];
  const there = [ofWork, ofModule].map((files) => files.filter((file) => existsSync(file)));
  const read = there.find((files) => files.length > 0) ?? [];
  if (read.length === 0 || read.some((file) => audited.includes(file))) return null;
  return `${what} builds from ${escapeText(shownPath(read[0] ?? '', io), 200)}, which was not audited`;
}

/** Flags before `--`; of one without `=`, the value is the word that follows. */
function givenFlags(words: readonly string[]): ReadonlyMap<string, string> {
  const end = words.indexOf('--');
  const flags = new Map<string, string>();
  for (const [i, word] of words.slice(0, end === -1 ? undefined : end).entries()) {
    const [, name, value] = /^--?([a-zA-Z][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    // go stops at the first word that is none; a refused value counts wherever it stands.
    if (name !== undefined && flags.get(name) !== 'mod') flags.set(name, value ?? words[i + 1] ?? '');
  }
  return flags;
}

/** The nearest file of this name in a folder or above it. */
function above(folder: string, name: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, name))) return join(at, name);
    if (at === dirname(at)) return null;
  }
}
