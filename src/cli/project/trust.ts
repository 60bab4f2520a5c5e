import { resolve } from 'node:path';
import { demandAge } from '../../audit/age.ts';
import type { TrustOptions } from '../../audit/options.ts';
import type { TufRule } from '../../model/policy.ts';
import type { Thresholds } from '../../model/trust.ts';
import { PUBLIC_GOOD } from '../../sigstore/instance.ts';
import { trustPlace } from '../../store/place.ts';
import { statAt } from '../../store/found.ts';
import { openCache } from '../../store/store.ts';
import type { TrustRepository } from '../../model/report.ts';
import { createHttpClient } from '../../net/client.ts';
import type { NpmConfig } from '../../registries/npm/config/npmrc.ts';
import { PINNED_AT, publicGoodAnchor, TUF_URL } from '../../sigstore/tuf/public-good.ts';
import { plainAddress } from '../../policy/read.ts';
import { pinRoot } from '../../sigstore/tuf/repository.ts';
import { isSameTrust, openTrust, type TrustSession, type TrustSource } from '../../audit/trust.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { policyFile, type LoadedPolicy } from './policy.ts';
import { furtherInstances, joinSessions, mainOf, type FurtherInstances } from './trust-instances.ts';
import { witnessesOf, withWitnesses } from './witnesses.ts';
import { placeOfCache } from '../setup.ts';
import { demandApart, loadInstances, loadKeys, statedThresholds } from '../trust-files.ts';
import { folderAsker } from './tuf-folder.ts';
import { messageOf, readUserFile } from '../user-files.ts';

/** Where a TUF repository may lead. */
export const TUF_EGRESS = {
  refuseRedirect: () => 'and a TUF repository is asked at its own address alone',
} as const;

/** What to verify with. */
export interface RunningTrust {
  readonly session: Promise<TrustSession>;
  /** Ends what is asked and keeps what was verified. */
  readonly close: () => void;
}

/**
 * Begins with the trusted root and the keys in use; the command line outranks the policy. The public-good instance's
 * repository is asked where its root is in use, another one where it is named. `fresh` asks also for what may be taken
 * as known for a while, `beside` for further targets of the main repository. Throws UsageError with one line.
 */
export function startTrust(
  values: OptionValues,
  policy: LoadedPolicy | null,
  config: NpmConfig,
  io: Io,
  { fresh = false, beside = [] }: { readonly fresh?: boolean; readonly beside?: readonly string[] } = {},
): RunningTrust {
  const { source, main, further, keys } = trustSource(values, policy, io);
  const witnesses = witnessesOf(policy, io);
  const open = (one: TrustSource): OpenedSource => openSource(one, values, config, io, fresh);
  const alone = { ...main, keys };
  const ofMain = source === null ? null : open({ ...source, beside });
  const others = further.published.map(({ name, source: own }) => ({ name, ...open(own) }));
  const session = async (): Promise<TrustSession> => {
    const first = (await ofMain?.opened) ?? { known: alone, refresh: () => Promise.resolve(alone) };
    const published = await Promise.all(others.map(async ({ name, opened }) => ({ name, session: await opened })));
    return aged(withWitnesses(joinSessions(first, further.given, published), witnesses), policy);
  };
  return {
    session: session(),
    close: () => {
      for (const { close } of [...(ofMain === null ? [] : [ofMain]), ...others]) close();
    },
  };
}

interface OpenedSource {
  readonly opened: Promise<TrustSession>;
  readonly close: () => void;
}

/** The same without a question to its repository, where something is known without one. */
export function unasked(session: TrustSession): TrustSession {
  const { known } = session;
  return known === null ? session : { known, refresh: () => Promise.resolve(known) };
}

/** Opens a repository, with what earlier runs kept of it. The caller closes it. */
export function openSource(
  source: TrustSource,
  values: OptionValues,
  config: NpmConfig,
  io: Io,
  fresh: boolean,
): OpenedSource {
  const place = values['no-cache'] === true ? null : placeOfCache(io);
  const store = place === null ? null : openCache(trustPlace(place), storeName(source));
  const http = createHttpClient(config, TUF_EGRESS);
  return {
    opened: openTrust(source, { http, store, now: Date.now(), fresh }),
    close: () => {
      http.close();
      store?.close();
    },
  };
}

/** What a store of a repository's metadata is kept under. */
function storeName({ url, anchor: { root, floors } }: TrustSource): string {
  const anchored = [...Object.values(root.roles)].flatMap((role) => [...role.keys.keys(), role.threshold]);
  return JSON.stringify(['trust', url, root.version, anchored, [...floors]]);
}

/** A session whose answer is refused where it is older than the policy allows. */
function aged({ known, refresh }: TrustSession, policy: LoadedPolicy | null): TrustSession {
  const maxAge = policy?.policy.maxAge ?? null;
  return {
    known,
    refresh: async () => {
      const trust = await refresh();
      if (maxAge !== null) demandAge(trust, { hours: maxAge, of: policy?.policy.file ?? '' }, Date.now());
      return trust;
    },
  };
}

/** The main instance's repository, null where none is asked; what is verified with where there is none, and others. */
export interface TrustChosen {
  readonly source: TrustSource | null;
  /** The main instance by its file, or the pinned one. */
  readonly main: TrustOptions;
  readonly further: FurtherInstances;
  readonly keys: TrustOptions['keys'];
}

/** What the command line and the policy say to verify with. Throws UsageError. */
export function trustSource(values: OptionValues, policy: LoadedPolicy | null, io: Io): TrustChosen {
  const keysFile = values['registry-keys'];
  const keys = keysFile === undefined ? [] : loadKeys(keysFile, io);
  const rootFile = trustedRootFile(values, policy, io);
  const tuf = repositoryOf(values, policy, io);
  const stated = thresholdsStated(values, policy, rootFile !== undefined || tuf !== null);
  const [first, ...others] =
    rootFile === undefined ? [PUBLIC_GOOD] : loadInstances(rootFile, { name: 'own', stated }, io);
  const asOf = values['trusted-root'] === undefined ? (policy?.policy.asOf ?? null) : null;
  const main = { ...mainOf(first, rootFile ?? 'public-good', keys), confirmed: asOf };
  const ofPolicy =
    policy === null
      ? { given: [], published: [] }
      : furtherInstances(policy, (rule, rest) => privateSource(repositoryIn(rule, policy, io), rest, io), io);
  const given = [...others.map((one) => ({ ...one, from: rootFile ?? '', confirmed: null })), ...ofPolicy.given];
  const named = [...given, ...ofPolicy.published].map(({ name }) => name);
  demandNamed(policy, [first.name, ...named], tuf !== null && rootFile === undefined);
  demandApart([first, ...given]);
  const pinned = rootFile === undefined ? null : main;
  const source =
    tuf === null
      ? publicGood(rootFile, main, keys)
      : privateSource(tuf, { pinned, pinnedAt: null, stated, keys, namesKeys: true }, io);
  return { source, main, further: { given, published: ofPolicy.published }, keys };
}

/** Every instance that something is expected of has to be there. */
function demandNamed(policy: LoadedPolicy | null, names: readonly string[], isOwn: boolean): void {
  if (policy === null) return;
  const known = isOwn ? ['own', ...names.slice(1)] : names;
  for (const { instance, packages } of policy.policy.expect) {
    if (instance === null || known.includes(instance)) continue;
    const { file } = policy.policy;
    throw new UsageError(
      `${file}:${packages.line}: no Sigstore instance ${instance} is known here, only ${known.join(', ')}; ` +
        'name its trusted root under trust.instances',
    );
  }
}

/** A root on the command line is none that the policy speaks of. */
function thresholdsStated(values: OptionValues, policy: LoadedPolicy | null, isNamed: boolean): Thresholds | null {
  const { thresholds, 'trusted-root': root, tuf } = values;
  if (thresholds !== undefined && !isNamed) {
    throw new UsageError('--thresholds goes with --trusted-root or --tuf: those of the public-good instance are fixed');
  }
  if (thresholds !== undefined) return statedThresholds(thresholds);
  return root === undefined && tuf === undefined ? (policy?.policy.thresholds ?? null) : null;
}

/**
 * Runs `work` with the cached trusted root while the repository is asked, and again if that has a newer one. The
 * connections of a run that is thrown away are closed at once.
 */
export async function withTrust<T, S extends { close(): void }>(
  { known, refresh }: TrustSession,
  open: () => S,
  work: (trust: TrustOptions, sources: S) => Promise<T>,
): Promise<{ readonly result: T; readonly current: TrustOptions }> {
  const attempt = async (trust: TrustOptions, sources: S): Promise<T> => {
    try {
      return await work({ ...trust, newest }, sources);
    } finally {
      sources.close();
    }
  };
  const current = refresh();
  const newest = async (): Promise<TrustRepository | null> => (await current).repository ?? null;
  const sources = known === null ? null : open();
  const first = known === null || sources === null ? null : attempt(known, sources);
  const isCurrent = current.then((trust) => {
    const same = known !== null && isSameTrust(known, trust);
    if (!same) sources?.close();
    return same;
  });
  const [early, same] = await Promise.all([first, isCurrent]);
  const trust = await current;
  const result = same && early !== null ? early : await attempt(trust, open());
  return { result, current: trust };
}

function trustedRootFile(values: OptionValues, policy: LoadedPolicy | null, io: Io): string | undefined {
  const named = values['trusted-root'];
  const ofPolicy = policy?.policy.trustedRoot ?? null;
  if (named !== undefined || policy === null || ofPolicy === null) return named;
  return policyFile(policy, ofPolicy, io);
}

interface Repository {
  /** An address, which ends in "/", or a folder. */
  readonly url: string;
  readonly isFolder: boolean;
  readonly rootFile: string;
  /** What that file's SHA-256 has to be; null where nobody says. */
  readonly sha256: string | null;
}

/** The repository that is named; null where none is. A root named on the command line leaves the policy's out. */
function repositoryOf(values: OptionValues, policy: LoadedPolicy | null, io: Io): Repository | null {
  const { tuf, 'tuf-root': rootFile } = values;
  const sha256 = values['tuf-root-sha256'] ?? null;
  if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256)) throw new UsageError('--tuf-root-sha256 needs 64 hex digits');
  if (tuf !== undefined && rootFile !== undefined) {
    const isFolder = !tuf.includes('://');
    if (isFolder) return { url: demandFolder(resolve(io.cwd, tuf), tuf), isFolder, rootFile, sha256 };
    const url = plainAddress(tuf);
    if (url === null) {
      throw new UsageError(`--tuf needs a folder, or an http or https URL without credentials and query, not ${tuf}`);
    }
    return { url, isFolder, rootFile, sha256 };
  }
  if (tuf !== undefined) throw new UsageError('--tuf needs --tuf-root FILE: the metadata that trust begins with');
  if (rootFile !== undefined) throw new UsageError('--tuf-root needs --tuf URL: the repository that it is the root of');
  if (sha256 !== null) throw new UsageError('--tuf-root-sha256 needs --tuf-root FILE');
  const ofPolicy = policy?.policy.tuf ?? null;
  if (policy === null || ofPolicy === null || values['trusted-root'] !== undefined) return null;
  return repositoryIn(ofPolicy, policy, io);
}

function repositoryIn({ url, isFolder, root, sha256 }: TufRule, policy: LoadedPolicy, io: Io): Repository {
  const place = isFolder ? demandFolder(resolve(policy.folder, url), url) : url;
  return { url: place, isFolder, rootFile: policyFile(policy, root, io), sha256 };
}

function demandFolder(path: string, shown: string): string {
  if (statAt(path)?.isDirectory() === true) return path;
  throw new UsageError(`no TUF repository: ${shown} is neither a folder nor an address`);
}

/** The repository of the public-good instance; null where another root is in use. */
function publicGood(
  rootFile: string | undefined,
  pinned: TrustOptions,
  keys: TrustOptions['keys'],
): TrustSource | null {
  if (rootFile !== undefined) return null;
  return { url: TUF_URL, anchor: publicGoodAnchor(), pinned, pinnedAt: PINNED_AT, keys, namesKeys: true, stated: null };
}

function privateSource(
  { url, isFolder, rootFile, sha256 }: Repository,
  rest: Pick<TrustSource, 'pinned' | 'pinnedAt' | 'stated' | 'keys' | 'namesKeys'>,
  io: Io,
): TrustSource {
  const bytes = readUserFile(rootFile, 'the TUF root', io);
  try {
    const anchor = pinRoot(bytes, sha256);
    return { url, anchor, ...rest, ...(isFolder ? { ask: folderAsker(url) } : {}) };
  } catch (error) {
    throw new UsageError(`the TUF root ${rootFile} cannot be used: ${messageOf(error)}`);
  }
}
