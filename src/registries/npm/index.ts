import type { AttestationClaim, AttestationEntry, Evidence, Manifest, RegistryKey } from '../../model/evidence.ts';
import * as bounds from '../../model/limits.ts';
import { ask, evidenceOf, JSON_TYPE, parseJson } from '../evidence-of.ts';
import type { HttpClient } from '../../net/request.ts';
import type { Parsed } from '../../readers/untrusted-json.ts';
import { createLru } from '../../net/lru.ts';
import { isVersion, parseAttestations, parseManifest } from './documents.ts';
import type { NpmPackument } from './packument.ts';
import { createPackuments } from './packuments.ts';
import { KeysError, parseKeysDocument } from './keys.ts';
import { createTarballs } from './tarballs/fetch.ts';
import type { NpmConfig } from './config/npmrc.ts';
import type { PackageCaches } from './tarballs/package-caches.ts';
import type { Registry } from '../registry.ts';

/** How registries without manifests of single versions answer, besides 404. */
const UNSUPPORTED: readonly number[] = [400, 405, 501];
const ATTESTATIONS = '-/npm/v1/attestations/';

/** A registry that speaks npm's protocol, as `config` names it per scope; tarballs are looked for in `caches` first. */
export function npmRegistry(
  client: HttpClient,
  config: Pick<NpmConfig, 'registry' | 'scopes'>,
  caches: PackageCaches = { npm: null, yarn: null },
): Registry {
  const manifests = createLru<Promise<Evidence<Manifest>>>(bounds.ANSWERS_KEPT);
  const attested = createLru<Promise<Evidence<readonly AttestationEntry[]>>>(bounds.ANSWERS_KEPT);
  const keysAsked = new Map<string, Promise<Evidence<readonly RegistryKey[]>>>();
  const packuments = createPackuments(client);
  const tarballs = createTarballs(client, caches);
  /** Registries that turned out to serve no manifests of single versions. */
  const withoutManifests = new Set<string>();

  const urlFor = (name: string): string => registryOf(name, config);

  function packument(name: string): Promise<Evidence<NpmPackument>> {
    const base = urlFor(name);
    const path = encodeName(name);
    if (path === null) return Promise.resolve(notAName(base));
    return packuments.ask(base + path, name);
  }

  async function manifest(name: string, version: string): Promise<Evidence<Manifest>> {
    const base = urlFor(name);
    const path = encodeName(name);
    if (path === null) return notAName(base);
    if (!isVersion(version)) return { state: 'malformed', url: base + path, reason: 'not a version' };
    if (packuments.has(base + path) || withoutManifests.has(base)) {
      const full = await packument(name);
      if (full.state === 'present' || full.state === 'absent') return manifestOf(full, version, base + path);
    }
    const url = `${base}${path}/${encodeURIComponent(version)}`;
    const single = await manifests.get(url, () => askManifest(url, name, version));
    if (single.state !== 'absent') return single;
    // Several registries have no such address: the full document decides.
    const full = manifestOf(await packument(name), version, url);
    if (full.state === 'present') withoutManifests.add(base);
    return full;
  }

  async function askManifest(url: string, name: string, version: string): Promise<Evidence<Manifest>> {
    const answer = await client.get(url, { accept: JSON_TYPE, maxBytes: bounds.MAX_MANIFEST_BYTES });
    const unsupported = answer.kind === 'failed' && UNSUPPORTED.includes(answer.status ?? 0);
    if (unsupported) return { state: 'absent', url };
    return evidenceOf(answer, url, bounds.MAX_MANIFEST_BYTES, (body) =>
      parseJson(body, (json) => parseManifest(json, name, version)),
    );
  }

  async function attestations(
    name: string,
    version: string,
    claim: AttestationClaim,
  ): Promise<Evidence<readonly AttestationEntry[]>> {
    const base = urlFor(name);
    const path = encodeName(name);
    if (path === null) return notAName(base);
    if (!isVersion(version)) return { state: 'malformed', url: base, reason: 'not a version' };
    const subject = claimedSubject(claim.url, `${name}@${version}`) ?? `${path}@${encodeURIComponent(version)}`;
    const url = base + ATTESTATIONS + subject;
    return attested.get(url, () => ask(client, url, bounds.MAX_ATTESTATIONS_BYTES, parseAttestations));
  }

  async function keys(registryUrl: string): Promise<Evidence<readonly RegistryKey[]>> {
    const url = `${registryUrl.replace(/\/*$/, '/')}-/npm/v1/keys`;
    const answer = keysAsked.get(url) ?? ask(client, url, bounds.MAX_KEYS_BYTES, parseKeys);
    keysAsked.set(url, answer);
    return answer;
  }

  return {
    urlFor,
    packument,
    revalidate: (name, known, now) => {
      const path = encodeName(name);
      return path === null ? Promise.resolve(null) : packuments.revalidate(urlFor(name) + path, name, known, now);
    },
    manifest,
    attestations,
    keys,
    tarball: (request) => {
      const base = urlFor(request.name);
      const path = isVersion(request.version) ? encodeName(request.name) : null;
      return path === null ? Promise.resolve(notAName(base)) : tarballs(base, path, request);
    },
    close: () => client.close(),
  };
}

/** The address of the registry that serves a package: that of its scope, else the default one. */
export function registryOf(name: string, config: Pick<NpmConfig, 'registry' | 'scopes'>): string {
  const scope = /^(@[^/]*)\//.exec(name)?.[1];
  return (scope === undefined ? undefined : config.scopes.get(scope)) ?? config.registry;
}

function parseKeys(json: unknown): Parsed<readonly RegistryKey[]> {
  try {
    return { value: parseKeysDocument(json, 'registry') };
  } catch (error) {
    if (error instanceof KeysError) return { malformed: error.message };
    throw error;
  }
}

function manifestOf(packument: Evidence<NpmPackument>, version: string, url: string): Evidence<Manifest> {
  if (packument.state !== 'present') return packument;
  const manifest = packument.value.versions.get(version);
  if (manifest !== undefined) return { state: 'present', value: manifest };
  const reason = packument.value.broken.get(version);
  return reason === undefined ? { state: 'absent', url } : { state: 'malformed', url, reason };
}

function notAName(url: string): Evidence<never> {
  return { state: 'malformed', url, reason: 'not a name a registry can have' };
}

/** A name as npm writes it in a URL (`@scope%2fname`), or null for one that could leave its place there. */
export function encodeName(name: string): string | null {
  const [, scope, bare = ''] = /^(?:@([^/]+)\/)?([^/@][^/]*)$/.exec(name) ?? [];
  if (name.length > bounds.MAX_NAME_LENGTH || !isSegment(bare) || (scope !== undefined && !isSegment(scope)))
    return null;
  return scope === undefined ? encodeURIComponent(bare) : `@${encodeURIComponent(scope)}%2f${encodeURIComponent(bare)}`;
}

/** Printable, and not a path of its own. */
function isSegment(text: string): boolean {
  return /^(?!\.)[\x21-\x7e]+$/.test(text) && !text.includes('\\');
}

/**
 * The last part of the claimed address, where that is npm's address of exactly this package's attestations: registries
 * write scoped names in different ways. Nothing else of the claim is used.
 */
function claimedSubject(claimed: string | null, subject: string): string | null {
  if (claimed === null || !URL.canParse(claimed)) return null;
  const { pathname } = new URL(claimed);
  const at = pathname.lastIndexOf(`/${ATTESTATIONS}`);
  const tail = pathname.slice(at + ATTESTATIONS.length + 1);
  try {
    return at >= 0 && decodeURIComponent(tail) === subject ? tail : null;
  } catch {
    return null;
  }
}
