import { specOf } from '../../model/package.ts';
import type { JudgedDependency } from '../../model/verdict.ts';

/** A dependency in the page, and where it stands between the others. Others are named by their index. */
export interface Node {
  readonly index: number;
  readonly judged: JudgedDependency;
  /** What it asks for, as the lockfile resolves it. */
  readonly requires: readonly number[];
  readonly requiredBy: readonly number[];
  /** Steps from the project: 1 is direct; null where the lockfile does not say who asks for it. */
  readonly depth: number | null;
  /** The one before it on a shortest way from the project; null for a direct one. */
  readonly parent: number | null;
}

/** The dependencies as a graph, in their order. */
export function graphOf(dependencies: readonly JudgedDependency[]): readonly Node[] {
  // Several dependencies of one name and version differ in bytes or source: all of them may be what is asked for.
  const bySpec = new Map<string, number[]>();
  for (const [index, { dependency }] of dependencies.entries()) {
    const spec = specOf(dependency);
    const same = bySpec.get(spec);
    if (same === undefined) bySpec.set(spec, [index]);
    else same.push(index);
  }
  const requires = dependencies.map(({ dependency }) => [
    ...new Set((dependency.requires ?? []).flatMap((spec) => bySpec.get(spec) ?? [])),
  ]);
  const requiredBy = dependencies.map((): number[] => []);
  for (const [index, targets] of requires.entries()) for (const target of targets) requiredBy[target]?.push(index);
  const steps = stepsFrom(dependencies, requires);
  return dependencies.map((judged, index) => {
    const { depth, parent } = steps.get(index) ?? { depth: null, parent: null };
    return { index, judged, requires: requires[index] ?? [], requiredBy: requiredBy[index] ?? [], depth, parent };
  });
}

/** The last steps from the project to a dependency, itself the last; at most `most`. */
export function wayTo(node: Node, nodes: readonly Node[], most: number): readonly number[] {
  const way = [node.index];
  for (let at = node.parent; at !== null && way.length < most; at = nodes[at]?.parent ?? null) way.push(at);
  return way.reverse();
}

type Step = Pick<Node, 'depth' | 'parent'>;

/** Breadth first, from all direct ones at once. */
function stepsFrom(
  dependencies: readonly JudgedDependency[],
  requires: readonly (readonly number[])[],
): ReadonlyMap<number, Step> {
  const steps = new Map<number, Step>();
  for (const [index, { dependency }] of dependencies.entries()) {
    if (dependency.direct) steps.set(index, { depth: 1, parent: null });
  }
  // A map gives what is added while it is walked over, in order.
  for (const [index, { depth }] of steps) {
    for (const target of requires[index] ?? []) {
      if (!steps.has(target)) steps.set(target, { depth: (depth ?? 0) + 1, parent: index });
    }
  }
  return steps;
}
