import type { Program } from './program.ts';

const PIP_OPTIONS = `
  -h --help -V --version -q --quiet -v --verbose --debug --no-input --no-color --disable-pip-version-check
  --no-python-version-warning --require-virtualenv --no-cache-dir --cache-dir= --retries= --resume-retries= --timeout=
  --default-timeout= --log= --log-file= --cert= --client-cert= --trusted-host= --exists-action= --progress-bar=
  --root-user-action= --keyring-provider=auto|disabled|import|subprocess`;
/** What pip and uv install of a file, each with hashes, and where to. */
const INSTALL = `
  -r= --requirement= -c= --constraint= --require-hashes --no-deps --user -t= --target= --prefix= --dry-run
  --break-system-packages --only-binary= --no-binary= --python-version=`;
const PIP_INSTALL = `${INSTALL}
  --root= --src= --platform= --implementation= --abi= --prefer-binary --force-reinstall -I --ignore-installed
  --ignore-requires-python --compile --no-compile --no-warn-script-location --no-warn-conflicts --no-clean
  --check-build-dependencies --report=`;

/** https://pip.pypa.io/en/stable/cli/ */
export const PIP: Program = {
  name: 'pip',
  kind: 'python',
  isNamed: /^pip[\d.]*$/,
  grammar: {
    options: PIP_OPTIONS,
    verbs: `
      locked install: ${PIP_INSTALL}
      plain list|show|check|freeze|help|inspect|hash|cache|debug|index|search|completion: *
      resolves download|wheel|lock`,
  },
  variables: {
    read: /^(?:PIP_|VIRTUAL_ENV$|PYTHONUSERBASE$)/i,
    folders: ['PYTHONUSERBASE', 'PIP_CACHE_DIR'],
    harmless: `
      PIP_(?:NO_INPUT|NO_COLOR|PROGRESS_BAR|QUIET|VERBOSE|RETRIES|RESUME_RETRIES|TIMEOUT|DEFAULT_TIMEOUT|LOG|LOG_FILE)
      PIP_(?:DISABLE_PIP_VERSION_CHECK|NO_PYTHON_VERSION_WARNING|NO_WARN_\\w+|ROOT_USER_ACTION|EXISTS_ACTION)
      PIP_(?:NO_CACHE_DIR|REQUIRE_VIRTUALENV|REQUIRE_HASHES|BREAK_SYSTEM_PACKAGES|ONLY_BINARY|NO_BINARY|PREFER_BINARY)
      PIP_(?:NO_COMPILE|COMPILE|NO_DEPS|USER|VERSION|SRC|NO_CLEAN|IGNORE_INSTALLED|FORCE_REINSTALL) PIP_USE_FEATURE=truststore`,
    // Where bytes come from, which hashes are held to.
    own: `
      PIP_(?:CERT|CLIENT_CERT|TRUSTED_HOST|PROXY|INDEX_URL|EXTRA_INDEX_URL|NO_INDEX|FIND_LINKS|CONFIG_FILE)
      PIP_KEYRING_PROVIDER VIRTUAL_ENV`,
  },
};

const UV_OPTIONS = `
  -h --help -V --version -q --quiet -v --verbose --color= --no-progress --offline --no-cache -n --native-tls
  --system-certs --managed-python --no-managed-python --no-python-downloads --python-preference=`;
/** Installing from uv.lock: https://docs.astral.sh/uv/reference/cli/#uv-sync */
const UV_SYNC = `
  --locked --frozen --no-dev --dev --only-dev --group= --no-group= --only-group= --all-groups --no-default-groups --extra=
  --no-extra= --all-extras --package= --all-packages --no-editable --no-editable-package= --exact --inexact --active
  --no-install-project --no-install-workspace --no-install-local --no-install-package= --reinstall --reinstall-package=
  --refresh --refresh-package= --link-mode= --compile-bytecode --no-build --no-build-package= --no-binary
  --no-binary-package= --require-build-hashes --output-format= --keyring-provider=disabled|subprocess
  --index-strategy= -p=[\\w.@+-]+ --python=[\\w.@+-]+`;
const UV_PIP = `${INSTALL}
  --requirements= --constraints= --system --no-break-system-packages --exact --strict --check --no-build
  --require-build-hashes --output-format= --reinstall --reinstall-package= --refresh --refresh-package= --link-mode=
  --compile-bytecode --keyring-provider=disabled|subprocess --index-strategy= -p= --python=`;

export const UV: Program = {
  name: 'uv',
  kind: 'python',
  isNamed: /^uv$/,
  grammar: {
    options: UV_OPTIONS,
    verbs: `
      locked sync: ${UV_SYNC} --check --dry-run
      locked lock: !--check !--locked --dry-run -p=[\\w.@+-]+ --python=[\\w.@+-]+
      runs run: ${UV_SYNC} --no-sync -m --module --env-file= --no-env-file
      locked pip install|pip sync: ${UV_PIP}
      plain pip list|pip show|pip check|pip freeze|pip tree|help|python list|python find|python dir: *
      plain cache dir|cache clean|cache prune|cache size|generate-shell-completion: *
      plain venv: -p=[\\w.@+-]+ --python=[\\w.@+-]+ --clear -c --allow-existing --relocatable --prompt= --no-project
      plain version: --short --output-format=
      locked export|tree: ${UV_SYNC} -o= --output-file= --format= --depth= --no-hashes --no-annotate --no-header
        --all-groups
      plain python install|python pin: --default -r --reinstall -f --force --no-bin --bin -U --upgrade --no-project
        --resolved
      resolves add|remove|tool|build|init|upgrade|pip compile|x`,
  },
  variables: {
    read: /^(?:UV_|VIRTUAL_ENV$)/,
    harmless: `
      UV_(?:NO_PROGRESS|NO_WRAP|LOG_CONTEXT|OFFLINE|NO_CACHE|LINK_MODE|COMPILE_BYTECODE|PREVIEW|PREVIEW_FEATURES|VERSION)
      UV_(?:HTTP_\\w+|REQUEST_TIMEOUT|CONCURRENT_\\w+|LOCK_TIMEOUT|NATIVE_TLS|SYSTEM_CERTS|INDEX_STRATEGY|LIBC)
      UV_(?:LOCKED|FROZEN|NO_SYNC|NO_DEV|NO_GROUP|NO_DEFAULT_GROUPS|NO_EDITABLE|NO_BUILD|NO_BINARY|REQUIRE_HASHES)
      UV_(?:SYSTEM_PYTHON|BREAK_SYSTEM_PACKAGES|MANAGED_PYTHON|NO_MANAGED_PYTHON|PYTHON_DOWNLOADS|PYTHON_PREFERENCE)
      UV_(?:NO_PYTHON_DOWNLOADS|NO_ENV_FILE|ENV_FILE|RUN_\\w*RECURSION_DEPTH|PUBLISH_\\w+|VENV_CLEAR|NO_INSTALLER_METADATA)
      UV_PYTHON=[\\w.@+-]+ UV_KEYRING_PROVIDER=disabled|subprocess UV_INTERNAL__\\w+`,
    own: `
      UV_(?:DEFAULT_INDEX|INDEX|EXTRA_INDEX_URL|INDEX_URL|INDEX_\\w+_(?:USERNAME|PASSWORD)|CONFIG_FILE|NO_CONFIG)
      UV_(?:PROJECT_ENVIRONMENT|INSECURE_HOST|PYTHON_INSTALL_\\w+|PYTHON_\\w*DIR|TOOL_DIR|TOOL_BIN_DIR|INSTALL_DIR)
      UV_(?:CREDENTIALS_DIR|GITHUB_TOKEN) VIRTUAL_ENV`,
    folders: ['UV_CACHE_DIR'],
  },
};

/** Installers that find the project, and its lockfile, by themselves. */
interface ProjectInstaller extends Program {
  /** What it takes for the project: the nearest folder with this file, from the working folder upwards. */
  readonly project: string;
  /** Its lockfile, and others that it may read instead. */
  readonly lockfiles: readonly string[];
  /** Commands that install from the lockfile only with one of these options. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
}

const PLAIN_PYTHON = 'show|list|info|check|env|config|about|version|help|cache|export|verify|graph|scripts|--version';

export const PROJECT_INSTALLERS: readonly ProjectInstaller[] = [
  {
    // https://python-poetry.org/docs/cli; it stops where the lockfile does not fit pyproject.toml.
    name: 'poetry',
    kind: 'python',
    isNamed: /^poetry$/,
    project: 'pyproject.toml',
    lockfiles: ['poetry.lock'],
    needs: {},
    grammar: {
      options:
        '--quiet -q --ansi --no-ansi --no-interaction -n --no-plugins --no-cache -v -vv -vvv --verbose -h --help -V --version',
      verbs: `
      locked install|sync: --sync --no-root --no-directory --dry-run --all-extras --all-groups --only-root --compile
        --with= --without= --only= --extras= -E=
      runs run
      plain ${PLAIN_PYTHON}: *
      resolves add|remove|update|lock|self|build|publish|init|new|python`,
    },
    variables: {
      // It runs pip to build and to take away.
      read: /^(?:POETRY|PIP)_/i,
      folders: PIP.variables.folders ?? [],
      harmless: `${PIP.variables.harmless}
        POETRY_(?:NO_INTERACTION|VIRTUALENVS_(?!PATH$)\\w+|NO_ANSI|HOME|VERSION|REQUESTS_\\w+|INSTALLER_\\w+|KEYRING_ENABLED)`,
      own: `${PIP.variables.own} POETRY_(?:CACHE_DIR|VIRTUALENVS_PATH|DATA_DIR|CONFIG_DIR|REPOSITORIES_\\w+|HTTP_BASIC_\\w+|PYPI_TOKEN_\\w+|CERTIFICATES_\\w+|SYSTEM_\\w+)`,
    },
  },
  {
    // https://pdm-project.org/en/latest/reference/cli; `pdm install --frozen-lockfile` resolves anew and installs that.
    name: 'pdm',
    kind: 'python',
    isNamed: /^pdm$/,
    project: 'pyproject.toml',
    lockfiles: ['pdm.lock', 'pylock.toml'],
    needs: { install: ['--check'] },
    grammar: {
      options: '--quiet -q -v --verbose -h --help -V --version -I --ignore-python',
      verbs: `
      locked install|sync: --check --no-default -d --dev --prod --production --no-editable --no-self --fail-fast -x
        --no-isolation --dry-run --clean --clean-unselected --only-keep --reinstall -G= --group= --with= --without=
        --skip= -k=
      runs run
      plain ${PLAIN_PYTHON}: *
      resolves add|remove|update|lock|self|plugin|build|publish|init|new|python|py`,
    },
    variables: {
      read: /^PDM_/,
      harmless:
        'PDM_(?:CHECK_UPDATE|NON_INTERACTIVE|NO_SELF|NO_EDITABLE|USE_VENV|VENV_IN_PROJECT|IGNORE_SAVED_PYTHON|IGNORE_ACTIVE_VENV|REQUEST_TIMEOUT|VERSION|HOME)',
      own: 'PDM_(?:CACHE_DIR|CONFIG_FILE|LOG_DIR|PYPI_\\w+)',
    },
  },
  {
    // https://pipenv.pypa.io/en/latest/cli.html
    name: 'pipenv',
    kind: 'python',
    isNamed: /^pipenv$/,
    project: 'Pipfile',
    lockfiles: ['Pipfile.lock', 'pylock.toml'],
    needs: { install: ['--deploy', '--ignore-pipfile'] },
    grammar: {
      options:
        '--verbose -v --quiet -q --clear --bare -h --help --version --python= --site-packages --no-site-packages',
      verbs: `
      locked install|sync: --deploy --ignore-pipfile --system --dev -d --all --clean --categories= --extras=
      runs run
      plain ${PLAIN_PYTHON}: *
      resolves uninstall|update|upgrade|lock|pylock`,
    },
    variables: {
      // It installs with pip.
      read: /^(?:PIPENV_|PIP_|WORKON_HOME$)/i,
      folders: PIP.variables.folders ?? [],
      harmless: `${PIP.variables.harmless}
        PIPENV_(?:VENV_IN_PROJECT|NOSPIN|QUIET|VERBOSITY|YES|TIMEOUT|INSTALL_TIMEOUT|MAX_\\w+|IGNORE_VIRTUALENVS|NO_INHERIT|HIDE_EMOJIS|VERSION|ACTIVE|DONT_LOAD_ENV|CUSTOM_VENV_NAME|DONT_USE_PYENV|NO_INPUT)`,
      own: `${PIP.variables.own} PIPENV_(?:CACHE_DIR|PYTHON|DEFAULT_PYTHON_VERSION) WORKON_HOME`,
    },
  },
];

/** Programs that fetch what no audited lockfile names, and run it, each with its commands that do not. */
export const PYTHON_RUNNERS: readonly Program[] = [
  [/^uvx$/, 'uvx', ''],
  [/^pipx$/, 'pipx', 'list|environment|ensurepath'],
  [/^pip-?tools$|^pip-(?:sync|compile)$/, 'pip-tools', ''],
  [/^tox$/, 'tox', 'list|config|l|c'],
  [/^nox$/, 'nox', ''],
  [/^hatch$/, 'hatch', 'version|status'],
  [/^pre[-_]commit$|^prek$/, 'pre-commit', 'validate-config|validate-manifest|sample-config|clean|gc|uninstall'],
  [/^(?:conda|mamba|micromamba|pixi|rye)$/, 'conda', 'list|info'],
  [/^easy_install(?:-[\d.]+)?$/, 'easy_install', ''],
  [/^pyproject-build$/, 'pyproject-build', ''],
].map(([isNamed, name, plain]) => ({
  name: name as string,
  kind: 'python',
  isNamed: isNamed as RegExp,
  grammar: { options: '-h --help --version', verbs: plain === '' ? '' : `\nplain ${plain as string}: *` },
  variables: { read: /^$/, harmless: '', own: '' },
}));
