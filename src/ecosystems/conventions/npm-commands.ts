import type { NodeManager } from '../../model/dependency.ts';
import type { Command, Commands, DiffRequest, Edit, ManagerCommands } from './conventions.ts';
import { names } from './npm-names.ts';

/** A member of package.json, beside what is there. */
function inManifest(field: string, name: string, version: string): Edit {
  return { file: 'package.json', lines: [`"${field}": { "${name}": "${version}" }`] };
}

/**
 * By the documentation of each (https://docs.npmjs.com/cli, https://pnpm.io/cli/add,
 * https://classic.yarnpkg.com/docs/cli, https://yarnpkg.com/cli, https://bun.sh/docs/pm/cli/add,
 * https://docs.vlt.sh/cli), and tried with pnpm 8 to 11, Yarn 1 to 4, Bun 1.3 and vlt 1.0.
 */
const BY_MANAGER = {
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
} satisfies Readonly<Record<NodeManager, ManagerCommands>>;

/** An option with an address, in which nothing means anything to a shell. */
const PLAIN_OPTION = /^--(?:@[A-Za-z0-9_][\w.-]*:)?registry=https?:\/\/[\w.:/-]+$/;

/**
 * npm's own command. It knows no registry that only another package manager is told of, and would ask for the name at
 * its own.
 */
function diff({ name, before, now, registry, manager }: DiffRequest): Command | null {
  const isNpms = manager === 'npm' || (registry !== null && names.isPublicRegistry(registry));
  const scope = /^@[^/]+(?=\/)/.exec(name)?.[0];
  const option = scope === undefined ? '--registry' : `--${scope}:registry`;
  const at = isNpms || registry === null ? [] : [`${option}=${registry}`];
  if (!at.every((word) => PLAIN_OPTION.test(word))) return null;
  return ['npm', 'diff', `--diff=${before}`, `--diff=${now}`, ...at];
}

/** What people type, by package manager. */
export const commands: Commands = {
  byManager: BY_MANAGER,
  own: BY_MANAGER.npm,
  underAlias: (alias, spec) => `${alias}@npm:${spec}`,
  diff,
};
