import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { History, Publisher, Release } from '../../model/history.ts';
import type { Dependency } from '../../model/dependency.ts';
import { DAY, type Instant } from '../../model/time.ts';
import { fieldsOf } from '../../model/value.ts';
import { sri } from '../../readers/integrity.ts';
import type { Parsed } from '../../readers/untrusted-json.ts';
import type { Expectations } from '../known.ts';
import { withoutAnswer } from '../unanswered.ts';

/** A release that has been there for longer is what its owners want to be used. */
const RECENT = 7 * DAY;

/**
 * Is it asked who published this version? That takes a second for each crate. With a baseline it is asked of what the
 * baseline has not, without one of what was published within a week; and of what the policy makes it decide about. Of a
 * registry beside crates.io (`isMain` is false) nobody can be asked, and that is said where it decides.
 */
export function asksPublisher(
  { version }: Pick<Dependency, 'version'>,
  { expectation, baseline }: Pick<Expectations, 'expectation' | 'baseline'>,
  { time, versions }: History,
  now: Instant,
  isMain = true,
): boolean {
  if (!versions.has(version)) return false;
  if (expectation.publisher || !isMain) return expectation.publisher;
  if (baseline !== null) return baseline.state === 'uncovered';
  const published = time.get(version);
  return published !== undefined && now - published < RECENT;
}

/** Cargo's own API of registries has nothing of it (https://doc.rust-lang.org/cargo/reference/registry-web-api.html). */
export function nobodySays(url: string): Evidence<never> {
  return { state: 'unavailable', url, reason: 'only crates.io says who published a version' };
}

/** By version: the checksum in hex, and who published it. */
type Said = ReadonlyMap<string, { readonly checksum: string; readonly publisher: Publisher | null }>;

/** The history with what the API says of each version that the index has, which must be the same bytes. */
export function withPublishers(history: History, said: Said): Parsed<History> {
  const versions = new Map<string, Release>();
  for (const version of history.versions.keys()) {
    const release = history.versions.get(version);
    const one = said.get(version);
    if (release === undefined) continue;
    if (one === undefined) return { malformed: `it leaves out ${version}, which the index has` };
    if (sri({ algorithm: 'sha256', hex: one.checksum }) !== release.integrity) {
      return { malformed: `its checksum of ${version} is not that of the index` };
    }
    versions.set(version, { ...release, publisher: one.publisher });
  }
  return { value: { ...history, versions } };
}

/** That it is not known who published a version: a note, unless the policy makes it decide. */
export function unknownPublisher(
  answer: Exclude<Evidence<unknown>, { state: 'present' }>,
  { expectation }: Pick<Expectations, 'expectation'>,
): Finding {
  const problem = withoutAnswer('publisher', answer, 'the API does not have the crate');
  return expectation.publisher ? problem : { ...problem, kind: 'note' };
}

/** Longer than any hash. */
const MAX_COMMIT = 128;

/** What cargo writes into each crate that it packs from a repository. */
export const COMMIT_FILE = '.cargo_vcs_info.json';

/**
 * Is the commit that cargo packed, as the file of the crate says, the one that was built, as the API says? Null as well
 * where the file names none. A workflow may make a commit of its own before it publishes.
 */
export function checkCommit(file: Uint8Array, built: string): Finding | null {
  const packed = commitIn(file);
  if (packed === null || packed === built) return null;
  return finding('history-manifest-differs', { field: 'commit', registry: built, tarball: packed }, 'anomaly');
}

function commitIn(file: Uint8Array): string | null {
  try {
    const { sha1 } = fieldsOf(fieldsOf(JSON.parse(new TextDecoder().decode(file)))['git']);
    return typeof sha1 === 'string' ? sha1.slice(0, MAX_COMMIT) : null;
  } catch {
    return null;
  }
}
