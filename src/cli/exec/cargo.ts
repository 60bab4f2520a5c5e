import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { cargoConfig, settingIn } from '../project/cargo-config.ts';
import { hasFingerprints, OUTPUT_VARIABLES } from '../project/cargo-output.ts';
import { workspaceAbove } from '../project/cargo-project.ts';
import { isInRepository } from '../project/stores.ts';
import { demandAudited, demandPlace, type Check } from './check.ts';
import { readCommand, refuse, refuseUnlocked, words } from './programs/grammar.ts';

/**
 * Commands that no alias of Cargo's settings can replace; `b`, `c`, `d`, `r`, `t` and those of other programs it can
 * (https://doc.rust-lang.org/cargo/reference/config.html#alias).
 */
const BUILTIN: ReadonlySet<string> = new Set(
  words(`build check doc rustc rustdoc test bench run fetch tree metadata vendor package clean help version
    locate-project search login logout owner yank report pkgid install publish`),
).add('');

/** Commands that build what they pack (https://doc.rust-lang.org/cargo/commands/cargo-package.html). */
const PACKAGES: readonly string[] = ['package', 'publish'];

/** Demands that a command of cargo builds from an audited Cargo.lock, and from nothing else. */
export const checkCargo: Check = async (started, held) => {
  const { omit, io } = held;
  const { program, args } = started;
  // rustup takes a toolchain before everything else.
  const line = args.filter((word, at) => at > 0 || !word.startsWith('+'));
  const what = escapeText(['cargo', ...args].join(' '), 200);
  const { verb, does, given, names } = readCommand(program.grammar, 'cargo', line);
  const [first = ''] = verb.split(' ');
  const isOwn = BUILTIN.has(first);
  const toolchain = /^\+(.*)/s.exec(args[0] ?? '')?.[1] ?? io.env['RUSTUP_TOOLCHAIN'] ?? '';
  if (/[/\\]/.test(toolchain)) {
    const shown = escapeText(toolchain, 120);
    refuse(
      `${what} takes the toolchain of the folder ${shown}: name one that rustup installed (rustup toolchain link)`,
    );
  }
  if (does === 'plain' && isOwn) return null;
  const folder = await demandPlace(
    isOwn ? started : { ...started, through: [...started.through, `cargo-${first}`] },
    io,
  );
  if (!isOwn && settingIn(cargoConfig(folder, io), 'alias', first) !== null) {
    refuse(`${what} runs whatever the alias ${first} of Cargo's settings says: write that out`);
  }
  if (does === 'plain') return null;
  await demandNoOutput(what, given.get('--target-dir') ?? [], folder, { ...io.env, ...started.env });
  if (omit[0] !== undefined) {
    refuse(`${what} cannot be told to leave out ${omit[0]} dependencies, as Cargo locks all of them: leave out --omit`);
  }
  if (!given.has('--locked') && !given.has('--frozen')) {
    refuse(`${what} may take crates that Cargo.lock does not name, and write it: tell it --locked`);
  }
  if (verb === 'install' && names.length > 0) refuseUnlocked(what);
  if (PACKAGES.includes(verb) && !['--no-verify', '--list', '-l'].some((option) => given.has(option))) {
    refuse(
      `${what} builds the package from a Cargo.lock that Cargo makes anew for it, where dependencies by path are those of the registry: build first, then give it --no-verify`,
    );
  }
  const manifests = (given.get('--manifest-path') ?? []).map((path) => dirname(path));
  const [named = '.', ...others] = [...manifests, ...(given.get('--path') ?? [])];
  const place = resolve(folder, named);
  if (others.length > 0 || hasOtherConfig(place, folder)) {
    refuse(`${what} has settings of another folder than its project's, which alone the audit read: run it there`);
  }
  const root = projectRoot(place, io);
  if (root === null) return null;
  demandAudited(join(root, 'Cargo.lock'), what, held);
  return null;
};

/** Whether a project that is named has settings which Cargo does not read from here, or others than the audit read. */
function hasOtherConfig(place: string, folder: string): boolean {
  for (let at = place; at !== folder; at = dirname(at)) {
    if (at === dirname(at) || ['config.toml', 'config'].some((name) => existsSync(join(at, '.cargo', name))))
      return true;
  }
  return false;
}

/** Throws UsageError where a command builds into a folder of which the repository has what was built. */
async function demandNoOutput(what: string, given: readonly string[], folder: string, env: Io['env']): Promise<void> {
  const named = [...given, ...OUTPUT_VARIABLES.map((name) => env[name] ?? '')].filter((value) => value !== '');
  for (const value of named) {
    const place = resolve(folder, value);
    if (isInRepository(place, folder) && (await hasFingerprints(place))) {
      refuse(
        `${what} takes what the repository has in ${escapeText(value, 200)} for built, whatever the crates of Cargo.lock have: take it out of the repository`,
      );
    }
  }
}

/** The folder whose Cargo.lock is used; null where there is no Cargo.toml. */
export function projectRoot(folder: string, io: Io): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'Cargo.toml'))) return workspaceAbove(at, io)?.folder ?? at;
    if (at === dirname(at)) return null;
  }
}
