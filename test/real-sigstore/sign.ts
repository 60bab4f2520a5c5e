import { createHash, randomBytes } from 'node:crypto';
import type { BundleJson } from '../../lab/sigstore/bundle.ts';
import { newKey, pem, type SigningKey, signWith } from '../../lab/sigstore/keys.ts';
import type { LogEntryJson } from '../../lab/sigstore/rekor.ts';
import { packageUrl, PUBLISH, publishPredicate, SLSA_V1, slsaV1Predicate } from '../../lab/statements.ts';
import { workflowOf } from './issuer.ts';
import type { Town } from './town.ts';

const IN_TOTO = 'application/vnd.in-toto+json';

/** Whom a certificate names that was asked for with a token of this repository. */
export function identityOf(repository: string): string {
  const { server, workflow, ref } = workflowOf(repository);
  return `${server}/${repository}/${workflow}@${ref}`;
}

/** The kinds of entry in Rekor v2. */
export type EntryKind = 'hashedrekord' | 'dsse';

/** What is signed: a file, or a statement in an envelope. */
export type Content = { readonly message: Buffer } | { readonly statement: object };

export interface SignRequest {
  readonly content: Content;
  /** The repository whose workflow signs, or a key and its hint. */
  readonly by: string | { readonly key: SigningKey; readonly hint: string };
  readonly kind?: EntryKind;
  /** The log; default is the one of the town that takes the kind. */
  readonly rekor?: string;
}

/** The statement that npm makes of a package that a workflow of the repository built. */
export function provenanceOf(name: string, version: string, tarball: Buffer, repository: string): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: packageUrl(name, version), digest: { sha512: sha512(tarball) } }],
    predicateType: SLSA_V1,
    predicate: slsaV1Predicate(workflowOf(repository)),
  };
}

/** What a registry says of a package that it took. */
export function publicationOf(name: string, version: string, tarball: Buffer, registry: string): object {
  return {
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: [{ name: packageUrl(name, version), digest: { sha512: sha512(tarball) } }],
    predicateType: PUBLISH,
    predicate: publishPredicate(name, version, registry.replace(/\/$/, '')),
  };
}

function sha512(bytes: Buffer): string {
  return createHash('sha512').update(bytes).digest('hex');
}

/** Signs as a client does: certificate of Fulcio, entry in Rekor v2, timestamp of the authority. */
export async function sign(
  town: Town,
  { content, by, kind = 'hashedrekord', rekor }: SignRequest,
): Promise<BundleJson> {
  const key = typeof by === 'string' ? newKey('P-256') : by.key;
  const certificate = typeof by === 'string' ? await certificateFor(town, key, by) : null;
  const payload = 'statement' in content ? Buffer.from(JSON.stringify(content.statement)) : Buffer.alloc(0);
  const signed = 'message' in content ? content.message : preAuthEncoding(payload);
  const signature = signWith(key, signed);
  const verifier = {
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    ...(certificate === null
      ? { publicKey: { rawBytes: base64(key.spki) } }
      : { x509Certificate: { rawBytes: base64(certificate) } }),
  };
  const envelope = {
    payload: base64(payload),
    payloadType: IN_TOTO,
    signatures: [{ sig: base64(signature), keyid: typeof by === 'string' ? '' : by.hint }],
  };
  const digest = createHash('sha256').update(signed).digest('base64');
  const entry =
    kind === 'dsse'
      ? { dsseRequestV002: { envelope, verifiers: [verifier] } }
      : { hashedRekordRequestV002: { digest, signature: { content: base64(signature), verifier } } };
  const log = rekor ?? (kind === 'dsse' ? town.urls.rekorDsse : town.urls.rekor);
  const [tlogEntry, rfc3161] = await Promise.all([addEntry(log, entry), timestampOf(town, signature)]);
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      ...(certificate === null
        ? { publicKey: { hint: typeof by === 'string' ? '' : by.hint } }
        : { certificate: { rawBytes: base64(certificate) } }),
      tlogEntries: [tlogEntry],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: base64(rfc3161) }] },
    },
    ...('statement' in content
      ? { dsseEnvelope: envelope }
      : {
          messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature: base64(signature) },
        }),
  };
}

/** So many entries of a stranger's key in a log of Rekor v2. */
export async function addEntries(rekor: string, count: number): Promise<void> {
  const key = newKey('P-256');
  const verifier = { keyDetails: 'PKIX_ECDSA_P256_SHA_256', publicKey: { rawBytes: base64(key.spki) } };
  const add = async (message: Buffer): Promise<LogEntryJson> => {
    const digest = createHash('sha256').update(message).digest('base64');
    const signature = { content: base64(signWith(key, message)), verifier };
    return addEntry(rekor, { hashedRekordRequestV002: { digest, signature } });
  };
  await Promise.all(Array.from({ length: count }, () => add(randomBytes(16))));
}

async function addEntry(rekor: string, entry: object): Promise<LogEntryJson> {
  const answer = await post(`${rekor}api/v2/log/entries`, entry);
  return (await answer.json()) as LogEntryJson;
}

/** A certificate for the key, which Fulcio gives for a token that it verifies with the issuer. */
async function certificateFor(town: Town, key: SigningKey, repository: string): Promise<Buffer> {
  const asked = await fetch(`${town.urls.issuer}token?repository=${repository}`);
  const { value: token } = (await asked.json()) as { value: string };
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  const answer = await post(`${town.urls.fulcio}api/v2/signingCert`, {
    credentials: { oidcIdentityToken: token },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: pem('PUBLIC KEY', key.spki) },
      proofOfPossession: base64(signWith(key, Buffer.from(claims.sub))),
    },
  });
  const { signedCertificateEmbeddedSct } = (await answer.json()) as {
    signedCertificateEmbeddedSct: { chain: { certificates: string[] } };
  };
  const [leaf = ''] = signedCertificateEmbeddedSct.chain.certificates;
  return Buffer.from(leaf.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
}

async function timestampOf(town: Town, signature: Buffer): Promise<Buffer> {
  const artifactHash = createHash('sha256').update(signature).digest('base64');
  const answer = await post(`${town.urls.timestamps}api/v1/timestamp`, { artifactHash, hashAlgorithm: 'sha256' });
  return Buffer.from(await answer.arrayBuffer());
}

async function post(url: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return answer;
}

/** Pre-authentication encoding of DSSE. */
function preAuthEncoding(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${payload.length} `), payload]);
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}
