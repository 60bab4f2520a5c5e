import type { LogHead } from '../../model/baseline.ts';
import { finding, type Finding, type LogTree } from '../../model/finding.ts';
import { Malformed, malformed } from '../../tlog/malformed.ts';
import { leafHash } from '../../tlog/merkle.ts';
import { readTree, tilesFor, type Tile, type TiledTree } from '../../tlog/tiles.ts';
import type { DatabaseHead, Lookup } from './lookup.ts';

/** A tree of the database that somebody has seen. */
export interface SeenTree {
  /** Who has it, for people. */
  readonly from: string;
  readonly size: bigint;
  readonly root: Buffer;
  /** As the database signed it; null for one that was taken in earlier. */
  readonly note: string | null;
  /** Whether nobody has taken it in yet: then nothing is held to it. */
  readonly isClaim?: boolean;
}

/** What the heads of one run come to, before a tile is asked for. */
export interface Trees {
  /** The largest, to which everything is held; null where there is none. */
  readonly anchor: SeenTree | null;
  /** Each size with each root once, the largest first. */
  readonly all: readonly SeenTree[];
}

export function seenOf({ size, root, envelope }: DatabaseHead, from: string): SeenTree {
  return { from, size, root, note: envelope };
}

/** A tree that assay.lock has kept. */
export function keptTree({ size, root }: LogHead, from: string, isClaim: boolean): SeenTree {
  return { from, size: BigInt(size), root: Buffer.from(root, 'hex'), note: null, isClaim };
}

/** The trees of a run, each once, without claims of larger ones than anybody has seen. */
export function treesOf(seen: readonly SeenTree[]): Trees {
  const largestFirst = [...seen].sort((a, b) => (a.size === b.size ? 0 : a.size > b.size ? -1 : 1));
  const anchor = largestFirst.find(({ isClaim }) => isClaim !== true) ?? null;
  const distinct = new Map<string, SeenTree>();
  for (const tree of largestFirst) {
    const id = `${tree.size} ${tree.root.toString('hex')} ${tree.note === null}`;
    if (anchor !== null && tree.size <= anchor.size && !distinct.has(id)) distinct.set(id, tree);
  }
  return { anchor, all: [...distinct.values()] };
}

/** Every tile that ties these records and all other trees to the largest. */
export function tilesOf({ anchor, all }: Trees, lookups: readonly Lookup[]): readonly Tile[] {
  if (anchor === null) return [];
  const sizes = all.map(({ size }) => size);
  return tilesFor(anchor.size, { leaves: lookups.map(({ id }) => id), sizes });
}

/** Reads the largest tree out of its tiles; why it cannot be. */
export function readAnchor(
  anchor: SeenTree,
  tiles: ReadonlyMap<string, Buffer>,
): TiledTree | { readonly reason: string } {
  return attempt(() => readTree(anchor, tiles));
}

/** Why a record is not in the tree at its position; null where it is. */
export function whyNotIn(tree: TiledTree, { id, record }: Lookup): string | null {
  const proven = attempt(() =>
    tree.leafHash(id).equals(leafHash(record)) ? null : malformed(`the tree has another record at ${id}`),
  );
  return proven?.reason ?? null;
}

/** What came of holding all trees of a run to the largest. */
export interface HeldTrees {
  /** Its beginnings, itself included. */
  readonly proven: ReadonlySet<SeenTree>;
  readonly findings: readonly Finding[];
}

/** Holds every tree to the largest one: each must be its beginning. */
export function holdTrees(log: string, anchor: SeenTree, all: readonly SeenTree[], tree: TiledTree): HeldTrees {
  const proven = new Set<SeenTree>();
  const findings: Finding[] = [];
  for (const one of all) {
    const root = attempt(() => tree.rootAt(one.size));
    if ('reason' in root) findings.push(finding('log-proof-invalid', { log, reason: root.reason }));
    else if (root.equals(one.root)) proven.add(one);
    else findings.push(fork(log, anchor, one));
  }
  return { proven, findings };
}

/** Two trees of one size with two roots contradict each other without any tile. */
export function forksAtTop(log: string, { anchor, all }: Trees): readonly Finding[] {
  if (anchor === null) return [];
  const others = all.filter(({ size, root }) => size === anchor.size && !root.equals(anchor.root));
  return others.map((one) => fork(log, anchor, one));
}

function fork(log: string, larger: SeenTree, smaller: SeenTree): Finding {
  return finding('log-inconsistent', { log, larger: shown(larger), smaller: shown(smaller) });
}

function shown({ from, size, root, note }: SeenTree): LogTree {
  return { from, size: Number(size), root: root.toString('hex'), note };
}

function attempt<T>(read: () => T): T | { readonly reason: string } {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return { reason: error.message };
    throw error;
  }
}
