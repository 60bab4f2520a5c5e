import type { NodeManager } from '../../model/dependency.ts';
import { isSwitchedOff, isSwitchedOn } from './names.ts';
import {
  bunStore,
  comparesNothing,
  fetches,
  hasBranches,
  isFolderElsewhere,
  isGlobal,
  isNot,
  isSet,
  nodeOptions,
  ofRepository,
  otherCache,
  ownNode,
  path,
  pnpmfile,
  readsBranches,
  scanner,
  SCRIPTS,
  shebang,
  shebangWithMark,
  store,
  storeOutside,
  whereOn,
  yarnRelease,
  type BytesRule,
  type CodeRule,
  type UseRule,
} from './rules.ts';

/** Every setting that a package manager knows, in kebab case, by what it does to an installation; each once. */
export interface Table {
  /** Another lockfile is read, or none. */
  readonly lockfile: Readonly<Record<string, UseRule>>;
  /** Bytes are installed that no hash of the lockfile was compared with. */
  readonly bytes: Readonly<Record<string, BytesRule>>;
  /** Folders in which an installation leaves what is there already. */
  readonly installed: readonly string[];
  /** Other code runs, or is fetched. */
  readonly code: Readonly<Record<string, CodeRule>>;
  /**
   * Read elsewhere: registries, credentials and the network (registries/npm/config), files of settings
   * (cli/project), whose scripts run (install-scripts.ts), what is asked for and how it is locked (the readers).
   */
  readonly elsewhere: readonly string[];
  /** Nothing: what is printed, published or written, how the tree is laid out, and what only resolves anew. */
  readonly nothing: readonly string[];
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

const updates = comparesNothing(isSwitchedOn);

/** npm 6 to 12. Its cache is compared with the hashes. */
const NPM: Table = {
  lockfile: {
    'package-lock': isSwitchedOff,
    // What is installed globally is resolved anew.
    global: isSwitchedOn,
    location: isGlobal,
  },
  bytes: {},
  installed: [],
  code: { ...SCRIPTS, git: path, 'extension-file': ofRepository, 'onload-script': ofRepository },
  elsewhere: words(`
    _auth always-auth ca cafile cert fetch-retries fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout
    fetch-timeout globalconfig https-proxy ignore-scripts install-strategy key legacy-peer-deps local-address maxsockets
    noproxy password prefix proxy registry replace-registry-host scope strict-ssl user-agent userconfig`),
  nothing: words(`
    _exit access all allow-directory allow-file allow-git allow-remote allow-same-version allow-scripts
    allow-scripts-pending allow-scripts-pin allow-unused-patches also audit audit-level auth-type before bin-links
    browser bypass-2fa cache cache-lock-retries cache-lock-stale cache-lock-wait cache-max cache-min call ci-name cidr
    color commit-hooks cpu dangerously-allow-all-scripts depth description dev diff diff-dst-prefix
    diff-ignore-all-space diff-name-only diff-no-prefix diff-src-prefix diff-text diff-unified dry-run edit-dir editor
    engine-strict expect-result-count expect-results expires force foreground-scripts format-package-lock fund
    git-tag-version global-ignore-file global-style group ham-it-up heading if-present ignore-existing ignore-extension
    ignore-patch-failures ignore-prepublish include include-attestations include-staged include-workspace-root
    init-author-email init-author-name init-author-url init-license init-module init-private init-type init-version
    init.author.email init.author.name init.author.url init.license init.module init.version install-links jobs json
    keep-edit-dir legacy-bundling link lockfile-version loglevel logs-dir logs-max logstream long message
    metrics-registry min-release-age min-release-age-exclude msvs-version name node-version npm-version offline omit
    omit-lockfile-registry-resolved only optional orgs orgs-permission os otp pack-destination package
    package-lock-only packages packages-all packages-and-scopes-permission parseable patches-dir prefer-dedupe
    prefer-offline prefer-online preid production progress provenance provenance-file read-only rebuild-bundle rollback
    save save-bundle save-dev save-exact save-optional save-peer save-prefix save-prod sbom-format sbom-type scopes
    scripts-prepend-node-path searchexclude searchlimit searchopts searchstaleness send-metrics shell sign-git-commit
    sign-git-tag sso-poll-frequency sso-type strict-allow-scripts strict-npmrc strict-peer-deps tag tag-version-prefix
    timing tmp to token-description umask unicode unsafe-perm update-notifier usage user version versions viewer which
    workspace workspaces workspaces-update yes`),
};

/** pnpm 8 to 12. */
const PNPM: Table = {
  lockfile: {
    lockfile: isSwitchedOff,
    global: isSwitchedOn,
    location: isGlobal,
    'lockfile-dir': isFolderElsewhere,
    // What is installed is the lockfile that the server answers with, also with --frozen-lockfile.
    'pnpr-server': isSet,
    'git-branch-lockfile': readsBranches,
    'merge-git-branch-lockfiles': readsBranches,
    'merge-git-branch-lockfiles-branch-pattern': hasBranches,
  },
  bytes: {
    'store-dir': store,
    // pnpm 12 takes what is there for installed.
    'virtual-store-dir': storeOutside,
    'global-virtual-store-dir': storeOutside,
    'update-checksums': updates,
  },
  installed: ['modules-dir'],
  code: {
    ...SCRIPTS,
    'use-node-version': ownNode,
    'execution-env.node-version': ownNode,
    pnpmfile,
    'global-pnpmfile': pnpmfile,
    'npm-path': path,
    'pnpm-exec-path': path,
    // Builds of packages that another machine made.
    'remote-cache': fetches,
    'remote-side-effects-cache': fetches,
    'side-effects-cache.remote': fetches,
  },
  elsewhere: words(`
    _auth allow-builds auth-config ca cafile catalog catalogs cert config-by-uri config-dependencies config-dir
    dangerously-allow-all-builds execution-env fetch-retries fetch-retry-factor fetch-retry-maxtimeout
    fetch-retry-mintimeout fetch-timeout globalconfig http-proxy https-proxy ignore-scripts ignored-built-dependencies
    key link-workspace-packages local-address max-sockets maxsockets named-registries never-built-dependencies no-proxy
    node-download-mirrors noproxy npmrc-auth-file only-built-dependencies only-built-dependencies-file overrides
    package-configs package-extensions package-manager-network-config package-manager-registries packages
    patched-dependencies permissions prefix proxy registries registries-by-prefix registries-by-scope registry
    registry-options-by-url scope shared-workspace-lockfile side-effects-cache strict-ssl user-agent user-config
    userconfig`),
  nothing: words(`
    access add-missing-peer-types aggregate-output allow-new allow-same-version allow-unused-patches
    allowed-deprecated-versions audit audit-config audit-ignore-prune audit-level auto-confirm-all-prompts auto-dedupe
    auto-install-peers auto-install-peers-from-highest-match bail bin bin-links block-exotic-subdeps boot-config
    cache-dir cargo catalog-mode catalog-prune changed-files-ignore-pattern child-concurrency ci
    cleanup-unused-catalogs color commit-hooks concurrency-groups confirm-modules-purge cpu dedupe-direct-deps
    dedupe-injected-deps dedupe-peer-dependents dedupe-peers deploy-all-files depth description dev dir
    disallow-workspace-cycles dlx-cache-max-age dry-run embed-readme enable-global-virtual-store enable-modules-dir
    enable-pnp enable-pre-post-scripts engine-strict exclude-links-from-lockfile extend-node-path external-dependencies
    extra-bin-paths extra-env fail-if-no-match fetch-min-speed-ki-bps fetch-warn-timeout-ms fetching-concurrency filter
    filter-prod force force-ignores-platform force-legacy-deploy frozen-lockfile frozen-store git git-checks
    git-shallow-hosts git-tag-version global-bin-dir global-dir global-path global-pkg-dir global-prefix global-shims
    hoist hoist-pattern hoist-workspace-packages hoisting-limits ignore-compatibility-db ignore-current-specifiers
    ignore-dep-scripts ignore-pnpmfile ignore-workspace ignore-workspace-cycles ignore-workspace-root-check
    ignored-optional-dependencies include-workspace-root init-author-email init-author-name init-author-url
    init-license init-package-manager init-type init-version inject-workspace-packages json legacy-dir-filtering
    lockfile-include-tarball-url lockfile-only loglevel long macos-backup manage-package-manager-versions
    max-tarball-unpacked-size message minimum-release-age minimum-release-age-exclude
    minimum-release-age-exclude-prune minimum-release-age-ignore-missing-time minimum-release-age-strict
    modules-cache-max-age modules-dirs-by-project-name network-concurrency node-experimental-package-map node-linker
    node-package-map node-package-map-type node-version offline only optimistic-repeat-install optional os otp
    pack-destination pack-gzip-level package-import-method package-manager-strict package-manager-strict-version
    parseable patches-dir peer-dependency-rules peers-suffix-max-length pending pipeline-base pipelines pm-on-fail
    pnpm-home-dir prefer-frozen-lockfile prefer-offline prefer-symlinked-executables prefer-workspace-packages
    preserve-absolute-paths production progress provenance public-hoist-pattern publish-branch publish-wait-timeout
    recursive recursive-install registry-supports-time-field reporter reporter-hide-prefix required-scripts
    resolution-mode resolve-peers-from-workspace-root reverse runtime-on-fail save save-catalog-name save-dev
    save-exact save-optional save-peer save-prefix save-prod save-types save-workspace-protocol
    scripts-prepend-node-path shamefully-flatten shamefully-hoist shell-emulator side-effects-cache-read
    side-effects-cache-readonly side-effects-cache-write sign-git-tag skills skip-manifest-obfuscation sort state-dir
    store-index-format stream strict-dep-builds strict-peer-dependencies strict-store-pkg-content-check
    supported-architectures symlink symlinked-lockfile-target-dirs sync-injected-deps-after-scripts tag
    tag-version-prefix tasks test-pattern tools trust-lockfile trust-policy trust-policy-exclude
    trust-policy-exclude-prune trust-policy-ignore-after try-load-default-pnpmfile umask unsafe-perm update
    update-config update-notifier use-beta-cli use-running-store-server use-stderr use-store-server
    verify-deps-before-run verify-store-integrity version versioning virtual-store-dir-max-length virtual-store-only
    virtual-store-type workspace-concurrency workspace-dir workspace-package-patterns workspace-packages
    workspace-prefix workspace-root yes`),
};

/** Yarn 1, of its files and its options. Its offline mirror is compared with the hashes. */
const YARN_CLASSIC: Table = {
  lockfile: {
    lockfile: isSwitchedOff,
    cwd: isFolderElsewhere,
    // It then chooses versions anew where several are locked.
    flat: isSwitchedOn,
    // It then takes siblings of the workspace from the registry.
    focus: isSwitchedOn,
  },
  bytes: { 'cache-folder': store, 'preferred-cache-folder': store, 'update-checksums': updates },
  installed: ['modules-folder'],
  code: { ...SCRIPTS, 'yarn-path': yarnRelease, 'plugnplay-shebang': shebang },
  elsewhere: words(`
    ca cafile cert default-rc https-proxy ignore-scripts key network-timeout prefix proxy registry strict-ssl use-yarnrc
    user-agent`),
  nothing: words(`
    audit bin-links check-files child-concurrency disable-pnp disable-self-update-check emoji enable-meta-folder
    enable-pnp env experimental-pack-script-packages-in-mirror force frozen-lockfile global-folder har ignore-engines
    ignore-optional ignore-platform init-author-email init-author-name init-author-url init-license init-private
    init-version json last-update-check link-duplicates link-folder mutex network-concurrency node-version-check
    no-progress non-interactive offline offline-cache-folder otp plugnplay-blacklist plugnplay-override prefer-offline prod
    production progress pure-lockfile save-exact save-prefix scripts-prepend-node-path silent skip-integrity-check strict-semver
    unsafe-disable-integrity-migration verbose version-commit-hooks version-git-message version-git-tag
    version-sign-git-tag version-tag-prefix workspaces-experimental workspaces-nohoist-experimental
    yarn-enable-lockfile-versions yarn-link-file-dependencies yarn-offline-mirror yarn-offline-mirror-pruning`),
};

/** Yarn 2 to 4. Its caches are compared with the hashes, but for archives without one (see the reader). */
const YARN: Table = {
  lockfile: {
    'lockfile-filename': isNot('yarn.lock'),
    // What has no protocol of its own, as nearly everything, is then asked for elsewhere than the lockfile has it.
    'default-protocol': isNot('npm:'),
  },
  bytes: {
    'checksum-behavior': comparesNothing((value) => value !== 'throw'),
    'compression-level': otherCache,
    'cache-version-override': comparesNothing(() => true),
    'cache-checkpoint-override': comparesNothing(() => true),
  },
  installed: ['pnp-unplugged-folder', 'pnpm-store-folder'],
  code: {
    'yarn-path': yarnRelease,
    plugin: yarnRelease,
    'enable-constraints-checks': whereOn,
    'pnp-shebang': shebangWithMark,
  },
  elsewhere: words(`
    approved-git-repositories cache-folder catalog catalogs enable-global-cache enable-scripts enable-strict-ssl
    global-folder http-proxy http-retry http-timeout https-ca-file-path https-cert-file-path https-key-file-path
    https-proxy ca-file-path inject-environment-files network-settings npm-always-auth npm-auth-ident npm-auth-token
    npm-registries npm-registry-server npm-scopes package-extensions plugins rc-filename unsafe-http-whitelist`),
  nothing: words(`
    bstate-path cache-migration-mode changeset-base-refs changeset-ignore-patterns clone-concurrency constraints-path
    default-language-name default-semver-range-prefix deferred-version-folder enable-absolute-virtuals enable-auto-types
    enable-cache-clean enable-colors enable-hardened-mode enable-hyperlinks enable-immutable-cache
    enable-immutable-installs enable-inline-builds enable-inline-hunks enable-message-names enable-mirror
    enable-network enable-offline-mode enable-progress-bars enable-strict-settings enable-telemetry enable-timers
    enable-tips enable-transparent-workspaces ignore-cwd ignore-path immutable-patterns init-editor-config init-fields
    init-scope install-state-path last-update-check log-filters minizip network-concurrency nm-folder
    nm-hoisting-limits nm-mode nm-self-references node-experimental-package-map node-linker node-package-map-type
    npm-audit-exclude-packages npm-audit-ignore-advisories npm-audit-registry npm-minimal-age-gate
    npm-preapproved-packages npm-publish-access npm-publish-provenance npm-publish-registry patch-folder pnp-data-path
    pnp-enable-esm-loader pnp-enable-inlining pnp-fallback-mode pnp-ignore-patterns pnp-mode pnp-zip-backend
    pnpm-install-concurrency prefer-aggregate-cache-info prefer-deferred-versions prefer-interactive prefer-reuse
    prefer-truncated-lines progress-bar-style supported-architectures task-pool-concurrency task-pool-mode
    telemetry-interval telemetry-user-id ts-enable-auto-types virtual-folder win-link-type`),
};

/** Bun 1.4: bunfig.toml, variables, what it takes from .npmrc, and options of its command line. */
const BUN: Table = {
  lockfile: {
    global: isSwitchedOn,
    'skip-lockfile': isSwitchedOn,
    // It then installs what it resolves without writing it down.
    'skip-save-lockfile': isSwitchedOn,
    'install.lockfile.save': isSwitchedOff,
    // Of a file of variables: another .npmrc, which an audit does not read.
    'npm-config-userconfig': isSet,
  },
  bytes: {
    'cache-dir': store,
    'bun-install': bunStore,
    verify: comparesNothing(isSwitchedOff),
    'no-verify': comparesNothing((value) => value !== '' && isSwitchedOn(value)),
  },
  installed: [],
  code: { 'install.security.scanner': scanner },
  elsewhere: words(`
    bun-config-registry bun-config-token ca cafile ignore-scripts install.ca install.cafile install.ignore-scripts
    install.registry install.scopes install.security link-workspace-packages registry`),
  nothing: words(`
    bun-config-disable-copy-file-range bun-config-disable-ioctl-ficlonerange bun-config-dns-time-to-live-seconds
    bun-config-http-idle-timeout bun-config-http-retry-backoff bun-config-http-retry-count bun-config-max-http-requests
    bun-config-no-clear-terminal-on-reload bun-config-skip-install-packages bun-config-verbose-fetch
    bun-config-ws-close-timeout bun-config-ws-handshake-timeout bun-config-yarn-lockfile bun-install-bin
    bun-install-global-dir bun-install-global-store bun-install-progress bun-install-streaming-drain-threshold
    bun-install-streaming-min-size bun-install-verbose bun-install-windows-rename-retry-ms dry-run hoist-pattern include install-strategy
    install.auto install.concurrent-scripts install.dev install.dry-run install.exact install.frozen-lockfile
    install.global-bin-dir install.global-dir install.global-store install.hoist install.hoist-pattern
    install.link-workspace-packages install.linker install.lockfile install.log-level install.minimum-release-age
    install.minimum-release-age-excludes install.offline install.optional install.peer install.prefer
    install.production install.public-hoist-pattern install.save-text-lockfile node-linker omit public-hoist-pattern
    save-exact`),
};

/** vlt 1.0. Its cache is installed from as it is. */
const VLT: Table = {
  lockfile: {},
  bytes: { cache: store },
  installed: [],
  code: { 'script-shell': path, 'node-options': nodeOptions },
  elsewhere: words(`
    allow-scripts fetch-retries fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout git-host-archives
    git-hosts jsr-registries registries registry scope-registries`),
  nothing: words(`
    access all arch bail before call color command config dashboard-root dry-run editor expect-lockfile expect-results
    fallback-command frozen-lockfile git-shallow help identity if-present libc lockfile-only no-bail no-color
    node-version os otp package publish-directory recursive save-dev save-optional save-peer save-prod scope
    stale-while-revalidate-factor tag target version view workspace workspace-group yes`),
};

export const TABLES: Readonly<Record<NodeManager, Table>> = {
  npm: NPM,
  pnpm: PNPM,
  'yarn-classic': YARN_CLASSIC,
  yarn: YARN,
  bun: BUN,
  vlt: VLT,
};

/** Whether a package manager's table has a setting of this name. */
export function isKnown(manager: NodeManager, name: string): boolean {
  const { lockfile, bytes, installed, code, elsewhere, nothing } = TABLES[manager];
  return (
    [lockfile, bytes, code].some((rules) => Object.hasOwn(rules, name)) ||
    [installed, elsewhere, nothing].some((names) => names.includes(name))
  );
}
