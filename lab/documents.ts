import type { NpmUser } from './publishers.ts';
import type { BundleJson } from './sigstore/bundle.ts';
import type { Json } from './sigstore/json.ts';

/** Members of package.json; the registry repeats them in its manifest. */
export interface PackageJson {
  readonly [member: string]: Json | undefined;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: string | Readonly<Record<string, string>>;
}

/** A registry's manifest of one version. */
export interface ManifestJson {
  name: string;
  version: string;
  dist: {
    integrity?: string;
    shasum?: string;
    tarball: string;
    fileCount: number;
    unpackedSize: number;
    signatures?: { keyid: string; sig: string }[];
    attestations?: { url: string; provenance?: { predicateType: string } };
  };
  _npmUser?: NpmUser;
  repository?: Json | undefined;
  dependencies?: Readonly<Record<string, string>> | undefined;
  optionalDependencies?: Readonly<Record<string, string>> | undefined;
  peerDependencies?: Readonly<Record<string, string>> | undefined;
  scripts?: Readonly<Record<string, string>> | undefined;
  bin?: string | Readonly<Record<string, string>> | undefined;
  [member: string]: unknown;
}

/** `GET /-/npm/v1/attestations/NAME@VERSION`. */
export interface AttestationsJson {
  attestations: { predicateType: string; bundle: BundleJson }[];
}

/** A full registry document. */
export interface PackumentJson {
  _id: string;
  name: string;
  'dist-tags': Record<string, string>;
  versions: Record<string, ManifestJson>;
  time: Record<string, string>;
  [member: string]: unknown;
}

/** Whether npm would run something of the package at install. */
export function hasInstallScript({ scripts = {} }: Pick<ManifestJson, 'scripts'>): boolean {
  return ['preinstall', 'install', 'postinstall'].some((script) => script in scripts);
}
