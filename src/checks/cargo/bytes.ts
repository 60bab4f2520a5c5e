import type { PackedFile } from '../../model/bytes.ts';
import type { Digest } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { establish, type BytesProof } from '../../model/proof.ts';
import { sri } from '../../readers/integrity.ts';
import { withoutAnswer } from '../unanswered.ts';

/** What was found in one place that has, or should have, the file of a crate. */
export interface CrateBytes {
  readonly url: string;
  /** The file that Cargo has downloaded; null for what is served. */
  readonly cache: string | null;
  readonly answer:
    | { readonly state: 'read'; readonly files: readonly PackedFile[]; readonly size: number }
    | { readonly state: 'mismatch'; readonly actual: Digest }
    | { readonly state: 'malformed' | 'unavailable'; readonly reason: string }
    | { readonly state: 'absent' };
}

/**
 * Are these the bytes that Cargo.lock locks? Cargo compares them when it downloads them, and takes a file that it has
 * without another look: so other bytes there are no better than those of a registry.
 */
export function checkBytes(
  wanted: Digest,
  read: readonly CrateBytes[],
): { readonly proof: BytesProof | null; readonly findings: readonly Finding[] } {
  const findings = read.flatMap((one) => problemOf(wanted, one) ?? []);
  const [held] = read.flatMap(({ cache, answer }) => (answer.state === 'read' ? [{ cache, size: answer.size }] : []));
  if (findings.length > 0 || held === undefined) return { proof: null, findings };
  const from = held.cache === null ? 'registry' : 'cargo-cache';
  const facts = { digests: [wanted] as const, size: held.size, from, basis: 'lockfile', corruptCache: false } as const;
  return { proof: establish(facts), findings };
}

function problemOf(wanted: Digest, { url, cache, answer }: CrateBytes): Finding | null {
  switch (answer.state) {
    case 'read':
      return null;
    case 'mismatch':
      return finding('integrity-mismatch', {
        ...{ locked: sri(wanted), actual: sri(answer.actual), source: 'bytes' },
        ...(cache === null ? {} : { cache }),
      });
    case 'absent':
    case 'unavailable':
    case 'malformed':
      return withoutAnswer('tarball', { ...answer, url }, 'nobody has it who was asked');
  }
}
