import { digestOf } from '../readers/digest.ts';
import { instancesOf } from './instances.ts';
import type { TrustOptions } from './options.ts';
import { PINNED } from '../ecosystems/index.ts';
import type { KeyOrigin, RegistryKey } from '../model/evidence.ts';
import type { TrustRepository } from '../model/report.ts';
import type { SharedStore } from '../model/store.ts';
import type { Instant } from '../model/time.ts';
import { STRICT, type Thresholds } from '../model/trust.ts';
import type { HttpClient } from '../net/request.ts';
import { demandsOf, thresholdsOf } from '../sigstore/instance.ts';
import { parseTrustedRoot } from '../sigstore/trusted-root.ts';
import type { Ask, Problem } from '../sigstore/tuf/answer.ts';
import type { Anchor, Verified } from '../sigstore/tuf/client.ts';
import { ROOT_TARGET } from '../sigstore/tuf/public-good.ts';
import { openKnown, refresh } from '../sigstore/tuf/repository.ts';

/** A TUF repository that publishes a trusted root, and where trust in it begins. */
export interface TrustSource {
  /** An address, which ends in "/", or a folder. */
  readonly url: string;
  /** How a folder is asked; left out where the repository is asked over the network. */
  readonly ask?: Ask;
  /** Other targets that are wanted of it; left out where none are. */
  readonly beside?: readonly string[];
  /** Whether it says as well which keys registries have: only the main instance's does. */
  readonly namesKeys: boolean;
  /** What the root's instance demands where its repository publishes another; null where nobody stated it. */
  readonly stated: Thresholds | null;
  readonly anchor: Anchor;
  /** What is in use until the repository says otherwise; null where only it has a trusted root. */
  readonly pinned: Pick<TrustOptions, 'root' | 'rootName' | 'rootDigest' | 'name' | 'thresholds'> | null;
  /** Registry keys the user configured. */
  readonly keys: readonly RegistryKey[];
  /** When that was last known to be the newest; null where it is not known. */
  readonly pinnedAt: Instant | null;
}

/** Trust before and after its repository was asked. */
export interface TrustSession {
  /** What earlier runs verified, else what is pinned; null where there is neither. */
  readonly known: TrustOptions | null;
  /** Asks, once, what holds now. Rejects with TrustError where there is nothing to use. */
  readonly refresh: () => Promise<TrustOptions>;
}

/** There is no trusted root to verify with. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
  /** Why there is none, without where it was asked for. */
  readonly why: string;
  constructor(message: string, why = message) {
    super(message);
    this.why = why;
  }
}

export interface RefreshOptions {
  readonly http: HttpClient;
  /** Keeps what was verified; null where nothing is to be kept. */
  readonly store: SharedStore | null;
  readonly now: Instant;
  /** Asks also for what may be taken as known for a while. */
  readonly fresh?: boolean;
}

/**
 * Time limits for one request and for all of them: an audit waits no longer for the trusted root than for a registry.
 */
const LIMITS = { requestMs: 5000, totalMs: 15_000 };

/** What is known of the trust before its repository is asked. */
export async function openTrust(source: TrustSource, options: RefreshOptions): Promise<TrustSession> {
  // What assay pins it always has; a file that is named now may be another one in the next run.
  const isPinned = source.pinnedAt !== null && source.pinned !== null;
  const wanted = new Map([
    [ROOT_TARGET, isPinned ? source.pinned.rootDigest : null],
    ...(source.namesKeys ? PINNED : []).map(({ target, digest }): [string, string] => [target, digest]),
    ...(source.beside ?? []).map((target): [string, null] => [target, null]),
  ]);
  const repository = { name: 'tuf', anchor: source.anchor, wanted };
  const { store, fresh = false } = options;
  // What was answered before says what was the newest then. It held as long as what it says of its own expiry.
  const now = Math.min(options.now, options.http.asOf ?? options.now);
  const known = await openKnown(repository, store);

  const ask = async (): Promise<TrustOptions> => {
    const asker = source.ask ?? askerOf(source.url, options.http);
    const { state, confirmed, problem } = await refresh(repository, asker, store, now, {
      fresh,
      known,
      isCopy: source.ask !== undefined,
      clock: options.now,
    });
    return demand(trustOf(source, state, { confirmed, problem }), source, problem);
  };
  let asked: Promise<TrustOptions> | null = null;
  const before = trustOf(source, known.state, { confirmed: known.confirmed, problem: 'unasked' });
  return { known: before, refresh: () => (asked ??= ask()) };
}

/** Whether the same would be verified with both. */
export function isSameTrust(a: TrustOptions, b: TrustOptions): boolean {
  const keys = ({ npmKeys = PINNED.flatMap(({ pinned }) => pinned) }: TrustOptions): string =>
    npmKeys
      .map(({ keyId, usage, spki, start, end }) => [keyId, usage, spki, start, end].join(' '))
      .sort()
      .join('\n');
  const instances = (trust: TrustOptions): string => JSON.stringify(instancesOf(trust).map(demandsOf));
  return keys(a) === keys(b) && instances(a) === instances(b);
}

function demand(trust: TrustOptions | null, { url }: TrustSource, problem: Problem | null): TrustOptions {
  if (trust !== null) return trust;
  const why = problem?.detail ?? `it has no ${ROOT_TARGET}`;
  const choices = 'assay trust hosts lists what a firewall has to allow; --trusted-root FILE needs no request';
  throw new TrustError(
    `no trusted root from ${url}: ${why}${problem?.kind === 'unavailable' ? ` (${choices})` : ''}`,
    why,
  );
}

/** The trust that was verified, over what is pinned; null where there is no root at all. */
function trustOf(
  { url, pinned, pinnedAt, keys: configured, stated, beside: others = [] }: TrustSource,
  verified: Verified,
  { confirmed, problem }: { readonly confirmed: Instant | null; readonly problem: Problem | 'unasked' | null },
): TrustOptions | null {
  const root = read(verified, ROOT_TARGET, (json) => parseTrustedRoot(json));
  const keys = PINNED.map((one) => ({ ...one, now: read(verified, one.target, one.parse) }));
  const failed =
    (problem === 'unasked' ? null : problem) ??
    root.problem ??
    keys.map(({ now }) => now.problem).find((one) => one !== null) ??
    null;
  const { timestamp, snapshot, roles } = verified;
  const repository: TrustRepository = {
    url,
    state: problem === 'unasked' ? problem : (failed?.kind ?? 'current'),
    problem: failed?.detail ?? null,
    confirmed: confirmed ?? pinnedAt,
    origin: root.value === null ? 'pinned' : 'repository',
    versions: {
      root: verified.root.version,
      timestamp: timestamp?.version ?? null,
      snapshot: snapshot?.version ?? null,
      targets: roles.get('targets')?.version ?? null,
    },
    expires: Math.min(timestamp?.expires ?? Infinity, verified.root.expires),
  };
  const isNewer = keys.some(({ now }) => now.value !== null);
  // The same people sign the pinned ones and those of the public repository; another repository is the user's choice.
  const origin: KeyOrigin = pinned?.rootName === 'public-good' ? 'pinned' : 'configured';
  const published = keys.flatMap(({ pinned: ours, now }): readonly RegistryKey[] =>
    now.value === null ? ours : now.value.map((key) => ({ ...key, origin })),
  );
  const newer = isNewer ? { npmKeys: published } : {};
  const beside = new Map(
    others.flatMap((path) => {
      const bytes = verified.targets.get(path)?.bytes ?? null;
      return bytes === null ? [] : [[path, bytes] as const];
    }),
  );
  const rest = { keys: configured, ...newer, beside, repository };
  if (root.value === null) return pinned === null ? null : { ...pinned, ...rest };
  const rootName = pinned?.rootName === 'public-good' ? pinned.rootName : url;
  const isPublic = rootName === 'public-good';
  const thresholds = isPublic ? STRICT : (stated ?? thresholdsOf(root.value));
  const name = isPublic ? rootName : (pinned?.name ?? 'own');
  return { root: root.value, rootName, rootDigest: root.digest, name, thresholds, ...rest };
}

type Reading<T> =
  | { readonly value: T; readonly digest: string; readonly problem: null }
  | { readonly value: null; readonly problem: Problem | null };

/** The content of a target; null where it is not there, is what is pinned already, or cannot be used. */
function read<T>({ targets }: Verified, path: string, parse: (json: unknown) => T): Reading<T> {
  const bytes = targets.get(path)?.bytes ?? null;
  if (bytes === null) return { value: null, problem: null };
  try {
    const value = parse(JSON.parse(bytes.toString('utf8')));
    return { value, digest: digestOf(bytes), problem: null };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
    return { value: null, problem: { kind: 'refused', detail: `${path} cannot be used: ${why}` } };
  }
}

/** Asks the TUF repository for files. Sends no credentials; all requests share one deadline. */
export function askerOf(url: string, http: HttpClient, { requestMs, totalMs } = LIMITS): Ask {
  const end = performance.now() + totalMs;
  return async (path, maxBytes, etag) => {
    const left = Math.min(requestMs, end - performance.now());
    if (left <= 0) return { kind: 'failed', reason: `no answer within ${totalMs / 1000} seconds` };
    const options = { maxBytes, timeoutMs: left, auth: false, ...(etag === null ? {} : { etag }) };
    const answer = await http.get(new URL(path, url).href, options);
    if (answer.kind === 'ok') return { kind: 'ok', body: answer.body, etag: answer.headers.etag ?? null };
    if (answer.kind !== 'failed') return { kind: answer.kind };
    return { kind: answer.status === 403 ? 'denied' : 'failed', reason: answer.reason };
  };
}
