import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Instant } from '../src/model/time.ts';
import { type AttestationsJson, hasInstallScript, type ManifestJson, type PackumentJson } from './documents.ts';
import { type Published, tarballPath } from './publish.ts';

export type Tamper<T> = (document: T) => T;

/** The published versions, and what tamperers make of them. Every document is built anew from the originals. */
export interface Registry {
  /** Adds a version. One that is there already is replaced, which an honest registry refuses. */
  readonly add: (published: Published, distTag: string) => void;
  readonly find: (name: string, version: string) => Published | undefined;
  readonly versions: (name: string) => readonly Published[];
  readonly tamperManifest: (name: string, version: string, tamper: Tamper<ManifestJson>) => void;
  readonly tamperPackument: (name: string, tamper: Tamper<PackumentJson>) => void;
  readonly tamperAttestations: (name: string, version: string, tamper: Tamper<AttestationsJson>) => void;
  readonly tamperTarball: (name: string, version: string, tamper: Tamper<Buffer>) => void;
  /** The answer to a GET, or null where the real registry says 404. `path` is decoded. */
  readonly answer: (path: string, accept: string) => Answer | null;
}

/** A response body with its compressed form and tag. */
export interface Answer {
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer | null;
  readonly etag: string;
}

const ABBREVIATED = 'application/vnd.npm.install-v1+json';
/** What npm's abbreviated documents keep of a manifest (registry docs, package-metadata.md). */
const INSTALL_MEMBERS = [
  ...['name', 'version', 'deprecated', 'dependencies', 'optionalDependencies', 'devDependencies', 'bundleDependencies'],
  ...['peerDependencies', 'peerDependenciesMeta', 'bin', 'directories', 'dist', 'engines', 'cpu', 'os', 'funding'],
];

interface Package {
  readonly versions: Map<string, Published>;
  readonly distTags: Record<string, string>;
}

export function newRegistry(): Registry {
  const packages = new Map<string, Package>();
  const manifests = new Map<string, Tamper<ManifestJson>>();
  const packuments = new Map<string, Tamper<PackumentJson>>();
  const attestations = new Map<string, Tamper<AttestationsJson>>();
  const tarballs = new Map<string, Tamper<Buffer>>();
  const answers = new Map<string, Answer | null>();

  const manifestOf = (published: Published): ManifestJson => {
    const tamper = manifests.get(`${published.name}@${published.version}`);
    return tamper === undefined ? published.manifest : tamper(structuredClone(published.manifest));
  };

  const packument = (name: string): PackumentJson | null => {
    const found = packages.get(name);
    if (found === undefined) return null;
    const published = [...found.versions.values()];
    const times = published.map(({ time }) => time);
    const time: Record<string, string> = { created: iso(Math.min(...times)), modified: iso(Math.max(...times)) };
    for (const one of published) time[one.version] = iso(one.time);
    const document: PackumentJson = {
      _id: name,
      name,
      'dist-tags': { ...found.distTags },
      versions: Object.fromEntries(published.map((one) => [one.version, manifestOf(one)])),
      time,
    };
    const tamper = packuments.get(name);
    return tamper === undefined ? document : tamper(structuredClone(document));
  };

  const attestationsOf = (spec: string): AttestationsJson | null => {
    const at = spec.lastIndexOf('@');
    const published = packages.get(spec.slice(0, at))?.versions.get(spec.slice(at + 1));
    const tamper = attestations.get(spec);
    const document = published?.attestations ?? null;
    return tamper === undefined ? document : tamper(structuredClone(document ?? { attestations: [] }));
  };

  const tarballOf = (name: string, path: string): Buffer | null => {
    for (const published of packages.get(name)?.versions.values() ?? []) {
      if (tarballPath(name, published.version) !== path) continue;
      const tamper = tarballs.get(`${name}@${published.version}`);
      return tamper === undefined ? published.tarball : tamper(published.tarball);
    }
    return null;
  };

  const build = (path: string, abbreviated: boolean): Answer | null => {
    const attestationSpec = /^-\/npm\/v1\/attestations\/(.+)$/.exec(path)?.[1];
    if (attestationSpec !== undefined) return json(attestationsOf(attestationSpec));
    const [name = '', version, dash] = splitPath(path);
    if (version === undefined) {
      const document = packument(name);
      if (document === null || !abbreviated) return json(document);
      return json(abbreviate(document), ABBREVIATED);
    }
    if (version === '-' && dash !== undefined) {
      const bytes = tarballOf(name, path);
      return bytes === null ? null : answer('application/octet-stream', bytes, false);
    }
    const found = packages.get(name);
    const published = found?.versions.get(found.distTags[version] ?? version);
    return published === undefined ? null : json(manifestOf(published));
  };

  return {
    add: (published, distTag) => {
      const { name, version } = published;
      const found = packages.get(name) ?? { versions: new Map<string, Published>(), distTags: {} };
      packages.set(name, found);
      found.versions.set(version, published);
      found.distTags[distTag] = version;
      answers.clear();
    },
    find: (name, version) => packages.get(name)?.versions.get(version),
    versions: (name) => [...(packages.get(name)?.versions.values() ?? [])],
    tamperManifest: (name, version, tamper) => {
      manifests.set(`${name}@${version}`, tamper);
      answers.clear();
    },
    tamperPackument: (name, tamper) => {
      packuments.set(name, tamper);
      answers.clear();
    },
    tamperAttestations: (name, version, tamper) => {
      attestations.set(`${name}@${version}`, tamper);
      answers.clear();
    },
    tamperTarball: (name, version, tamper) => {
      tarballs.set(`${name}@${version}`, tamper);
      answers.clear();
    },
    answer: (path, accept) => {
      const abbreviated = accept.includes(ABBREVIATED);
      const key = `${abbreviated} ${path}`;
      const known = answers.get(key);
      if (known !== undefined) return known;
      const built = build(path, abbreviated);
      answers.set(key, built);
      return built;
    },
  };
}

/** Package name, and what follows it, of a decoded path. */
function splitPath(path: string): string[] {
  const parts = path.split('/');
  return path.startsWith('@') ? [parts.slice(0, 2).join('/'), ...parts.slice(2)] : parts;
}

function abbreviate(document: PackumentJson): object {
  const versions = Object.entries(document.versions).map(([version, manifest]) => {
    const kept = Object.fromEntries(INSTALL_MEMBERS.flatMap((m) => (m in manifest ? [[m, manifest[m]]] : [])));
    return [version, hasInstallScript(manifest) ? { ...kept, hasInstallScript: true } : kept];
  });
  return {
    name: document.name,
    modified: document.time['modified'],
    'dist-tags': document['dist-tags'],
    versions: Object.fromEntries(versions) as Record<string, unknown>,
  };
}

/** An uncached JSON answer; null stays null. */
export function json(document: object | null, type = 'application/json'): Answer | null {
  return document === null ? null : answer(type, Buffer.from(JSON.stringify(document)), true);
}

/** Below this the answer is sent as it is, as content delivery networks do. */
const COMPRESS_FROM = 1024;

function answer(type: string, body: Buffer, compress: boolean): Answer {
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  return { type, body, gzip: compress && body.length >= COMPRESS_FROM ? gzipSync(body, { level: 1 }) : null, etag };
}

function iso(instant: Instant): string {
  return new Date(instant).toISOString();
}
