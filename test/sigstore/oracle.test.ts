import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import { STRICT } from '../../src/model/trust.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { createVerifier, type Verifier as OurVerifier } from '../../src/sigstore/verify.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { DIFFERENCES, type Difference } from './oracle-differences.ts';
import { bundlesIn, NOW, npmKeys, readJson, recordedFiles } from './support.ts';

const ROOTS: Readonly<Record<Difference['root'], string>> = {
  production: 'sigstore/trusted-root/prod-newest.json',
  staging: 'sigstore/trusted-root/staging-newest.json',
  github: 'sigstore/trusted-root/github-newest.json',
  'github-staging': 'sigstore/trusted-root/github-staging.json',
};
const FOLDERS = ['npm/attestations', 'npm/bundles', 'npm/doctored', 'sigstore/bundles', 'sigstore/python-client'];

interface Pair {
  readonly ours: OurVerifier;
  readonly oracle: Verifier;
}

function openPair(name: Difference['root'], rootJson: unknown): Pair {
  const root = parseTrustedRoot(rootJson);
  const thresholds = name.startsWith('github') ? { log: 0, sct: 0, time: 1 } : STRICT;
  const keys = npmKeys();
  const oracleKeys = Object.fromEntries(
    keys.map(({ hint, spki, start, end }) => [
      hint ?? '',
      {
        rawBytes: Buffer.from(spki, 'base64'),
        keyDetails: 5,
        validFor: { start: new Date(start), end: end === null ? undefined : new Date(end) },
      },
    ]),
  );
  const material = toTrustMaterial(TrustedRoot.fromJSON(rootJson), oracleKeys);
  return {
    ours: createVerifier({ root, keys, thresholds }),
    oracle: new Verifier(material, {
      tlogThreshold: thresholds.log,
      ctlogThreshold: thresholds.sct,
      timestampThreshold: 1,
    }),
  };
}

interface MessageJson {
  readonly messageSignature?: { readonly messageDigest?: { readonly digest?: string } };
}

describe.skipIf(!hasSharedData)('beside @sigstore/verify (skipped where there is no recorded data)', () => {
  const pairs = hasSharedData
    ? Object.entries(ROOTS).map(([name, path]) => ({
        name: name as Difference['root'],
        pair: openPair(name as Difference['root'], readJson(path)),
      }))
    : [];
  const files = hasSharedData ? FOLDERS.flatMap(recordedFiles) : [];
  // The artifact of a message signature is looked for among the recorded files, by the digest the bundle names.
  const artifacts = new Map<string, Buffer>();
  if (hasSharedData) {
    for (const path of [...files, ...recordedFiles('conformance')]) {
      const bytes = readFileSync(sharedData(path));
      for (const hash of ['sha256', 'sha384', 'sha512']) {
        artifacts.set(createHash(hash).update(bytes).digest('base64'), bytes);
      }
    }
  }

  const oracleAccepts = (oracle: Verifier, bundle: unknown, artifact: Buffer | undefined): boolean => {
    try {
      oracle.verify(toSignedEntity(bundleFromJSON(bundle), artifact));
      return true;
    } catch {
      return false;
    }
  };

  it('agrees on every recorded bundle under every root, but for the documented differences', () => {
    const met = new Set<Difference>();
    const undocumented: string[] = [];
    let compared = 0;
    for (const file of files) {
      for (const [index, bundle] of bundlesIn(file).entries()) {
        const message = (bundle as MessageJson).messageSignature;
        const artifact = message === undefined ? undefined : artifacts.get(message.messageDigest?.digest ?? '');
        // Without its artifact the reference cannot be asked about a message.
        if (message !== undefined && artifact === undefined) continue;
        for (const { name, pair } of pairs) {
          const input = { now: NOW, ...(artifact === undefined ? {} : { artifact: { bytes: artifact } }) };
          const result = pair.ours.verify(bundle, input);
          const ours = result.ok ? 'ok' : result.reason;
          compared += 1;
          if (result.ok === oracleAccepts(pair.oracle, bundle, artifact)) continue;
          const difference = DIFFERENCES.find(
            (known) =>
              file.endsWith(known.file) && (known.index ?? 0) === index && known.root === name && known.ours === ours,
          );
          if (difference === undefined) undocumented.push(`${file}[${index}] under ${name}: ours ${ours}`);
          else met.add(difference);
        }
      }
    }
    expect(undocumented).toEqual([]);
    expect(DIFFERENCES.filter((difference) => !met.has(difference))).toEqual([]);
    expect(compared).toBeGreaterThan(400);
  });
});
