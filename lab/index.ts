import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../src/model/time.ts';
import { type Behaviour, newBehaviours } from './behaviours.ts';
import type { AttestationsJson, ManifestJson, PackumentJson } from './documents.ts';
import { type LockfileOptions, packageLock, type Roots } from './lockfile.ts';
import { type Mirror, type MirrorOptions, startMirror } from './mirror.ts';
import { type Published, type PublishSpec, publishVersion } from './publish.ts';
import { type KeysJson, newRegistryKeys, type TufKeysJson } from './registry-keys.ts';
import { json, newRegistry, type Tamper } from './registry.ts';
import { type LoggedRequest, serve } from './server.ts';
import { type Sigstore, startSigstore, type TrustedRootJson } from './sigstore/index.ts';

export { ciWorkflow, emailIdentity, gitlabPipeline, token } from './publishers.ts';
export type { CiPublisher } from './publishers.ts';
export type { LockfileOptions, Roots } from './lockfile.ts';
export type { Mirror } from './mirror.ts';
export type { AttestationsJson, ManifestJson, PackumentJson } from './documents.ts';
export type { Published } from './publish.ts';
export type { BundleJson } from './sigstore/bundle.ts';

export interface LabOptions {
  /** Where the clock stands; default 2026-04-01T00:00:00Z. It moves only when it is told to. */
  readonly now?: Instant;
  /** Whether `/-/npm/v1/keys` is there; default true. */
  readonly keysEndpoint?: boolean;
  /** Added to every answer. */
  readonly latencyMs?: number;
  /** Bearer token that every request must carry. */
  readonly requireToken?: string;
}

interface Clock {
  readonly now: () => Instant;
  readonly set: (instant: Instant) => void;
  readonly advance: (ms: number) => void;
}

/** A registry on the loopback interface with a Sigstore of its own. */
export interface Lab {
  /** Base address of the registry with a trailing slash. */
  readonly url: string;
  readonly clock: Clock;
  /** For `--trusted-root`, as JSON. */
  readonly trustedRoot: TrustedRootJson;
  /** For `--registry-keys`: what `/-/npm/v1/keys` serves now. */
  readonly keys: KeysJson;
  /** The same keys as npm's TUF target has them, with use and validity. */
  readonly tufKeys: TufKeysJson;
  readonly sigstore: Sigstore;
  /** Every request in order of arrival. */
  readonly requests: LoggedRequest[];
  readonly publish: (spec: PublishSpec) => Promise<Published>;
  /** Ends the current signing key at `expires` (default: now); it stays in the key document. */
  readonly rotateKey: (options?: { readonly expires?: Instant }) => void;
  /** Makes requests for a path (decoded, with leading slash) end in something else. */
  readonly behave: (path: RegExp, behaviour: Behaviour) => void;
  /** Ends all behaviours. */
  readonly behaveWell: () => void;
  /** Alters one version's manifest wherever it is served. */
  readonly tamper: (name: string, version: string, mutate: Tamper<ManifestJson>) => void;
  readonly tamperPackument: (name: string, mutate: Tamper<PackumentJson>) => void;
  /** Alters, or invents, one version's attestation document. */
  readonly tamperAttestations: (name: string, version: string, mutate: Tamper<AttestationsJson>) => void;
  readonly tamperTarball: (name: string, version: string, mutate: Tamper<Buffer>) => void;
  /** Starts a mirror of this registry; it closes with the lab. */
  readonly mirror: (options?: MirrorOptions) => Promise<Mirror>;
  /** Text of a package-lock.json for these roots. */
  readonly lockfile: (roots: Roots, options?: LockfileOptions) => string;
  /** Writes package.json, package-lock.json and .npmrc of a project with these roots. */
  readonly writeProject: (directory: string, roots: Roots, options?: LockfileOptions) => Promise<void>;
  readonly close: () => Promise<void>;
}

const DEFAULT_NOW = Date.UTC(2026, 3, 1);
const YEAR = 365 * 86_400_000;

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  let instant = options.now ?? DEFAULT_NOW;
  const clock: Clock = {
    now: () => instant,
    set: (to) => {
      instant = to;
    },
    advance: (ms) => {
      instant += ms;
    },
  };
  const validity = { start: instant - 10 * YEAR, end: instant + 20 * YEAR };
  const sigstore = startSigstore(clock.now, validity);
  let foreignSigstore: Sigstore | null = null;
  const keys = newRegistryKeys(validity.start);
  const registry = newRegistry();
  const behaviours = newBehaviours();
  const requests: LoggedRequest[] = [];
  const mirrors: Mirror[] = [];
  const requireToken = options.requireToken ?? null;

  const server = await serve({
    behaviours,
    requests,
    latencyMs: options.latencyMs ?? 0,
    requireToken,
    answer: (path, accept) => {
      if (path !== '-/npm/v1/keys') return registry.answer(path, accept);
      return options.keysEndpoint === false ? null : json(keys.document());
    },
  });

  const publish = (spec: PublishSpec): Published => {
    const published = publishVersion(spec, {
      url: server.url,
      now: instant,
      keys,
      sigstore,
      foreign: () => (foreignSigstore ??= startSigstore(clock.now, validity)),
    });
    registry.add(published, spec.distTag ?? 'latest');
    return published;
  };

  const lockfile = (roots: Roots, lockOptions?: LockfileOptions): string => packageLock(registry, roots, lockOptions);

  return {
    url: server.url,
    clock,
    trustedRoot: sigstore.trustedRoot,
    get keys() {
      return keys.document();
    },
    get tufKeys() {
      return keys.tufTarget();
    },
    sigstore,
    requests,
    // A publication that cannot be made rejects, as one to a real registry would.
    publish: async (spec) => Promise.resolve().then(() => publish(spec)),
    rotateKey: ({ expires = instant } = {}) => {
      keys.rotate({ expires, start: instant });
    },
    behave: behaviours.add,
    behaveWell: behaviours.clear,
    tamper: registry.tamperManifest,
    tamperPackument: registry.tamperPackument,
    tamperAttestations: registry.tamperAttestations,
    tamperTarball: registry.tamperTarball,
    mirror: async (mirrorOptions = {}) => {
      const mirror = await startMirror(server.url, mirrorOptions, requireToken);
      mirrors.push(mirror);
      return mirror;
    },
    lockfile,
    writeProject: async (directory, roots, lockOptions) => {
      const lock = lockfile(roots, lockOptions);
      const dev = lockOptions?.dev;
      const project = { name: 'project', version: '1.0.0', dependencies: roots, ...(dev && { devDependencies: dev }) };
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'package.json'), `${JSON.stringify(project, null, 2)}\n`);
      await writeFile(join(directory, 'package-lock.json'), lock);
      await writeFile(join(directory, '.npmrc'), `registry=${server.url}\n`);
    },
    close: async () => {
      await Promise.all([server.close(), ...mirrors.map((mirror) => mirror.close())]);
    },
  };
}
