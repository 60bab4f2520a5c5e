import { isUtf8 } from 'node:buffer';
import { escapeCapitals } from '../../../src/ecosystems/conventions/go-modules.ts';
import { readSumLines, type SumLine } from '../../../src/lockfiles/go/sum.ts';
import type { Evidence } from '../../../src/model/evidence.ts';
import { LockfileError } from '../../../src/readers/error.ts';
import { parseCheckpoint, type Checkpoint } from '../../../src/tlog/checkpoint.ts';
import { Malformed, malformed } from '../../../src/tlog/malformed.ts';
import { leafHash } from '../../../src/tlog/merkle.ts';
import { signatureFault, type NoteKey } from '../../../src/tlog/note.ts';
import { readTree, tilePath, tilesFor, type Tile, type TiledTree } from '../../../src/tlog/tiles.ts';

/** Asks a module proxy for a path below the one of the database. */
export type Ask = (path: string) => Promise<Evidence<Buffer>>;

export interface ModuleVersion {
  readonly name: string;
  readonly version: string;
}

/** What an answer of the database says, when nothing of it is verified but the signature of its head. */
interface Lookup {
  readonly id: bigint;
  /** What is hashed into the leaf: these bytes, and nothing that follows them. */
  readonly record: Buffer;
  readonly lines: readonly SumLine[];
  readonly head: Checkpoint;
}

const ORIGIN = 'go.sum database tree';

/** The head of the database in a note that its key signed. Throws `Malformed`. */
function readHead(note: string, key: NoteKey): Checkpoint {
  const head = parseCheckpoint(note);
  if (head.origin !== ORIGIN) malformed(`the head is of another tree than the ${ORIGIN}`);
  const fault = signatureFault(head, key);
  if (fault !== null) malformed(`the head has ${fault === 'broken' ? 'a broken' : 'no'} signature of ${key.name}`);
  return head;
}

/** Reads an answer: the position, the record, a blank line, and the signed head. Throws `Malformed`. */
function readLookup(bytes: Buffer, asked: ModuleVersion, key: NoteKey): Lookup {
  if (!isUtf8(bytes)) malformed('the answer is not UTF-8');
  const text = bytes.toString();
  const [, id, record, note] = /^(0|[1-9]\d{0,18})\n((?:[^\n]+\n)+)\n(.*)$/s.exec(text) ?? [];
  if (id === undefined || record === undefined || note === undefined) malformed('the answer is no record with a head');
  const head = readHead(note, key);
  if (BigInt(id) >= head.size) malformed(`the record has position ${id} in a tree of ${head.size}`);
  return { id: BigInt(id), record: Buffer.from(record), lines: linesOf(record, asked), head };
}

/** The lines of a record, which must be of what was asked for: another module's record proves nothing of this one. */
function linesOf(record: string, { name, version }: ModuleVersion): readonly SumLine[] {
  try {
    const lines = readSumLines('record', record);
    const other = lines.find((line) => line.path !== name || line.version !== version);
    if (other !== undefined) malformed(`the record is of ${other.path} ${other.version}`);
    return lines;
  } catch (error) {
    if (error instanceof LockfileError) malformed(error.message);
    throw error;
  }
}

/** What the database has of the versions that were asked for. */
export interface Database {
  /** Lines that are proven to be in the tree; `malformed` where what was answered is not. */
  readonly recordOf: (module: ModuleVersion) => Evidence<readonly SumLine[]>;
  /** The largest head, which the others are proven to be the beginning of; null where there was none. */
  readonly head: Checkpoint | null;
  /** Heads that are signed, and no beginning of the largest: the database said two things. */
  readonly contradicting: readonly Checkpoint[];
}

const idOf = ({ name, version }: ModuleVersion): string => `${name}@${version}`;

/**
 * Asks for all records in one round, then for all tiles of the largest head in another, and ties every record and every
 * other head to that head. `kept`: heads that were seen before, as notes.
 */
export async function openDatabase(
  ask: Ask,
  key: NoteKey,
  modules: readonly ModuleVersion[],
  kept: readonly string[],
): Promise<Database> {
  const supported = await ask('supported');
  if (supported.state !== 'present') {
    const reason = 'the proxy does not pass on what the database says';
    const none = { state: 'unavailable' as const, url: 'supported', reason };
    return { recordOf: () => none, head: null, contradicting: [] };
  }
  const asked = new Map(modules.map((module) => [idOf(module), module]));
  const lookups = new Map<string, Evidence<Lookup>>();
  await Promise.all(
    [...asked].map(async ([id, module]) => {
      const path = `lookup/${escapeCapitals(module.name)}@${escapeCapitals(module.version)}`;
      lookups.set(
        id,
        reading(path, await ask(path), (bytes) => readLookup(bytes, module, key)),
      );
    }),
  );
  const found = [...lookups.values()].flatMap((one) => (one.state === 'present' ? [one.value] : []));
  const heads = [...kept.map((note) => readHead(note, key)), ...found.map(({ head }) => head)];
  const [largest] = heads.toSorted((a, b) => Number(b.size - a.size));
  const unproven: Database['recordOf'] = (module) => unasked(lookups.get(idOf(module)));
  if (largest === undefined) return { recordOf: unproven, head: null, contradicting: [] };

  const questions = { leaves: found.map(({ id }) => id), sizes: heads.map(({ size }) => size) };
  const tiles = new Map<string, Evidence<Buffer>>();
  await Promise.all(
    tilesFor(largest.size, questions).map(async (tile) => void tiles.set(tilePath(tile), await askTile(ask, tile))),
  );
  const missing = [...tiles.values()].find(({ state }) => state !== 'present');
  if (missing !== undefined && missing.state !== 'present') {
    const reason = 'reason' in missing ? missing.reason : 'the proxy does not have it';
    return { recordOf: () => ({ state: 'unavailable', url: missing.url, reason }), head: largest, contradicting: [] };
  }
  const bytes = [...tiles].flatMap(([path, one]) => (one.state === 'present' ? [[path, one.value] as const] : []));
  const tree = reading('tile', { state: 'present', value: largest }, (head) => readTree(head, new Map(bytes)));
  if (tree.state !== 'present') return { recordOf: () => tree, head: largest, contradicting: [] };
  const isBeginning = ({ size, root }: Checkpoint): boolean => {
    const known = reading('tile', tree, ({ rootAt }) => rootAt(size));
    return known.state === 'present' && known.value.equals(root);
  };
  return {
    head: largest,
    contradicting: heads.filter((one) => !isBeginning(one)),
    recordOf: (module) => provenIn(tree.value, lookups.get(idOf(module))),
  };
}

/** A partial tile may be served no more, once the full one is there. */
async function askTile(ask: Ask, tile: Tile): Promise<Evidence<Buffer>> {
  const answer = await ask(`tile/8/${tilePath(tile)}`);
  return answer.state === 'absent' ? ask(`tile/8/${tilePath({ ...tile, width: 256 })}`) : answer;
}

function provenIn(tree: TiledTree, lookup: Evidence<Lookup> | undefined): Evidence<readonly SumLine[]> {
  if (lookup?.state !== 'present') return unasked(lookup);
  const { id, record, lines } = lookup.value;
  return reading('tile', lookup, () => {
    if (!tree.leafHash(id).equals(leafHash(record))) malformed(`the tree has another record at ${id}`);
    return lines;
  });
}

/** An answer without a record. */
function unasked(lookup: Evidence<Lookup> | undefined): Exclude<Evidence<never>, { state: 'present' }> {
  return lookup === undefined || lookup.state === 'present'
    ? { state: 'unavailable', url: 'lookup', reason: 'it was not asked for' }
    : lookup;
}

/** What can be read of an answer; what cannot is malformed. */
function reading<T, R>(url: string, answer: Evidence<T>, read: (value: T) => R): Evidence<R> {
  if (answer.state !== 'present') return answer;
  try {
    return { state: 'present', value: read(answer.value) };
  } catch (error) {
    if (error instanceof Malformed) return { state: 'malformed', url, reason: error.message };
    throw error;
  }
}
