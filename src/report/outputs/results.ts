import { createHash } from 'node:crypto';
import type { Dependency } from '../../model/dependency.ts';
import type { Report } from '../../model/report.ts';
import type { LeveledFinding } from '../../model/verdict.ts';
import { groupFindings, subjectOf, type Label } from '../words/grouping.ts';
import { describe, subjectText } from '../words/messages.ts';
import { repositoryPaths } from '../words/paths.ts';

/** One finding, as machines list it. */
export interface Result {
  /** Null where it is about the lockfile. */
  readonly dependency: Dependency | null;
  /** The dependency or the lockfile, escaped. */
  readonly subject: string;
  readonly finding: LeveledFinding;
  readonly label: Label;
  /** Where the lockfile names it; null without a lockfile. The path is unescaped. */
  readonly place: { readonly path: string; readonly line: number } | null;
  /** Stable between runs: the same finding has the same fingerprint. */
  readonly fingerprint: string;
  /** Both escaped. */
  readonly message: string;
  readonly help: string;
}

/** Every finding of a report, the gravest first, direct dependencies before others. */
export function resultsOf(report: Report): readonly Result[] {
  const pathOf = repositoryPaths(report);
  const seen = new Map<string, number>();
  return groupFindings(report).flatMap(({ label, items }) =>
    items.flatMap((item) =>
      item.findings.map((finding) => {
        const { dependency } = item;
        const subject = subjectOf(item);
        const place = item.place === null ? null : { path: pathOf(item.place.file), line: item.place.line };
        const identity = identityOf(place?.path ?? null, dependency, finding);
        const number = (seen.get(identity) ?? 0) + 1;
        seen.set(identity, number);
        return {
          dependency,
          subject: subjectText(subject, 80),
          finding,
          label,
          place,
          fingerprint: `${identity}:${number}`,
          ...describe(finding, subject),
        };
      }),
    ),
  );
}

/** Arguments that tell apart two findings of one code about one dependency, and stay the same from run to run. */
const DISTINGUISHING = ['attestation', 'evidence', 'field', 'name'] as const;

/**
 * What makes a finding the same one as before: its code, and the version with its bytes in that lockfile. So it
 * survives moved lines and whatever changes elsewhere, and other bytes or another version are a new finding, as they
 * are for acceptances. Of the arguments only those count that say which of several it is: others hold what was answered
 * that day.
 */
function identityOf(path: string | null, dependency: Dependency | null, { code, args }: LeveledFinding): string {
  const given: Readonly<Record<string, unknown>> = { ...args };
  const which = DISTINGUISHING.map((argument) => given[argument] ?? null);
  const digests = dependency?.artifacts.flatMap((artifact) => artifact.digests);
  const hashes = digests?.map(({ algorithm, hex }) => [algorithm, hex]);
  const { ecosystem, name, version } = dependency ?? {};
  const identity = JSON.stringify([code, path, ecosystem, name, version, hashes, which]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}
