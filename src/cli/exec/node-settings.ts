import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { otherCode, otherCodeOfVariable } from '../../lockfiles/settings/effects.ts';
import { nameOf, settingName, settingOfVariable, textsOf, type UseSetting } from '../../lockfiles/settings/names.ts';
import { isKnown, TABLES } from '../../lockfiles/settings/tables.ts';
import type { NodeManager } from '../../model/dependency.ts';
import { npmLayers } from '../../registries/npm/config/npmrc.ts';
import type { Io } from '../io.ts';
import { managerConfigs } from '../project/manager-config.ts';
import { expanded, isInRepository } from '../project/stores.ts';

/** Options of a command line that name a file which a package manager takes settings or variables from, or loads. */
const FILES: Readonly<Record<NodeManager, readonly string[]>> = {
  npm: ['userconfig', 'globalconfig'],
  pnpm: ['userconfig', 'globalconfig', 'npmrc-auth-file', 'config-dir', 'workspace-dir'],
  'yarn-classic': ['use-yarnrc', 'userconfig', 'globalconfig', 'rc-filename'],
  yarn: ['use-yarnrc', 'rc-filename'],
  bun: ['config', 'c', 'env-file', 'preload', 'r', 'require', 'import'],
  vlt: [],
};
/** Names of the empty file. */
const NOTHING = ['/dev/null', 'NUL'];

/**
 * The first setting of a command line by which an installation reads a configuration or runs code that the audit did
 * not see: another file than the package manager reads anyway. Null for none.
 */
export function unreadSetting(
  manager: NodeManager,
  given: readonly UseSetting[],
  { start, folder, io }: { readonly start: string; readonly folder: string; readonly io: Io },
): UseSetting | null {
  const files = given.filter(([key]) => FILES[manager].includes(settingName(key)));
  const read = files.length === 0 ? [] : readAnyway(manager, folder, io);
  const isRead = (path: string): boolean => NOTHING.includes(path) || read.includes(resolve(start, path));
  const unread = files.find(([, value]) => !textsOf(value).every(isRead));
  if (unread !== undefined) return unread;
  const isHere = (path: string): boolean => isInRepository(resolve(start, expanded(path, io)), folder);
  const place = { isInRepository: isHere, settings: given, isLocked: () => false };
  const runs = (setting: UseSetting): boolean => {
    const other = otherCode(manager, setting, place) ?? otherCodeOfVariable(setting, place);
    return other?.isUsual === false;
  };
  return given.find(runs) ?? null;
}

/** Variables as settings of a package manager; those that are none, for what it starts, only `withOthers`. */
export function settingsOfVariables(
  manager: NodeManager,
  env: Readonly<Record<string, string | undefined>>,
  withOthers: boolean,
): readonly UseSetting[] {
  return Object.entries(env).flatMap(([name, value = '']): readonly UseSetting[] => {
    const setting = settingOfVariable(manager, name, value);
    return setting === null ? (withOthers ? [[name, value]] : []) : value === '' ? [] : [setting];
  });
}

/** Of what the audit reads of settings: how the network is asked, which changes nothing of what comes of it. */
const NETWORK = /^(?:fetch-.*|max-?sockets|network-timeout|http-(?:retry|timeout)|user-agent|local-address)$/;
/** Settings that switch off whose scripts run. */
const NO_SCRIPTS: readonly string[] = ['ignore-scripts=true', 'enable-scripts=false', 'enable-scripts=0'];
/** Those whose settings each other's variables may have. */
const SHARED: readonly NodeManager[] = ['npm', 'pnpm', 'yarn-classic'];

/**
 * What a variable is to a package manager: a setting that other checks hold to the audit, or that changes nothing of
 * an installation (`harmless`); one that the audit reads as well (`own`); null for one that no table has.
 */
export function judgeVariable(manager: NodeManager, name: string, value: string): 'harmless' | 'own' | null {
  for (const one of [manager, ...SHARED]) {
    const key = settingOfVariable(one, name, value)?.[0];
    if (key === undefined) continue;
    // A registry's, or a scope's.
    if (/[/:@]/.test(key)) return 'own';
    const known = nameOf(one, key);
    if (!isKnown(one, known)) continue;
    const isRead = TABLES[one].elsewhere.includes(known) && !NETWORK.test(known);
    return isRead && !NO_SCRIPTS.includes(`${known}=${value}`) ? 'own' : 'harmless';
  }
  return null;
}

function readAnyway(manager: NodeManager, folder: string, io: Io): readonly string[] {
  const silent = { ...io, stderr: { ...io.stderr, write: () => undefined } };
  const [config] = managerConfigs([{ manager }], folder, silent);
  const layers = npmLayers({
    cwd: folder,
    manager: { name: manager, files: [] },
    env: io.env,
    homedir: homedir(),
    platform: process.platform,
  });
  return [
    ...(config?.files ?? []).map(({ path }) => path),
    ...(['npm', 'pnpm', 'yarn-classic'].includes(manager) ? layers : [])
      .filter(({ file }) => file)
      .map(({ source }) => source),
  ].map((path) => resolve(path));
}
