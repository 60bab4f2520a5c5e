import type { TrustAge, TrustUsed } from '../model/report.ts';
import { HOUR, formatInstant, type Instant } from '../model/time.ts';
import { TrustError } from './trust.ts';
import type { TrustOptions } from './options.ts';

/** When each instance's root was last known to be the newest, the main one first. */
export function agesOf({
  name = 'public-good',
  rootName,
  repository,
  confirmed = null,
  instances = [],
}: TrustAged): readonly TrustAge[] {
  return [
    { name, from: rootName, confirmed: repository?.confirmed ?? confirmed },
    ...instances.map(({ name: other, from, confirmed, repository: own }) => ({
      ...{ name: other, from, confirmed },
      ...(own && { repository: own }),
    })),
  ];
}

export type TrustAged = Pick<TrustOptions, 'name' | 'rootName' | 'repository' | 'confirmed' | 'instances'>;

/** What a run used, after the repositories have answered: that the same root is the newest makes it no other root. */
export function withAnswers(used: TrustUsed, trust: TrustAged): TrustUsed {
  const now = new Map(agesOf(trust).map((age) => [age.name, age]));
  const ages = used.ages.map((age) => ({ ...age, ...now.get(age.name), from: age.from }));
  return { ...used, repository: trust.repository ?? null, ages };
}

/** A day that people write may have begun elsewhere: UTC+14 is the first. */
const AHEAD_MS = 14 * HOUR;

/**
 * Refuses trust that is older than a policy allows, or of which nobody says how old it is: a time that is yet to come
 * says nothing. Throws `TrustError`.
 */
export function demandAge(trust: TrustAged, max: { readonly hours: number; readonly of: string }, now: Instant): void {
  for (const { name, from, confirmed } of agesOf(trust)) {
    const isToCome = confirmed !== null && confirmed > now + AHEAD_MS;
    if (confirmed !== null && !isToCome && now - confirmed <= max.hours * HOUR) continue;
    // As people write it: 48h, and 30d.
    const most = max.hours % 24 === 0 && max.hours > 48 ? `${max.hours / 24}d` : `${max.hours}h`;
    const limit = `trust.max-age in ${max.of} is ${most}`;
    if (confirmed === null) {
      throw new TrustError(`nobody says how old the trusted root of ${name} is (${from}), and ${limit}: state as-of`);
    }
    if (isToCome) {
      throw new TrustError(
        `the trusted root of ${name} is said to be the newest at ${formatInstant(confirmed)}, which is yet to come by ` +
          `this clock, and ${limit}: set the clock, or mend as-of`,
      );
    }
    throw new TrustError(
      `the trusted root of ${name} was last known to be the newest at ${formatInstant(confirmed)}, and ${limit}: ` +
        'assay trust refresh asks its repository, assay trust import takes in a copy of that; of a file, as-of says it',
    );
  }
}
