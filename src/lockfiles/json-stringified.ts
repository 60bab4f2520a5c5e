import type { JsonNode, JsonValue } from './json.ts';

/** Beyond this, parsing what may turn out to be anything could take too much memory. Real lockfiles are smaller. */
const MAX_LENGTH = 8 * 1024 * 1024;

/**
 * Reads a text that is to the character what JSON.stringify writes of its value, indented, as npm writes lockfiles: this alone
 * shows that no key stands twice, and on which line everything stands, in a fraction of the time. Null for any other text, and
 * where values are nested deeper than `maxDepth`. Nor is taken what JSON.parse misreads (V8 13.6: some keys with an escape), as
 * another text would be written of it.
 */
export function parseStringified(text: string, maxDepth: number): JsonNode | null {
  const indent = /^[[{]\n([ \t]{1,10})\S/.exec(text)?.[1];
  if (indent === undefined || text.length > MAX_LENGTH || text.includes(`\n${indent.repeat(maxDepth + 1)}`))
    return null;
  let root: unknown;
  try {
    root = JSON.parse(text);
    if (`${JSON.stringify(root, null, indent)}\n` !== text) return null;
  } catch {
    return null;
  }
  let line = 0;
  const nodeOf = (json: unknown): JsonNode => ({ line: (line += 1), value: valueOf(json) });
  const valueOf = (json: unknown): JsonValue => {
    if (typeof json !== 'object' || json === null) return json as string | number | boolean | null;
    const keys = Object.keys(json);
    const value = Array.isArray(json)
      ? json.map(nodeOf)
      : new Map(keys.map((key) => [key, nodeOf((json as Record<string, unknown>)[key])]));
    // The closing bracket has a line of its own, unless there is nothing before it.
    if (keys.length > 0) line += 1;
    return value;
  };
  return nodeOf(root);
}
