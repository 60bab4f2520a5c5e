import { assess, assessUnasked, isOfDatabase, type RecordAnswer } from '../checks/go/chain.ts';
import { readHead, Refused } from '../checks/go/lookup.ts';
import { asksInfo, withInfo } from '../checks/go/info.ts';
import { checkRetractions, retracting, type NewestMod } from '../checks/go/retractions.ts';
import { keptTree, seenOf, type SeenTree } from '../checks/go/tree.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Evidence } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import type { GatheredBytes } from '../model/gathered.ts';
import type { LogSeen } from '../model/log-seen.ts';
import type { NoteKey } from '../tlog/note.ts';
import { Malformed } from '../tlog/malformed.ts';
import { goConventions } from './conventions/go.ts';
import type { Chain, ChainContext, EcosystemRecord, KnownHeads, Sources } from './ecosystem.ts';
import { readAll, type AllBytes } from './go/copies.ts';
import { askDatabase, type Answers } from './go/database.ts';
import { askInfo } from './go/info.ts';
import { goQuestions } from './go/questions.ts';
import { askRetractions } from './go/retractions.ts';
import type { GoSource } from './go/source.ts';
import { keepWay, recallWay } from './go/way.ts';

/** Go modules, and the checksum database that their sums are held to. */
export const goEcosystem: EcosystemRecord = {
  id: 'go',
  conventions: goConventions,
  manager: 'go',
  keys: null,
  questions: (sources) => goQuestions(sourceOf(sources).proxy),
  openChain,
  openInstalled: null,
  trustsKept: true,
  hasBundles: false,
};

function sourceOf({ go }: Sources): GoSource {
  if (go === undefined) throw new Error('a run about Go modules needs a module proxy');
  return go;
}

const NOBODY: RecordAnswer = {
  ...{ state: 'unavailable', url: 'GOPROXY', reason: 'it lets nobody be asked', setting: 'GOPROXY=off' },
};
const NO_BYTES: GatheredBytes = { proofs: { bytes: null, installed: null }, findings: [] };

/** What one round of questions came to. */
interface Asked extends Answers {
  /** By the name of a module: what its highest version takes back. */
  readonly newest: ReadonlyMap<string, Evidence<NewestMod>>;
}

function openChain({ sources, dependencies, store, heads, witnesses, trust: { now } }: ChainContext): Chain {
  const source = sourceOf(sources);
  const { proxy } = source;
  const { database } = proxy;
  let wanted = dependencies;
  let asking: Promise<Asked | null> | null = null;
  let reading: Promise<AllBytes> | null = null;
  const ask = async (): Promise<Asked | null> => {
    const asked = wanted.filter((one) => isOfDatabase(one) && proxy.exempt(one.name) === null);
    if (database === null || proxy.isOff || asked.length === 0) return null;
    const { seen, findings } = seenBefore(database.key, heads, source);
    const built = asked.filter(hasZip);
    const of = { database, proxy, seen, store, witnesses };
    recallWay(database, store, now);
    const [answers, newest] = await Promise.all([askDatabase(asked, of), askRetractions(built, { proxy, store, now })]);
    keepWay(database, store, now);
    const others = built.flatMap((one) => retracting(one, newest.get(one.name)) ?? []);
    const isAnswered = (other: Pick<Dependency, 'name' | 'version'>): boolean =>
      asked.some(({ name, version }) => name === other.name && version === other.version);
    // Few are taken back, and nothing that was asked is asked again: all of it is held to one tree.
    const { recordOf, log } = others.every(isAnswered) ? answers : await askDatabase([...asked, ...others], of);
    return { recordOf, log: { ...log, findings: [...findings, ...log.findings] }, newest };
  };
  const answers = (): Promise<Asked | null> => (asking ??= ask());

  const answerFor = async (dependency: Dependency): Promise<RecordAnswer> => {
    const exemption = proxy.exempt(dependency.name);
    if (exemption !== null) return { state: 'exempt', ...exemption };
    if (proxy.isOff) return NOBODY;
    const all = await answers();
    return all?.recordOf(dependency) ?? { state: 'unavailable', url: proxy.url, reason: 'it was not asked for' };
  };
  return {
    begin: (asked) => {
      wanted = asked;
    },
    // The baseline need not have the time.
    isUnclear: (_dependency, _registry, { releaseAge }) => releaseAge !== null,
    assessUnasked,
    assess: async (dependency, known) => {
      const answer = await answerFor(dependency);
      const { findings, ...assessment } = assess(dependency, known, database?.key.name ?? proxy.url, answer);
      const all = answer.state === 'proven' && hasZip(dependency) ? await answers() : null;
      const newest = all?.newest.get(dependency.name);
      const retracted =
        all === null || newest === undefined ? null : checkRetractions(dependency, newest, all.recordOf);
      const judged = { ...assessment, findings: retracted === null ? findings : [...findings, retracted] };
      const isAsked = all !== null && asksInfo(known);
      const said = isAsked ? await askInfo(dependency, { proxy, store, now }) : null;
      return { assessment: said === null ? judged : withInfo(judged, known, said, now), validator: null };
    },
    revalidate: () => Promise.resolve(null),
    // All at once, as one folder has the copies of all.
    bytes: async (dependency, wanted) => {
      reading ??= readAll(dependencies, source, wanted);
      return (await reading).of.get(dependency) ?? NO_BYTES;
    },
    copies: async () => (await reading)?.copies ?? null,
    capabilities: null,
    logs: async () => {
      if (database === null) return wanted.some(isOfDatabase) ? [switchedOff(proxy.exempt('')?.setting ?? '')] : [];
      const { log } = (asking === null ? null : await asking) ?? {};
      return log === undefined ? [] : [log];
    },
  };
}

/** Of a version whose go.mod alone is locked, nothing is built. */
function hasZip({ artifacts }: Dependency): boolean {
  return artifacts.some(({ file }) => file === 'zip');
}

/** Trees that the baseline and the go command of this machine have seen; a note that is none of the database counts. */
function seenBefore(
  key: NoteKey,
  { kept, claimed, file }: KnownHeads,
  { machine }: GoSource,
): { readonly seen: readonly SeenTree[]; readonly findings: readonly Finding[] } {
  const isOwn = ({ origin }: { readonly origin: string }): boolean => origin === key.name;
  const ofBaseline = [
    ...kept.filter(isOwn).map((head) => keptTree(head, file, false)),
    ...claimed.filter(isOwn).map((head) => keptTree(head, file, true)),
  ];
  if (machine === null) return { seen: ofBaseline, findings: [] };
  try {
    return { seen: [...ofBaseline, seenOf(readHead(machine.note, key), machine.file)], findings: [] };
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof Refused)) throw error;
    const args = { evidence: 'log' as const, url: machine.file, reason: error.message };
    return { seen: ofBaseline, findings: [finding('evidence-malformed', args)] };
  }
}

/** Where every check is off, the run says so once. */
function switchedOff(setting: string): LogSeen {
  const findings = [finding('checks-disabled', { setting, log: null })];
  return { origin: setting, head: null, kept: [], findings, unanswered: false };
}
