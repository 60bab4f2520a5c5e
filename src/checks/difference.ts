export type TextRecord = Readonly<Record<string, string>>;

/** What only the first side has, and what only the second has, for people. */
export type Difference = readonly [first: string, second: string];

/** What a finding shows of each side. */
const MAX_SHOWN = 300;

/** Null where both lists have the same texts, in whatever order. */
export function differenceOf(first: readonly string[], second: readonly string[]): Difference | null {
  const [a, b] = [new Set(first), new Set(second)];
  const onlyA = [...a].filter((entry) => !b.has(entry));
  const onlyB = [...b].filter((entry) => !a.has(entry));
  return onlyA.length === 0 && onlyB.length === 0 ? null : [shown(onlyA), shown(onlyB)];
}

function shown(entries: readonly string[]): string {
  const text = [...entries].sort().join(', ');
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}...`;
}
