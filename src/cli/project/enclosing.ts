import { existsSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import type { UseSetting } from '../../lockfiles/settings/names.ts';
import type { NodeManager } from '../../model/dependency.ts';
import { isNamed } from '../../readers/manifest.ts';
import { manifestNames } from './manifests.ts';
import { npmProject } from '../../registries/npm/config/npmrc.ts';

/** A setting of the project, and the file and folder that it stands in. */
interface Setting {
  readonly setting: UseSetting;
  readonly source: string;
  readonly folder: string;
}

/** The workspace that has a folder as its member, and what says so. */
interface Enclosing {
  readonly root: string;
  readonly declaredIn: string;
}

/**
 * The workspace whose lockfile a package manager reads, in whichever of its folders it is run; null where the lockfile
 * of the folder itself is read. Tried with npm 6 to 11, pnpm 10, Yarn 1 and 4, and Bun 1.4: of these, Yarn 2 and later
 * takes a folder with a lockfile of its own for a project of its own, and npm 6 knows no workspaces. Throws
 * LockfileError where patterns do not say whether the folder is a member.
 */
export function enclosingWorkspace(
  manager: NodeManager,
  folder: string,
  settings: readonly Setting[],
): Enclosing | null {
  if (!manifestNames(manager).some((name) => existsSync(join(folder, name)))) return null;
  switch (manager) {
    case 'npm':
    case 'yarn-classic':
    case 'bun': {
      const root = npmProject(folder, manager);
      const isInstalled = relative(root, folder).split(sep).includes('node_modules');
      return root === folder || isInstalled ? null : { root, declaredIn: join(root, 'package.json') };
    }
    case 'pnpm': {
      const found = settings.find(
        ({ setting: [key], source }) => key === 'packages' && basename(source) === PNPM_WORKSPACE,
      );
      const patterns = Array.isArray(found?.setting[1]) ? (found.setting[1] as readonly unknown[]) : [];
      if (found === undefined || found.folder === folder) return null;
      const declaredIn = join(found.folder, PNPM_WORKSPACE);
      const texts = patterns.filter((pattern) => typeof pattern === 'string');
      const isMember = isNamed(declaredIn, texts, relative(found.folder, folder));
      return isMember ? { root: found.folder, declaredIn } : null;
    }
    case 'yarn':
    case 'vlt':
      return null;
  }
}

const PNPM_WORKSPACE = 'pnpm-workspace.yaml';
