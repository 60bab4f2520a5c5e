import { describe, expect, it } from 'vitest';
import { ciWorkflow, type Lab } from '../../lab/index.ts';
import { auditIn, withLab } from './harness.ts';

type Json = Record<string, unknown>;
type PublishSpec = Parameters<Lab['publish']>[0];

/** One thing that is verified: where it is in a bundle, and the refusal its change must bring. */
type Flip = readonly [path: string, reason: string, change?: (value: unknown) => unknown];

/** Flips one bit in the middle of base64. */
function flipBase64(value: unknown): string {
  const bytes = Buffer.from(String(value), 'base64');
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return bytes.toString('base64');
}

const plusOne = (value: unknown): string => String(BigInt(String(value)) + 1n);

/** Changes a line of a checkpoint: 0 its origin, 1 its size, 2 its root hash, 4 its signature. */
const checkpointLine =
  (line: number, change: (text: string) => string) =>
  (value: unknown): string =>
    String(value)
      .split('\n')
      .map((text, index) => (index === line ? change(text) : text))
      .join('\n');

const flipHash = (text: string): string => flipBase64(text);
/** The signature line is "— name base64(4 bytes of key hint, signature)". */
const flipSignatureLine =
  (at: (length: number) => number) =>
  (text: string): string => {
    const [dash = '', name = '', signature = ''] = text.split(' ');
    const bytes = Buffer.from(signature, 'base64');
    const index = at(bytes.length);
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return [dash, name, bytes.toString('base64')].join(' ');
  };

/** Changes a text of the signed payload. */
const inPayload =
  (from: string, to: string) =>
  (value: unknown): string =>
    Buffer.from(Buffer.from(String(value), 'base64').toString('utf8').replace(from, to)).toString('base64');

const ENVELOPE: readonly Flip[] = [
  ['dsseEnvelope.payload', 'log-entry-mismatch', inPayload('"name":"pkg:npm/p@', '"name":"pkg:npm/q@')],
  ['dsseEnvelope.payload', 'log-entry-mismatch', inPayload('"sha512":"', '"sha512":"0')],
  ['dsseEnvelope.payload', 'log-entry-mismatch', inPayload('"predicateType":"https', '"predicateType":"httpx')],
  ['dsseEnvelope.payloadType', 'payload-type', (value) => `${String(value)}x`],
];

const CERTIFICATE: readonly Flip[] = [
  ['verificationMaterial.certificate.rawBytes', 'certificate-chain', flipInCertificate('tbs')],
  ['verificationMaterial.certificate.rawBytes', 'certificate-chain', flipInCertificate('signature')],
];

const LOG_V1: readonly Flip[] = [
  ['verificationMaterial.tlogEntries.0.inclusionPromise.signedEntryTimestamp', 'log-promise', flipBase64],
  ['verificationMaterial.tlogEntries.0.integratedTime', 'log-promise', plusOne],
  ['verificationMaterial.tlogEntries.0.logIndex', 'log-promise', plusOne],
  ['verificationMaterial.tlogEntries.0.logId.keyId', 'log-unknown', flipBase64],
];

const PROOF: readonly Flip[] = [
  ['verificationMaterial.tlogEntries.0.inclusionProof.logIndex', 'log-inclusion', plusOne],
  ['verificationMaterial.tlogEntries.0.inclusionProof.treeSize', 'log-checkpoint', plusOne],
  ['verificationMaterial.tlogEntries.0.inclusionProof.rootHash', 'log-checkpoint', flipBase64],
  ['verificationMaterial.tlogEntries.0.inclusionProof.hashes.0', 'log-inclusion', flipBase64],
  [
    'verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope',
    'log-checkpoint',
    checkpointLine(0, (text) => `${text}x`),
  ],
  [
    'verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope',
    'log-checkpoint',
    checkpointLine(1, plusOne),
  ],
  [
    'verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope',
    'log-checkpoint',
    checkpointLine(2, flipHash),
  ],
  [
    'verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope',
    'log-checkpoint',
    checkpointLine(
      4,
      flipSignatureLine(() => 0),
    ),
  ],
  [
    'verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope',
    'log-checkpoint',
    checkpointLine(
      4,
      flipSignatureLine((length) => length - 1),
    ),
  ],
];

interface Subject {
  readonly name: string;
  readonly attestation: 'publish' | 'provenance';
  readonly spec: Partial<PublishSpec>;
  readonly flips: readonly Flip[];
}

const SUBJECTS: readonly Subject[] = [
  {
    name: 'provenance, bundle 0.3, Rekor v1',
    attestation: 'provenance',
    spec: { bundleVersion: '0.3' },
    flips: [
      ...ENVELOPE,
      ...CERTIFICATE,
      ...LOG_V1,
      ...PROOF,
      ['dsseEnvelope.signatures.0.sig', 'log-entry-mismatch', flipBase64],
      ['verificationMaterial.tlogEntries.0.canonicalizedBody', 'log-promise', flipBase64],
    ],
  },
  {
    name: 'publish attestation, bundle 0.2, Rekor v1',
    attestation: 'publish',
    spec: {},
    flips: [
      ...ENVELOPE,
      ...LOG_V1,
      ...PROOF,
      ['dsseEnvelope.signatures.0.sig', 'log-entry-mismatch', flipBase64],
      ['verificationMaterial.tlogEntries.0.canonicalizedBody', 'log-promise', flipBase64],
      ['verificationMaterial.publicKey.hint', 'envelope', (value) => `${String(value)}x`],
    ],
  },
  {
    name: 'provenance, bundle 0.3, Rekor v2 with a timestamp',
    attestation: 'provenance',
    spec: { bundleVersion: '0.3', log: 'v2' },
    flips: [
      ...CERTIFICATE,
      ...PROOF,
      ...ENVELOPE,
      ['verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp', 'timestamp', flipBase64],
      ['dsseEnvelope.signatures.0.sig', 'timestamp', flipBase64],
      ['verificationMaterial.tlogEntries.0.canonicalizedBody', 'log-inclusion', flipBase64],
    ],
  },
];

describe.each(SUBJECTS)('$name', ({ attestation, spec, flips }) => {
  it('one change of anything that is verified is refused for its reason', async () => {
    await withLab(async (lab) => {
      const by = ciWorkflow({ repository: 'team/p' });
      // Entries before and after, so that the inclusion proof has hashes.
      await lab.publish({ name: 'before', version: '1.0.0', by, ...spec });
      await lab.publish({ name: 'p', version: '1.0.0', by, ...spec });
      const lockfile = lab.lockfile({ p: '1.0.0' });
      expect((await auditIn(lab, lockfile)).findings).toEqual([]);

      const untouched = (await (await fetch(`${lab.url}-/npm/v1/attestations/p@1.0.0`)).json()) as {
        attestations: { predicateType: string; bundle: Json }[];
      };
      const outcomes: string[] = [];
      const expected: string[] = [];
      for (const [path, reason, change = flipBase64] of flips) {
        const document = structuredClone(untouched);
        const entry = document.attestations.find(
          ({ predicateType }) => predicateType.includes('/publish/') === (attestation === 'publish'),
        );
        changeAt(entry?.bundle ?? {}, path.split('.'), change);
        expect(document, `${path} did not change`).not.toEqual(untouched);
        const address = /attestations\/p@1\.0\.0$/;
        lab.behave(address, { status: 200, body: JSON.stringify(document), times: 1 });
        const { report, status } = await auditIn(lab, lockfile);
        const [finding, ...others] = report.dependencies[0]?.findings ?? [];
        const said = finding?.code === 'provenance-invalid' ? finding.args : null;
        outcomes.push(
          `${path} ${said?.attestation ?? finding?.code ?? 'nothing'} ${said?.reason ?? ''} ${status} ${others.length}`,
        );
        expected.push(`${path} ${attestation} ${reason} 1 0`);
        expect(report.dependencies[0]?.proofs[attestation]).toBeNull();
      }
      expect(outcomes).toEqual(expected);
    });
  });
});

/** Attestations that are made wrongly, where a change afterwards would break something else first. */
const MADE_WRONGLY: readonly (readonly [string, NonNullable<PublishSpec['provenance']>, string])[] = [
  ['a forged SCT', { certificate: { scts: ['invalid'] } }, 'sct'],
  ['an SCT of an unknown log', { certificate: { scts: ['unknown-log'] } }, 'sct'],
  ['no SCT', { certificate: { scts: [] } }, 'sct'],
  ['a certificate for something else', { certificate: { usage: 'time-stamping' } }, 'certificate-usage'],
  ['a certificate for nothing', { certificate: { usage: 'none' } }, 'certificate-usage'],
  ['a certificate that had ended when it was logged', { certificate: { lifetimeMs: -1000 } }, 'certificate-validity'],
  ['a foreign certificate authority', { signer: 'foreign-ca' }, 'certificate-chain'],
  ['a foreign log', { signer: 'foreign-instance' }, 'log-unknown'],
  [
    'another statement type',
    {
      statement: ({ predicateType, predicate }) => ({
        _type: 'https://in-toto.io/Statement/v9',
        subject: [],
        predicateType,
        predicate,
      }),
    },
    'statement-type',
  ],
  ['a statement without subjects', { statement: (made) => ({ ...made, subject: [] }) }, 'statement-malformed'],
  ['another payload type', { payloadType: 'text/plain' }, 'payload-type'],
  [
    'a predicate type that its wrapper hides',
    { wrapperPredicateType: 'https://slsa.dev/provenance/v0.2' },
    'predicate-type',
  ],
];

describe('an attestation with', () => {
  it.each(MADE_WRONGLY)('%s is refused', async (_, provenance, reason) => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }), provenance });
      const { report, status } = await auditIn(lab, lab.lockfile({ p: '1.0.0' }));
      const [dependency] = report.dependencies;
      expect(dependency?.findings).toMatchObject([
        { code: 'provenance-invalid', args: { attestation: 'provenance', reason } },
      ]);
      expect({ status, provenance: dependency?.proofs.provenance }).toEqual({ status: 1, provenance: null });
    });
  });
});

function changeAt(json: Json, [key = '', ...rest]: readonly string[], change: (value: unknown) => unknown): void {
  if (rest.length === 0) json[key] = change(json[key]);
  else changeAt(json[key] as Json, rest, change);
}

/** Flips a bit of the certificate's serial number, or of its signature. */
function flipInCertificate(part: 'tbs' | 'signature'): (value: unknown) => string {
  return (value) => {
    const bytes = Buffer.from(String(value), 'base64');
    const index = part === 'tbs' ? 20 : bytes.length - 1;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return bytes.toString('base64');
  };
}
