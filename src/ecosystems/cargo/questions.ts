import type { Evidence } from '../../model/evidence.ts';
import type { History, Resolved } from '../../model/history.ts';
import { STABLE } from '../../model/channel.ts';
import { openPublishers } from './publishers.ts';
import { cargoConventions, prefixIn } from '../conventions/cargo.ts';
import { registryFor, type CratesSource } from './source.ts';

/** What is asked of indexes beside the chain. */
export function crateQuestions(source: CratesSource) {
  const urlFor = (name: string): string => registryFor(source, name)?.index.url ?? `https://${prefixIn(name)}`;
  const history = async (name: string): Promise<Evidence<History>> => {
    const reason = 'no settings of Cargo name this registry, so that it is not asked';
    return registryFor(source, name)?.index.crate(name) ?? { state: 'unavailable', url: urlFor(name), reason };
  };
  return {
    urlFor,
    history,
    withPublishers: async (history: History): Promise<History> => {
      if (registryFor(source, history.name) !== source.main) return history;
      const joined = await openPublishers(source.main.index, null).join(history);
      return joined.state === 'present' ? joined.value : history;
    },
    resolve: async (name: string, wanted: string): Promise<Evidence<Resolved>> => {
      const answer = await history(name);
      if (answer.state !== 'present') return answer;
      const known = answer.value;
      return { state: 'present', value: { history: known, version: pickVersion(known, wanted) } };
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
