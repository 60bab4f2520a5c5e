import { LockfileError, quoted } from '../../../readers/error.ts';
import { wordsOf } from '../text.ts';
import { ofFiles, pathsOf, variablesOf, type GoSources, type Origin } from './variables.ts';

export { userFileOf, type GoSources } from './variables.ts';

/** One entry of GOPROXY. After `direct` and `off` there is none. */
type GoProxy =
  | { readonly kind: 'direct' | 'off' }
  | {
      readonly kind: 'address';
      /** Of http, https or file; it may have a password in it. */
      readonly url: string;
      /** The next one is asked where this one has nothing (404 and 410), or after any error. */
      readonly next: 'not-found' | 'any-error';
    };

/** A checksum database. */
export interface SumDatabase {
  /** A host, which a path may follow. */
  readonly name: string;
  /** The whole verifier key, name and all; null for the key that Go has of this name. */
  readonly key: string | null;
  /** Where it is asked, past all proxies; null for wherever the proxies say. */
  readonly url: string | null;
}

/** What the go command is set to, as far as it decides where modules come from and who vouches for them. */
export interface GoSettings {
  /** At least one. */
  readonly proxies: readonly GoProxy[];
  /** Null where it is off. */
  readonly sumDatabase: SumDatabase | null;
  /** Patterns for `matchesPrefix`: of what is fetched past proxies, and of what no database is asked about. */
  readonly noProxy: string;
  readonly noSumDatabase: string;
  readonly private: string;
  /** Of what may be fetched without TLS; it decides nothing about the database. */
  readonly insecure: string;
  /** Of GOFLAGS by name, without hyphens; "true" for a flag without a value. Of what is repeated, the last. */
  readonly flags: ReadonlyMap<string, string>;
  /** `off`, the path of a go.work, or `auto`: the next one above. */
  readonly work: string;
  readonly toolchain: string;
  /** Null where there is neither GOPATH nor a home folder. */
  readonly moduleCache: string | null;
  /** The first of GOPATH, which has what Go keeps of checksum databases in `pkg/sumdb`. */
  readonly path: string | null;
  /** All variables that files set, known here or not, where the environment does not. */
  readonly ofFiles: ReadonlyMap<string, string>;
  /** Who says so, by the name of a variable. */
  readonly origins: Readonly<Record<VariableName, Origin>>;
}

const NAMES = [
  ...(['GOPROXY', 'GONOPROXY', 'GOSUMDB', 'GONOSUMDB', 'GOPRIVATE', 'GOINSECURE'] as const),
  ...(['GOFLAGS', 'GOWORK', 'GOTOOLCHAIN', 'GOMODCACHE', 'GOPATH'] as const),
];
type VariableName = (typeof NAMES)[number];

/** Names that stand for others: the database as it is reached from China. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['sum.golang.google.cn', 'sum.golang.org https://sum.golang.google.cn'],
]);
/** Of which Go has the key. */
const KNOWN: ReadonlySet<string> = new Set(['sum.golang.org']);

/** Throws LockfileError, with the variable for a file, for what Go stops at. Values may be secret and are not told. */
export function goSettings(sources: GoSources): GoSettings {
  const variable = variablesOf(sources);
  const value = (name: VariableName): string => variable(name).value;
  const { join, delimiter } = pathsOf(sources.platform);
  const home = sources.environment[sources.platform === 'win32' ? 'USERPROFILE' : 'HOME'] ?? '';
  const paths = value('GOPATH') || (home === '' ? '' : join(home, 'go'));
  const [first = ''] = paths.split(delimiter);
  const path = first === '' ? null : first;
  const origins = Object.fromEntries(NAMES.map((name) => [name, variable(name).origin]));
  return {
    proxies: proxiesOf(value('GOPROXY')),
    sumDatabase: sumDatabaseOf(value('GOSUMDB')),
    noProxy: value('GONOPROXY') || value('GOPRIVATE'),
    noSumDatabase: value('GONOSUMDB') || value('GOPRIVATE'),
    private: value('GOPRIVATE'),
    insecure: value('GOINSECURE'),
    flags: flagsOf(value('GOFLAGS')),
    work: value('GOWORK') || 'auto',
    toolchain: value('GOTOOLCHAIN'),
    moduleCache: value('GOMODCACHE') || (path === null ? null : join(path, 'pkg', 'mod')),
    path,
    ofFiles: ofFiles(sources),
    origins: origins as Readonly<Record<VariableName, Origin>>,
  };
}

/** Reads GOPROXY (https://go.dev/ref/mod#environment-variables). */
function proxiesOf(list: string): readonly GoProxy[] {
  const proxies: GoProxy[] = [];
  for (const [, entry = '', separator] of list.matchAll(/([^,|]*)([,|]|$)/g)) {
    const word = wordsOf(entry).join(' ');
    if (word === '') continue;
    if (word === 'off' || word === 'direct') return [...proxies, { kind: word }];
    const isBare = /[.:/]/.test(word) && !word.includes(':/') && !word.startsWith('/');
    const url = isBare ? `https://${word}` : word;
    if (!isProxyAddress(url)) {
      throw new LockfileError('GOPROXY', null, 'has an entry that is no address of http, https or file');
    }
    proxies.push({ kind: 'address', url, next: separator === '|' ? 'any-error' : 'not-found' });
  }
  if (proxies.length === 0) throw new LockfileError('GOPROXY', null, 'has no entries; "off" asks nobody');
  return proxies;
}

function isProxyAddress(text: string): boolean {
  if (!/^(?:https?|file):\/\/[^ ]*$/i.test(text) || !URL.canParse(text)) return false;
  const { protocol, host, search, hash } = new URL(text);
  return protocol !== 'file:' || host + search + hash === '';
}

/** Reads GOSUMDB: `off`, or `NAME[+KEY] [ADDRESS]`. */
function sumDatabaseOf(text: string): SumDatabase | null {
  if (text === 'off') return null;
  const [key, url = null, ...rest] = wordsOf(ALIASES.get(text) ?? text);
  const refuse = (problem: string): never => {
    throw new LockfileError('GOSUMDB', null, problem);
  };
  if (key === undefined) return refuse('names no database; "off" asks none');
  if (rest.length > 0) return refuse('has more than a database and an address');
  const [name = ''] = key.split('+', 1);
  if (!/^[A-Za-z0-9.-]+(?::\d+)?(?:\/[A-Za-z0-9._~-]+)*$/.test(name)) {
    return refuse(`${quoted(name)} is not the name of a database: a host, or one with a path`);
  }
  if (name === key && !KNOWN.has(name)) return refuse(`Go has no key of ${quoted(name)}; write NAME+HASH+KEY`);
  if (url !== null && !/^https?:\/\//i.test(url)) return refuse('has an address that is neither https nor http');
  return { name, key: name === key ? null : key, url };
}

/** Reads GOFLAGS: words, each in quotation marks or none, without escapes. Each is a flag with its value after "=". */
function flagsOf(text: string): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  for (const [, double, single, plain] of text.matchAll(/"([^"]*)"|'([^']*)'|([^ \t\r\n]+)/g)) {
    if (plain !== undefined && /^["']/.test(plain)) throw new LockfileError('GOFLAGS', null, 'has a quote without end');
    const flag = double ?? single ?? plain ?? '';
    const [, name, value = 'true'] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(flag) ?? [];
    if (name === undefined) throw new LockfileError('GOFLAGS', null, `${quoted(flag)} is no flag, as -name=value is`);
    flags.set(name, value);
  }
  return flags;
}
