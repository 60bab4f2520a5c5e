import { matchesPrefix } from '../../ecosystems/conventions/go-patterns.ts';
import type { GoSettings, SumDatabase } from '../../lockfiles/go/settings/index.ts';
import { basicAuthorization, type Credential, type Credentials } from '../../net/credentials.ts';
import type { ExemptionReach } from '../../model/evidence.ts';
import { LockfileError } from '../../readers/error.ts';
import { Malformed } from '../../tlog/malformed.ts';
import { parseNoteKey, type NoteKey } from '../../tlog/note.ts';

/** Who is asked for modules, in turn. */
export interface ProxyStep {
  /** Without credentials, with the last slash. */
  readonly url: string;
  /** Whether the next one is asked after any error, and not only where this one has nothing. */
  readonly isPassedOver: boolean;
}

/** The checksum database that is believed. */
interface DatabaseSettings {
  readonly key: NoteKey;
  /** With the last slash; asked instead of every proxy where GOSUMDB names it. */
  readonly url: string | null;
}

/** Where the database itself is, with the last slash. */
export function databaseAddress({ key: { name }, url }: DatabaseSettings): string {
  return url ?? `https://${name}/`;
}

/** What keeps a module from being asked for at the database: a pattern, or the switch of all. */
export interface Exemption {
  /** `NAME=VALUE`, as somebody set it. */
  readonly setting: string;
  readonly reach: ExemptionReach;
}

/** What of the go command's settings decides what is asked where. */
export interface ProxySettings {
  /** Up to `direct` and `off`. */
  readonly proxies: readonly ProxyStep[];
  /** Null where it is switched off. */
  readonly database: DatabaseSettings | null;
  /** Whether nobody may be asked: GOPROXY names nothing but `off`, and GOSUMDB no address. */
  readonly isOff: boolean;
  /** Why a module is never asked for at the database; null where it is. */
  readonly exempt: (path: string) => Exemption | null;
  /** Of modules that GONOPROXY names, no proxy is asked anything. */
  readonly isDirect: (path: string) => boolean;
  readonly credentials: Credentials;
}

/** The key of the database of the Go project, which the go command has built in. */
const KEYS: Readonly<Record<string, string>> = {
  'sum.golang.org': 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
};

/** Hosts on which anybody publishes modules, below a name of their own. */
const FORGES: ReadonlySet<string> = new Set([
  ...['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org', 'gitee.com', 'git.sr.ht'],
]);
/** Hosts of which every module is for everybody. */
const OPEN_HOSTS: ReadonlySet<string> = new Set([
  ...['golang.org', 'google.golang.org', 'cloud.google.com', 'gopkg.in', 'go.uber.org', 'k8s.io', 'sigs.k8s.io'],
]);

/**
 * What is asked where, under settings of the go command and with credentials of a .netrc. Throws `LockfileError`, with
 * the variable for a file, for what cannot be asked.
 */
export function proxySettings(settings: GoSettings, netrc: Credentials): ProxySettings {
  const written = new Map<string, Credential>();
  const { sumDatabase, noSumDatabase, noProxy, origins } = settings;
  const proxies = settings.proxies.flatMap((one): ProxyStep[] =>
    one.kind === 'address'
      ? [{ url: addressOf('GOPROXY', one.url, written), isPassedOver: one.next === 'any-error' }]
      : [],
  );
  const exempting = origins.GONOSUMDB === 'default' ? 'GOPRIVATE' : 'GONOSUMDB';
  return {
    proxies,
    database: sumDatabase === null ? null : databaseOf(sumDatabase, written),
    isOff: settings.proxies[0]?.kind === 'off' && (sumDatabase?.url ?? null) === null,
    exempt: (path) => {
      // Of the switch of all, the run has a finding of its own.
      if (sumDatabase === null) return { setting: 'GOSUMDB=off', reach: 'private' };
      const matching = noSumDatabase.split(',').filter((pattern) => matchesPrefix(pattern, path));
      if (matching.length === 0) return null;
      const reaches = new Set(matching.map((pattern) => reachOf(pattern, path)));
      const reach = (['private', 'owner'] as const).find((one) => reaches.has(one)) ?? 'all';
      return { setting: `${exempting}=${noSumDatabase}`, reach };
    },
    isDirect: (path) => matchesPrefix(noProxy, path),
    credentials: new Map([...netrc, ...written]),
  };
}

/** What a pattern takes in, whatever module it is held against; null for one that matches none. */
export function reachOfPattern(pattern: string): ExemptionReach | null {
  const [host = ''] = pattern.split('/', 1);
  // Every module path begins with a host, so that `none` matches nothing.
  return /[.*?[]/.test(host) ? reachOf(pattern, pattern) : null;
}

/** The narrowest that a pattern can be meant for, of those that match a path. */
function reachOf(pattern: string, path: string): ExemptionReach {
  const [host = ''] = path.split('/', 1);
  const [ofHost = '', ofOwner = ''] = pattern.split('/');
  if (OPEN_HOSTS.has(host)) return 'all';
  if (FORGES.has(host)) return /[A-Za-z0-9]/.test(ofOwner) ? 'owner' : 'all';
  // Of a domain, and not of all that end alike, as "*" and "*.io" are.
  const domain = /[^*?[\]\\]*$/.exec(ofHost)?.[0] ?? '';
  return domain.split('.').filter((label) => label !== '').length > 1 ? 'private' : 'all';
}

function databaseOf({ name, key, url }: SumDatabase, credentials: Map<string, Credential>): DatabaseSettings {
  try {
    const parsed = parseNoteKey(key ?? KEYS[name] ?? '');
    return { key: parsed, url: url === null ? null : addressOf('GOSUMDB', url, credentials) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new LockfileError('GOSUMDB', null, `has a key that cannot be used: ${error.message}`);
  }
}

/** An address without its credentials, which are kept for its host alone. */
function addressOf(variable: string, text: string, credentials: Map<string, Credential>): string {
  const url = new URL(text);
  if (url.protocol === 'file:') {
    throw new LockfileError(variable, null, 'names a folder, from which assay reads no modules: name a proxy');
  }
  if (url.username !== '' || url.password !== '') {
    const authorization = basicAuthorization(decodeURIComponent(url.username), decodeURIComponent(url.password));
    credentials.set(`//${url.host}/`, { authorization, certificate: null, ofProject: false });
  }
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/*$/, '/')}`;
}
