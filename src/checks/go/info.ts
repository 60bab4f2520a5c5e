import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { Instant } from '../../model/time.ts';
import type { Assessment } from '../../model/verdict.ts';
import { checkAge, withoutTime } from '../age.ts';
import { recordedBefore } from '../baseline.ts';
import type { Expectations } from '../known.ts';
import { withoutAnswer } from '../unanswered.ts';

/** What a proxy says of one version (https://go.dev/ref/mod#goproxy-protocol); nobody signs it. */
export interface InfoSaid {
  /** That of the commit, which whoever made it has chosen. */
  readonly time: Instant | null;
  /** Where the proxy had the version from; null where it does not say. */
  readonly origin: Origin | null;
}

interface Origin {
  readonly url: string;
  /** Of the commit, hex; null where the proxy does not say. */
  readonly hash: string | null;
}

/**
 * Is a proxy asked what it says of a version? That is a request for each: of what the baseline has not, and where the
 * policy makes the answer decide.
 */
export function asksInfo({ expectation, baseline }: Pick<Expectations, 'expectation' | 'baseline'>): boolean {
  return expectation.releaseAge !== null || expectation.publisher || baseline?.state === 'uncovered';
}

/**
 * Adds what a proxy says of a version to its assessment: is it old enough, and is it from the repository that the
 * version before was from? Without an answer there is a note, unless the policy makes it decide.
 */
export function withInfo(
  assessment: Assessment,
  known: Expectations,
  answer: Evidence<InfoSaid>,
  now: Instant,
): Assessment {
  const { expectation, registry } = known;
  const add = (...found: readonly (Finding | null)[]): Assessment['findings'] => [
    ...assessment.findings,
    ...found.filter((one) => one !== null),
  ];
  if (answer.state !== 'present') {
    const problem = withoutAnswer('history', answer, 'the proxy does not have it');
    const decides = expectation.releaseAge !== null || expectation.publisher;
    return { ...assessment, findings: add(decides ? problem : { ...problem, kind: 'note' }) };
  }
  const { time, origin } = answer.value;
  const age =
    time === null && expectation.releaseAge !== null
      ? withoutTime(registry)
      : checkAge(time, expectation.releaseAge, now);
  const findings = add(age, origin === null ? null : checkOrigin(assessment.dependency, origin, known));
  const publisher = origin === null ? null : textOf(origin);
  const { release } = assessment;
  return { ...assessment, findings, published: time, release: release && { ...release, publisher, published: time } };
}

/** As assay.lock has it: `URL@HASH`. */
function textOf({ url, hash }: Origin): string {
  return hash === null ? url : `${url}@${hash}`;
}

/** A proxy that names no commit says nothing against one. */
function isSame(a: string, b: string): boolean {
  return a === b || (urlIn(a) === urlIn(b) && [a, b].some((text) => text === urlIn(text)));
}

function urlIn(text: string): string {
  return text.replace(/@[0-9a-f]+$/, '');
}

/**
 * Of the same version its commit must be the same, too: a tag was moved. Of the one before it is the repository, which
 * the domain of a module path can point elsewhere.
 */
function checkOrigin({ ecosystem, version }: Dependency, origin: Origin, known: Expectations): Finding | null {
  const versions = known.package?.versions;
  const own = versions?.get(version)?.publisher ?? null;
  const to = textOf(origin);
  if (own !== null && !isSame(own, to)) return finding('history-publisher-changed', { from: own, to, version });
  const before = known.package && recordedBefore(known.package, { ecosystem, version });
  const from = (before && versions?.get(before)?.publisher) ?? null;
  if (before === null || from === null || urlIn(from) === origin.url) return null;
  return finding('history-publisher-changed', { from, to, version: before });
}
