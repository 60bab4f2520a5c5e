import type { BundleJson } from '../sigstore/bundle.ts';

/** What the index says of one file. Mutable, so that a test can alter one field. */
export interface FileJson {
  filename: string;
  url: string;
  hashes: Record<string, string>;
  'upload-time'?: string;
  size?: number;
  yanked: boolean | string;
  provenance?: string | null;
}

/** A project's document of the simple repository interface. */
export interface ProjectJson {
  meta: { 'api-version': string };
  name: string;
  versions?: string[];
  files: FileJson[];
  'project-status'?: { status: string; reason?: string };
}

/** An attestation as an index serves it (PEP 740). */
export interface AttestationJson {
  version: number;
  verification_material: { certificate: string; transparency_entries: unknown[]; timestamps?: string[] };
  envelope: { statement: string; signature: string };
}

/** The provenance object of one file. */
export interface ProvenanceJson {
  version: number;
  attestation_bundles: { publisher: Record<string, unknown>; attestations: AttestationJson[] }[];
}

/** The same as the bundle, under the names of an index. */
export function attestationOf({ verificationMaterial, dsseEnvelope }: BundleJson): AttestationJson {
  const { certificate, tlogEntries, timestampVerificationData } = verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps.map(({ signedTimestamp }) => signedTimestamp) ?? [];
  return {
    version: 1,
    verification_material: {
      certificate: certificate?.rawBytes ?? '',
      transparency_entries: tlogEntries,
      ...(timestamps.length === 0 ? {} : { timestamps }),
    },
    envelope: { statement: dsseEnvelope?.payload ?? '', signature: dsseEnvelope?.signatures[0]?.sig ?? '' },
  };
}
