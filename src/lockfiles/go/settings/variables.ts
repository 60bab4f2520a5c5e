import { posix, win32 } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the go command finds its variables, the strongest first. */
export interface GoSources {
  readonly environment: Environment;
  /** What `go env -w` writes (`userFileOf`); null where there is none. */
  readonly userFile: Uint8Array | null;
  /** The go.env in GOROOT, which an installation of Go brings along; null where there is none. */
  readonly rootFile: Uint8Array | null;
  readonly platform: NodeJS.Platform;
}

/** Who says it: the environment, `go env -w`, the go.env of an installation, or nobody. */
export type Origin = 'environment' | 'user' | 'root' | 'default';

export interface Variable {
  readonly value: string;
  readonly origin: Origin;
}

/** Of a go.env as the Go project publishes it: what holds where no Go is installed. */
const PUBLISHED: ReadonlyMap<string, string> = new Map([
  ['GOPROXY', 'https://proxy.golang.org,direct'],
  ['GOSUMDB', 'sum.golang.org'],
  ['GOTOOLCHAIN', 'auto'],
]);

/**
 * Reads one variable as the go command does (https://go.dev/ref/mod#environment-variables): an empty one of the
 * environment is none, while an empty one of the user's file hides that of the installation.
 */
export function variablesOf(sources: GoSources): (name: string) => Variable {
  const user = new Map(sources.userFile === null ? [] : linesOf(sources.userFile));
  // Of what go.env repeats, the first line counts.
  const root = new Map(sources.rootFile === null ? PUBLISHED : linesOf(sources.rootFile).reverse());
  return (name) => {
    const own = sources.environment[name] ?? '';
    if (own !== '') return { value: own, origin: 'environment' };
    const origin = user.has(name) ? 'user' : root.has(name) && sources.rootFile !== null ? 'root' : 'default';
    return { value: user.get(name) ?? root.get(name) ?? '', origin };
  };
}

/** All variables that files set, and the environment does not. */
export function ofFiles({ environment, userFile, rootFile }: GoSources): ReadonlyMap<string, string> {
  const lines = [rootFile, userFile].flatMap((bytes, at) => {
    const all = bytes === null ? [] : linesOf(bytes);
    return at === 0 ? all.reverse() : all;
  });
  return new Map(lines.filter(([name]) => (environment[name] ?? '') === ''));
}

/** Lines NAME=VALUE; anything else is passed over. A value is all that follows, a carriage return too. */
function linesOf(bytes: Uint8Array): [string, string][] {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return text.split('\n').flatMap((line) => {
    const equals = line.indexOf('=');
    return equals > 0 && /^[A-Z]/.test(line) ? [[line.slice(0, equals), line.slice(equals + 1)]] : [];
  });
}

/** The file that `go env -w` writes; null where there is none to read. */
export function userFileOf(environment: Environment, platform: NodeJS.Platform): string | null {
  const value = (name: string): string | null => (environment[name] === '' ? null : (environment[name] ?? null));
  const named = value('GOENV');
  if (named !== null) return named === 'off' ? null : named;
  const below = (folder: string | null, ...rest: readonly string[]): string | null =>
    folder === null ? null : pathsOf(platform).join(folder, ...rest, 'go', 'env');
  if (platform === 'win32') return below(value('AppData') ?? value('APPDATA'));
  if (platform === 'darwin') return below(value('HOME'), 'Library', 'Application Support');
  const config = value('XDG_CONFIG_HOME');
  if (config === null) return below(value('HOME'), '.config');
  return posix.isAbsolute(config) ? below(config) : null;
}

export function pathsOf(platform: NodeJS.Platform): Pick<typeof posix, 'join' | 'delimiter'> {
  return platform === 'win32' ? win32 : posix;
}
