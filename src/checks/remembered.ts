import { hash } from 'node:crypto';
import type { Dependency } from '../model/dependency.ts';
import type { RegistryKey, Validator } from '../model/evidence.ts';
import { establish, type Proofs } from '../model/proof.ts';
import type { Instant } from '../model/time.ts';
import type { Assessment } from '../model/verdict.ts';
import { demandsOf, type Instance } from '../sigstore/instance.ts';
import type { Expectations } from './known.ts';

/** What decides the assessments of every dependency of one registry. */
export interface RunContext {
  /** The version of assay. */
  readonly tool: string;
  /** What each demands decides; which of them vouches, an expectation. */
  readonly instances: readonly Omit<Instance, 'root'>[];
  /** The registry that is asked stands for `origin`, where signatures of these keys count. */
  readonly registryTrust: { readonly origin: string; readonly keys: readonly RegistryKey[] };
  readonly now: Instant;
}

/** An assessment of an earlier run, with the registry's document that it was made from. */
export interface Remembered {
  readonly assessment: Assessment;
  readonly validator: Validator;
}

/** Digest of the inputs shared by every dependency of one registry: tool version, instances, keys. SHA-256, hex. */
export function contextDigest({ tool, instances, registryTrust, now }: RunContext): string {
  const among = instances.map(demandsOf);
  const usable = registryTrust.keys.map((key) => [
    key.keyId,
    key.usage,
    key.spki,
    key.start,
    key.end,
    key.origin,
    isValid(key, now),
  ]);
  return hash('sha256', JSON.stringify([tool, among, registryTrust.origin, usable]));
}

/**
 * The digest of everything that decides an assessment but the registry's document: SHA-256, hex. A key that has expired
 * by now makes another digest than one that has not.
 */
export function assessmentId(dependency: Dependency, known: Expectations, context: string): string {
  const { ecosystem, name, version, artifacts, exotic, bundles, patches, claims, substitutes } = dependency;
  const { index, attestationIdentities, findings } = dependency;
  const entry = { ecosystem, name, version, artifacts, exotic, bundles, patches, claims, substitutes };
  const own = JSON.stringify({ ...entry, index, attestationIdentities, findings });
  const before = Object.entries(known).map(([field, value]) => `${field} ${textOf(value)}`);
  return hash('sha256', [context, own, ...before].join('\n'));
}

/** What many dependencies have in common is written once. */
const texts = new WeakMap<object, string>();

/** As JSON, in which maps are lists. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...part] : part));
  texts.set(value, text);
  return text;
}

function isValid({ start, end }: RegistryKey, now: Instant): boolean {
  return start <= now && (end === null || now <= end);
}

/**
 * Whether the same questions would get the same answers, where they rest on the same documents: nothing was left
 * unanswered or contradicted, and none of it depends on the time of day.
 */
export function isLasting({ findings }: Assessment, { expectation }: Expectations): boolean {
  const questioned = findings.some(({ kind }) => kind === 'contradiction' || kind === 'unavailable');
  return !questioned && expectation.releaseAge === null;
}

export function packAssessment({ assessment, validator }: Remembered): Buffer {
  return Buffer.from(JSON.stringify({ assessment: { ...assessment, dependency: undefined }, validator }));
}

/** `bytes` are what `packAssessment` gave, vouched for by the cache: proofs are proofs again. */
export function unpackAssessment(bytes: Buffer, dependency: Dependency): Remembered {
  const { assessment, validator } = JSON.parse(bytes.toString('utf8')) as Remembered;
  return { assessment: { ...assessment, dependency, proofs: proven(assessment.proofs) }, validator };
}

/** Bytes are looked at in every run that is asked to. */
function proven({ integrity, signature, publish, provenance }: Proofs): Proofs {
  return {
    integrity: integrity && establish(integrity),
    signature: signature && establish(signature),
    publish: publish && establish(publish),
    provenance: provenance && establish(provenance),
    bytes: null,
    installed: null,
  };
}
