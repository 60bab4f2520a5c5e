import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSigstore, type Sigstore } from '../../lab/sigstore/index.ts';
import type { BundleProof } from '../../src/model/proof.ts';
import { thresholdsOf } from '../../src/sigstore/instance.ts';
import { parseTrustedRoot, type TrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { createVerifier, type ManagedKey, type Verification } from '../../src/sigstore/verify.ts';
import { sharedData } from '../support/shared-data.ts';

/** After everything recorded, and fixed. */
export const NOW = Date.UTC(2027, 0, 1);

export const LAB_NOW = Date.UTC(2026, 3, 1);

export function newSigstore(): Sigstore {
  return startSigstore(() => LAB_NOW, { start: Date.UTC(2025, 0, 1), end: Date.UTC(2035, 0, 1) });
}

/** Who signs in these tests: a CI workflow as Fulcio certifies it. */
export const WORKFLOW = {
  subject: { kind: 'uri', value: 'https://github.com/lab/pkg/.github/workflows/release.yml@refs/tags/v1.0.0' },
  claims: {
    1: 'https://token.actions.githubusercontent.com',
    2: 'push',
    3: 'a'.repeat(40),
    5: 'lab/pkg',
    6: 'refs/tags/v1.0.0',
    8: 'https://token.actions.githubusercontent.com',
    11: 'github-hosted',
    12: 'https://github.com/lab/pkg',
    13: 'a'.repeat(40),
    14: 'refs/tags/v1.0.0',
    15: '1',
    16: 'https://github.com/lab',
    17: '2',
    18: 'https://github.com/lab/pkg/.github/workflows/release.yml@refs/tags/v1.0.0',
    20: 'push',
    21: 'https://github.com/lab/pkg/actions/runs/3/attempts/1',
    22: 'public',
  },
} as const;

export const ARTIFACT = Buffer.from('the artifact');

export const STATEMENT = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'pkg:npm/p@1.0.0', digest: { sha512: createHash('sha512').update(ARTIFACT).digest('hex') } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: { buildDefinition: {} },
};

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(sharedData(path), 'utf8')) as unknown;
}

/** Every file below a folder of the recorded data, by its path there. */
export function recordedFiles(folder: string): string[] {
  return readdirSync(sharedData(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, join(entry.parentPath, entry.name).slice(sharedData(folder).length + 1)))
    .sort();
}

export function recordedRoot(path: string): TrustedRoot {
  return parseTrustedRoot(readJson(path));
}

interface KeysJson {
  readonly keys: readonly {
    readonly keyId: string;
    readonly keyUsage: string;
    readonly publicKey: {
      readonly rawBytes: string;
      readonly validFor: { readonly start: string; readonly end?: string };
    };
  }[];
}

/** npm's keys for attestations, from its TUF target. */
export function npmKeys(): ManagedKey[] {
  return (readJson('npm/keys/npm-keys.tuf-target.json') as KeysJson).keys
    .filter(({ keyUsage }) => keyUsage === 'npm:attestations')
    .map(({ keyId, publicKey: { rawBytes, validFor } }) => ({
      hint: keyId,
      spki: rawBytes,
      start: Date.parse(validFor.start),
      end: validFor.end === undefined ? null : Date.parse(validFor.end),
    }));
}

interface AttestationsJson {
  readonly attestations: readonly { readonly predicateType: string; readonly bundle: unknown }[];
}

/** The bundles of an attestation document, of its array alone, of a single bundle, or of lines of these. */
export function bundlesIn(path: string): unknown[] {
  const source = readFileSync(sharedData(path), 'utf8');
  const whole = tryParse(source);
  const documents = whole === undefined ? source.split('\n').map(tryParse) : [whole];
  return documents.flatMap((document) => {
    if (Array.isArray(document)) return (document as AttestationsJson['attestations']).map(({ bundle }) => bundle);
    if (typeof document !== 'object' || document === null) return [];
    if ('attestations' in document) return (document as AttestationsJson).attestations.map(({ bundle }) => bundle);
    return 'mediaType' in document && String(document.mediaType).includes('bundle') ? [document] : [];
  });
}

export function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function verifyUnder(root: TrustedRoot, bundle: unknown, artifact?: Uint8Array): Verification {
  const verifier = createVerifier({ root, keys: npmKeys(), thresholds: thresholdsOf(root) });
  return verifier.verify(bundle, { now: NOW, ...(artifact === undefined ? {} : { artifact: { bytes: artifact } }) });
}

/** "ok", or the reason with its detail: a failed expectation then shows what happened. */
export function outcome(verification: Verification): string {
  return verification.ok ? 'ok' : `${verification.reason}: ${verification.detail}`;
}

export function proofOf(verification: Verification): BundleProof {
  if (!verification.ok) throw new Error(outcome(verification));
  return verification.proof;
}

/** A deep copy with the value at a path replaced. */
export function replaceAt<T>(json: T, path: readonly (string | number)[], change: (value: unknown) => unknown): T {
  const copy = structuredClone(json);
  let parent = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  parent[last] = change(parent[last]);
  return copy;
}
