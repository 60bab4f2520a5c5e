import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { startRekorV1, type TransparencyLog } from '../../lab/sigstore/rekor.ts';
import type { TrustedRootJson } from '../../lab/sigstore/index.ts';
import { listening, type Listening } from './listen.ts';
import type { Town } from './town.ts';

/** What a client of Rekor v1 sends for an envelope. */
interface Proposed {
  readonly kind: string;
  readonly spec: { readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] } };
}

/** Where npm's client writes to, which writes to no Rekor v2, and the root with that log's key. */
export interface RekorForNpm {
  readonly url: string;
  readonly root: TrustedRootJson;
  readonly close: () => Promise<void>;
}

/** The real Rekor v1, or the lab's where the real one cannot run. */
export async function rekorForNpm({ rekorV1, trustedRoot }: Town): Promise<RekorForNpm> {
  if (rekorV1 !== null) return { url: rekorV1.url, root: trustedRoot, close: () => Promise.resolve() };
  const { log, url, close } = await startLabRekorV1();
  const [named] = trustedRoot.tlogs;
  if (named === undefined) throw new Error('no log in the root');
  const rawBytes = log.key.spki.toString('base64');
  const publicKey = { ...named.publicKey, rawBytes, keyDetails: 'PKIX_ECDSA_P256_SHA_256' };
  const v1 = { ...named, baseUrl: log.baseUrl, publicKey, logId: { keyId: log.logId.toString('base64') } };
  return { url, root: { ...trustedRoot, tlogs: [...trustedRoot.tlogs, v1] }, close };
}

async function startLabRekorV1(): Promise<Listening & { readonly log: TransparencyLog }> {
  const log = startRekorV1();
  const append = ({ kind, spec }: Proposed): object => {
    const { envelope, verifiers } = spec.proposedContent;
    const { payload, signatures } = JSON.parse(envelope) as { payload: string; signatures: { sig: string }[] };
    const body = {
      apiVersion: '0.0.1',
      kind,
      spec: {
        envelopeHash: sha256(envelope),
        payloadHash: sha256(Buffer.from(payload, 'base64')),
        signatures: signatures.map(({ sig }, i) => ({ signature: sig, verifier: verifiers[i] ?? '' })),
      },
    };
    const entry = log.append(body, Date.now());
    const proof = entry.inclusionProof;
    const hex = (text = ''): string => Buffer.from(text, 'base64').toString('hex');
    return {
      [randomBytes(40).toString('hex')]: {
        body: entry.canonicalizedBody,
        integratedTime: Number(entry.integratedTime),
        logID: hex(entry.logId.keyId),
        logIndex: Number(entry.logIndex),
        verification: {
          signedEntryTimestamp: entry.inclusionPromise?.signedEntryTimestamp,
          inclusionProof: {
            checkpoint: proof?.checkpoint.envelope,
            hashes: proof?.hashes.map(hex),
            logIndex: Number(proof?.logIndex),
            rootHash: hex(proof?.rootHash),
            treeSize: Number(proof?.treeSize),
          },
        },
      },
    };
  };
  const listener = await listening(
    createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const isEntry = request.method === 'POST' && request.url === '/api/v1/log/entries';
        response.writeHead(isEntry ? 201 : 404, { 'content-type': 'application/json' });
        response.end(isEntry ? JSON.stringify(append(JSON.parse(Buffer.concat(parts).toString()) as Proposed)) : '{}');
      });
    }),
  );
  return { ...listener, log };
}

function sha256(data: string | Buffer): { algorithm: string; value: string } {
  return { algorithm: 'sha256', value: createHash('sha256').update(data).digest('hex') };
}
