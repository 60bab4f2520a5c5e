import { readLookup, Refused } from '../../checks/go/lookup.ts';
import { goConventions } from '../conventions/go.ts';
import { STABLE } from '../../model/channel.ts';
import type { Artifacts, Source } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { History, Release, Resolved } from '../../model/history.ts';
import type { Instant } from '../../model/time.ts';
import type { GoProxy, VersionInfo } from '../../registries/goproxy/index.ts';
import { Malformed } from '../../tlog/malformed.ts';

const REGISTRY: Source = { kind: 'registry', resolved: null };

/** What is asked of a module proxy beside the chain. */
export function goQuestions(proxy: GoProxy) {
  const history = async (name: string): Promise<Evidence<History>> => historyOf(name, await proxy.list(name), null);
  return {
    urlFor: (): string => proxy.url,
    history,
    resolve: async (name: string, wanted: string): Promise<Evidence<Resolved>> => {
      const list = await proxy.list(name);
      const version = wanted !== 'latest' ? wanted : list.state === 'present' ? newest(list.value) : null;
      const info = version === null ? await proxy.latest(name) : await proxy.info(name, version);
      if (info.state === 'absent' && list.state === 'present') {
        const known = historyOf(name, list, null);
        return known.state === 'present' ? { state: 'present', value: { history: known.value, version: null } } : known;
      }
      if (info.state !== 'present') return info;
      const known = historyOf(name, list, info.value);
      if (known.state !== 'present') return known;
      return { state: 'present', value: { history: known.value, version: info.value.version } };
    },
    artifacts: (name: string, version: string): Promise<Artifacts> => artifactsOf(name, version, proxy),
  };
}

/** The highest release, as the go command takes it for `latest`; null where there is none. */
export function newest(list: readonly string[]): string | null {
  const { parse, compare } = goConventions.versions;
  const releases = list.filter((version) => parse(version)?.channel === STABLE);
  return releases.toSorted(compare).at(-1) ?? null;
}

/** The versions that the proxy lists, and one that it was asked for. Whoever published them, nobody says. */
function historyOf(name: string, list: Evidence<readonly string[]>, info: VersionInfo | null): Evidence<History> {
  if (list.state !== 'present' && info === null) return list;
  const listed = list.state === 'present' ? list.value : [];
  const all = [...new Set([...listed, ...(info === null ? [] : [info.version])])];
  const versions = new Map(all.map((version) => [version, releaseOf(version)]));
  const time = new Map<string, Instant>();
  if (info !== null && info.time !== null) time.set(info.version, info.time);
  return { state: 'present', value: { ecosystem: 'go', name, versions, withProvenance: new Set(), time } };
}

function releaseOf(version: string): Release {
  const nobody = { publisher: null, repository: null, integrity: null, deprecated: false };
  return { version, ...nobody, dependencies: {}, installScripts: {} };
}

/** The hashes of the database's record stand in for those of a go.sum; none where it has no record. */
async function artifactsOf(name: string, version: string, { database, exempt, isOff }: GoProxy): Promise<Artifacts> {
  const answer = database === null || isOff || exempt(name) !== null ? null : await database.lookup({ name, version });
  const without: Artifacts = [{ file: 'zip', digests: [], source: REGISTRY }];
  if (database === null || answer?.state !== 'present') return without;
  try {
    const { lines } = readLookup(answer.value, name, version, database.key);
    const [first, ...others] = lines.flatMap(({ file, hash }) =>
      hash === null ? [] : [{ file, digests: [{ algorithm: 'h1' as const, hex: hash }], source: REGISTRY }],
    );
    return first === undefined ? without : [first, ...others];
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof Refused)) throw error;
    // What is wrong with the answer, the chain says.
    return without;
  }
}
