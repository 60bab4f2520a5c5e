import { resolve } from 'node:path';
import type { TrustOptions } from '../../audit/options.ts';
import { trustPlace } from '../../store/place.ts';
import { openCache } from '../../store/store.ts';
import type { TrustRepository } from '../../model/report.ts';
import { createHttpClient } from '../../net/client.ts';
import type { NpmConfig } from '../../registries/npm/config/npmrc.ts';
import type { Registry } from '../../registries/registry.ts';
import { PINNED_AT, publicGoodAnchor, TUF_URL } from '../../sigstore/tuf/public-good.ts';
import { pinRoot } from '../../sigstore/tuf/repository.ts';
import { isSameTrust, openTrust, type TrustSession, type TrustSource } from '../../audit/trust.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionName, OptionValues } from '../options.ts';
import type { LoadedPolicy } from './policy.ts';
import { placeOfCache } from '../setup.ts';
import { loadKeys, loadRoot } from '../trust-files.ts';
import { demandFile, messageOf, readUserFile, shownPath } from '../user-files.ts';

/** The options that say what to verify with. */
export const TRUST_OPTIONS = ['trusted-root', 'tuf', 'tuf-root'] as const satisfies OptionName[];

/** What to verify with. */
export interface RunningTrust {
  readonly session: Promise<TrustSession>;
  /** Ends what is asked and keeps what was verified. */
  readonly close: () => void;
}

/**
 * Begins with the trusted root and the keys in use; the command line outranks the policy. The public-good instance's
 * repository is asked where its root is in use, another one where it is named. Throws UsageError with one line.
 */
export function startTrust(
  values: OptionValues,
  policy: LoadedPolicy | null,
  config: NpmConfig,
  io: Io,
  fresh = false,
): RunningTrust {
  const { source, rootFile, keys } = trustSource(values, policy, io);
  if (source === null) {
    const trust = { ...loadRoot(rootFile, io), keys };
    return {
      session: Promise.resolve({ known: trust, refresh: () => Promise.resolve(trust) }),
      close: () => undefined,
    };
  }
  const place = values['no-cache'] === true ? null : placeOfCache(io);
  const { root, floors } = source.anchor;
  const anchored = [...Object.values(root.roles)].flatMap((role) => [...role.keys.keys(), role.threshold]);
  const name = JSON.stringify(['trust', source.url, root.version, anchored, [...floors]]);
  const store = place === null ? null : openCache(trustPlace(place), name);
  const http = createHttpClient(config);
  return {
    session: openTrust(source, { http, store, now: Date.now(), fresh }),
    close: () => {
      http.close();
      store?.close();
    },
  };
}

/** The repository that is asked, null where none is; the root in a file, and the keys in one. Throws UsageError. */
export function trustSource(
  values: OptionValues,
  policy: LoadedPolicy | null,
  io: Io,
): {
  readonly source: TrustSource | null;
  readonly rootFile: string | undefined;
  readonly keys: TrustOptions['keys'];
} {
  const keysFile = values['registry-keys'];
  const keys = keysFile === undefined ? [] : loadKeys(keysFile, io);
  const rootFile = trustedRootFile(values, policy, io);
  const tuf = repositoryOf(values, policy, io);
  const source = tuf === null ? publicGood(rootFile, keys, io) : privateSource(tuf, rootFile, keys, io);
  return { source, rootFile, keys };
}

/**
 * Runs `work` with the cached trusted root while the repository is asked, and again if that has a newer one. The
 * registry connection of a run that is thrown away is closed at once.
 */
export async function withTrust<T>(
  { known, refresh }: TrustSession,
  openRegistry: () => Registry,
  work: (trust: TrustOptions, registry: Registry) => Promise<T>,
): Promise<{ readonly result: T; readonly repository: TrustRepository | null }> {
  const attempt = async (trust: TrustOptions, registry: Registry): Promise<T> => {
    try {
      return await work({ ...trust, newest }, registry);
    } finally {
      registry.close();
    }
  };
  const current = refresh();
  const newest = async (): Promise<TrustRepository | null> => (await current).repository ?? null;
  const registry = known === null ? null : openRegistry();
  const first = known === null || registry === null ? null : attempt(known, registry);
  const isCurrent = current.then((trust) => {
    const same = known !== null && isSameTrust(known, trust);
    if (!same) registry?.close();
    return same;
  });
  const [early, same] = await Promise.all([first, isCurrent]);
  const trust = await current;
  const result = same && early !== null ? early : await attempt(trust, openRegistry());
  return { result, repository: trust.repository ?? null };
}

function trustedRootFile(values: OptionValues, policy: LoadedPolicy | null, io: Io): string | undefined {
  const named = values['trusted-root'];
  const ofPolicy = policy?.policy.trustedRoot ?? null;
  if (named !== undefined || policy === null || ofPolicy === null) return named;
  return policyFile(policy, ofPolicy, io);
}

function policyFile({ folder }: LoadedPolicy, path: string, io: Io): string {
  demandFile(resolve(folder, path));
  return shownPath(resolve(folder, path), io);
}

interface Repository {
  readonly url: string;
  readonly rootFile: string;
}

/** The repository that is named; null where none is. A root named on the command line leaves the policy's out. */
function repositoryOf(values: OptionValues, policy: LoadedPolicy | null, io: Io): Repository | null {
  const { tuf, 'tuf-root': rootFile } = values;
  if (tuf !== undefined && rootFile !== undefined) {
    if (!/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/.test(tuf) || !URL.canParse(tuf)) {
      throw new UsageError(`--tuf needs an http or https URL without credentials and query, not ${tuf}`);
    }
    const { href } = new URL(tuf);
    return { url: href.endsWith('/') ? href : `${href}/`, rootFile };
  }
  if (tuf !== undefined) throw new UsageError('--tuf needs --tuf-root FILE: the metadata that trust begins with');
  if (rootFile !== undefined) throw new UsageError('--tuf-root needs --tuf URL: the repository that it is the root of');
  const ofPolicy = policy?.policy.tuf ?? null;
  if (policy === null || ofPolicy === null || values['trusted-root'] !== undefined) return null;
  return { url: ofPolicy.url, rootFile: policyFile(policy, ofPolicy.root, io) };
}

/** The repository of the public-good instance; null where another root is in use. */
function publicGood(rootFile: string | undefined, keys: TrustOptions['keys'], io: Io): TrustSource | null {
  if (rootFile !== undefined) return null;
  return { url: TUF_URL, anchor: publicGoodAnchor(), pinned: loadRoot(undefined, io), pinnedAt: PINNED_AT, keys };
}

function privateSource(
  { url, rootFile }: Repository,
  trustedRoot: string | undefined,
  keys: TrustOptions['keys'],
  io: Io,
): TrustSource {
  const bytes = readUserFile(rootFile, 'the TUF root', io);
  try {
    const anchor = pinRoot(bytes);
    const pinned = trustedRoot === undefined ? null : loadRoot(trustedRoot, io);
    return { url, anchor, pinned, keys, pinnedAt: null };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the TUF root ${rootFile} cannot be used: ${messageOf(error)}`);
  }
}
