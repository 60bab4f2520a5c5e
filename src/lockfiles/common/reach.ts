/** How one package asks for another. */
export type EdgeKind = 'prod' | 'dev' | 'optional' | 'peer' | 'peerOptional';

/** One asks for another, and gets it. */
export interface Edge<T> {
  readonly kind: EdgeKind;
  readonly to: T;
}

/** Which packages are only installed because of development, optional or peer dependencies. */
export interface ReachFlags<T> {
  readonly dev: (node: T) => boolean;
  readonly optional: (node: T) => boolean;
  readonly peer: (node: T) => boolean;
}

/** Kinds of edges that a path must not contain; ANY allows every path. */
const ANY = 1;
const NO_DEV = 2;
const NO_OPTIONAL = 4;
const NO_PEER = 8;
const EVERY = ANY | NO_DEV | NO_OPTIONAL | NO_PEER;
const KEPT: Readonly<Record<EdgeKind, number>> = {
  prod: EVERY,
  dev: EVERY & ~NO_DEV,
  optional: EVERY & ~NO_OPTIONAL,
  peer: EVERY & ~NO_PEER,
  peerOptional: EVERY & ~(NO_OPTIONAL | NO_PEER),
};

/**
 * Derives the flags as npm does: a package has a flag if every path to it, from any folder of the project, has an edge
 * of that kind. A package that no path reaches gets no flag, so that omitting a kind never omits it.
 */
export function flagsOf<T>(folders: readonly T[], edgesOf: (node: T) => readonly Edge<T>[]): ReachFlags<T> {
  const ways = new Map<T, number>(folders.map((folder) => [folder, EVERY]));
  const queue = [...folders];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    const own = ways.get(node) ?? 0;
    for (const { kind, to } of edgesOf(node)) {
      const known = ways.get(to) ?? 0;
      const all = known | (own & KEPT[kind]);
      if (all === known) continue;
      ways.set(to, all);
      queue.push(to);
    }
  }
  const only =
    (none: number) =>
    (node: T): boolean => {
      const all = ways.get(node) ?? 0;
      return all !== 0 && (all & none) === 0;
    };
  return { dev: only(NO_DEV), optional: only(NO_OPTIONAL), peer: only(NO_PEER) };
}
