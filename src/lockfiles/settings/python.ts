import { isTable, listOf, tableOf, textsOf } from '../../readers/toml-tables.ts';
import type { TomlTable, TomlValue } from '../../readers/toml.ts';

/** What a setting of a Python tool does to what an installation uses, beside the lockfile. */
export interface PythonEffect {
  /** As people find it: `pip.python`. */
  readonly key: string;
  /** What it names, where that is one text or several. */
  readonly values: readonly string[];
  /**
   * `store`: a folder whose content is taken for what was fetched, or for installed. `program`: a file that is run, or
   * code that is loaded, where it is a path. `source`: a folder or an address that Python, a plugin, or what a build or
   * an installation asks for, comes from. `build`: what a build of a source distribution runs or is told. `index`: one
   * more index that may answer. `script`: a command that the tool runs. `unknown`: nothing here says.
   */
  readonly effect: 'store' | 'program' | 'source' | 'build' | 'index' | 'script' | 'unknown';
}

/** The settings of one tool: those with an effect, and the beginnings of those without. A longer name counts first. */
interface Known {
  readonly effects: Readonly<Record<string, PythonEffect['effect']>>;
  readonly without: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** https://python-poetry.org/docs/configuration/#available-settings; those of Poetry 1.0 to 2.5. */
const POETRY: Known = {
  effects: {
    'cache-dir': 'store',
    'virtualenvs.path': 'store',
    'data-dir': 'program',
    'python.installation-dir': 'program',
    'installer.build-config-settings': 'build',
  },
  without: words(
    'certificates experimental http-basic installer keyring pypi-token repositories requests solver system-git-client virtualenvs warnings',
  ),
};

/** https://pdm-project.org/en/latest/reference/configuration/; those of PDM 2. `pypi.url` is followed. */
const PDM: Known = {
  effects: { cache_dir: 'store', 'venv.location': 'store', 'python.install_root': 'program' },
  without: words(
    'auto_global build_isolation check_update feature global_project install lock log_dir parallel_install project_max_depth pypi python repository request_timeout scripts strategy theme use_uv use_venv venv',
  ),
};

/** https://pipenv.pypa.io/en/latest/pipfile.html: `[pipenv]` of a Pipfile. */
const PIPENV: Known = {
  effects: {},
  without: words('allow_prereleases disable_pip_input install_search_all_sources keep_outdated sort_pipfile'),
};

/** What `[global]` and `[install]` of a pip.conf may say (https://pip.pypa.io/en/stable/cli/pip_install/#options). */
const PIP: Known = {
  effects: {
    'cache-dir': 'store',
    'find-links': 'source',
    requirement: 'source',
    editable: 'source',
    group: 'source',
    python: 'program',
    target: 'program',
    prefix: 'program',
    root: 'program',
    'config-settings': 'build',
    'global-option': 'build',
    'install-option': 'build',
    'build-option': 'build',
  },
  without: words(
    `abi break-system-packages build-constraint cert check-build-dependencies client-cert compile constraint
    debug disable-pip-version-check dry-run exists-action extra-index-url force-reinstall format ignore-installed
    ignore-requires-python implementation index-url isolated keyring-provider log no-binary no-build-isolation
    no-cache-dir no-clean no-color no-compile no-deps no-index no-input no-python-version-warning
    no-warn-conflicts no-warn-script-location only-binary only-final all-releases platform pre prefer-binary progress-bar
    proxy pypi-url python-version quiet report require-hashes require-virtualenv resume-retries retries
    root-user-action src timeout trusted-host upgrade upgrade-strategy uploaded-prior-to use-deprecated use-feature
    use-pep517 no-use-pep517 user verbose`,
  ),
};

/** What a poetry.toml says that has an effect, or one that is not known. */
export function poetryEffects(settings: TomlTable): readonly PythonEffect[] {
  return leavesOf(settings).flatMap((one) => effectOf(one, POETRY));
}

/** The same of a pdm.toml. */
export function pdmEffects(settings: TomlTable): readonly PythonEffect[] {
  return leavesOf(settings).flatMap((one): readonly PythonEffect[] => {
    const isIndex = /^pypi\.[^.]+\.url$/.test(one.key);
    return isIndex ? [{ ...one, effect: 'index' }] : effectOf(one, PDM);
  });
}

/** The same of the table `[pipenv]` of a Pipfile. */
export function pipenvEffects(pipfile: TomlTable): readonly PythonEffect[] {
  return leavesOf(tableOf(pipfile.get('pipenv'))).flatMap((one) => effectOf(one, PIPENV));
}

/** The same of the options of a pip.conf that count for an installation. */
export function pipEffects(options: ReadonlyMap<string, string>): readonly PythonEffect[] {
  return [...options].flatMap(([key, value]) => effectOf({ key, values: value.split(/\s+/).filter(Boolean) }, PIP));
}

/** Scripts of PDM that an installation runs (https://pdm-project.org/en/latest/usage/hooks/). */
const HOOKS: readonly string[] = ['pre_install', 'post_install', 'pre_lock', 'post_lock', 'pre_build', 'post_build'];

/** What of `tool.poetry` and `tool.pdm` of a pyproject.toml runs code when its tool installs. */
export function projectEffects(pyproject: TomlTable, tool: 'poetry' | 'pdm'): readonly PythonEffect[] {
  const own = tableOf(tableOf(pyproject.get('tool')).get(tool));
  if (tool === 'pdm') {
    const scripts = tableOf(own.get('scripts'));
    const hooks = HOOKS.filter((name) => scripts.has(name));
    return hooks.map((name) => ({ key: `scripts.${name}`, values: textsOf(scripts.get(name)), effect: 'script' }));
  }
  const plugins = [...tableOf(own.get('requires-plugins')).keys()];
  const build = own.get('build');
  const script = isTable(build) ? textsOf(build.get('script')) : textsOf(build);
  return [
    ...(plugins.length === 0 ? [] : [{ key: 'requires-plugins', values: plugins, effect: 'source' as const }]),
    ...(script.length === 0 ? [] : [{ key: 'build', values: script, effect: 'script' as const }]),
  ];
}

type Leaf = Omit<PythonEffect, 'effect'>;

/** Deeper than any settings. */
const MAX_DEPTH = 8;

function leavesOf(table: TomlTable, above = '', depth = 0): readonly Leaf[] {
  return [...table].flatMap(([name, value]): readonly Leaf[] => {
    const key = `${above}${name}`;
    if (isOff(value)) return [];
    return isTable(value) && depth < MAX_DEPTH
      ? leavesOf(value, `${key}.`, depth + 1)
      : [{ key, values: textsOf(value) }];
  });
}

function effectOf({ key, values }: Leaf, { effects, without }: Known): readonly PythonEffect[] {
  const parts = key.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const name = parts.slice(0, length).join('.');
    if (Object.hasOwn(effects, name)) return [{ key, values, effect: effects[name] ?? 'unknown' }];
    if (without.has(name)) return [];
  }
  return [{ key, values, effect: 'unknown' }];
}

/** Whether a value says nothing, or `false`. */
export function isOff(value: TomlValue): boolean {
  return value === false || (isTable(value) ? value.size === 0 : listOf(value).length === 0);
}
