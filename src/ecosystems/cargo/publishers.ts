import { hash } from 'node:crypto';
import { withPublishers } from '../../checks/cargo/publishers.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { History, Publisher } from '../../model/history.ts';
import type { Store } from '../../model/store.ts';
import type { CratesIndex } from '../../registries/crates/index.ts';
import type { PublishedCrate } from '../../registries/crates/publishers.ts';

/** Who published crates, by what was kept of the answers of earlier runs, else by the API. */
export interface Publishers {
  /** The history with the publisher of each of its versions. */
  readonly join: (history: History) => Promise<Evidence<History>>;
  /** Who published a version, where that was asked before; null where it was not, or it had another checksum. */
  readonly known: (name: string, version: string, checksum: string) => Publisher | null;
}

type Said = ReadonlyMap<string, PublishedCrate>;

/** An answer is kept for ever: who published a version does not change, and only what it lacks is asked for. */
export function openPublishers(index: CratesIndex, store: Store | null): Publishers {
  const idOf = (name: string): string => hash('sha256', JSON.stringify(['publishers of a crate', 1, index.url, name]));
  const read = new Map<string, Said>();
  const kept = (name: string): Said => {
    const before = read.get(name);
    if (before !== undefined) return before;
    const bytes = store?.get(idOf(name)) ?? null;
    const found: Said = bytes === null ? new Map() : new Map(JSON.parse(bytes.toString('utf8')) as []);
    read.set(name, found);
    return found;
  };
  return {
    join: async (history) => {
      const { name } = history;
      const before = withPublishers(history, kept(name));
      if ('value' in before) return { state: 'present', value: before.value };
      const answer = await index.publishers(name);
      if (answer.state !== 'present') return answer;
      const { url, versions } = answer.value;
      const joined = withPublishers(history, versions);
      if ('malformed' in joined) return { state: 'malformed', url, reason: joined.malformed };
      read.set(name, versions);
      store?.put(idOf(name), Buffer.from(JSON.stringify([...versions])));
      return { state: 'present', value: joined.value };
    },
    known: (name, version, checksum) => {
      const found = kept(name).get(version);
      return found?.checksum === checksum ? found.publisher : null;
    },
  };
}
