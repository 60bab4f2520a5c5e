import * as bounds from '../../model/limits.ts';
import type { ClaimedPublisher, FileAttestation } from '../../model/pypi-index.ts';
import { isObject, type Fields } from '../../model/value.ts';
import { isWithinDepth, textOf, type Parsed } from '../../readers/untrusted-json.ts';

/**
 * Reads the provenance object of one file (PEP 740,
 * https://packaging.python.org/en/latest/specifications/index-hosted-attestations/). Signers may be added to it later,
 * and their order means nothing.
 */
export function parseProvenance(json: unknown): Parsed<readonly FileAttestation[]> {
  if (!isObject(json) || json['version'] !== 1) return { malformed: 'not a provenance object of version 1' };
  const bundles = json['attestation_bundles'];
  if (!Array.isArray(bundles)) return { malformed: 'no list of attestation bundles' };
  const found: FileAttestation[] = [];
  for (const one of bundles as readonly unknown[]) {
    const publisher = isObject(one) ? parsePublisher(one['publisher']) : null;
    const attestations = isObject(one) ? one['attestations'] : null;
    if (publisher === null) return { malformed: 'a bundle names no publisher' };
    if (!Array.isArray(attestations)) return { malformed: 'a bundle has no list of attestations' };
    for (const attestation of attestations as readonly unknown[]) {
      if (found.length >= bounds.MAX_ATTESTATIONS) {
        return { malformed: `more than ${bounds.MAX_ATTESTATIONS} attestations` };
      }
      const bundle = toBundle(attestation);
      if ('malformed' in bundle) return bundle;
      found.push({ publisher, bundle: bundle.value });
    }
  }
  return { value: found };
}

function parsePublisher(value: unknown): ClaimedPublisher | null {
  if (!isObject(value)) return null;
  const text = (name: string): string | null => textOf(value[name], bounds.MAX_TOKEN_LENGTH);
  const kind = text('kind');
  if (kind === null) return null;
  const workflow = text('workflow') ?? text('workflow_filepath');
  return { kind, repository: text('repository'), workflow, email: text('email') };
}

/** The same members under the names of a Sigstore bundle; what they hold is for its verifier to judge. */
function toBundle(attestation: unknown): Parsed<Fields> {
  if (!isObject(attestation) || attestation['version'] !== 1)
    return { malformed: 'an attestation is not of version 1' };
  if (!isWithinDepth(attestation, bounds.MAX_BUNDLE_DEPTH)) return { malformed: 'an attestation nests too deep' };
  const { verification_material: material, envelope } = attestation;
  if (!isObject(material) || !isObject(envelope)) {
    return { malformed: 'an attestation has no verification material, or no envelope' };
  }
  const { certificate, transparency_entries: tlogEntries, timestamps = [] } = material;
  const { statement, signature } = envelope;
  if (typeof certificate !== 'string' || typeof statement !== 'string' || typeof signature !== 'string') {
    return { malformed: 'certificate, statement or signature of an attestation is not text' };
  }
  if (!Array.isArray(timestamps)) return { malformed: 'timestamps of an attestation are not a list' };
  return {
    value: {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        certificate: { rawBytes: certificate },
        tlogEntries,
        timestampVerificationData: {
          rfc3161Timestamps: (timestamps as readonly unknown[]).map((signedTimestamp) => ({ signedTimestamp })),
        },
      },
      dsseEnvelope: {
        payload: statement,
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ sig: signature }],
      },
    },
  };
}
