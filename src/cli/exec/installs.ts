import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { isUnshared } from '../../lockfiles/settings/effects.ts';
import type { NodeManager } from '../../model/dependency.ts';
import { npmProject } from '../../registries/npm/config/npmrc.ts';
import { escapeText } from '../../report/words/escape.ts';
import {
  readCommands,
  withVariableOptions,
  words,
  type GoCommand,
  type Installer,
  type ManagerCommand,
} from './command-words.ts';
import { partialOverrideIn } from '../../lockfiles/settings/partial-override.ts';
import { findAllLockfiles } from '../project/find.ts';
import type { Io } from '../io.ts';
import type { OptionName } from '../options.ts';
import { settingAgainst, shownSetting, unverified, useSettings } from '../project/not-used.ts';
import { shownPath } from '../user-files.ts';
import { manifestIn } from '../project/manifests.ts';
import { isOmittedBy } from './omitted.ts';
import { settingsOfVariables, unreadSetting } from './unread-settings.ts';

/** A lockfile that was audited. */
interface Audited {
  readonly path: string;
  readonly manager: NodeManager;
}

/** Verbs that install what the lockfile says. Those of npm that are not here and not in `NPM_RUNS` are not known. */
const INSTALLS: Readonly<Record<Installer, readonly string[]>> = {
  npm: words(
    'ci clean-install ic install-clean isntall-clean install i in ins inst insta instal isnt isnta isntal isntall add it',
    'install-test install-ci-test cit clean-install-test sit prune',
  ),
  pnpm: words('install i install-test it fetch ci clean-install ic install-clean'),
  yarn: ['', 'install'],
  bun: ['install', 'i', 'ci'],
  vlt: ['install', 'i', 'ci'],
};
/** npm's verbs that refuse a lockfile which does not match the project. */
const NPM_CLEAN = words('ci clean-install ic install-clean isntall-clean install-ci-test cit clean-install-test sit');
/** npm's verbs that install nothing. They are listed because npm accepts abbreviations and misspellings. */
const NPM_RUNS = words(
  'run run-script rum urn test tst t start stop restart rebuild rb version verison pack publish ls list ll la view v info',
  'show config c get set pkg prefix root bin whoami ping help outdated doctor explain why fund query sbom diff docs home',
  'search cache login logout adduser token owner access team org profile dist-tag dist-tags deprecate completion explore',
);
/** Verbs of the others, which take every other word for a script, that install what no lockfile names yet. */
const RESOLVES: Readonly<Record<Exclude<Installer, 'npm'>, readonly string[]>> = {
  pnpm: words(
    'add update up upgrade remove rm uninstall un import create deploy link ln unlink dislink dedupe env runtime rt',
    'self-update patch patch-commit patch-remove',
  ),
  yarn: words(
    'add upgrade upgrade-interactive up remove global create import link unlink dedupe set plugin policies patch init',
  ),
  bun: words('add a update remove rm link unlink create c init upgrade patch'),
  vlt: words('add update u uninstall rm un create init'),
};
/** Options of `assay exec` that no package manager has. */
const OWN_OPTIONS: readonly string[] = [
  'trusted-root',
  'tuf',
  'tuf-root',
  'registry-keys',
  'enforce',
  'reverify',
] satisfies OptionName[];
/** The lockfiles that each reads in a folder; the first that exists counts. */
const READS: Readonly<Record<Installer, readonly string[]>> = {
  npm: ['npm-shrinkwrap.json', 'package-lock.json'],
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
  vlt: ['vlt-lock.json'],
};

/**
 * Why a command must not run after the audit of these lockfiles: it would install from another one, from none, or in
 * another folder, or what `omit` left out of the audit. Null where it installs from them, or installs nothing that can
 * be seen.
 */
export async function whyNotRun(
  line: readonly string[],
  audited: readonly Audited[],
  io: Io,
  omit: readonly string[] = [],
): Promise<string | null> {
  const commands = readCommands(line).flatMap((read) => ('go' in read ? [] : [read]));
  for (const read of commands) {
    // Of several, as a shell is given them, the one that is meant.
    const why = await whyNot(read, commands.length === 1 ? line.join(' ') : null, audited, io, omit);
    if (why !== null) return why;
  }
  return null;
}

async function whyNot(
  read: Exclude<ReturnType<typeof readCommands>[number], GoCommand>,
  written: string | null,
  audited: readonly Audited[],
  io: Io,
  omit: readonly string[],
): Promise<string | null> {
  if ('runs' in read) {
    if (isInstalled(read.runs, io.cwd)) return null;
    return `${escapeText(read.runs, 120)} is not installed, and what fetches it reads no lockfile: install it with the project`;
  }
  const command = withVariableOptions(inner(read), io.env);
  const { installer, verb, names } = command;
  if (runsOnly(command)) return null;
  const own = command.settings.find(([key]) => OWN_OPTIONS.includes(key));
  if (own !== undefined) {
    return `--${own[0]} is an option of assay, and after -- it is given to ${installer}: assay exec --${own[0]} ... -- ${installer} ${verb}`.trimEnd();
  }
  if (!INSTALLS[installer].includes(verb) || names.length > 0) {
    const what = escapeText(written ?? [installer, verb, ...names].join(' '), 200);
    return `${what} may install what no lockfile names yet: run it by itself, then audit what it locked`;
  }
  const kind = omit.find((one) => !isOmittedBy(command, one));
  if (kind !== undefined) {
    const what = escapeText(`${installer} ${verb}`.trim(), 200);
    return `${what} is not told to leave out ${kind} dependencies, which --omit ${kind} leaves out of the audit: tell both, or neither`;
  }
  return whyNotInstalled(command, audited, io);
}

/** `pnpm -r install` was `pnpm recursive install`; `yarn workspace NAME add x` is `yarn add x` there. */
function inner(command: ManagerCommand): ManagerCommand {
  const { installer, verb, names } = command;
  const isRecursive = installer === 'pnpm' && ['recursive', 'multi', 'm'].includes(verb);
  // `yarn ./docs install` is `yarn install` there; `pnpm with 9 install` another pnpm's.
  if (installer === 'yarn' && /[/\\]/.test(verb)) {
    return inner({
      ...command,
      folder: join(command.folder ?? '.', verb),
      verb: names[0] ?? '',
      names: names.slice(1),
    });
  }
  if (installer === 'pnpm' && verb === 'with')
    return inner({ ...command, verb: names[1] ?? '', names: names.slice(2) });
  const isFocus = installer === 'yarn' && verb === 'workspaces' && names[0] === 'focus';
  if (isFocus) return { ...command, verb: 'install', names: [] };
  const skipped = isRecursive ? 0 : installer === 'yarn' && verb === 'workspace' ? 1 : null;
  if (skipped === null) return command;
  return { ...command, verb: names[skipped] ?? '', names: names.slice(skipped + 1) };
}

function runsOnly({ installer, verb, names }: ManagerCommand): boolean {
  if (INSTALLS[installer].includes(verb)) return false;
  if (installer !== 'npm') return !RESOLVES[installer].includes(verb);
  return verb === '' || NPM_RUNS.includes(verb) || (verb === 'audit' && names[0] !== 'fix');
}

/** Whether a program is there without being fetched. */
function isInstalled(name: string, cwd: string): boolean {
  if (!/^[\w.-]+$/.test(name)) return false;
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', '.bin', name))) return true;
    if (folder === dirname(folder)) return false;
  }
}

async function whyNotInstalled(command: ManagerCommand, audited: readonly Audited[], io: Io): Promise<string | null> {
  const { installer, verb, settings } = command;
  const env = { ...io.env, ...command.env };
  const what = `${installer} ${verb}`.trim();
  if (/[$~*?]/.test(command.within ?? '')) {
    return `in which folder ${what} runs cannot be seen (${escapeText(command.within ?? '', 80)}): write the folder out`;
  }
  const start = resolve(io.cwd, command.within ?? '.', command.folder ?? '.');
  const folder = folderOf(command, start, env);
  const [first] = READS[installer].filter((name) => existsSync(join(folder, name)));
  const lockfile = first === undefined ? null : join(folder, first);
  const known = audited.find(({ path }) => lockfile !== null && isSame(path, lockfile));
  if (known === undefined) return notAudited(what, folder, lockfile, audited, io);

  const told = [...settings, ...settingsOfVariables(known.manager, command.env)];
  const unread = unreadSetting(known.manager, told, start, folder, io);
  if (unread !== null) {
    const by = shownSetting({ setting: unread, source: 'the command' });
    return `${escapeText(by, 200)} is a configuration that the audit did not read: write it into a file that ${installer} reads anyway`;
  }
  const partial = installer === 'npm' && !NPM_CLEAN.includes(verb) ? partialOverride(folder, io) : null;
  if (partial !== null) {
    return `${what} resolves anew what the override of ${escapeText(partial, 120)} in package.json applies to, which no lockfile of npm records: run npm ci`;
  }
  const given = settings.map((setting) => ({ setting, source: 'the command', folder: start, ofProject: false }));
  const inUse = [...given, ...useSettings(known.manager, folder, { ...io, env })];
  // What a file of the project says, the audit has found.
  const others = inUse.filter(({ ofProject }) => !ofProject);
  const against = settingAgainst(known.manager, folder, others);
  if (against !== null) {
    return `${escapeText(shownSetting(against), 200)} makes ${what} not read ${escapeText(shownPath(known.path, io), 200)}`;
  }
  const [loose] = await unverified(known.manager, folder, others, io);
  if (loose !== undefined) {
    const bytes = loose.store === null ? '' : ` in ${loose.store}`;
    return `${escapeText(`${shownSetting(loose.by)} makes ${what} install bytes${bytes}`, 300)} that are not compared with the hashes`;
  }
  if (installer !== 'pnpm' || !inUse.some(({ setting }) => isUnshared(setting))) return null;
  const lockfiles = findAllLockfiles([folder], true, io).folders.flatMap(({ paths }) => paths);
  const unknown = lockfiles.find((path) => !audited.some((one) => isSame(one.path, path)));
  return unknown === undefined ? null : notAudited(what, dirname(unknown), unknown, audited, io);
}

/**
 * An override that counts for some versions or a part of the tree only, which the audit does not hold the lockfile to.
 */
function partialOverride(folder: string, io: Io): string | null {
  const manifest = manifestIn(folder, 'npm', io);
  return manifest === null ? null : partialOverrideIn(manifest);
}

function notAudited(
  what: string,
  folder: string,
  lockfile: string | null,
  audited: readonly Audited[],
  io: Io,
): string {
  const others = audited.map(({ path }) => shownPath(path, io)).join(', ');
  const where = relative(io.cwd, folder) === '' ? 'here' : `in ${shownPath(folder, io)}`;
  if (lockfile === null) {
    return `${what} finds no lockfile ${where} and would resolve everything anew; audited was ${escapeText(others, 200)}`;
  }
  const file = escapeText(shownPath(lockfile, io), 200);
  return `${what} installs from ${file}, which was not audited (audited was ${escapeText(others, 200)}): assay exec --lockfile ${file}`;
}

/** The folder whose lockfile the command reads. */
function folderOf({ installer, folder, settings }: ManagerCommand, start: string, env: Io['env']): string {
  if (installer === 'npm' && folder !== null) return start;
  if (installer !== 'pnpm') return npmProject(start, installer);
  const isAlone = settings.some(([key, value]) => key === 'ignore-workspace' && value !== 'false');
  if (isAlone) return start;
  const named = env['NPM_CONFIG_WORKSPACE_DIR'] ?? env['npm_config_workspace_dir'] ?? env['pnpm_config_workspace_dir'];
  if (named !== undefined && named !== '') return resolve(start, named);
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, 'pnpm-workspace.yaml'))) return at;
    if (at === dirname(at)) return start;
  }
}

function isSame(a: string, b: string): boolean {
  return real(a) === real(b);
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
