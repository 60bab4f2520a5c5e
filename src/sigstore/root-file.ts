import { isDeepStrictEqual } from 'node:util';
import { formatInstant } from '../model/time.ts';
import { tryJson } from './json.ts';
import { Malformed } from './refusal.ts';
import { parseTrustedRoot, TrustedRootError, type TrustedRoot } from './trusted-root.ts';
import { parseCertificate, PURPOSE, type Certificate } from './x509.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ROOTS = 16;
const MAX_CERTIFICATES = 64;

/**
 * The trusted roots of a file, at least one: a `TrustedRoot` message, several of them as JSON lines (what
 * `gh attestation trusted-root` writes), or certificates in PEM. Throws `TrustedRootError`.
 */
export function parseRootFile(bytes: Buffer): readonly [TrustedRoot, ...TrustedRoot[]] {
  if (bytes.length > MAX_BYTES) throw new TrustedRootError(`more than ${MAX_BYTES} bytes`);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const [first, ...others] = /^\s*\{/.test(text) ? messagesIn(text) : [pemRoot(text)];
  if (first === undefined) throw new TrustedRootError('there is no trusted root in it');
  return [first, ...others];
}

function messagesIn(text: string): readonly TrustedRoot[] {
  const whole = tryJson(text);
  if (isTufRoot(whole)) throw new TrustedRootError('it is root metadata of a TUF repository, not a trusted root');
  if (whole !== undefined) return [parseTrustedRoot(whole)];
  const lines = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [{ line, number: i + 1 }]));
  if (lines.length > MAX_ROOTS) throw new TrustedRootError(`more than ${MAX_ROOTS} lines`);
  const roots = lines.map(({ line, number }) => {
    const json = tryJson(line);
    if (json === undefined) throw new TrustedRootError(`line ${number} is not JSON`);
    return parseTrustedRoot(json);
  });
  const twice = roots.findIndex(({ source }, i) =>
    roots.slice(0, i).some((one) => isDeepStrictEqual(one.source, source)),
  );
  if (twice > 0) throw new TrustedRootError(`line ${lines[twice]?.number ?? 0} is the same as one before`);
  return roots;
}

/** Two files are called a root: the one that is signed, and what it vouches for. */
function isTufRoot(json: unknown): boolean {
  const { signed } = (json ?? {}) as { readonly signed?: unknown };
  return ((signed ?? {}) as { readonly _type?: unknown })._type === 'root';
}

const BLOCK = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/**
 * Chains of certificates, each from the one that issues (or signs timestamps) up to its anchor. A chain for timestamps
 * is one whose first certificate is for nothing else; others are certificate authorities. There are no logs.
 */
function pemRoot(text: string): TrustedRoot {
  const blocks = [...text.matchAll(BLOCK)].map(([, body = '']) => body.replace(/\s/g, ''));
  if (blocks.length === 0 || text.includes('PRIVATE KEY')) {
    throw new TrustedRootError('neither a trusted root in JSON nor certificates in PEM');
  }
  if (blocks.length !== text.split('-----BEGIN ').length - 1) {
    throw new TrustedRootError('a block in it is no certificate in PEM');
  }
  if (blocks.length > MAX_CERTIFICATES) throw new TrustedRootError(`more than ${MAX_CERTIFICATES} certificates`);
  const chains: Pem[][] = [];
  for (const [i, rawBytes] of blocks.entries()) {
    const pem = { rawBytes, certificate: certificateOf(rawBytes, i + 1) };
    const chain = chains.at(-1);
    if (chain?.at(-1)?.certificate.issuer.equals(pem.certificate.subject) === true) chain.push(pem);
    else chains.push([pem]);
  }
  const isStamping = ([first]: readonly Pem[]): boolean =>
    first?.certificate.extendedKeyUsage?.includes(PURPOSE.timeStamping) === true;
  return parseTrustedRoot({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: chains.filter((chain) => !isStamping(chain)).map(authorityOf),
    timestampAuthorities: chains.filter(isStamping).map(authorityOf),
  });
}

interface Pem {
  readonly rawBytes: string;
  readonly certificate: Certificate;
}

function certificateOf(rawBytes: string, number: number): Certificate {
  try {
    return parseCertificate(Buffer.from(rawBytes, 'base64'));
  } catch (error) {
    if (error instanceof Malformed) throw new TrustedRootError(`certificate ${number}: ${error.message}`);
    throw error;
  }
}

/** Valid for as long as its certificates are: a chain without more says nothing else. */
function authorityOf(chain: readonly Pem[]): unknown {
  return {
    uri: 'PEM',
    certChain: { certificates: chain.map(({ rawBytes }) => ({ rawBytes })) },
    validFor: { start: formatInstant(Math.max(...chain.map(({ certificate }) => certificate.notBefore))) },
  };
}
