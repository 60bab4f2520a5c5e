import type { NodeManager } from '../../../model/dependency.ts';
import type { Program, Variables } from './program.ts';

/** Package managers of Node; of Yarn, which one cannot be seen. */
export type Installer = Exclude<NodeManager, 'yarn-classic'>;

/** How the command line of one is read, beside the settings that it knows (lockfiles/settings/tables.ts). */
interface NodeWords {
  /** Options whose value is the next word. Of one that is missing here, the value counts as a name. */
  readonly valued: string;
  /** Those that have one only of what runs a package. */
  readonly valuedOfRunner?: string;
  /** Those that name the folder to work in. */
  readonly folder: string;
  /** Options that are no settings, and change nothing of what is installed. */
  readonly options: string;
  /** The lockfiles that it reads in a folder; the first that exists counts. */
  readonly reads: readonly string[];
  /** The names of programs that run a package by its name. */
  readonly runners: readonly string[];
}

/** A package manager of Node, or what runs a package by its name. */
export interface NodeProgram extends Program, NodeWords {
  readonly installer: Installer;
  readonly isRunner: boolean;
}

/** npm's commands that refuse a lockfile which does not match the project. */
export const NPM_CLEAN = 'ci|clean-install|ic|install-clean|isntall-clean|install-ci-test|cit|clean-install-test|sit';

/** Every command of each; of all but npm, any other word is a script of the project. What runs a package has none. */
const VERBS: Readonly<Record<Installer, string>> = {
  npm: `
    locked ${NPM_CLEAN}|install|i|in|ins|inst|insta|instal|isnt|isnta|isntal|isntall|add|it|install-test|prune
    runs exec|x
    plain run|run-script|rum|urn|test|tst|t|start|stop|restart|rebuild|rb|version|verison|pack|publish|ls|list|ll|
      la|view|v|info|show|config|c|get|set|pkg|prefix|root|bin|whoami|ping|help|outdated|doctor|explain|why|fund|
      query|sbom|docs|home|search|cache|login|logout|adduser|token|owner|access|team|org|profile|dist-tag|
      dist-tags|deprecate|completion|audit
    resolves cache add|diff|explore|update|up|upgrade|udpate|init|create|innit|uninstall|un|remove|rm|r|link|ln|dedupe|ddp|audit fix`,
  pnpm: `
    locked install|i|install-test|it|fetch|ci|clean-install|ic|install-clean|prune
    runs exec
    runs dlx
    plain run|test|t|start|stop|restart|list|ls|ll|la|why|outdated|audit|root|bin|store|config|c|get|set|licenses|
      pack|publish|rebuild|rb|help|doctor|ignored-builds|cat-file|cat-index|find-hash|server|completion|cache|sbom
    resolves add|update|up|upgrade|remove|rm|uninstall|un|import|create|deploy|link|ln|unlink|dislink|dedupe|env|
      runtime|rt|self-update|patch|patch-commit|patch-remove|init|setup|approve-builds`,
  yarn: `
    locked install
    runs exec
    runs dlx
    plain run|test|start|stop|list|info|why|outdated|audit|bin|node|config|cache|pack|publish|version|versions|
      licenses|login|logout|whoami|npm|explain|constraints|rebuild|help|check|integrity|owner|tag|team|owner
    resolves add|upgrade|upgrade-interactive|up|remove|global|create|import|link|unlink|dedupe|set|plugin|policies|
      patch|patch-commit|init|autoclean|generate-lock-entry`,
  bun: `
    locked install|i|ci
    runs x
    plain run|test|build|pm|outdated|audit|publish|why|info|repl|exec|check|fmt|help|prune|completions
    resolves add|a|update|remove|rm|link|unlink|create|c|init|upgrade|patch|dedupe`,
  vlt: `
    locked install|i|ci
    runs exec|x
    plain run|run-exec|exec-local|list|ls|query|config|pkg|pack|publish|view|ping|whoami|login|logout|token|cache|
      docs|repo|bugs|help|version|audit
    resolves add|update|u|uninstall|rm|un|create|init`,
};

/** Variables that are no settings: what a package manager says of itself, and where it is. */
const VARIABLES: Variables = {
  read: /^(?:(?:p?npm_config|yarn|vlt|bun|corepack|pnpm)_|npm_(?:node_)?execpath$)/i,
  harmless: `
    p?npm_config_(?:local_prefix|global_prefix|npm_globalconfig|build_from_source|argv|fallback_to_build)
    pnpm_(?:home|package_name|script_src_dir|version|skip_prepare) npm_(?:node_)?execpath
    yarn_(?:version|home|flags|profile|gpg|wrap_output|ignore_node|is_test_env|conf_dir|ignore_cwd|registry_\\w+)
    bun_(?:version|tmpdir|debug\\w*|install_bin|runtime_transpiler_cache_path|jsc_\\w+|garbage_collector_level|options)
    corepack_(?:enable_\\w+|root) corepack_default_to_latest=0`,
  own: 'corepack_(?:home|npm_\\w+|integrity_keys) bun_env',
};

const WORDS: Readonly<Record<Installer, NodeWords>> = {
  npm: {
    valued: `
      registry reg cache omit include only also loglevel userconfig globalconfig workspace w tag before enjoy-by otp access
      depth package location L call c message m os cpu libc audit-level auth-type node-options lockfile-version user-agent
      script-shell shell install-strategy fetch-retries fetch-retry-factor fetch-retry-mintimeout fetch-retry-maxtimeout
      fetch-timeout maxsockets cafile ca cert key proxy https-proxy noproxy local-address logs-dir logs-max umask editor
      save-prefix scope tag-version-prefix min-release-age replace-registry-host provenance-file cache-max cache-min
      browser python make node-gyp nodedir devdir target runtime arch platform jobs git node-version tmp`,
    valuedOfRunner: 'p',
    folder: 'prefix C',
    options:
      'a f g l p s b d e o y n dd ddd q h H v w c m ws iwr N porcelain readonly quiet silent verbose reg desc enjoy-by no',
    reads: ['npm-shrinkwrap.json', 'package-lock.json'],
    runners: ['npx', 'npx-cli'],
  },
  pnpm: {
    valued: `
      registry filter F filter-prod store-dir reporter loglevel modules-dir virtual-store-dir lockfile-dir cafile cpu os
      package-import-method network-concurrency workspace-concurrency child-concurrency cache-dir state-dir node-linker
      package libc hoist-pattern public-hoist-pattern global-dir trust-policy userconfig globalconfig config-dir
      pnpmfile global-pnpmfile npmrc-auth-file workspace-dir script-shell node-options`,
    folder: 'dir C prefix',
    options:
      'p d f r w s h v g c i prod silent parallel verbose stream help if-present resume-from report-summary no-bail',
    reads: ['pnpm-lock.yaml'],
    runners: ['pnpx', 'pnx'],
  },
  yarn: {
    valued: `
      registry network-timeout network-concurrency mutex modules-folder cache-folder global-folder link-folder mode otp
      preferred-cache-folder proxy https-proxy use-yarnrc emoji package`,
    valuedOfRunner: 'p',
    folder: 'cwd',
    options:
      's h v a all immutable immutable-cache check-resolutions inline-builds mode json help prod dev optional no-default-rc',
    reads: ['yarn.lock'],
    runners: [],
  },
  bun: {
    valued: `
      registry c config backend cache-dir cafile omit filter linker network-concurrency concurrent-scripts cpu os package
      env-file preload r require import`,
    valuedOfRunner: 'p',
    folder: 'cwd',
    options: `
      p d e f h c r g production dev optional exact frozen-lockfile force save silent quiet verbose progress summary cache
      backend concurrent-scripts network-concurrency linker filter lockfile-only cpu os config env-file preload require import
      smol bun b watch hot inspect parallel sequential workspaces save-text-lockfile minimum-release-age help verify peer only-missing`,
    reads: ['bun.lock', 'bun.lockb'],
    runners: ['bunx'],
  },
  vlt: {
    valued: 'registry cache workspace w scope view before identity',
    folder: 'cwd',
    options: 'h v w s y silent',
    reads: ['vlt-lock.json'],
    runners: ['vlx'],
  },
};

const NAMES: Readonly<Record<Installer, RegExp>> = {
  npm: /^npm(?:-cli)?$/,
  pnpm: /^(?:pnpm|pn)$/,
  yarn: /^yarn(?:pkg)?$/,
  bun: /^bun$/,
  vlt: /^vlt$/,
};

const INSTALLERS = Object.keys(WORDS) as readonly Installer[];

export const NODE: readonly NodeProgram[] = INSTALLERS.flatMap((installer) => {
  const ofNode = { ...WORDS[installer], kind: 'node', installer, variables: VARIABLES } as const;
  const grammar = { options: '', verbs: VERBS[installer] };
  return [
    { ...ofNode, name: installer, isNamed: NAMES[installer], isRunner: false, grammar },
    ...ofNode.runners.map((name) => ({
      ...ofNode,
      ...{ name, isNamed: new RegExp(`^${name}$`), isRunner: true, grammar: { options: '', verbs: '' } },
    })),
  ];
});
