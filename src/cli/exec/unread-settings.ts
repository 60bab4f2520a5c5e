import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { otherCode, otherCodeOfVariable } from '../../lockfiles/settings/effects.ts';
import { settingName, settingOfVariable, textsOf, type UseSetting } from '../../lockfiles/settings/names.ts';
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
  start: string,
  folder: string,
  io: Io,
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
    return other?.code === 'repository' && !other.isUsual;
  };
  return given.find(runs) ?? null;
}

/** Variables that a command line sets for a package manager: as settings of it, or for what it starts. */
export function settingsOfVariables(
  manager: NodeManager,
  env: Readonly<Record<string, string>>,
): readonly UseSetting[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const setting = settingOfVariable(manager, name, value);
    return [setting ?? [name, value]];
  });
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
