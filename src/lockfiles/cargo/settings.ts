import { isTable, textsOf } from '../../readers/toml-tables.ts';
import type { TomlTable, TomlValue } from '../../readers/toml.ts';

/** A setting of Cargo that adds something to a build; `name` as in `build.rustc-wrapper`. */
export interface CargoSetting {
  readonly name: string;
  readonly code: 'repository' | 'fetched' | 'unknown';
  /** Whether most projects that have it mean nothing by it. */
  readonly isUsual: boolean;
}

/** What a setting does: names a program or its arguments, is read elsewhere or changes no code, or depends on it. */
type Effect = 'runs' | 'asks' | 'nothing' | ((value: TomlValue, name: string) => 'runs' | 'usual' | 'nothing');

/** Flags that choose how the compiler translates, and name no program and no file. */
const PLAIN_FLAGS =
  /^(?:-C *|--codegen[ =])(?:target-cpu|target-feature|opt-level|debuginfo|lto|codegen-units|panic|strip|force-frame-pointers|relocation-model|symbol-mangling-version|split-debuginfo|overflow-checks|debug-assertions|embed-bitcode|link-arg=-fuse-ld=(?:lld|mold|bfd|gold)$)[^/\\@]*$|^-[ADWF] *[\w:-]+$|^--(?:cfg|check-cfg|cap-lints)[ =][^/\\@]*$/;

/** Lists of arguments as lists, or in one text with spaces. */
const flags = (value: TomlValue): 'runs' | 'usual' => {
  const words = textsOf(value).flatMap((text) => text.trim().split(/\s+/));
  const whole = words.join(' ').split(/ (?=-)/);
  return words.length > 0 && whole.every((one) => PLAIN_FLAGS.test(one)) ? 'usual' : 'runs';
};

/** A description of a target in a file of the project names the linker and what it is given. */
const targets = (value: TomlValue): 'runs' | 'nothing' =>
  textsOf(value).some((text) => /\.json$|[/\\]/.test(text)) ? 'runs' : 'nothing';

/** Variables that a compiler, a linker, a shell or a build script takes a program, a flag or a library from. */
const STEERING =
  /^(?:PATH|SHELL|IFS|ENV|BASH_ENV|HOME|TMPDIR|LD|DYLD|CARGO|RUST(?!_LOG$|_BACKTRACE$)|CC|CXX|AR|AS|NM|RANLIB|CPP|CL|LINK|MAKE|CMAKE|PKG_CONFIG|PYTHON|PERL|NODE|JAVA|GIT|SSH|HOST|TARGET|C_INCLUDE|CPLUS_INCLUDE|CPATH|LIBRARY_PATH|LIBCLANG|BINDGEN|PROTOC)(?:$|_)|^(?:RUSTC|RUSTFLAGS|RUSTDOC|CFLAGS|CXXFLAGS|LDFLAGS|CPPFLAGS|LIBS?|INCLUDE)|(?:FLAGS|_DIR|_PATH|_LIB|_BIN|_CMD|_LINKER|_RUNNER|_WRAPPER|_PRELOAD)$/i;

const variable = (value: TomlValue, name: string): 'runs' | 'usual' => {
  const texts = isTable(value) ? textsOf(value.get('value')) : textsOf(value);
  const isRelative = isTable(value) && value.get('relative') === true;
  return isRelative || STEERING.test(name) || texts.some((text) => /[/\\]/.test(text)) ? 'runs' : 'usual';
};

/** The names that cargo has for its own commands give way to an alias; others are the project's own. */
const alias = (_value: TomlValue, name: string): 'runs' | 'usual' => (/^(?:[bcdrt]|rm)$/.test(name) ? 'runs' : 'usual');

/**
 * The settings of Cargo by what they do (https://doc.rust-lang.org/cargo/reference/config.html), the first row that
 * fits counting; `*` is any one name, and what a row names takes in all below it.
 */
const TABLE: readonly (readonly [string, Effect])[] = [
  ['build.rustc', 'runs'],
  ['build.rustc-wrapper', 'runs'],
  ['build.rustc-workspace-wrapper', 'runs'],
  ['build.rustdoc', 'runs'],
  ['build.rustflags', flags],
  ['build.rustdocflags', flags],
  ['build.target', targets],
  ...[
    'jobs',
    'target-dir',
    'build-dir',
    'artifact-dir',
    'incremental',
    'dep-info-basedir',
    'pipelining',
    'warnings',
  ].map((name) => [`build.${name}`, 'nothing'] as const),
  ['target.*.ar', 'nothing'],
  ['target.*.rustflags', flags],
  ['target.*.rustdocflags', flags],
  // A linker, a runner, and what stands in for the build script of a crate that links a library of that name.
  ['target.*.*', 'runs'],
  ['host', 'runs'],
  ['env.*', variable],
  ['doc.browser', 'runs'],
  ['registry.global-credential-providers', 'runs'],
  ['registry.credential-provider', 'runs'],
  ['registry', 'nothing'],
  ['registries.*.credential-provider', 'runs'],
  ['registries', 'nothing'],
  ['credential-alias', 'runs'],
  ['alias.*', alias],
  ['http.proxy', 'asks'],
  ['http.cainfo', 'asks'],
  ['http.proxy-cainfo', 'asks'],
  ['net.git-fetch-with-cli', 'asks'],
  ['profile.*.rustflags', 'runs'],
  ['profile.*.*.*.rustflags', 'runs'],
  ['profile.*.*.rustflags', 'runs'],
  // Read where they are found: what stands in for crates, and other files of settings.
  ...['paths', 'patch', 'source', 'include'].map((name) => [name, 'nothing'] as const),
  ...['http', 'net', 'profile', 'term', 'cargo-new', 'install', 'resolver', 'cache', 'future-incompat-report'].map(
    (name) => [name, 'nothing'] as const,
  ),
];

/** What the settings in one file add to a build. Settings that the table does not have are named, too. */
export function cargoSettings(content: TomlTable): readonly CargoSetting[] {
  return settingsIn(content, []);
}

/** Deeper than any setting is. */
const MAX_DEPTH = 6;

function settingsIn(table: TomlTable, outer: readonly string[]): readonly CargoSetting[] {
  return [...table].flatMap(([key, value]): readonly CargoSetting[] => {
    const path = [...outer, key];
    const row = TABLE.find(([pattern]) => fits(pattern.split('.'), path));
    // What a later row names more closely is within it.
    const isOuter = TABLE.some(([pattern]) => leadsTo(path, pattern.split('.')));
    if (isOuter && isTable(value) && path.length < MAX_DEPTH) return settingsIn(value, path);
    const name = path.join('.');
    const effect = row === undefined ? null : typeof row[1] === 'function' ? row[1](value, key) : row[1];
    if (effect === 'nothing') return [];
    if (effect === null) return [{ name, code: 'unknown', isUsual: false }];
    return [
      { name, code: effect === 'asks' ? 'fetched' : 'repository', isUsual: effect === 'asks' || effect === 'usual' },
    ];
  });
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.length <= path.length && pattern.every((name, at) => name === '*' || name === path[at]);
}

/** Whether a row is about something within a table of this name. */
function leadsTo(path: readonly string[], pattern: readonly string[]): boolean {
  return pattern.length > path.length && path.every((name, at) => pattern[at] === '*' || pattern[at] === name);
}

/** Channels of https://rust-lang.github.io/rustup/concepts/toolchains.html, which rustup fetches by their names. */
const CHANNEL =
  /^(?:stable|beta|nightly|\d+\.\d+(?:\.\d+)?(?:-beta(?:\.\d+)?)?)(?:-\d{4}-\d{2}-\d{2})?(?:-\w+-[\w-]+)?$/;

/** What a file rust-toolchain.toml makes of the compiler; null where rustup takes one of the official ones. */
export function toolchainSetting(toolchain: TomlTable): CargoSetting | null {
  if (toolchain.has('path')) return { name: 'toolchain.path', code: 'repository', isUsual: false };
  const channel = toolchain.get('channel');
  if (channel === undefined || (typeof channel === 'string' && CHANNEL.test(channel))) return null;
  return { name: 'toolchain.channel', code: 'unknown', isUsual: false };
}
