import { hash } from 'node:crypto';
import type { NoAnswer, RecordAnswer, RefusedAnswer } from '../../checks/go/chain.ts';
import { readLookup, Refused, type Lookup, type ReadHeads } from '../../checks/go/lookup.ts';
import {
  forksAtTop,
  holdTrees,
  readAnchor,
  seenOf,
  tilesOf,
  treesOf,
  whyNotIn,
  type SeenTree,
  type Trees,
} from '../../checks/go/tree.ts';
import type { LogHead } from '../../model/baseline.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { LogSeen } from '../../model/log-seen.ts';
import type { Store } from '../../model/store.ts';
import type { GoProxy, ModuleVersion } from '../../registries/goproxy/index.ts';
import { cosigners, lackingWitnesses, type WitnessPolicy } from '../../tlog/cosignature.ts';
import { Malformed } from '../../tlog/malformed.ts';
import { tilePath, WIDTH, type Tile, type TiledTree } from '../../tlog/tiles.ts';

/** The checksum database, as the proxy reaches it. */
type Database = NonNullable<GoProxy['database']>;

/** What the database says of the versions that were asked about, and of itself. */
export interface Answers {
  readonly recordOf: (module: ModuleVersion) => RecordAnswer;
  readonly log: LogSeen;
}

export interface Asking {
  readonly database: Database;
  readonly proxy: GoProxy;
  /** Trees that were seen before. */
  readonly seen: readonly SeenTree[];
  /** Keeps proven records, and tiles, of a tree's edge by their width: none changes. Each is verified again. */
  readonly store: Store | null;
  /** Who must have signed its heads, too; null where nobody must. */
  readonly witnesses: WitnessPolicy | null;
}

type LookupAnswer =
  | {
      readonly state: 'read';
      readonly lookup: Lookup;
      /** As it was served. */
      readonly bytes: Buffer;
      readonly isKept: boolean;
    }
  | Exclude<RecordAnswer, { state: 'proven' | 'exempt' }>;

const idOf = ({ name, version }: ModuleVersion): string => `${name}@${version}`;

/**
 * Asks for all records in one round, then for all tiles of the largest head in another, and ties every record and every
 * other tree to that head. Of records that are kept only the first is asked for, which brings a head of today; where
 * one of them does not fit, nothing that is kept counts.
 */
export async function askDatabase(modules: readonly ModuleVersion[], asking: Asking): Promise<Answers> {
  const { answers, lookups } = await askOnce(modules, asking);
  const read = [...lookups.values()].flatMap((one) => (one.state === 'read' ? [one] : []));
  const isProven = ({ lookup: { lines } }: (typeof read)[number]): boolean =>
    lines.slice(0, 1).every(({ path, version }) => answers.recordOf({ name: path, version }).state === 'proven');
  // A kept head that the log signed, and that is in no tree of today, is one of two histories.
  const isForked = answers.log.findings.some(({ code }) => code === 'log-inconsistent');
  if (!isForked && read.some((one) => one.isKept && !isProven(one))) {
    return askDatabase(modules, { ...asking, store: null });
  }
  keepRecords(asking, read.filter(isProven));
  return answers;
}

function keepRecords(
  { database, store }: Asking,
  proven: readonly { readonly lookup: Lookup; readonly bytes: Buffer; readonly isKept: boolean }[],
): void {
  for (const { lookup, bytes, isKept } of proven) {
    const [line] = lookup.lines;
    if (!isKept && line !== undefined)
      store?.put(recordId(database, { name: line.path, version: line.version }), bytes);
  }
}

interface Once {
  readonly answers: Answers;
  readonly lookups: ReadonlyMap<string, LookupAnswer>;
}

async function askOnce(modules: readonly ModuleVersion[], asking: Asking): Promise<Once> {
  const lookups = await askLookups(modules, asking);
  return { answers: await answersOf(lookups, asking), lookups };
}

async function answersOf(lookups: ReadonlyMap<string, LookupAnswer>, asking: Asking): Promise<Answers> {
  const { database, seen } = asking;
  const log = database.key.name;
  const found = [...lookups.values()].flatMap((one) => (one.state === 'read' ? [one.lookup] : []));
  const trees = treesOf([...seen, ...found.map(({ head }) => seenOf(head, 'the database'))]);
  const nothing = { origin: log, head: null, kept: [], findings: [], unanswered: found.length === 0 };
  const without = (reason: Exclude<RecordAnswer, { state: 'proven' }>): Answers['recordOf'] => {
    return (module) => unread(lookups.get(idOf(module)), reason);
  };
  const forked = forksAtTop(log, trees);
  if (forked.length > 0) return { recordOf: without(contradicted(log)), log: { ...nothing, findings: forked } };
  const { anchor } = trees;
  if (anchor === null || found.length === 0) {
    return { recordOf: without({ state: 'unavailable', url: log, reason: 'it was not asked' }), log: nothing };
  }

  const read = await askTree(anchor, trees, found, asking);
  if (!('tree' in read)) {
    return { recordOf: without(read), log: { ...nothing, unanswered: read.state !== 'refused' } };
  }
  const { tree } = read;
  const { proven, findings } = holdTrees(log, anchor, trees.all, tree);
  const kept = [...proven].filter(({ note }) => note === null);
  const state = {
    origin: log,
    head: findings.length > 0 ? null : headOf(log, anchor),
    kept: kept.map((one) => headOf(log, one)),
    findings,
    unanswered: false,
  };
  if (findings.length > 0) {
    const isFork = findings.some(({ code }) => code === 'log-inconsistent');
    return { recordOf: without(isFork ? contradicted(log) : UNPROVEN), log: state };
  }
  const witnessed = witnessedHead(found, asking.witnesses);
  return { recordOf: (module) => recordIn(tree, witnessed, lookups.get(idOf(module))), log: state };
}

function headOf(origin: string, { size, root }: SeenTree): LogHead {
  return { origin, size: Number(size), root: root.toString('hex') };
}

/** Of a log that says two things, neither proves anything. */
function contradicted(log: string): NoAnswer {
  return { state: 'malformed', url: log, reason: 'it contradicts itself, so that nothing it says proves anything' };
}

const UNPROVEN: RefusedAnswer = {
  state: 'refused',
  reason: 'its trees could not be held to each other',
};

/** What there is of a module where no tree could be read. */
function unread(
  lookup: LookupAnswer | undefined,
  reason: Exclude<RecordAnswer, { state: 'proven' }>,
): Exclude<RecordAnswer, { state: 'proven' }> {
  return lookup === undefined || lookup.state === 'read' ? reason : lookup;
}

/** How many leaves the largest head has that enough witnesses signed, and what another lacks. */
interface WitnessedHead {
  readonly size: bigint;
  readonly lacking: string;
}

/** Each head is held to the largest tree: a record in the tree of one is the same in all that are larger. */
function witnessedHead(lookups: readonly Lookup[], policy: WitnessPolicy | null): WitnessedHead {
  const heads = lookups.map(({ head }) => {
    return { size: head.size, lacking: policy && lackingWitnesses(policy, cosigners(head, policy.witnesses)) };
  });
  const sizes = heads.flatMap(({ size, lacking }) => (lacking === null || lacking === '' ? [size] : []));
  const size = sizes.reduce((largest, one) => (one > largest ? one : largest), 0n);
  return { size, lacking: heads.find(({ lacking }) => lacking)?.lacking ?? '' };
}

function recordIn(tree: TiledTree, witnessed: WitnessedHead, answer: LookupAnswer | undefined): RecordAnswer {
  if (answer === undefined) return { state: 'unavailable', url: 'lookup', reason: 'it was not asked for' };
  if (answer.state !== 'read') return answer;
  const { lookup } = answer;
  const reason = whyNotIn(tree, lookup) ?? (lookup.id < witnessed.size ? null : witnessed.lacking);
  return reason === null
    ? { state: 'proven', lines: lookup.lines, record: lookup.record }
    : { state: 'refused', reason };
}

/** All records, each once. Of a module without one, the database is asked whether it has others. */
async function askLookups(
  modules: readonly ModuleVersion[],
  asking: Asking,
): Promise<ReadonlyMap<string, LookupAnswer>> {
  const answers = new Map<string, LookupAnswer>();
  const heads: ReadHeads = new Map();
  const distinct = new Map(modules.map((module) => [idOf(module), module]));
  await Promise.all(
    [...distinct].map(async ([id, module], i) => void answers.set(id, await askLookup(module, asking, i > 0, heads))),
  );
  const logged = new Set([...distinct].flatMap(([id, { name }]) => (answers.get(id)?.state === 'read' ? [name] : [])));
  await Promise.all(
    [...distinct].map(async ([id, { name }]) => {
      if (answers.get(id)?.state !== 'absent') return;
      answers.set(id, { state: 'absent', known: logged.has(name) || (await hasOthers(name, asking)) });
    }),
  );
  return answers;
}

async function askLookup(
  module: ModuleVersion,
  { database, store }: Pick<Asking, 'database' | 'store'>,
  mayBeKept: boolean,
  heads: ReadHeads = new Map(),
): Promise<LookupAnswer> {
  const kept = mayBeKept ? (store?.get(recordId(database, module)) ?? null) : null;
  const known = kept === null ? null : readAnswer(module, kept, { database, heads, isKept: true });
  if (known?.state === 'read') return known;
  const answer = await database.lookup(module);
  if (answer.state === 'absent') return { state: 'absent', known: false };
  if (answer.state !== 'present') return answer;
  return readAnswer(module, answer.value, { database, heads, isKept: false });
}

function readAnswer(
  { name, version }: ModuleVersion,
  bytes: Buffer,
  of: { readonly database: Database; readonly heads: ReadHeads; readonly isKept: boolean },
): LookupAnswer {
  const { key } = of.database;
  try {
    return { state: 'read', lookup: readLookup(bytes, name, version, key, of.heads), bytes, isKept: of.isKept };
  } catch (error) {
    if (error instanceof Refused) return { state: 'refused', reason: error.message };
    if (error instanceof Malformed) return { state: 'malformed', url: key.name, reason: error.message };
    throw error;
  }
}

/** Versions of a module that are tried, to find out whether the database has any. */
const MAX_TRIED = 3;

async function hasOthers(name: string, asking: Asking): Promise<boolean> {
  const list = await asking.proxy.list(name);
  if (list.state !== 'present') return false;
  const tried = await Promise.all(
    list.value.slice(0, MAX_TRIED).map((version) => askLookup({ name, version }, asking, true)),
  );
  return tried.some(({ state }) => state === 'read');
}

type ReadTree = { readonly tree: TiledTree } | RefusedAnswer | NoAnswer;

/** The largest tree; once more from the network alone, where what is kept of it does not fit. */
async function askTree(anchor: SeenTree, trees: Trees, lookups: readonly Lookup[], asking: Asking): Promise<ReadTree> {
  const tiles = tilesOf(trees, lookups);
  const { store } = asking;
  for (const from of store === null ? [null] : [store, null]) {
    const read = await readTiles(anchor, tiles, { ...asking, store: from });
    const tied = 'tree' in read ? whyUntied(read.tree, trees, lookups) : 'reason' in read ? read.reason : null;
    if (tied === null || from === null || !('tree' in read || read.state === 'refused')) {
      if ('tree' in read && tied === null && store !== null) keepTiles(asking.database, store, read.bytes);
      return read;
    }
  }
  return { state: 'unavailable', url: asking.database.key.name, reason: 'no tile was asked for' };
}

/** Whether all that is to be read of a tree is tied to its root. */
function whyUntied(tree: TiledTree, { all }: Trees, lookups: readonly Lookup[]): string | null {
  try {
    for (const { id } of lookups) tree.leafHash(id);
    for (const { size } of all) tree.rootAt(size);
    return null;
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
}

type Tiles = ReadonlyMap<string, Buffer>;

async function readTiles(
  anchor: SeenTree,
  wanted: readonly Tile[],
  { database, store }: Asking,
): Promise<{ readonly tree: TiledTree; readonly bytes: Tiles } | Exclude<ReadTree, { tree: TiledTree }>> {
  const answers = await Promise.all(
    wanted.map(async (tile) => [tilePath(tile), await askTile(tile, database, store)] as const),
  );
  const bytes = new Map<string, Buffer>();
  for (const [path, answer] of answers) {
    if (answer.state === 'present') bytes.set(path, answer.value);
    else if (answer.state !== 'absent') return answer;
    else return { state: 'unavailable', url: answer.url, reason: 'whoever answers for the database does not have it' };
  }
  const tree = readAnchor(anchor, bytes);
  if (!('reason' in tree)) return { tree, bytes };
  const whose = anchor.note === null ? `the tree of ${anchor.size} that ${anchor.from} has` : 'its newest tree';
  return { state: 'refused', reason: `${whose}: ${tree.reason}` };
}

/** A partial tile may be served no more, once the full one is there. */
async function askTile(tile: Tile, database: Database, store: Store | null): Promise<Evidence<Buffer>> {
  const path = tilePath(tile);
  const kept = store?.get(storeId(database, path)) ?? null;
  if (kept !== null) return { state: 'present', value: kept };
  const answer = await database.tile(path);
  return answer.state === 'absent' && tile.width < WIDTH ? database.tile(tilePath({ ...tile, width: WIDTH })) : answer;
}

function keepTiles(database: Database, store: Store, tiles: Tiles): void {
  for (const [path, bytes] of tiles) {
    const id = storeId(database, path);
    if (store.get(id) === null) store.put(id, bytes);
  }
}

function recordId({ key: { name, hints } }: Database, module: ModuleVersion): string {
  return hash('sha256', JSON.stringify(['go record', name, hints, module.name, module.version]));
}

function storeId({ key: { name, hints } }: Database, path: string): string {
  return hash('sha256', JSON.stringify(['go tile', name, hints, path]));
}
