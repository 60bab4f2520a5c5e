import { hashText } from '../../../src/model/hash.ts';
import type { Expectations } from '../../../src/checks/known.ts';
import { conventionsOf } from '../../../src/ecosystems/conventions/index.ts';
import type { Answer, Chain, EcosystemRecord, ChainContext } from '../../../src/ecosystems/ecosystem.ts';
import type { Artifact, Dependency, Digest, DirHash } from '../../../src/model/dependency.ts';
import { finding, type Finding } from '../../../src/model/finding.ts';
import { establish, type IntegrityProof, type Proofs } from '../../../src/model/proof.ts';
import type { Assessment } from '../../../src/model/verdict.ts';
import type { SumLine } from '../../../src/lockfiles/go/sum.ts';
import type { NoteKey } from '../../../src/tlog/note.ts';
import { openDatabase, type Ask, type Database } from './database.ts';

/**
 * What of the seam Go fills: all but `questions`, for which nothing is recorded.
 */
type GoRecord = Omit<EcosystemRecord, 'questions'>;

/** What Go asks, and rests on; `ChainContext` has no place for it yet. */
export interface GoSources {
  readonly ask: Ask;
  readonly key: NoteKey;
  /** Heads of the database that were seen before, as notes. */
  readonly kept: readonly string[];
}

const NOTHING: Proofs = {
  ...{ integrity: null, signature: null, publish: null, provenance: null, bytes: null, installed: null },
};

/** The record of Go with what it asks. */
export function goRecord(sources: GoSources): GoRecord {
  return {
    id: 'go',
    conventions: conventionsOf('go'),
    manager: 'go',
    keys: null,
    openChain: (context) => openChain(sources, context),
    openInstalled: null,
  };
}

function openChain({ ask, key, kept }: GoSources, context: ChainContext): Chain {
  let opened: Promise<Database> | null = null;
  const database = (): Promise<Database> =>
    (opened ??= openDatabase(ask, key, context.dependencies.filter(isOfDatabase), kept));
  return {
    isUnclear: () => false,
    assessUnasked: (dependency, known) => unproven(dependency, known, sourceFindings(dependency)),
    assess: async (dependency, known) => judge(dependency, known, await database(), key.name),
    revalidate: () => Promise.resolve(null),
    bytes: () => Promise.resolve({ proofs: { bytes: null, installed: null }, findings: [] }),
    capabilities: null,
  };
}

function isOfDatabase({ artifacts: [{ source }] }: Dependency): boolean {
  return source.kind === 'registry';
}

function sourceFindings({ artifacts: [{ source }] }: Dependency): readonly Finding[] {
  return source.kind === 'file' ? [finding('lockfile-not-registry', { kind: 'file', url: source.path })] : [];
}

function unproven(dependency: Dependency, known: Expectations, findings: readonly Finding[]): Assessment {
  const registry = isOfDatabase(dependency) ? known.registry : null;
  const baseline = known.baseline?.state ?? null;
  const nothing = { release: null, published: null, capabilities: null };
  return { dependency, proofs: NOTHING, findings, baseline, registry, ...nothing };
}

/** The lines of go.sum against the record, once that is proven to be in the tree. */
function judge(dependency: Dependency, known: Expectations, database: Database, log: string): Answer {
  const settled = (findings: readonly Finding[], integrity: IntegrityProof | null = null): Answer => ({
    assessment: { ...unproven(dependency, known, findings), proofs: { ...NOTHING, integrity } },
    validator: null,
  });
  const about = { evidence: 'history' as const, url: log };
  if (database.contradicting.length > 0) {
    return settled([finding('evidence-malformed', { ...about, reason: 'two of its heads contradict each other' })]);
  }
  const record = database.recordOf(dependency);
  switch (record.state) {
    case 'present':
      break;
    // The database has all that anybody ever fetched with checks; what it does not have was never held to it.
    case 'absent':
      return settled([finding('signature-missing', { registry: log })]);
    case 'unavailable':
      return settled([finding('evidence-unavailable', { ...about, reason: record.reason })]);
    case 'malformed':
      return settled([finding('evidence-malformed', { ...about, reason: record.reason })]);
  }
  const findings = dependency.artifacts.flatMap((artifact) => compare(artifact, record.value));
  const [first, ...rest] = dependency.artifacts.flatMap(({ digests }) => digests);
  const holds = findings.length === 0 && first !== undefined;
  return settled(findings, holds ? establish({ by: 'log' as const, digests: digestsOf(first, rest) }) : null);
}

type AnyDigest = Digest | DirHash;

function digestsOf(first: AnyDigest, rest: readonly AnyDigest[]): readonly [AnyDigest, ...AnyDigest[]] {
  return [first, ...rest];
}

/** Every hash that the lockfile has of a file must be the record's. */
function compare({ file, digests }: Artifact, record: readonly SumLine[]): readonly Finding[] {
  if (digests.length === 0) return [finding('integrity-missing', { resolved: null })];
  const logged = record.find((line) => line.file === file)?.hash ?? null;
  const actual = logged === null ? 'nothing' : hashText({ algorithm: 'h1', hex: logged });
  const other = digests.find(({ algorithm, hex }) => algorithm !== 'h1' || hex !== logged);
  return other === undefined
    ? []
    : [finding('integrity-mismatch', { locked: hashText(other), actual, source: 'registry' })];
}
