import type { Program } from './program.ts';

const BUILD = `
  -p= --package= --workspace --all --exclude= --lib --bins --bin= --examples --example= --tests --test= --benches --bench=
  --all-targets -F= --features= --all-features --no-default-features -r --release --profile= -j= --jobs= --keep-going
  --target=[\\w.-]+(?<!\\.json) --target-dir= --message-format= --timings --ignore-rust-version --future-incompat-report`;
const NEXTEST = `${BUILD}
  -P= -E= --filterset= --filter-expr= --run-ignored= --partition= --no-capture --nocapture --test-threads= --retries=
  --fail-fast --no-fail-fast --max-fail= --no-tests= --status-level= --final-status-level= --success-output=
  --failure-output= --show-progress= --hide-progress-bar --cargo-profile= --cargo-quiet --no-run -T=`;

/** https://doc.rust-lang.org/cargo/commands/ */
export const CARGO: Program = {
  name: 'cargo',
  kind: 'cargo',
  isNamed: /^cargo$/,
  grammar: {
    options: `-v -q --verbose --quiet --color= --locked --offline --frozen -h --help -V --version --list
      --manifest-path=`,
    verbs: `
      locked build|b|check|c|doc|d: ${BUILD} --no-deps --document-private-items --open
      locked install: !--path= --root= -f --force --no-track --debug ${BUILD}
      locked rustc|rustdoc: ${BUILD} --crate-type= --print=
      locked test|t|bench: ${BUILD} --no-run --no-fail-fast --doc
      runs run|r: ${BUILD}
      locked clippy: ${BUILD} --no-deps --fix --allow-dirty --allow-staged --allow-no-vcs
      locked fetch: --target=[\\w.-]+(?<!\\.json)
      locked tree: ${BUILD} -e= --edges= -i= --invert= --prune= --depth= --prefix= --no-dedupe -d --duplicates
        --charset= -f= --format=
      locked metadata: ${BUILD} --format-version= --no-deps --filter-platform=
      locked vendor: --versioned-dirs --no-delete --respect-source-config
      locked package|publish: ${BUILD} --no-verify --allow-dirty -l --list -n --dry-run --token= --registry=
      locked nextest run|nextest list|nextest: ${NEXTEST}
      locked llvm-cov nextest|llvm-cov: ${NEXTEST} --lcov --json --html --text --codecov --output-path=
        --output-dir= --summary-only --no-report --ignore-filename-regex= --fail-under-lines= --doc
      plain clean|fmt|help|version|locate-project|pkgid|search|login|logout|owner|yank|report: *
      plain audit|deny|vet|machete|outdated|about|license|sort|spellcheck|cyclonedx: *
      locked udeps|hack build|hack check|hack test|hack clippy: ${BUILD} --feature-powerset --each-feature --depth=
        --no-dev-deps --rust-version --ignore-private --skip= --exclude-features= --optional-deps= --include-features=
      resolves audit fix|add|remove|rm|update|generate-lockfile|uninstall|init|new`,
  },
  variables: {
    read: /^(?:CARGO|RUST)(?:_|$|DOC|C|FLAGS|UP)/,
    harmless: `
      CARGO_(?:TERM_\\w+|INCREMENTAL|BUILD_(?:JOBS|INCREMENTAL|TARGET_DIR|BUILD_DIR|WARNINGS)|TARGET_DIR|CACHE_\\w+)
      CARGO_(?:HTTP_(?:TIMEOUT|MULTIPLEXING|DEBUG|LOW_SPEED_LIMIT|USER_AGENT|CHECK_REVOKE)|NET_(?:RETRY|OFFLINE)|LOG\\w*)
      CARGO_(?:NET_GIT_FETCH_WITH_CLI|FUTURE_INCOMPAT\\w+|REGISTRIES_CRATES_IO_PROTOCOL|INSTALL_ROOT|LLVM_COV\\w*)
      CARGO_(?:PROFILE_\\w+(?<!RUSTFLAGS)|RESOLVER_INCOMPATIBLE_RUST_VERSIONS)
      CARGO_BUILD_TARGET=[\\w.-]+(?<!\\.json)
      CARGO_(?:MANIFEST_\\w+|PKG_\\w+|CRATE_NAME|PRIMARY_PACKAGE|BIN_\\w+) CARGO
      RUST_(?:BACKTRACE|LIB_BACKTRACE|LOG\\w*|MIN_STACK|TEST_\\w+|RECURSION_COUNT|VERSION) RUSTUP_(?:MAX_RETRIES|IO_THREADS|LOG|TERM_\\w+|AUTO_INSTALL)
      (?:CARGO_BUILD_)?RUST(?:C|DOC|C_WRAPPER|C_WORKSPACE_WRAPPER)=[\\w.-]+ CARGO_TARGET_[A-Z0-9_]+_LINKER=[\\w.+-]+`,
    own: `
      CARGO_(?:HOME|REGISTR(?:Y|IES)_\\w*TOKEN|REGISTRIES_\\w+_INDEX|REGISTRY_DEFAULT|HTTP_(?:PROXY|CAINFO|SSL_VERSION))
      (?:CARGO_(?:BUILD_|TARGET_[A-Z0-9_]+_)?|CARGO_ENCODED_)?RUST(?:DOC)?FLAGS CARGO_TARGET_[A-Z0-9_]+_RUNNER
      RUSTUP_(?:HOME|TOOLCHAIN|DIST_SERVER|DIST_ROOT|UPDATE_ROOT|VERSION|INIT_\\w+)`,
  },
};
