import { hash } from 'node:crypto';
import type { SumLine } from '../../lockfiles/go/sum.ts';
import type { Artifact, Dependency, Digest, DirHash } from '../../model/dependency.ts';
import type { ExemptionReach } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { hashText } from '../../model/hash.ts';
import { establish, type IntegrityProof } from '../../model/proof.ts';
import type { Assessment } from '../../model/verdict.ts';
import { entryDigest } from '../entry-digest.ts';
import type { Expectations } from '../known.ts';
import { NO_PROOFS, unproven } from '../unproven.ts';

/** It can be read, and proves nothing of what was asked. */
export interface RefusedAnswer {
  readonly state: 'refused';
  readonly reason: string;
}

export interface NoAnswer {
  readonly state: 'unavailable' | 'malformed';
  readonly url: string;
  readonly reason: string;
  /** What lets nobody be asked; left out where somebody was. */
  readonly setting?: string;
}

/** What is known of the record of one module version. */
export type RecordAnswer =
  /** Its lines, out of the text that is proven to be a leaf of the tree. */
  | { readonly state: 'proven'; readonly lines: readonly SumLine[]; readonly record: Buffer }
  /** `known`: whether the database has other versions of the module. */
  | { readonly state: 'absent'; readonly known: boolean }
  | RefusedAnswer
  | NoAnswer
  /** Somebody's settings keep it from being asked for. */
  | { readonly state: 'exempt'; readonly setting: string; readonly reach: ExemptionReach };

/** An owner's modules may be private where anybody publishes; nobody's own modules are all that there are. */
const KIND_OF_REACH = { private: 'note', owner: 'anomaly', all: undefined } as const;

/** Whether the database has a module at all: not what a folder stands for. */
export function isOfDatabase({ artifacts: [{ source }] }: Dependency): boolean {
  return source.kind === 'registry';
}

/** What can be said of a module that nobody was asked about. */
export function assessUnasked(dependency: Dependency, known: Expectations): Assessment {
  const findings = [...sourceFindings(dependency), ...(known.baseline?.findings ?? [])];
  const published = known.package?.versions.get(dependency.version)?.published ?? null;
  return { ...unproven(dependency, known), findings, published };
}

/** Holds the lines of go.sum to the record of the database `log`. */
export function assess(dependency: Dependency, known: Expectations, log: string, answer: RecordAnswer): Assessment {
  const local = [...(dependency.findings ?? []), ...(known.baseline?.findings ?? [])];
  const settled = (...findings: readonly Finding[]): Assessment => {
    return { ...unproven(dependency, known), findings: [...local, ...findings] };
  };
  switch (answer.state) {
    case 'exempt': {
      const args = { setting: answer.setting, log };
      return settled(finding('checks-disabled', args, KIND_OF_REACH[answer.reach]), ...unlocked(dependency));
    }
    case 'absent':
      return settled(missing(dependency, known, log, answer.known), ...unlocked(dependency));
    case 'refused':
      return settled(finding('log-proof-invalid', { log, reason: answer.reason }));
    case 'unavailable':
    case 'malformed': {
      const { state, url, reason, setting } = answer;
      if (state === 'malformed') return settled(finding('evidence-malformed', { evidence: 'log', url, reason }));
      const args = { evidence: 'log' as const, url, reason, ...(setting !== undefined && { setting }) };
      return settled(finding('evidence-unavailable', args), ...unlocked(dependency));
    }
    case 'proven':
      break;
  }
  const findings = dependency.artifacts.flatMap((artifact) => compare(artifact, answer.lines));
  if (findings.length > 0) return settled(...findings);
  const integrity = proofOf(dependency);
  const release = {
    evidence: { algorithm: 'sha256' as const, hex: evidenceOf(log, answer.record) },
    entry: entryDigest(dependency),
    publisher: null,
    published: null,
    firstPublished: null,
    provenanceSince: null,
    expected: null,
  };
  return { ...settled(), proofs: { ...NO_PROOFS, integrity }, release };
}

function sourceFindings({ artifacts: [{ source }], findings = [] }: Dependency): readonly Finding[] {
  return source.kind === 'file'
    ? [...findings, finding('lockfile-not-registry', { kind: 'file', url: source.path })]
    : findings;
}

/** What everybody who fetches with checks has fetched is logged: what is not, was never held to anything. */
function missing({ version }: Dependency, known: Expectations, log: string, isKnown: boolean): Finding {
  if (known.package?.versions.has(version) === true) return finding('log-record-missing', { log, known: 'baseline' });
  const isLogged = isKnown || (known.package?.versions.size ?? 0) > 0;
  return isLogged
    ? finding('log-record-missing', { log, known: 'package' })
    : finding('log-record-missing', { log, known: 'nothing' }, 'gap');
}

/** What the go command refuses to build, or writes a hash of anew, of whatever it is served (-mod=mod, go mod tidy). */
function unlocked({ artifacts }: Dependency): readonly Finding[] {
  return artifacts.some(({ digests }) => digests.length === 0) ? [unlockedFinding()] : [];
}

function unlockedFinding(): Finding {
  return finding('integrity-missing', { resolved: null, due: true });
}

/** Every hash that the lockfile has of a file must be one of the record's: Go takes any of them. */
function compare({ file, digests }: Artifact, record: readonly SumLine[]): readonly Finding[] {
  if (digests.length === 0) return [unlockedFinding()];
  const logged = record.flatMap((line) => (line.file === file && line.hash !== null ? [line.hash] : []));
  const other = digests.find(({ algorithm, hex }) => algorithm !== 'h1' || !logged.includes(hex));
  if (other === undefined) return [];
  const [first] = logged;
  const actual = first === undefined ? 'nothing' : hashText({ algorithm: 'h1', hex: first });
  const args = { locked: hashText(other), actual, source: 'log' as const };
  return [finding('integrity-mismatch', file === null ? args : { ...args, file })];
}

function proofOf({ artifacts }: Dependency): IntegrityProof | null {
  const [first, ...rest] = artifacts.flatMap(({ digests: [digest] }): (Digest | DirHash)[] => (digest ? [digest] : []));
  return first === undefined ? null : establish({ by: 'log' as const, digests: [first, ...rest] as const });
}

/** SHA-256 of what was verified: the database, and the record in its tree (docs/evidence-digest.md). */
function evidenceOf(log: string, record: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(`log ${log}\n`), record]), 'hex');
}
