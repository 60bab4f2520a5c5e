import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { hashText } from '../../model/hash.ts';
import { establish, type BytesProof } from '../../model/proof.ts';
import type { HashedFile } from '../../model/pypi-index.ts';
import { withoutAnswer } from '../unanswered.ts';
import type { LockedFile } from './files.ts';

/** A locked file, as it was fetched and hashed. */
export interface FetchedFile {
  readonly locked: LockedFile;
  readonly answer: Evidence<HashedFile>;
}

/** Are these the bytes that the lockfile locks? A proof only where that is so of every one of its files. */
export function checkBytes(fetched: readonly FetchedFile[]): {
  readonly proof: BytesProof | null;
  readonly findings: readonly Finding[];
} {
  const findings = fetched.flatMap((one) => problemOf(one) ?? []);
  const [first, ...rest] = fetched.map(({ locked: { digest } }) => digest);
  if (findings.length > 0 || first === undefined) return { proof: null, findings };
  const size = fetched.reduce((sum, { answer }) => sum + (answer.state === 'present' ? answer.value.size : 0), 0);
  const facts = { from: 'registry', basis: 'lockfile', corruptCache: false } as const;
  return { proof: establish({ digests: [first, ...rest] as const, size, ...facts }), findings };
}

function problemOf({ locked: { file, digest }, answer }: FetchedFile): Finding | null {
  if (answer.state !== 'present') return withoutAnswer('file', answer, `${file.name} is not there`);
  const { sha256 } = answer.value;
  if (sha256 === digest.hex) return null;
  const actual = hashText({ algorithm: 'sha256', hex: sha256 });
  return finding('integrity-mismatch', { locked: hashText(digest), actual, source: 'bytes', file: file.name });
}
