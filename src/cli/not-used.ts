import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { BRANCH_LOCKFILE, type ProjectManifests } from '../lockfiles/index.ts';
import { pinnedElsewhere } from '../lockfiles/pinned-manager.ts';
import { ignoringSetting, isSwitchedOff, settingOfOption, type UseSetting } from '../lockfiles/use-settings.ts';
import type { Lockfile, PackageManager, PlacedFinding } from '../model/dependency.ts';
import { finding } from '../model/finding.ts';
import { npmLayers } from '../registries/npmrc.ts';
import { enclosingWorkspace } from './enclosing.ts';
import { namesIn } from './find.ts';
import type { Io } from './io.ts';
import { managerConfigs } from './manager-config.ts';
import { projectFolder } from './project.ts';
import { shownPath } from './setup.ts';

/** A setting of a package manager, and where it stands. */
interface SettingInUse {
  readonly setting: UseSetting;
  /** As it is shown. */
  readonly source: string;
  /** What a path of it is relative to. */
  readonly folder: string;
  readonly ofProject: boolean;
}

/** Everything that a package manager is told in a folder, by files and the environment. */
export async function useSettings(manager: PackageManager, folder: string, io: Io): Promise<readonly SettingInUse[]> {
  // What cannot be read is named where registries are taken from it.
  const silent = { ...io, stderr: { ...io.stderr, write: () => undefined } };
  const [config] = await managerConfigs([{ manager }], folder, silent);
  const files = (config?.files ?? []).flatMap(({ path, ofProject, content }) =>
    settingsIn(manager, content).map((setting) => {
      return { setting, source: shownPath(path, io), folder: dirname(path), ofProject };
    }),
  );
  const env = Object.entries(io.env).flatMap(([name, value]): SettingInUse[] => {
    const key = /^(?:pnpm_config|yarn)_(.+)$/i.exec(name)?.[1];
    if (key === undefined || !['pnpm', 'yarn'].includes(manager)) return [];
    return [{ setting: [key.toLowerCase(), value], source: name, folder, ofProject: false }];
  });
  return [...files, ...env, ...(manager === 'npm' || manager === 'pnpm' ? npmSettings(folder, io) : [])];
}

function npmSettings(folder: string, io: Io): readonly SettingInUse[] {
  const layers = npmLayers({ cwd: folder, env: io.env, homedir: homedir(), platform: process.platform });
  return layers.flatMap(({ source, file, values, ofProject }) =>
    [...values].map((setting) => {
      return { setting, source: file ? shownPath(source, io) : source, folder, ofProject };
    }),
  );
}

/** Options in Yarn 1's file are those of its command line, for all commands or for one. */
function settingsIn(manager: PackageManager, content: unknown): readonly UseSetting[] {
  if (typeof content !== 'object' || content === null) return [];
  if (manager !== 'yarn-classic') return Object.entries(content);
  return Object.entries(content).flatMap(([key, value]): UseSetting[] => {
    const name = /^--(?:.*\.)?([\w-]+)$/.exec(key)?.[1];
    return name === undefined ? [] : [settingOfOption(name, String(value))];
  });
}

/** The setting that makes a package manager not read the lockfile of a folder, of those that `counts`; null for none. */
export function settingAgainst(
  manager: PackageManager,
  folder: string,
  settings: readonly SettingInUse[],
): SettingInUse | null {
  const hasBranchLockfiles = namesIn(folder).some((name) => BRANCH_LOCKFILE.test(name));
  const isAgainst = ({ setting, folder: from }: SettingInUse): boolean =>
    ignoringSetting(manager, [setting], {
      isElsewhere: (path) => resolve(from, path) !== resolve(folder),
      hasBranchLockfiles,
    }) !== null;
  return settings.find(isAgainst) ?? null;
}

/** Whether each project of a pnpm workspace has a lockfile of its own. */
export function isUnshared({ setting: [key, value] }: Pick<SettingInUse, 'setting'>): boolean {
  return /^shared-?workspace-?lockfile$/i.test(key) && isSwitchedOff(value);
}

/**
 * What of the project makes its package manager not install from this lockfile: a setting of a file, another package manager
 * that package.json demands, or a workspace whose member the folder is.
 */
export async function notUsed(
  path: string,
  lockfile: Lockfile,
  manifests: ProjectManifests,
  io: Io,
): Promise<readonly PlacedFinding[]> {
  const { manager, file } = lockfile;
  const folder = projectFolder(path);
  const settings = (await useSettings(manager, folder, io)).filter(({ ofProject }) => ofProject);
  const because = (by: string, instead: string | null): PlacedFinding => ({
    place: { file, line: 1, path: '' },
    finding: finding('lockfile-not-used', { by, instead }),
  });
  const found: PlacedFinding[] = [];
  const against = settingAgainst(manager, folder, settings);
  if (against !== null) found.push(because(shownSetting(against), null));
  const unshared = manager === 'pnpm' ? settings.find(isUnshared) : undefined;
  // The folder's own project is still installed from it.
  if (unshared !== undefined && lockfile.skipped.some(({ reason }) => reason === 'workspace')) {
    found.push(because(shownSetting(unshared), 'a lockfile in the folder of each project'));
  }
  const above = unshared === undefined ? enclosingWorkspace(manager, folder, settings) : null;
  if (above !== null && !basename(path).startsWith('.')) {
    const declared = `the workspaces of ${shownPath(above.declaredIn, io)}`;
    found.push(because(declared, shownPath(join(above.root, basename(path)), io)));
  }
  const pinned = pinnedElsewhere(lockfile, manifests.get(''));
  if (pinned !== null) found.push(because(pinned.by, null));
  return found;
}

export function shownSetting({ setting: [key, value], source }: SettingInUse): string {
  return `${key}=${typeof value === 'string' ? value : JSON.stringify(value)} of ${source}`;
}
