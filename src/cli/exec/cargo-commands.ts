import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { workspaceAbove } from '../project/cargo-project.ts';

/** Commands of cargo that take crates from elsewhere than Cargo.lock, or write it. */
const RESOLVES: readonly string[] = ['add', 'remove', 'rm', 'update', 'generate-lockfile', 'install', 'init', 'new'];
/** Commands that build and fetch nothing. */
const PLAIN: readonly string[] = ['', 'help', 'version', 'clean', 'fmt', 'locate-project', 'login', 'logout', 'search'];
/** Flags that lead a command to another project, or to settings that the audit did not read. */
const FLAGS: readonly string[] = ['--config', '--manifest-path', '--lockfile-path', '-C', '-Z'];

/**
 * Why a command of cargo must not run after the audit of these files; null where it builds from an audited Cargo.lock
 * and from nothing else, and for every other program.
 */
export function whyNotCargo(line: readonly string[], audited: readonly string[], io: Io): string | null {
  const [program = '', ...all] = line;
  if (!/^(?:.*[/\\])?cargo(?:\.exe)?$/.test(program)) return null;
  const what = escapeText(line.join(' '), 200);
  const end = all.indexOf('--');
  const words = (end === -1 ? all : all.slice(0, end)).filter((word) => !word.startsWith('+'));
  const flag = FLAGS.find((name) =>
    words.some((word) => word === name || word.startsWith(`${name}=`) || (name.length === 2 && word.startsWith(name))),
  );
  if (flag !== undefined) return `${what} is given ${flag}, with which cargo builds something else than was audited`;
  const verb = words.find((word) => !word.startsWith('-')) ?? '';
  if (RESOLVES.includes(verb)) {
    return `${what} may take crates that Cargo.lock does not name yet: run it by itself, then audit what it locked`;
  }
  if (PLAIN.includes(verb)) return null;
  if (!words.includes('--locked') && !words.includes('--frozen')) {
    return `${what} may take crates that Cargo.lock does not name: tell it --locked`;
  }
  const root = projectRoot(io);
  if (root === null || audited.includes(join(root, 'Cargo.lock'))) return null;
  return existsSync(join(root, 'Cargo.lock')) ? `${what} builds from a Cargo.lock that was not audited` : null;
}

/** The folder whose Cargo.lock is used; null where there is no Cargo.toml. */
function projectRoot(io: Io): string | null {
  for (let at = io.cwd; ; at = dirname(at)) {
    if (existsSync(join(at, 'Cargo.toml'))) return workspaceAbove(at, io)?.folder ?? at;
    if (at === dirname(at)) return null;
  }
}
