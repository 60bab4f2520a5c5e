import type { Instant } from '../../src/model/time.ts';
import * as bundles from './bundle.ts';
import type { BundleJson, BundleVersion, EntryKind, SignAs, Signed, Verifier } from './bundle.ts';
import {
  type CertificateIdentity,
  type CertificateOptions,
  type Fulcio,
  startFulcio,
  type Validity,
} from './fulcio.ts';
import { base64 } from './json.ts';
import { keyDetails, sha256 } from './keys.ts';
import { startRekorV1, startRekorV2, type TransparencyLog } from './rekor.ts';
import { startTimestampAuthority, type TimestampAuthority } from './tsa.ts';

export type LogVersion = 'v1' | 'v2';

export interface SignOptions {
  /** When it was signed and logged; default is the clock's now. */
  readonly at?: Instant;
  readonly version?: BundleVersion;
  /** One entry per element; default is one in Rekor v1. */
  readonly log?: LogVersion | readonly LogVersion[];
  /** Entry type in Rekor v1; default `dsse`. Rekor v2 has hashedrekord only. */
  readonly entryKind?: EntryKind;
  /** RFC 3161 timestamps over the signature; default is one exactly if no entry has a time of its own. */
  readonly timestamps?: number;
  readonly certificate?: CertificateOptions;
  /** The certificate authority to ask instead of this instance's. */
  readonly fulcio?: Fulcio;
}

/** A whole Sigstore instance in memory: certificate authority, certificate log, both kinds of Rekor, timestamps. */
export interface Sigstore {
  readonly fulcio: Fulcio;
  readonly rekor: Readonly<Record<LogVersion, TransparencyLog>>;
  readonly timestampAuthority: TimestampAuthority;
  readonly trustedRoot: TrustedRootJson;
  /** Somebody with a certificate from `at`, who signs more than once with it. */
  certify(identity: CertificateIdentity, at: Instant): Verifier;
  /** A bundle with a DSSE envelope over the statement's JSON; the payload type is in-toto's unless given. */
  signStatement(statement: unknown, as: SignAs, options?: SignOptions & { readonly payloadType?: string }): BundleJson;
  /** A bundle with a signature over the bytes. */
  signMessage(message: Uint8Array, as: SignAs, options?: SignOptions): BundleJson;
}

/** Media type of a trusted root document. */
const TRUSTED_ROOT = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
const IN_TOTO = 'application/vnd.in-toto+json';

/** Starts an instance whose keys and certificates hold during `validity`. */
export function startSigstore(now: () => Instant, validity: Validity): Sigstore {
  const fulcio = startFulcio(validity);
  const rekor = { v1: startRekorV1(), v2: startRekorV2() };
  const timestampAuthority = startTimestampAuthority(validity);

  const sign = (as: SignAs, options: SignOptions, seal: (verifier: Verifier) => Signed): BundleJson => {
    const at = options.at ?? now();
    const version = options.version ?? '0.3';
    const authority = options.fulcio ?? fulcio;
    const verifier = bundles.newVerifier(as, authority, at, options.certificate ?? {});
    const signed = seal(verifier);
    const logs = [options.log ?? 'v1'].flat() as readonly LogVersion[];
    const entries = logs.map((log) =>
      rekor[log].append(
        log === 'v1'
          ? bundles.rekorV1Body(signed, verifier, options.entryKind ?? 'dsse')
          : bundles.rekorV2Body(signed, verifier),
        at,
      ),
    );
    // npm's first bundles had the log's promise only.
    const tlogEntries =
      version === '0.1' ? entries.map((e) => (e.inclusionPromise ? { ...e, inclusionProof: null } : e)) : entries;
    const count = options.timestamps ?? (logs.includes('v1') ? 0 : 1);
    const rfc3161Timestamps = Array.from({ length: count }, () => ({
      signedTimestamp: base64(timestampAuthority.timestamp(signed.signature, at)),
    }));
    return {
      mediaType: bundles.mediaType(version),
      verificationMaterial: {
        ...bundles.keyMaterial(verifier, authority.chain, version),
        tlogEntries,
        timestampVerificationData: version === '0.1' && count === 0 ? null : { rfc3161Timestamps },
      },
      ...bundles.content(signed, verifier),
    };
  };

  return {
    fulcio,
    rekor,
    timestampAuthority,
    trustedRoot: trustedRoot(fulcio, Object.values(rekor), timestampAuthority, validity),
    certify: (identity, at) => bundles.newVerifier({ identity }, fulcio, at, {}),
    signStatement: (statement, as, { payloadType = IN_TOTO, ...options } = {}) =>
      sign(as, options, (verifier) =>
        bundles.signEnvelope(verifier, payloadType, Buffer.from(JSON.stringify(statement))),
      ),
    signMessage: (message, as, options = {}) => sign(as, options, (verifier) => bundles.signMessage(verifier, message)),
  };
}

interface LogJson {
  baseUrl: string;
  hashAlgorithm: string;
  publicKey: { rawBytes: string; keyDetails: string; validFor: { start: string; end?: string } };
  logId: { keyId: string };
}

interface AuthorityJson {
  subject: { organization: string; commonName: string };
  uri: string;
  certChain: { certificates: { rawBytes: string }[] };
  validFor: { start: string; end?: string };
}

/** A trusted root document, as `--trusted-root` reads it. Mutable, so that a test can alter one field. */
export interface TrustedRootJson {
  mediaType: string;
  tlogs: LogJson[];
  certificateAuthorities: AuthorityJson[];
  ctlogs: LogJson[];
  timestampAuthorities: AuthorityJson[];
}

export function trustedRoot(
  fulcio: Pick<Fulcio, 'chain' | 'ctLog'>,
  logs: readonly Pick<TransparencyLog, 'baseUrl' | 'key' | 'logId'>[],
  timestampAuthority: Pick<TimestampAuthority, 'baseUrl' | 'chain'>,
  validity: Validity,
): TrustedRootJson {
  const start = new Date(validity.start).toISOString();
  const log = ({ baseUrl, key, logId }: Pick<TransparencyLog, 'baseUrl' | 'key' | 'logId'>): LogJson => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(key.spki), keyDetails: keyDetails(key), validFor: { start } },
    logId: { keyId: base64(logId) },
  });
  const authority = (uri: string, commonName: string, chain: readonly Buffer[]): AuthorityJson => ({
    subject: { organization: 'lab.test', commonName },
    uri,
    certChain: { certificates: chain.map((der) => ({ rawBytes: base64(der) })) },
    validFor: { start },
  });
  const { ctLog } = fulcio;
  return {
    mediaType: TRUSTED_ROOT,
    tlogs: logs.map(log),
    certificateAuthorities: [authority('https://fulcio.lab.test', 'sigstore', fulcio.chain)],
    ctlogs: [log({ baseUrl: 'https://ctfe.lab.test/2026', key: ctLog, logId: sha256(ctLog.spki) })],
    timestampAuthorities: [authority(timestampAuthority.baseUrl, 'sigstore-tsa', timestampAuthority.chain)],
  };
}
