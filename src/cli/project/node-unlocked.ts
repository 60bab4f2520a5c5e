import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { commandsOf } from '../../ecosystems/conventions/index.ts';
import { BRANCH_LOCKFILE } from '../../lockfiles/index.ts';
import { NODE_MANAGERS, type NodeManager } from '../../model/dependency.ts';
import { fieldsOf, isObject } from '../../model/value.ts';
import { isNamed, manifestFields } from '../../readers/manifest.ts';
import { parseSettings } from '../../readers/yaml-settings.ts';
import { npmProject } from '../../registries/npm/config/npmrc.ts';
import { count } from '../../report/words/layout.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { manifestFile, manifestIn, manifestNames, type Unlocked } from './manifests.ts';
import { projectFolders } from './upwards.ts';

/** What an installation in a project fetches; peers are those of who uses it. */
const FETCHED = ['dependencies', 'devDependencies', 'optionalDependencies'];
/** What is there already, and is fetched from nowhere. */
const OWN = /^(?:file|link|portal|workspace):/;
const PNPM_WORKSPACE = 'pnpm-workspace.yaml';

/** A package.json that asks for packages, without a lockfile of its own or of a workspace. */
export function nodeUnlocked(folder: string, names: readonly string[], io: Io): Unlocked | null {
  if (names.some((name) => BRANCH_LOCKFILE.test(name))) return null;
  const manager = managerIn(folder, io) ?? 'npm';
  const manifest = manifestIn(folder, manager, io);
  if (manifest === null || isOfWorkspace(folder, io)) return null;
  const path = join(folder, manifestNames(manager).find((name) => names.includes(name)) ?? 'package.json');
  const shown = shownPath(path, io);
  const fields = manifestFields(shown, manifest, manager);
  const asked = FETCHED.flatMap((field) => Object.entries(isObject(fields[field]) ? fields[field] : {})).filter(
    ([, spec]) => typeof spec === 'string' && !OWN.test(spec),
  ).length;
  const isWorkspace = fields['workspaces'] !== undefined || names.includes(PNPM_WORKSPACE);
  if (asked === 0 && !isWorkspace) return null;
  const what = asked === 0 ? 'has workspaces' : `asks for ${count(asked, 'package')}`;
  const writes = commandsOf(manager).lock.join(' ');
  return {
    path,
    problem: `${shown} ${what} and has no lockfile: bring back the one that was reviewed, or audit the one that ${writes} writes`,
  };
}

/** The package manager that a folder's package.json asks for in `packageManager`, else npm; null without one. */
export function managerIn(folder: string, io: Io): NodeManager | null {
  const manifest = manifestFile(join(folder, 'package-lock.json'), 'package.json', io);
  if (manifest === null) return existsSync(join(folder, 'package.yaml')) ? 'pnpm' : null;
  const [, wanted = ''] = /"packageManager"\s*:\s*"([^"]*)"/.exec(manifest) ?? [];
  return NODE_MANAGERS.find((manager) => AS_WANTED[manager].test(wanted)) ?? 'npm';
}

/** How `packageManager` of a package.json names each package manager. */
const AS_WANTED: Readonly<Record<NodeManager, RegExp>> = {
  npm: /^npm@\d/,
  pnpm: /^pnpm@\d/,
  'yarn-classic': /^yarn@1(?!\d)/,
  yarn: /^yarn@(?!1(?!\d))\d/,
  bun: /^bun@\d/,
  vlt: /^vlt@\d/,
};

/** Whether a folder is a member of a workspace above, whose lockfile is that of all members. Throws LockfileError. */
function isOfWorkspace(folder: string, io: Io): boolean {
  if (npmProject(folder, 'npm') !== folder) return true;
  for (const above of projectFolders(folder, io).slice(1)) {
    const text = manifestFile(join(above, 'pnpm-lock.yaml'), PNPM_WORKSPACE, io);
    if (text === null) continue;
    const file = shownPath(join(above, PNPM_WORKSPACE), io);
    const { packages = [] } = fieldsOf(parseSettings(file, text));
    const patterns = [packages].flat().filter((pattern) => typeof pattern === 'string');
    return isNamed(file, patterns, relative(above, folder).split(sep).join('/'));
  }
  return false;
}
