import type { PythonManager } from '../../model/dependency.ts';
import type { Commands, Edit, ManagerCommands } from './conventions.ts';

/** `name==version`, as Python's installers write one version. */
function exactly(spec: string): string {
  const at = spec.lastIndexOf('@');
  return `${spec.slice(0, at)}==${spec.slice(at + 1)}`;
}

function inProject(...lines: readonly string[]): Edit {
  return { file: 'pyproject.toml', lines };
}

/**
 * By the documentation of each (https://pip.pypa.io, https://pip-tools.readthedocs.io, https://docs.astral.sh/uv,
 * https://python-poetry.org/docs/cli, https://pdm-project.org, https://pipenv.pypa.io), and tried with pip 26, pip-tools
 * 7, uv 0.13, Poetry 2.5, PDM 2.29 and pipenv 2026. They write the lockfile and install nothing, so that no package is
 * built to be installed.
 */
const BY_MANAGER = {
  // pip writes no requirements with hashes; pip-compile does.
  pip: {
    pin: (spec) => ['pip-compile', '--generate-hashes', '--upgrade-package', exactly(spec)],
    override: (name, version) => ({
      edit: { file: 'requirements.in', lines: [`${name}==${version}`] },
      commands: [['pip-compile', '--generate-hashes']],
      note: 'where another tool wrote the file, write it again with that one',
    }),
    update: (name) => ['pip-compile', '--generate-hashes', '--upgrade-package', name],
    frozen: ['pip', 'install', '--require-hashes', '--only-binary', ':all:', '-r', 'requirements.txt'],
    lock: ['pip-compile', '--generate-hashes'],
  },
  uv: {
    // `uv add` would make a development dependency one of the project.
    pin: (spec) => ['uv', 'lock', '--upgrade-package', exactly(spec)],
    override: (name, version) => ({
      edit: inProject('[tool.uv]', `override-dependencies = ["${name}==${version}"]`),
      commands: [['uv', 'lock']],
      note: null,
    }),
    update: (name) => ['uv', 'lock', '--upgrade-package', name],
    frozen: ['uv', 'sync', '--locked'],
    lock: ['uv', 'lock'],
  },
  poetry: {
    pin: (spec) => ['poetry', 'add', '--lock', exactly(spec)],
    override: (name, version) => ({
      edit: null,
      commands: [['poetry', 'add', '--lock', `${name}==${version}`]],
      note: 'Poetry has no overrides: the project asks for it itself then',
    }),
    update: (name) => ['poetry', 'update', '--lock', name],
    frozen: ['poetry', 'sync'],
    lock: ['poetry', 'lock'],
  },
  pdm: {
    pin: (spec) => ['pdm', 'add', '--no-sync', exactly(spec)],
    override: (name, version) => ({
      edit: inProject('[tool.pdm.resolution.overrides]', `${name} = "${version}"`),
      // `pdm lock --update-reuse` keeps the version that is locked, whatever the override says.
      commands: [['pdm', 'update', '--no-sync', name]],
      note: null,
    }),
    update: (name) => ['pdm', 'update', '--no-sync', name],
    frozen: ['pdm', 'install', '--check'],
    lock: ['pdm', 'lock'],
  },
  pipenv: {
    pin: (spec) => ['pipenv', 'upgrade', exactly(spec)],
    override: (name, version) => ({
      edit: null,
      commands: [['pipenv', 'upgrade', `${name}==${version}`]],
      note: 'pipenv has no overrides: the project asks for it itself then',
    }),
    update: (name) => ['pipenv', 'upgrade', name],
    frozen: ['pipenv', 'install', '--deploy'],
    lock: ['pipenv', 'lock'],
  },
} satisfies Readonly<Record<PythonManager, ManagerCommands>>;

/** What people type, by package manager. */
export const commands: Commands = { byManager: BY_MANAGER, own: BY_MANAGER.pip, underAlias: null, diff: () => null };
