import type { BytesSource } from '../../model/bytes.ts';
import type { Artifact, DirHash } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { hashText } from '../../model/hash.ts';
import { establish, type BytesProof } from '../../model/proof.ts';
import { withoutAnswer } from '../unanswered.ts';

/** A zip or a go.mod that was read to its end. */
export interface ReadBytes {
  /** Its `h1:`, hex. */
  readonly hash: string;
  readonly size: number;
  readonly from: BytesSource;
  /** The file of the module cache that it was read from; null for what a proxy served. */
  readonly cache: string | null;
}

/** What was found for one artifact of go.sum. */
export interface ArtifactBytes {
  readonly artifact: Artifact;
  readonly answer: Evidence<ReadBytes>;
}

/**
 * Are these the bytes that go.sum locks? The go command takes what its cache has without looking at the hash of it
 * again, so that other bytes there are no better than those of a proxy.
 */
export function checkBytes(read: readonly ArtifactBytes[]): {
  readonly proof: BytesProof | null;
  readonly findings: readonly Finding[];
} {
  const findings = read.flatMap((one) => problemOf(one) ?? []);
  const held = read.flatMap(({ answer }) => (answer.state === 'present' ? [answer.value] : []));
  const [first, ...rest] = held.map(({ hash }): DirHash => ({ algorithm: 'h1', hex: hash }));
  if (findings.length > 0 || first === undefined) return { proof: null, findings };
  const size = held.reduce((sum, one) => sum + one.size, 0);
  const from = held.find((one) => one.from === 'registry')?.from ?? 'go-cache';
  const facts = { digests: [first, ...rest] as const, size, from, basis: 'lockfile' as const, corruptCache: false };
  return { proof: establish(facts), findings };
}

function problemOf({ artifact: { file, digests }, answer }: ArtifactBytes): Finding | null {
  if (answer.state !== 'present') return withoutAnswer('zip', answer, 'nobody has it who was asked');
  const { hash, cache } = answer.value;
  const other = digests.find(({ algorithm, hex }) => algorithm !== 'h1' || hex !== hash);
  if (other === undefined) return null;
  return finding('integrity-mismatch', {
    locked: hashText(other),
    actual: hashText({ algorithm: 'h1', hex: hash }),
    source: 'bytes',
    ...(file === null ? {} : { file }),
    ...(cache === null ? {} : { cache }),
  });
}
