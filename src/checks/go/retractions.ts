import type { SumLine } from '../../lockfiles/go/sum.ts';
import type { Retraction } from '../../lockfiles/go/mod.ts';
import { retractionsOf } from '../../lockfiles/go/retractions.ts';
import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { VersionRef } from '../../model/package.ts';
import { unanswered } from '../unanswered.ts';
import type { RecordAnswer } from './chain.ts';

/** What the go.mod of a module's highest version takes back, as a proxy served it. */
export interface NewestMod {
  readonly version: string;
  /** As go.sum has it of the file, hex. */
  readonly hash: string;
  readonly retractions: readonly Retraction[];
}

type Module = Pick<VersionRef, 'name' | 'version'>;

/** The version that takes this one back, whose go.mod has to be proven; null where none does. */
export function retracting({ name, version }: Module, newest: Evidence<NewestMod> | undefined): Module | null {
  if (newest?.state !== 'present') return null;
  return retractionsOf(version, newest.value.retractions).length === 0 ? null : { name, version: newest.value.version };
}

/**
 * Is a version taken back by the highest one of its module (https://go.dev/ref/mod#go-mod-file-retract)? What takes it
 * back counts where it is what the checksum database has of that version: `recordOf` has what `retracting` names.
 */
export function checkRetractions(
  { name, version }: Module,
  newest: Evidence<NewestMod>,
  recordOf: (module: Module) => RecordAnswer,
): Finding | null {
  if (newest.state !== 'present') {
    const problem = unanswered('retractions', newest);
    return problem === null ? null : { ...problem, kind: 'note' };
  }
  const { version: by, hash, retractions } = newest.value;
  const [first, ...others] = retractionsOf(version, retractions);
  if (first === undefined) return null;
  const answer = recordOf({ name, version: by });
  const of = { evidence: 'retractions', url: `${name}@${by}` } as const;
  if (answer.state !== 'proven') {
    return finding(
      'evidence-unavailable',
      { ...of, reason: 'the checksum database does not prove its go.mod' },
      'note',
    );
  }
  if (!answer.lines.some((line) => isModOf(line, hash))) {
    return finding(
      'evidence-malformed',
      { ...of, reason: 'its go.mod is not the one that the database has' },
      'anomaly',
    );
  }
  const { reason } = [first, ...others].find((one) => one.reason !== null) ?? first;
  return finding('version-yanked', { reason, retractedIn: by });
}

function isModOf(line: SumLine, hash: string): boolean {
  return line.file === 'go.mod' && line.hash === hash;
}
