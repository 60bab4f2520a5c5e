import { escapeCapitals } from '../../ecosystems/conventions/go-modules.ts';
import { goConventions } from '../../ecosystems/conventions/go.ts';
import type { Evidence } from '../../model/evidence.ts';
import { parseInstant, type Instant } from '../../model/time.ts';
import { fieldsOf } from '../../model/value.ts';
import type { HttpAnswer, HttpClient } from '../../net/request.ts';
import type { NoteKey } from '../../tlog/note.ts';
import { evidenceOf, parseJson } from '../evidence-of.ts';
import { databaseAddress, type Exemption, type ProxySettings, type ProxyStep } from './settings.ts';

export interface ModuleVersion {
  readonly name: string;
  readonly version: string;
}

/** What a proxy says of one version; unsigned. */
export interface VersionInfo {
  readonly version: string;
  readonly time: Instant | null;
  /** Where the proxy had it from, and the commit in hex; null where it does not say. */
  readonly origin: { readonly url: string; readonly hash: string | null } | null;
  /** As it was served. */
  readonly body: Buffer;
}

/** What answers for the checksum database. */
interface Database {
  readonly key: NoteKey;
  /** What it says of a module version: a record with its position and a signed head, none of it verified. */
  readonly lookup: (module: ModuleVersion) => Promise<Evidence<Buffer>>;
  /** `path` is that of the tile below `tile/8/`. */
  readonly tile: (path: string) => Promise<Evidence<Buffer>>;
  /** What it answers to whatever the go command asks it: `latest`, `lookup/...` or `tile/...`. */
  readonly answer: (path: string) => Promise<Evidence<Buffer>>;
  /** Left out where there is no other than one. */
  readonly way?: DatabaseWay;
}

/** Through which proxy the database is reached: the first that says it passes its answers on. */
interface DatabaseWay {
  /** The settings that decide it. */
  readonly settings: string;
  /** Asks there without a question. Where that has no answer, the way is asked for all the same, and counts. */
  readonly assume: (base: string) => void;
  /** Where it was found by asking; null where that was not asked, or is no proxy. */
  readonly found: () => string | null;
}

/**
 * The module proxies that the settings name, and the checksum database behind them. Every answer is evidence: nothing
 * here rejects, and nothing is verified. Asking twice for the same in one run asks the network once.
 */
export interface GoProxy {
  /** The first address that is asked for modules, or the database's; without credentials, with the last slash. */
  readonly url: string;
  /** Null where the settings switch it off. */
  readonly database: Database | null;
  /** Whether the settings let nobody be asked, neither a proxy nor the database. */
  readonly isOff: boolean;
  /** Why a module is never asked for at the database; null where it is. */
  readonly exempt: (path: string) => Exemption | null;
  /** The released versions, in no order; no pseudo-version is among them. */
  readonly list: (path: string) => Promise<Evidence<readonly string[]>>;
  readonly info: (path: string, version: string) => Promise<Evidence<VersionInfo>>;
  /** The version that stands for a module without releases. */
  readonly latest: (path: string) => Promise<Evidence<VersionInfo>>;
  /** What a proxy has of a version, verified by nobody. It may be large, and is not kept. */
  readonly file: (module: ModuleVersion, ending: 'zip' | 'mod', maxBytes: number) => Promise<Evidence<Buffer>>;
  readonly close: () => void;
}

/** A record is some hundred bytes, a head with many cosignatures some thousand. */
const MAX_LOOKUP_BYTES = 256 * 1024;
/** 256 hashes; one byte more is too many. */
const MAX_TILE_BYTES = 256 * 32;
const MAX_LIST_BYTES = 4 * 1024 * 1024;
const MAX_INFO_BYTES = 64 * 1024;
const MAX_SUPPORTED_BYTES = 64 * 1024;

/** Where a step of the settings leads: to an address, or nowhere. */
type Way = { readonly base: string } | Exclude<Evidence<never>, { state: 'present' }>;

export function goProxy(client: HttpClient, settings: ProxySettings): GoProxy {
  const { proxies, database, exempt, isDirect } = settings;
  const asked = new Map<string, Promise<Evidence<Buffer>>>();
  const askAgain = async (url: string, maxBytes: number): Promise<Evidence<Buffer>> =>
    evidenceOf(await client.get(url, { maxBytes }), url, maxBytes, (value) => ({ value }));
  const ask = (url: string, maxBytes: number): Promise<Evidence<Buffer>> => {
    const known = asked.get(url) ?? askAgain(url, maxBytes);
    asked.set(url, known);
    return known;
  };

  const askModule = async (path: string, rest: string, maxBytes: number, asking = ask): Promise<Evidence<Buffer>> => {
    if (isDirect(path)) return { state: 'unavailable', url: 'GONOPROXY', reason: 'no proxy is asked about it' };
    return askInTurn(proxies, (base) => asking(`${base}${escapeCapitals(path)}/${rest}`, maxBytes));
  };

  const direct = database === null ? null : databaseAddress(database);
  let way: Promise<Way> | null = null;
  let assumed: string | null = null;
  let passedOn: string | null = null;
  const findWay = async (name: string, at: string): Promise<Way> => {
    const found = await wayTo(name, at, proxies, client);
    if ('base' in found && found.base !== at) passedOn = found.base;
    return found;
  };
  const askDatabase = async (path: string, maxBytes: number): Promise<Evidence<Buffer>> => {
    if (direct === null || database === null) return { state: 'unavailable', url: 'GOSUMDB', reason: 'is off' };
    if (assumed !== null && way === null) {
      const answer = await ask(`${assumed}${path}`, maxBytes);
      // Whoever passes nothing on any more does not know what is absent.
      if (answer.state === 'present') return answer;
    }
    way ??= database.url === null ? findWay(database.key.name, direct) : Promise.resolve({ base: direct });
    const found = await way;
    return 'base' in found ? ask(`${found.base}${path}`, maxBytes) : found;
  };

  return {
    url: proxies[0]?.url ?? direct ?? 'https://proxy.golang.org/',
    database:
      database === null
        ? null
        : {
            key: database.key,
            lookup: ({ name, version }) =>
              askDatabase(`lookup/${escapeCapitals(name)}@${escapeCapitals(version)}`, MAX_LOOKUP_BYTES),
            tile: (path) => askDatabase(`tile/8/${path}`, MAX_TILE_BYTES),
            answer: (path) => askDatabase(path, path.startsWith('tile/8/') ? MAX_TILE_BYTES : MAX_LOOKUP_BYTES),
            ...(database.url === null && {
              way: {
                settings: JSON.stringify([database.key.name, ...proxies]),
                assume: (base) => {
                  assumed = base;
                },
                found: () => passedOn,
              },
            }),
          },
    exempt,
    isOff: settings.isOff,
    list: async (path) => {
      const answer = await askModule(path, '@v/list', MAX_LIST_BYTES);
      if (answer.state !== 'present') return answer;
      const words = answer.value.toString('utf8').split(/\s+/);
      return { state: 'present', value: words.filter((word) => word !== '') };
    },
    info: async (path, version) => infoOf(await askModule(path, `@v/${escapeCapitals(version)}.info`, MAX_INFO_BYTES)),
    latest: async (path) => infoOf(await askModule(path, '@latest', MAX_INFO_BYTES)),
    file: ({ name, version }, ending, maxBytes) =>
      askModule(name, `@v/${escapeCapitals(version)}.${ending}`, maxBytes, askAgain),
    close: () => client.close(),
  };
}

/** How the database is reached: a proxy that passes its answers on is the only one that is asked. */
async function wayTo(name: string, direct: string, proxies: readonly ProxyStep[], client: HttpClient): Promise<Way> {
  for (const { url, isPassedOver } of proxies) {
    const base = `${url}sumdb/${name}/`;
    const answer = await client.get(`${base}supported`, { maxBytes: MAX_SUPPORTED_BYTES });
    if (answer.kind === 'ok') return { base };
    if (answer.kind !== 'absent' && !isPassedOver) {
      return { state: 'unavailable', url: `${base}supported`, reason: reasonOf(answer) };
    }
  }
  return { base: direct };
}

function reasonOf(answer: Exclude<HttpAnswer, { kind: 'ok' | 'absent' }>): string {
  if (answer.kind === 'failed') return answer.reason;
  return answer.kind === 'too-large' ? `larger than ${MAX_SUPPORTED_BYTES} bytes` : 'answered 304 to a first question';
}

/** The answer of the first proxy that has one; a repository itself (`direct`) is asked nothing. */
async function askInTurn<T>(
  proxies: readonly ProxyStep[],
  ask: (base: string) => Promise<Evidence<T>>,
): Promise<Evidence<T>> {
  let last: Evidence<T> = { state: 'unavailable', url: 'GOPROXY', reason: 'names no proxy that could be asked' };
  for (const { url, isPassedOver } of proxies) {
    last = await ask(url);
    if (last.state === 'present' || (last.state !== 'absent' && !isPassedOver)) return last;
  }
  return last;
}

/** Longer than any address of a repository. */
const MAX_URL = 1024;
/** Of git, SHA-1 or SHA-256; others are not compared. */
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Reads `{"VCS": …, "URL": …, "Hash": …}`, as the go command writes it. */
function originOf(origin: unknown): VersionInfo['origin'] {
  const { URL: url, Hash: hash } = fieldsOf(origin);
  if (typeof url !== 'string' || url === '' || url.length > MAX_URL) return null;
  return { url, hash: typeof hash === 'string' && COMMIT.test(hash) ? hash : null };
}

/** Reads `{"Version": …, "Time": …, "Origin": …}`. */
function infoOf(answer: Evidence<Buffer>): Evidence<VersionInfo> {
  if (answer.state !== 'present') return answer;
  const parsed = parseJson(answer.value, (json) => {
    const { Version: version, Time: time, Origin: origin } = fieldsOf(json);
    if (typeof version !== 'string' || goConventions.versions.parse(version) === null)
      return { malformed: 'it names no version' };
    const instant = typeof time === 'string' ? parseInstant(time) : null;
    return { value: { version, time: instant, origin: originOf(origin), body: answer.value } };
  });
  return 'value' in parsed
    ? { state: 'present', value: parsed.value }
    : { state: 'malformed', url: 'GOPROXY', reason: parsed.malformed };
}
