import type { RefusalReason } from '../model/finding.ts';
import { establish, type BundleProof, type LogEntryProof, type Statement, type VerifiedTime } from '../model/proof.ts';
import type { Instant } from '../model/time.ts';
import { STRICT, type Thresholds } from '../model/trust.ts';
import {
  checkIdentified,
  comparable,
  namesArtifact,
  openArtifact,
  verifyMessage,
  type Artifact,
  type ArtifactInput,
} from './artifact.ts';
import { parseBundle, type Bundle, type LogEntry } from './bundle.ts';
import { createPathVerifier, type PathVerifier } from './chain.ts';
import { demandPast } from './clock.ts';
import { cosigners, lackingWitnesses, type WitnessPolicy } from '../tlog/cosignature.ts';
import type { Instance } from './instance.ts';
import { SIGNER_HASHES, verifySignature, type PublicKey } from './keys.ts';
import { matchBody, type Expected } from './log-body.ts';
import { verifyInclusion, verifyPromise, type PromisedTime } from './log.ts';
import { preAuthEncoding } from './pae.ts';
import { createSctVerifier, type SctVerifier } from './sct.ts';
import type { Checkpoint } from '../tlog/checkpoint.ts';
import { Refusal, refuse, show } from './refusal.ts';
import {
  isTimeless,
  openKey,
  openSigners,
  verifyCertificate,
  verifyKey,
  type ClaimedSigner,
  type ManagedKey,
  type OpenKey,
} from './signer.ts';
import { parseStatement, PAYLOAD_TYPE } from './statement.ts';
import { createTimestampVerifier, type AuthorityTime, type TimestampVerifier } from './timestamp.ts';
import type { TrustedLog, TrustedRoot } from './trusted-root.ts';
import { PURPOSE } from './x509.ts';

export type { ArtifactInput } from './artifact.ts';
export type { ManagedKey } from './signer.ts';

export interface VerifierOptions {
  readonly root: TrustedRoot;
  readonly keys?: readonly ManagedKey[];
  /** 1 each where not given. */
  readonly thresholds?: Partial<Thresholds>;
}

export interface InstancesVerifierOptions {
  /** At least one. The one whose authority issued a bundle's certificate judges it, by its own thresholds. */
  readonly instances: readonly Instance[];
  readonly keys?: readonly ManagedKey[];
  /** The name of the instance that must vouch for every bundle, certificate or not; null for any of them. */
  readonly wanted: string | null;
}

export interface VerifyInput {
  readonly now: Instant;
  /** Needed for a message signature; where it is given for a statement, a subject must be it. */
  readonly artifact?: ArtifactInput;
}

export type Verification =
  | {
      readonly ok: true;
      readonly proof: BundleProof;
      /** The name of the instance that vouches for it; left out where there is only one. */
      readonly instance?: string;
    }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string };

export interface Verifier {
  /** Verifies one bundle, given as parsed JSON of any shape. Does not throw. */
  readonly verify: (bundle: unknown, input: VerifyInput) => Verification;
}

/** What a verifier keeps of an instance over its bundles. */
interface VerifierState {
  readonly name?: string;
  readonly root: TrustedRoot;
  readonly thresholds: Thresholds;
  readonly witnesses: WitnessPolicy | null;
  readonly paths: PathVerifier;
  readonly scts: SctVerifier;
  readonly timestamps: TimestampVerifier;
}

/** The instance that judges what this signer signed. Throws `Refusal`. */
type Choose = (claimed: ClaimedSigner) => VerifierState;

/**
 * Builds a verifier that does all of the Sigstore client specification
 * (https://github.com/sigstore/architecture-docs/blob/main/client-spec.md section 4) under one trusted root. It
 * remembers parsed keys and verified chains. Throws `TrustedRootError` where a managed key cannot be read.
 */
export function createVerifier({ root, keys = [], thresholds }: VerifierOptions): Verifier {
  const state = openState(root, { ...STRICT, ...thresholds }, null);
  return verifierOf(keys.map(openKey), () => state);
}

/** The same under several instances, each of which judges what it vouches for. */
export function createInstancesVerifier({ instances, keys = [], wanted }: InstancesVerifierOptions): Verifier {
  const states = instances.map(({ name, root, thresholds, witnesses = null }) => {
    let state: VerifierState | null = null;
    return { name, open: () => (state ??= { name, ...openState(root(), thresholds, witnesses) }) };
  });
  const names = states.map(({ name }) => name).join(', ');
  return verifierOf(keys.map(openKey), (claimed) => {
    const first = states.find(({ name }) => wanted === null || name === wanted);
    if (first === undefined) refuse('certificate-chain', `no trusted root of ${show(wanted ?? '')} is known`);
    if (states.length === 1) return first.open();
    // Nothing in a signature with a key says of which instance it is.
    if (claimed.kind === 'key') return first.open();
    const issuer = states.find(({ open }) => open().paths.issued(claimed.certificate));
    if (issuer === undefined) refuse('certificate-chain', `no authority of ${names} issued the certificate`);
    if (wanted === null || issuer.name === wanted) return issuer.open();
    refuse('certificate-chain', `issued by an authority of ${issuer.name}, which does not vouch here: ${wanted} does`);
  });
}

function openState(root: TrustedRoot, thresholds: Thresholds, witnesses: WitnessPolicy | null): VerifierState {
  return {
    root,
    thresholds,
    witnesses,
    paths: createPathVerifier(root.certificateAuthorities, PURPOSE.codeSigning),
    scts: createSctVerifier(root.ctlogs),
    timestamps: createTimestampVerifier(root.timestampAuthorities),
  };
}

function verifierOf(keys: readonly OpenKey[], choose: Choose): Verifier {
  const claims = openSigners(keys);
  return {
    verify: (json, input) => {
      try {
        const bundle = parseBundle(json);
        const artifact = input.artifact === undefined ? null : openArtifact(input.artifact);
        checkContent(bundle, artifact);
        const claimed = claims(bundle);
        const trust = choose(claimed);
        const proof = verifyBundle(bundle, claimed, { now: input.now, artifact }, trust);
        return { ok: true, proof, ...(trust.name === undefined ? {} : { instance: trust.name }) };
      } catch (error) {
        if (error instanceof Refusal) return { ok: false, reason: error.reason, detail: error.message };
        // Whatever else stops a verification, nothing is proven.
        return { ok: false, reason: 'bundle-malformed', detail: `verification stopped: ${show(String(error))}` };
      }
    },
  };
}

/** The order is that of the client specification: times (4.2), signer (4.3), log entries (4.4), signature (4.5). */
function verifyBundle(
  bundle: Bundle,
  claimed: ClaimedSigner,
  { now, artifact }: { readonly now: Instant; readonly artifact: Artifact | null },
  trust: VerifierState,
): BundleProof {
  const { content } = bundle;
  const { root, thresholds } = trust;
  const stamps = verifyTimestamps(bundle, trust);
  const entries = knownEntries(bundle, root.tlogs).map(({ entry, logs }) => {
    return { entry, logs, promise: verifyPromise(entry, logs) };
  });
  const demand = (logs: number): void =>
    demandLogs(logs, thresholds.log, { unknown: entries.length < bundle.logEntries.length, root });
  demand(entries.length);
  const promises = entries.flatMap(({ promise }) => promise ?? []);
  const times = listTimes(stamps, promises, needsTime(claimed, thresholds) ? thresholds.time : 0);
  // Where no verified time is demanded and there is none, everything is judged now (sigstore_rekor.proto).
  const instants = times.length > 0 ? times.map(({ time }) => time) : [now];

  const { key, signer, scts } =
    claimed.kind === 'key'
      ? verifyKey(claimed, instants)
      : verifyCertificate(claimed, trust.paths, trust.scts, instants);
  if (claimed.kind === 'certificate' && scts < thresholds.sct) {
    refuse('sct', `${scts} certificate-transparency logs of the trusted root signed, ${thresholds.sct} must`);
  }

  const pae = content.kind === 'dsse' ? preAuthEncoding(content.payloadType, content.payload) : null;
  const certificate = claimed.kind === 'certificate' ? claimed.certificate.raw : null;
  const expected: Expected = { key, certificate, content, pae, artifact };
  const verified = entries.map(({ entry, logs, promise }) => verifyEntry(entry, logs, promise, instants, expected));
  const distinct = new Set(verified.map(({ countsAs }) => countsAs)).size;
  demand(distinct);
  demandWitnesses(verified, trust);

  verifyContent(expected);
  const statement = content.kind === 'dsse' ? parseStatement(content.payload) : null;
  if (artifact !== null && statement?.subjects.some(({ digests }) => namesArtifact(digests, artifact)) === false) {
    refuse('artifact-mismatch', whyNot(statement.subjects, artifact));
  }
  demandPast(times, now);
  const log = verified.map(({ proof }) => proof);
  return establish({ mediaType: bundle.mediaType, signer, times, log, scts, statement });
}

/** By which hashes the subjects have to be compared, where none is known of the artifact; else that they are others. */
function whyNot(subjects: Statement['subjects'], artifact: Artifact): string {
  const digests = subjects.flatMap((subject) => subject.digests);
  const named = comparable(digests);
  if (named.length === 0 || named.some((hash) => artifact.digests(hash).length > 0)) {
    return 'no subject of the statement is this artifact';
  }
  return `the statement names its subjects by ${named.join(' and ')} alone, by which the artifact was not given`;
}

function checkContent({ content }: Bundle, artifact: Artifact | null): void {
  if (content.kind === 'dsse') {
    if (content.payloadType !== PAYLOAD_TYPE) refuse('payload-type', `payload of type ${show(content.payloadType)}`);
  } else if (artifact === null) {
    refuse('artifact-mismatch', 'a message signature is verified against its artifact, and none was given');
  } else {
    checkIdentified(content, artifact);
  }
}

/** Every timestamp has to hold (4.2.1), unless the trusted root lists no timestamp authority at all. */
function verifyTimestamps(
  { timestamps, content }: Bundle,
  { root, timestamps: verifier }: VerifierState,
): AuthorityTime[] {
  if (root.listed.timestampAuthorities === 0) return [];
  return timestamps.map((timestamp) => verifier.verify(timestamp, content.signature));
}

interface KnownEntry {
  readonly entry: LogEntry;
  readonly logs: readonly TrustedLog[];
}

/**
 * Entries of logs that the root names. Without its key, an entry of another log cannot be verified and does not count.
 */
function knownEntries({ logEntries }: Bundle, tlogs: readonly TrustedLog[]): KnownEntry[] {
  return logEntries
    .map((entry) => ({ entry, logs: tlogs.filter(({ ids }) => ids.includes(entry.logId)) }))
    .filter(({ logs }) => logs.length > 0);
}

/** `unknown`: the bundle has entries of other logs, too. */
function demandLogs(
  actual: number,
  demanded: number,
  { unknown, root }: { readonly unknown: boolean; readonly root: TrustedRoot },
): void {
  if (actual >= demanded) return;
  const foreign = root.listed.tlogs - root.tlogs.length;
  const detail =
    `entries of ${actual} transparency logs of the trusted root, ${demanded} demanded` +
    (foreign === 0 ? '' : `; ${foreign} of its ${root.listed.tlogs} logs have a key of a kind that is not known here`);
  refuse(unknown ? 'log-unknown' : 'log-missing', detail);
}

/**
 * As many logs as are demanded have to have the entry in a tree that enough witnesses have seen. A promise is no tree:
 * no witness can have seen it. Where no log is demanded, no witness of one is.
 */
function demandWitnesses(entries: readonly VerifiedEntry[], { witnesses, thresholds }: VerifierState): void {
  if (witnesses === null) return;
  const lacks = entries.map(({ countsAs, checkpoint }) => {
    const cosigned = checkpoint === null ? new Set<string>() : cosigners(checkpoint, witnesses.witnesses);
    return { countsAs, lacking: lackingWitnesses(witnesses, cosigned) };
  });
  const witnessed = new Set(lacks.flatMap(({ countsAs, lacking }) => (lacking === '' ? [countsAs] : [])));
  const lacking = lacks.find((one) => one.lacking !== '')?.lacking ?? '';
  if (witnessed.size < thresholds.log) refuse('log-witnesses', lacking);
}

/** A key that is always valid needs no time, as long as a log vouches for the signature. */
function needsTime(claimed: ClaimedSigner, { log }: Thresholds): boolean {
  return log === 0 || claimed.kind === 'certificate' || !claimed.candidates.every(isTimeless);
}

/** Verified times of distinct sources, as many as demanded. */
function listTimes(
  stamps: readonly AuthorityTime[],
  promises: readonly PromisedTime[],
  demanded: number,
): readonly VerifiedTime[] {
  const sources = new Set([...stamps.map(({ countsAs }) => countsAs), ...promises.map(({ log }) => log.countsAs)]);
  if (sources.size < demanded)
    refuse('time-missing', `verified times of ${sources.size} sources, ${demanded} demanded`);
  return [
    ...stamps.map(({ time }): VerifiedTime => ({ source: 'timestamp', time })),
    ...promises.map(({ time }): VerifiedTime => ({ source: 'log', time })),
  ];
}

interface VerifiedEntry {
  readonly proof: LogEntryProof;
  readonly countsAs: string;
  /** Of the tree that it is in; null where the log only promised to take it in. */
  readonly checkpoint: Checkpoint | null;
}

function verifyEntry(
  entry: LogEntry,
  logs: readonly TrustedLog[],
  promise: PromisedTime | null,
  times: readonly Instant[],
  expected: Expected,
): VerifiedEntry {
  const inclusion = verifyInclusion(entry, logs, times);
  const log = inclusion?.log ?? promise?.log;
  if (log === undefined) refuse('log-inclusion', 'the log neither promised nor proves that it holds the entry');
  matchBody(entry, expected);
  const proof: LogEntryProof = {
    logId: entry.logId,
    origin: inclusion?.checkpoint.origin ?? log.name,
    // Only a promise covers the position in the whole log; otherwise it is the one in the proven tree.
    logIndex: String(promise === null ? entry.proof?.index : entry.logIndex),
    kind: entry.kind,
    version: entry.version,
    integratedTime: promise?.time ?? null,
    promise: promise !== null,
    inclusion: inclusion !== null,
  };
  return { proof, countsAs: log.countsAs, checkpoint: inclusion?.checkpoint ?? null };
}

function verifyContent({ content, key, pae, artifact }: Expected): void {
  if (content.kind === 'message') {
    if (artifact !== null) verifyMessage(content, key, artifact);
    else refuse('artifact-mismatch', 'no artifact');
  } else if (pae === null || !signs(key, pae, content.signature)) {
    refuse('signature', 'the signature is not of this envelope by this signer');
  }
}

function signs(key: PublicKey, data: Buffer, signature: Buffer): boolean {
  return SIGNER_HASHES[key.type].some((hash) => verifySignature(key, hash, data, signature));
}
