import type { Evidence } from '../../model/evidence.ts';
import type { History, Resolved } from '../../model/history.ts';
import { STABLE } from '../../model/channel.ts';
import type { CratesIndex } from '../../registries/crates/index.ts';
import { openPublishers } from './publishers.ts';
import { cargoConventions } from '../conventions/cargo.ts';

/** What is asked of an index beside the chain. */
export function crateQuestions(index: CratesIndex) {
  return {
    urlFor: (): string => index.url,
    history: (name: string): Promise<Evidence<History>> => index.crate(name),
    withPublishers: async (history: History): Promise<History> => {
      const joined = await openPublishers(index, null).join(history);
      return joined.state === 'present' ? joined.value : history;
    },
    resolve: async (name: string, wanted: string): Promise<Evidence<Resolved>> => {
      const answer = await index.crate(name);
      if (answer.state !== 'present') return answer;
      const history = answer.value;
      return { state: 'present', value: { history, version: pickVersion(history, wanted) } };
    },
  };
}

/** A version by itself, else the highest that is not yanked and fits: of `latest` the highest release. */
function pickVersion({ versions }: History, wanted: string): string | null {
  if (versions.has(wanted)) return wanted;
  const { parse, compare, highest } = cargoConventions.versions;
  // A version is a requirement, too, and whoever names one means no other.
  if (parse(wanted) !== null) return null;
  const there = [...versions.keys()].filter((version) => versions.get(version)?.deprecated === false);
  if (wanted !== 'latest') return highest(there, wanted);
  const releases = there.filter((version) => parse(version)?.channel === STABLE);
  return releases.sort(compare).at(-1) ?? null;
}
