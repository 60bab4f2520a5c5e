import type { Outcome } from '../harness.ts';

/** One audit in guard, and all that comes of it. */
export interface Vector {
  readonly what: string;
  /** The exit status. */
  readonly status: number;
  /** All codes, each once, in order; " (note)" behind those that decide nothing. */
  readonly finds: readonly string[];
  readonly play: () => Promise<Outcome>;
}

/** Three vectors of a code: it is not found, it is found, and somebody tampers with what would show it. */
export interface Three {
  readonly passing: Vector;
  readonly failing: Vector;
  readonly tampered: Vector;
}

/** What was found, of dependencies, lockfiles and logs. */
export function foundIn({ report }: Outcome): readonly string[] {
  const ofLockfiles = report.lockfiles.flatMap(({ findings }) => findings.map(({ finding }) => finding));
  const ofDependencies = report.dependencies.flatMap(({ findings }) => findings);
  const all = [...ofLockfiles, ...ofDependencies];
  return [...new Set(all.map(({ code, level }) => `${code}${level === 'note' ? ' (note)' : ''}`))].sort();
}
