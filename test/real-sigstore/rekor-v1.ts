import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { startRekorV1, type TransparencyLog } from '../../lab/sigstore/rekor.ts';
import { listening, type Listening } from './listen.ts';

/** What a client of Rekor v1 sends for an envelope. */
interface Proposed {
  readonly kind: string;
  readonly spec: { readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] } };
}

/**
 * The lab's Rekor v1 behind the address that npm's client writes to. It stands in for the real server, which needs a
 * MariaDB; npm's client writes to no Rekor v2.
 */
export async function startRekorV1Server(): Promise<Listening & { readonly log: TransparencyLog }> {
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
