import { otherCodeOfVariable } from '../../lockfiles/settings/effects.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { shownSetting } from '../project/not-used.ts';
import { shownPath } from '../user-files.ts';
import { committedFolder, expanded, isInRepository } from '../project/stores.ts';
import { resolve } from 'node:path';
import { demandNotOwn } from './own-programs.ts';
import { refuse, words } from './programs/grammar.ts';
import type { Started } from './started.ts';

/** Where programs look for the user's settings. */
const HOMES = /^(?:HOME|USERPROFILE|APPDATA|LOCALAPPDATA|XDG_CONFIG_(?:HOME|DIRS))$/i;

/** What shells, linkers and Python load before everything else: of the environment, too, none of the repository. */
const LOADS = /^(?:BASH_ENV|ENV|ZDOTDIR|LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|PYTHON(?:HOME|PYCACHEPREFIX))$/;

/** Below where programs keep what they fetched and built, and look for settings, by the variable that says where. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  HOME: [
    '.cache',
    '.local',
    '.rustup',
    '.pip',
    'Library',
    ...['pip', 'uv', 'pypoetry', 'pdm'].map((name) => `.config/${name}`),
  ],
  XDG_CACHE_HOME: ['.'],
  XDG_DATA_HOME: ['.'],
  XDG_CONFIG_HOME: ['pip', 'uv', 'pypoetry', 'pdm'],
  LOCALAPPDATA: ['.'],
};

type Fits = (name: string, value: string) => boolean;

/** What a variable is to a program, where no table says so; null for one that is not known. */
type Judge = (name: string, value: string) => 'harmless' | 'own' | null;

/**
 * Demands that no variable, of the command or of the environment, leads a program to something else than what the audit
 * read, in this folder. Throws UsageError.
 */
export async function demandVariables(
  started: Started,
  folder: string,
  io: Io,
  judge: Judge = () => null,
): Promise<void> {
  await demandNotOwn(started, folder, io);
  const { program, args, env } = started;
  if (program.kind !== 'node') await demandNothingKept({ ...io.env, ...env }, folder, io);
  const { read, harmless, own, folders = [] } = program.variables;
  const what = escapeText([program.name, ...args].join(' '), 200);
  const isHarmless: Fits = (name, value) => fits(harmless, read, name, value) || judge(name, value) === 'harmless';
  const isOwn: Fits = (name, value) => fits(own, read, name, value) || judge(name, value) === 'own';
  for (const [name, said] of Object.entries({ ...io.env, ...env })) {
    const value = said ?? '';
    const isChanged = value !== (io.env[name] ?? '');
    if (isChanged && HOMES.test(name)) refuseChanged(name, what);
    if (!read.test(name)) {
      if (isChanged) demandNoCode(name, value, folder, io);
      else if (LOADS.test(name)) demandNoCode(name, value, folder, io, 'the environment');
      continue;
    }
    if (isHarmless(name, value)) continue;
    const isFolder = folders.includes(name);
    if (isChanged && (isFolder || isOwn(name, value))) refuseChanged(name, what);
    if (value === '' || isOwn(name, value)) continue;
    const committed = isFolder ? await committedFolder(value, folder, folder, io) : name;
    if (committed !== null) {
      refuse(
        `${escapeText(name, 80)} is a variable with which ${what} may install or run something else than what was audited: unset it`,
      );
    }
  }
}

/** Whether a variable with this value is in a table of `Variables`, whose names are read as `read` is. */
export function fits(table: string, { flags }: RegExp, name: string, value: string): boolean {
  return words(table).some((word) => {
    const [, names = '', values = '.*'] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    return new RegExp(`^(?:${names})$`, flags).test(name) && new RegExp(`^(?:${values})$`, 's').test(value);
  });
}

/** Throws UsageError where the repository brings along what programs believe of their own. */
async function demandNothingKept(env: Io['env'], folder: string, io: Io): Promise<void> {
  for (const [name, places] of Object.entries(KEPT)) {
    const value = env[name] ?? '';
    if (value === '') continue;
    for (const place of places) {
      const own = await committedFolder(resolve(folder, value, place), folder, folder, io);
      if (own === null) continue;
      refuse(
        `${name} leads to ${escapeText(shownPath(own, io), 200)}, which the repository brings along: set it elsewhere`,
      );
    }
  }
}

function refuseChanged(name: string, what: string): never {
  return refuse(`${name} is a setting that the audit did not read: set it for assay exec, and not for ${what} alone`);
}

/** Throws UsageError for a variable that makes programs load or run something of the repository. */
export function demandNoCode(name: string, value: string, folder: string, io: Io, source = 'the command'): void {
  const place = {
    isInRepository: (path: string): boolean => isInRepository(resolve(folder, expanded(path, io)), folder),
    settings: [],
    isLocked: () => false,
  };
  if (otherCodeOfVariable([name, value], place)?.isUsual !== false) return;
  const shown = escapeText(shownSetting({ setting: [name, value], source }), 200);
  refuse(`${shown} is a configuration that the audit did not read: leave it out`);
}
