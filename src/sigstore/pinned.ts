/** A log of a pinned root. Keys and certificates are DER in base64, times are the instance's own. */
export interface LogFacts {
  readonly url: string;
  readonly id: string;
  readonly details: string;
  readonly key: string;
  readonly start: string;
  readonly end: string | null;
}

/** A certificate or timestamp authority of a pinned root. */
export interface AuthorityFacts {
  readonly url: string;
  readonly organization: string;
  readonly commonName: string;
  /** From the issuing (or timestamping) certificate to the root. */
  readonly chain: readonly string[];
  readonly start: string;
  readonly end: string | null;
}

function interval(start: string, end: string | null): unknown {
  return end === null ? { start } : { start, end };
}

/** As a `TransparencyLogInstance` message. */
export function logJson({ url, id, details, key, start, end }: LogFacts): unknown {
  return {
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: key, keyDetails: details, validFor: interval(start, end) },
    logId: { keyId: id },
  };
}

/** As a `CertificateAuthority` message. */
export function authorityJson({ url, organization, commonName, chain, start, end }: AuthorityFacts): unknown {
  return {
    subject: { organization, commonName },
    uri: url,
    certChain: { certificates: chain.map((rawBytes) => ({ rawBytes })) },
    validFor: interval(start, end),
  };
}
