import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { isUnshared } from '../../lockfiles/settings/effects.ts';
import { nameOf, type UseSetting } from '../../lockfiles/settings/names.ts';
import { partialOverrideIn } from '../../lockfiles/settings/partial-override.ts';
import { isKnown } from '../../lockfiles/settings/tables.ts';
import { manifestFields } from '../../readers/manifest.ts';
import { npmProject, withoutExportedSettings } from '../../registries/npm/config/npmrc.ts';
import type { NodeManager } from '../../model/dependency.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import type { OptionName } from '../options.ts';
import { findAllLockfiles } from '../project/find.ts';
import { manifestIn } from '../project/manifests.ts';
import { settingAgainst, shownSetting, unverified, useSettings } from '../project/not-used.ts';
import { demandFile, shownPath } from '../user-files.ts';
import { above, auditedAt, demandAudited, shownAudited, type Check, type Held, type Inner } from './check.ts';
import { refuse, refuseUnlocked, verbIn, words, type Does } from './programs/grammar.ts';
import { isOmittedBy } from './node-omitted.ts';
import { judgeVariable, settingsOfVariables, unreadSetting } from './node-settings.ts';
import { takeApart, withVariableOptions, type NodeCommand } from './node-words.ts';
import { programOf } from './programs/index.ts';
import { refuseOmit } from './python.ts';
import { below, demandKnown, nameOf as programName, withoutVersion, type Started } from './started.ts';
import { NPM_CLEAN, type NodeProgram } from './programs/node.ts';
import { demandVariables } from './variables.ts';

/** Options of `assay exec` that no package manager has. */
const OWN_OPTIONS: readonly string[] = [
  'trusted-root',
  'tuf',
  'tuf-root',
  'registry-keys',
  'enforce',
  'reverify',
] satisfies OptionName[];

/** A command of a package manager, where it is started. */
interface Command extends NodeCommand {
  readonly started: Started;
  readonly program: NodeProgram;
  /** Whether it is given to projects of a workspace, whose scripts are not those of the folder. */
  readonly isDirected: boolean;
}

/**
 * Demands that a command of a package manager of Node installs from an audited lockfile, or installs nothing that can
 * be seen.
 */
export const checkNode: Check = async (started, held) => {
  const program = started.program as NodeProgram;
  const { io } = held;
  const { args } = started;
  if (program.isRunner) return ofRunner(program, args, started, io);
  const command = nodeCommand(started, io);
  const { verb, names, settings, folder } = command;
  const does = doesOf(command, resolve(io.cwd, started.within ?? '.', folder ?? '.'));
  const rest = args.slice(args.indexOf(verb) + 1);
  const what = escapeText([program.name, ...args].join(' '), 200);
  if (does === 'plain') {
    // What is no folder or file is fetched, and of git also built.
    if (/^(?:pack|publish)$/.test(verb) && names.some((name) => !/^[./]/.test(name))) return refuseUnlocked(what);
    return null;
  }
  if (does === 'runs') {
    const within = folder === null ? started.within : below(started.within, folder);
    // pnpm's and Yarn's exec runs what is installed.
    if (verb === 'exec' && /^(?:pnpm|yarn)$/.test(program.installer)) return { line: names, start: started };
    return ofRunner(program, rest, { ...started, within }, io);
  }
  const own = settings.find(([key]) => OWN_OPTIONS.includes(key));
  if (own !== undefined) {
    refuse(
      `--${own[0]} is an option of assay, and after -- it is given to ${program.name}: assay exec --${own[0]} ... -- ${program.name} ${verb}`.trimEnd(),
    );
  }
  if (does === 'resolves') return refuseUnlocked(what);
  const kind = held.omit.find((one) => !isOmittedBy(command, one));
  if (kind !== undefined) refuseOmit(what, kind);
  demandKnownOptions(command, settings);
  if (names.length > 0) return refuseUnlocked(what);
  await demandInstalled(command, held);
  return null;
};

/**
 * The command that a package manager is given, past what directs it to projects of a workspace. Throws UsageError where
 * it cannot be told.
 */
export function nodeCommand(started: Started, io: Io): Command {
  const program = started.program as NodeProgram;
  const { args } = started;
  const given = withVariableOptions(program, takeApart(program, args, false), { ...io.env, ...started.env });
  const command = inner({ ...given, started, program, isDirected: false });
  // Behind an option that is not known, the word may be its value, and the next one the command.
  const first = takeApart(program, args.slice(0, Math.max(0, args.indexOf(command.verb))), false);
  demandKnownOptions(command, first.settings);
  return command;
}

/** Throws UsageError for an option that is none, or the beginning of one, which npm takes for it. */
function demandKnownOptions({ program, started }: Command, settings: readonly UseSetting[]): void {
  const managers: readonly NodeManager[] = [
    program.installer,
    ...(program.installer === 'yarn' ? ['yarn-classic' as const] : []),
  ];
  const options = words(program.options.toLowerCase());
  const unknown = settings.find(
    ([key]) => !options.includes(key) && !managers.some((manager) => isKnown(manager, nameOf(manager, key))),
  );
  if (unknown === undefined) return;
  const what = escapeText([program.name, ...started.args].join(' '), 200);
  refuse(
    `${what} is given --${escapeText(unknown[0], 80)}, with which it may install something else than what was audited: leave it out`,
  );
}

/** `pnpm -r install` was `pnpm recursive install`; `yarn workspace NAME add x` is `yarn add x` there. */
function inner(command: Command): Command {
  const { installer, verb, names, settings } = command;
  const skip = (count: number): Command =>
    inner({ ...command, verb: names[count] ?? '', names: names.slice(count + 1), isDirected: true });
  if (installer === 'yarn') {
    // `yarn ./docs install` is `yarn install` there.
    if (/[/\\]/.test(verb)) return { ...skip(0), folder: join(command.folder ?? '.', verb) };
    if (verb === 'workspaces' && names[0] === 'focus') return { ...command, verb: 'install', names: [] };
    if (verb === 'workspace' || (verb === 'workspaces' && names[0] === 'foreach')) return skip(1);
  }
  if (installer === 'pnpm') {
    if (['recursive', 'multi', 'm'].includes(verb)) return skip(0);
    // Another pnpm's command.
    if (verb === 'with') return skip(1);
  }
  const isFiltered = settings.some(([key]) =>
    /^(?:filter|filter-prod|f|r|recursive|w|workspace-root|workspaces?)$/.test(key),
  );
  return { ...command, isDirected: command.isDirected || isFiltered };
}

/** Throws UsageError for what is no command, and no script of the project. */
function doesOf({ program, verb, names, settings, isDirected, started }: Command, folder: string): Does {
  const { installer } = program;
  const isAsked = settings.some(([key]) => /^(?:version|v|help|h)$/.test(key));
  if (verb === '') return installer === 'yarn' && !isAsked ? 'locked' : 'plain';
  const row = verbIn(program.grammar, `${verb} ${names[0] ?? ''}`) ?? verbIn(program.grammar, verb);
  if (row !== null) return row.does;
  const what = escapeText([program.name, ...started.args].join(' '), 200);
  if (installer === 'npm') return refuseUnlocked(what);
  const isFile = installer === 'bun' && /\.[cm]?[jt]sx?$/.test(verb);
  if (isDirected || isFile || isInstalled(verb, folder) || scriptsAbove(folder).includes(verb)) return 'plain';
  return refuse(
    `${what}: ${escapeText(verb, 40)} is neither a command of ${program.name} that assay knows nor a script of package.json: run it by itself, then audit what it locked`,
  );
}

function scriptsAbove(folder: string): readonly string[] {
  const file = above(folder, 'package.json');
  if (file === null) return [];
  demandFile(file);
  const { scripts } = manifestFields(file, readFileSync(file, 'utf8'), 'npm');
  return typeof scripts === 'object' && scripts !== null ? Object.keys(scripts) : [];
}

/** What `npx NAME` runs: what is installed, or another package manager (`npx pnpm@8 install`). Else it is fetched. */
function ofRunner(program: NodeProgram, args: readonly string[], started: Started, io: Io): Inner | null {
  const { verb, settings, folder } = takeApart(program, args, true);
  const within = folder === null ? started.within : below(started.within, folder);
  const said = (...keys: readonly string[]): boolean => settings.some(([key]) => keys.includes(key));
  const rest = args.slice(args.indexOf(verb) + 1);
  const name = withoutVersion(verb);
  if (programOf(programName(name))?.kind === 'node') {
    // A runner hands its settings on.
    const handed = settings.filter(([key]) => isKnown('npm', key) && !/^(?:yes|package|call)$/.test(key));
    const env = Object.fromEntries(
      handed.map(([key, value]) => [`npm_config_${key.replaceAll('-', '_')}`, String(value)]),
    );
    return { line: [name, ...rest], start: { ...started, within, env: { ...started.env, ...env } } };
  }
  const isFetched = said('p', 'package', 'c', 'call');
  const isLocal = said('', 'no', 'offline') || settings.some(([key, value]) => key === 'install' && value === 'false');
  if (verb === '' && !isFetched) return null;
  const runs = isFetched ? args.join(' ') : verb;
  if (isLocal || isInstalled(runs, resolve(io.cwd, within ?? '.')))
    return { line: [verb, ...rest], start: { ...started, within } };
  return refuse(
    `${escapeText(runs, 120)} is not installed, and what fetches it reads no lockfile: install it with the project`,
  );
}

/** Whether a program is there without being fetched. */
function isInstalled(name: string, cwd: string): boolean {
  if (!/^[\w.-]+$/.test(name)) return false;
  return above(cwd, join('node_modules', '.bin', name)) !== null;
}

async function demandInstalled(command: Command, held: Held): Promise<void> {
  const { io } = held;
  const { program, verb, settings, started } = command;
  const { installer } = program;
  const env = { ...io.env, ...started.env };
  const what = `${program.name} ${verb}`.trim();
  demandKnown(started);
  const start = resolve(io.cwd, started.within ?? '.', command.folder ?? '.');
  const folder = folderOf(command, start, env);
  const [first] = program.reads.filter((name) => existsSync(join(folder, name)));
  const lockfile = first === undefined ? null : join(folder, first);
  if (lockfile === null) {
    const where = relative(io.cwd, folder) === '' ? 'here' : `in ${shownPath(folder, io)}`;
    return refuse(
      `${what} finds no lockfile ${where} and would resolve everything anew; audited was ${shownAudited(held)}`,
    );
  }
  demandAudited(lockfile, what, held);
  const manager = auditedAt(held, lockfile)?.manager ?? refuseUnlocked(what);

  const place = { start, folder, io };
  const ownEnv = withoutExportedSettings({ cwd: io.cwd, env: io.env, homedir: homedir(), platform: process.platform });
  const told = [...settings, ...settingsOfVariables(manager, started.env, true)];
  for (const [source, given] of [
    ['the command', told],
    ['the environment', settingsOfVariables(manager, ownEnv, false)],
  ] as const) {
    const unread = unreadSetting(manager, given, place);
    if (unread === null) continue;
    const by = shownSetting({ setting: unread, source });
    refuse(
      `${escapeText(by, 200)} is a configuration that the audit did not read: write it into a file that ${installer} reads anyway`,
    );
  }
  const partial = installer === 'npm' && !NPM_CLEAN.split('|').includes(verb) ? partialOverride(folder, io) : null;
  if (partial !== null) {
    refuse(
      `${what} resolves anew what the override of ${escapeText(partial, 120)} in package.json applies to, which no lockfile of npm records: run npm ci`,
    );
  }
  const given = settings.map((setting) => ({ setting, source: 'the command', folder: start, ofProject: false }));
  const inUse = [...given, ...useSettings(manager, folder, { ...io, env })];
  // What a file of the project says, the audit has found.
  const others = inUse.filter(({ ofProject }) => !ofProject);
  const against = settingAgainst(manager, folder, others);
  if (against !== null) {
    refuse(
      `${escapeText(shownSetting(against), 200)} makes ${what} not read ${escapeText(shownPath(lockfile, io), 200)}`,
    );
  }
  const [loose] = await unverified(manager, folder, others, io);
  if (loose !== undefined) {
    const bytes = loose.store === null ? '' : ` in ${loose.store}`;
    refuse(
      `${escapeText(`${shownSetting(loose.by)} makes ${what} install bytes${bytes}`, 300)} that are not compared with the hashes`,
    );
  }
  await demandVariables(started, folder, { ...io, env: ownEnv }, (name, value) => judgeVariable(manager, name, value));
  if (installer !== 'pnpm' || !inUse.some(({ setting }) => isUnshared(setting))) return;
  const lockfiles = findAllLockfiles([folder], true, io).folders.flatMap(({ paths }) => paths);
  for (const each of lockfiles) demandAudited(each, what, held);
}

/**
 * An override that counts for some versions or a part of the tree only, which the audit does not hold the lockfile to.
 */
function partialOverride(folder: string, io: Io): string | null {
  const manifest = manifestIn(folder, 'npm', io);
  return manifest === null ? null : partialOverrideIn(manifest);
}

/** The folder whose lockfile a command reads that is given in `start`. */
export function folderOf({ installer, folder, settings }: NodeCommand, start: string, env: Io['env']): string {
  if (installer === 'npm' && folder !== null) return start;
  if (installer !== 'pnpm') return npmProject(start, installer);
  const isAlone = settings.some(([key, value]) => key === 'ignore-workspace' && value !== 'false');
  if (isAlone) return start;
  const named = env['NPM_CONFIG_WORKSPACE_DIR'] ?? env['npm_config_workspace_dir'] ?? env['pnpm_config_workspace_dir'];
  if (named !== undefined && named !== '') return resolve(start, named);
  return dirname(above(start, 'pnpm-workspace.yaml') ?? join(start, 'package.json'));
}
