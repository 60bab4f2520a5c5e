import { DEFAULT_REVIEW, QUEUES, type OwnerRule, type ReviewRules, type Rotation } from '../model/policy.ts';
import { DAY, formatInstant, parseInstant, WEEK } from '../model/time.ts';
import {
  fail,
  fieldsOf,
  hoursOf,
  itemsOf,
  packagesOf,
  REVIEW_KEYS,
  textOf,
  wordOf,
  wrong,
  type Place,
} from './read.ts';

const MAX_PEOPLE = 200;

/** 1970-01-05, the first Monday. */
const MONDAY = 4 * DAY;

/** Reads `review` of a policy. */
export function reviewOf(place: Place): ReviewRules {
  const { deadline, queue, owners, rotation } = fieldsOf(place, REVIEW_KEYS);
  return {
    deadlineHours: deadline ? hoursOf(deadline) : DEFAULT_REVIEW.deadlineHours,
    queue: queue ? wordOf(queue, QUEUES) : DEFAULT_REVIEW.queue,
    owners: owners ? itemsOf(owners, 'mappings with packages and owner').flatMap(ownersOf) : [],
    rotation: rotation ? rotationOf(rotation) : null,
  };
}

function ownersOf(place: Place): readonly OwnerRule[] {
  const { packages, owner } = fieldsOf(place, ['packages', 'owner']);
  if (!packages || !owner) return fail(place, 'an entry of owners needs packages and owner');
  const name = personOf(owner);
  return packagesOf(packages).map((each) => ({ packages: each, owner: name }));
}

function rotationOf(place: Place & { readonly keyLine: number }): Rotation {
  const { from, people } = fieldsOf(place, ['from', 'people']);
  if (!from || !people) return fail(place, 'a rotation needs from, the date of a Monday, and people');
  const names = itemsOf(people, 'names').map(personOf);
  if (names.length > MAX_PEOPLE) fail(people, `more than ${MAX_PEOPLE} people`);
  return { from: mondayOf(from), people: names, line: place.keyLine };
}

function mondayOf(place: Place): number {
  const accepted = 'the date of a Monday, such as 2026-03-30';
  const text = textOf(place, accepted);
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseInstant(`${text}T00:00:00Z`) : null;
  // The thirtieth of February is read as a day in March.
  if (time === null || !formatInstant(time).startsWith(text)) return wrong(place, accepted);
  const late = (((time - MONDAY) % WEEK) + WEEK) % WEEK;
  if (late === 0) return time;
  const monday = formatInstant(time - late).slice(0, 10);
  return fail(place, `${text} is no Monday; weeks begin on Mondays: write ${monday}`);
}

function personOf(place: Place): string {
  return textOf(place, 'a name, quoted where it begins with @');
}
