import { expect } from 'vitest';
import type { AuditJson } from './lab-project.ts';

/** What the tests read of a report to account for everything in it. */
export interface AccountedJson extends Omit<AuditJson, 'status' | 'policy' | 'dependencies'> {
  readonly policy: { readonly file: string; readonly unused: readonly unknown[] } | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly lockfiles: readonly LockfileJson[];
  readonly unread: readonly { readonly file: string; readonly problem: string }[];
  readonly baselines: readonly NonNullable<AuditJson['baseline']>[];
  readonly dependencies: readonly (AuditJson['dependencies'][number] & {
    readonly location: { readonly file: string };
    readonly places: readonly { readonly file: string }[];
  })[];
  readonly skipped: readonly { readonly reason: string; readonly place: { readonly file: string } }[];
}

export interface LockfileJson {
  readonly file: string;
  readonly entries: number;
  readonly places: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly named: number;
  readonly judged: number;
  readonly omitted: number;
  readonly unchanged: number;
  readonly since: {
    readonly ref: string;
    readonly commit: string;
    readonly found: boolean;
    readonly problem: string | null;
    readonly unchanged: readonly string[];
    readonly removed: readonly string[];
  } | null;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** The report, in which every entry and every dependency has become something, in each lockfile and in all. */
export function accountOf(report: AccountedJson): AccountedJson {
  const { lockfiles, counts, dependencies, skipped } = report;
  for (const lockfile of lockfiles) {
    const isHere = ({ file }: { readonly file: string }): boolean => file === lockfile.file;
    const skippedHere = skipped.filter(({ place }) => isHere(place));
    const judged = dependencies.filter(({ location }) => isHere(location));
    expect(lockfile.entries).toBe(lockfile.places + sum(Object.values(lockfile.skipped)));
    expect(lockfile.named).toBe(lockfile.judged + lockfile.omitted + lockfile.unchanged);
    expect(judged).toHaveLength(lockfile.judged);
    for (const { places } of judged) expect(places.every(isHere)).toBe(true);
    for (const [reason, number] of Object.entries(lockfile.skipped)) {
      expect(skippedHere.filter((each) => each.reason === reason)).toHaveLength(number);
    }
    expect(skippedHere).toHaveLength(sum(Object.values(lockfile.skipped)));
    const placesOfJudged = sum(judged.map(({ places }) => places.length));
    if (lockfile.omitted + lockfile.unchanged === 0) expect(placesOfJudged).toBe(lockfile.places);
    else expect(placesOfJudged).toBeLessThan(lockfile.places);
    expect((lockfile.since?.unchanged.length ?? 0) > 0).toBe(lockfile.unchanged > 0);
  }
  for (const name of ['entries', 'omitted', 'unchanged'] as const) {
    expect(counts[name]).toBe(sum(lockfiles.map((lockfile) => lockfile[name])));
  }
  expect(counts['skipped']).toBe(skipped.length);
  expect(counts['dependencies']).toBe(dependencies.length);
  expect(counts['dependencies']).toBe(
    sum(['pass', 'warn', 'fail', 'unverified'].map((verdict) => counts[verdict] ?? 0)),
  );
  return report;
}
