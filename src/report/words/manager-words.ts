import type { PackageManager } from '../../model/dependency.ts';

/** A command, in words none of which a shell takes apart. */
export type Command = readonly string[];

/** Lines to put into a file of the project. */
export interface Edit {
  readonly file: string;
  readonly lines: readonly string[];
}

/** What to do, in this order: the edit, then the commands. Names and versions in it must mean nothing to a shell. */
export interface Steps {
  readonly edit: Edit | null;
  readonly commands: readonly Command[];
  /** What to know about it; null where the steps say it. */
  readonly note: string | null;
}

/** How a package manager is told which version to install. None of it runs a script of a package. */
interface Words {
  /** Installs exactly this version of what the project itself asks for; keeps it a development dependency. */
  readonly pin: (spec: string) => Command;
  /** Puts a version in place of whatever the tree asks for under a name. */
  readonly override: (name: string, version: string) => Steps;
  /** Brings what other packages ask for to the newest version they allow; null where that cannot be said by name. */
  readonly update: ((name: string) => Command) | null;
  /** Installs what the lockfile says, or fails: for pipelines. */
  readonly frozen: Command;
  /** Writes a lockfile where there is none. */
  readonly lock: Command;
}

/** A member of package.json, beside what is there. */
function inManifest(field: string, name: string, version: string): Edit {
  return { file: 'package.json', lines: [`"${field}": { "${name}": "${version}" }`] };
}

/**
 * By the documentation of each (https://docs.npmjs.com/cli, https://pnpm.io/cli/add,
 * https://classic.yarnpkg.com/docs/cli, https://yarnpkg.com/cli, https://bun.sh/docs/pm/cli/add,
 * https://docs.vlt.sh/cli), and tried with pnpm 8 to 11, Yarn 1 to 4, Bun 1.3 and vlt 1.0.
 */
const WORDS: Readonly<Record<PackageManager, Words>> = {
  npm: {
    pin: (spec) => ['npm', 'install', spec, '--save-exact', '--ignore-scripts'],
    // An override alone is not applied to what a workspace brings in: npm looks again at what it is told to update.
    override: (name, version) => ({
      edit: null,
      commands: [
        ['npm', 'pkg', 'set', `"overrides[${name}]=${version}"`],
        ['npm', 'update', name, '--ignore-scripts'],
      ],
      note: null,
    }),
    update: (name) => ['npm', 'update', name, '--ignore-scripts'],
    frozen: ['npm', 'ci'],
    lock: ['npm', 'install', '--package-lock-only'],
  },
  pnpm: {
    pin: (spec) => ['pnpm', 'add', spec, '--save-exact', '--ignore-scripts'],
    override: (name, version) => ({
      edit: { file: 'pnpm-workspace.yaml', lines: ['overrides:', `  '${name}': '${version}'`] },
      commands: [['pnpm', 'install', '--ignore-scripts']],
      note: 'before pnpm 10, in pnpm.overrides of package.json',
    }),
    update: (name) => ['pnpm', 'update', name, '--ignore-scripts'],
    frozen: ['pnpm', 'install', '--frozen-lockfile'],
    lock: ['pnpm', 'install', '--lockfile-only'],
  },
  'yarn-classic': {
    pin: (spec) => ['yarn', 'upgrade', spec, '--exact', '--ignore-scripts'],
    override: (name, version) => ({
      edit: inManifest('resolutions', name, version),
      commands: [['yarn', 'install', '--ignore-scripts']],
      note: null,
    }),
    // It takes only names that the project itself asks for.
    update: null,
    frozen: ['yarn', 'install', '--frozen-lockfile'],
    lock: ['yarn', 'install', '--ignore-scripts'],
  },
  yarn: {
    pin: (spec) => ['yarn', 'up', spec, '--exact', '--mode=skip-build'],
    override: (name, version) => ({
      edit: inManifest('resolutions', name, version),
      commands: [['yarn', 'install', '--mode=skip-build']],
      note: null,
    }),
    update: (name) => ['yarn', 'up', '--recursive', name, '--mode=skip-build'],
    frozen: ['yarn', 'install', '--immutable'],
    lock: ['yarn', 'install', '--mode=update-lockfile'],
  },
  bun: {
    pin: (spec) => ['bun', 'add', spec, '--exact', '--ignore-scripts'],
    override: (name, version) => ({
      edit: inManifest('overrides', name, version),
      commands: [['bun', 'install', '--ignore-scripts']],
      note: null,
    }),
    update: (name) => ['bun', 'update', name, '--ignore-scripts'],
    frozen: ['bun', 'install', '--frozen-lockfile'],
    lock: ['bun', 'install', '--lockfile-only'],
  },
  vlt: {
    // It runs no script before `vlt build`.
    pin: (spec) => ['vlt', 'install', spec],
    override: (name, version) => ({
      edit: { file: 'vlt.json', lines: [`"modifiers": { "#${name}": "${version}" }`] },
      commands: [['vlt', 'update']],
      note: 'vlt resolves everything anew then: see what else changes',
    }),
    // It takes no names.
    update: null,
    frozen: ['vlt', 'ci'],
    lock: ['vlt', 'install', '--lockfile-only'],
  },
};

export function wordsOf(manager: PackageManager): Words {
  return WORDS[manager];
}
