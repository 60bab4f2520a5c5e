/** How one package asks for another. */
export type EdgeKind = 'prod' | 'dev' | 'optional' | 'peer' | 'peerOptional';

/** One asks for another, and gets it. */
export interface Edge<T> {
  readonly kind: EdgeKind;
  readonly to: T;
}

/** What is only installed because of development, optional or peer dependencies. */
export interface ReachFlags<T> {
  readonly dev: (node: T) => boolean;
  readonly optional: (node: T) => boolean;
  readonly peer: (node: T) => boolean;
}

/**
 * Derives the flags as npm does: a package has one if every way to it, from any folder of the project, has an edge of that
 * kind. What no way leads to has none, so that leaving out a kind never leaves out what is not known to be of it.
 */
export function flagsOf<T>(folders: readonly T[], edgesOf: (node: T) => readonly Edge<T>[]): ReachFlags<T> {
  const reached = (without: readonly EdgeKind[]): ReadonlySet<T> => {
    const seen = new Set<T>(folders);
    const queue = [...folders];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      for (const { kind, to } of edgesOf(node)) {
        if (without.includes(kind) || seen.has(to)) continue;
        seen.add(to);
        queue.push(to);
      }
    }
    return seen;
  };
  const all = reached([]);
  const only = (...kinds: readonly EdgeKind[]): ((node: T) => boolean) => {
    const others = reached(kinds);
    return (node) => all.has(node) && !others.has(node);
  };
  return { dev: only('dev'), optional: only('optional', 'peerOptional'), peer: only('peer', 'peerOptional') };
}
