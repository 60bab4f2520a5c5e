import { printParseErrorCode, visit } from 'jsonc-parser';
import { LockfileError, quoted } from './error.ts';

/** A JSON value with the line it stands on: a property's value has the line of its key. Lines are 1-based. */
export interface JsonNode {
  readonly line: number;
  readonly value: JsonValue;
}

/** Objects are maps in the order of the file, so that no key (`__proto__`, `1`) is special. */
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonNode[];
export type JsonObject = ReadonlyMap<string, JsonNode>;

/** Deeper than any lockfile: package-lock v1 nests twice per level of node_modules. */
const MAX_DEPTH = 64;

/**
 * Reads JSON (RFC 8259, nothing more) in time linear in its size. Refused beside what JSON.parse refuses: a key twice
 * in one object (readers differ in which they believe) and nesting beyond 64 levels.
 */
export function parseJson(file: string, text: string): JsonNode {
  const open: { readonly line: number; readonly value: Map<string, JsonNode> | JsonNode[] }[] = [];
  const roots: JsonNode[] = [];
  let key = { name: '', line: 1 };

  const add = (line: number, value: JsonValue): void => {
    const parent = open.at(-1)?.value;
    if (parent instanceof Map) parent.set(key.name, { line: key.line, value });
    else (parent ?? roots).push({ line, value });
  };
  const begin = (line: number, value: Map<string, JsonNode> | JsonNode[]): void => {
    if (open.length >= MAX_DEPTH) throw new LockfileError(file, line, `nested deeper than ${MAX_DEPTH} levels`);
    add(line, value);
    open.push({ line, value });
  };
  const fail = (line: number, problem: string): never => {
    throw new LockfileError(file, line, `${problem}; restore the file, or let the package manager write it again`);
  };

  visit(
    text,
    {
      onObjectBegin: (_offset, _length, line) => begin(line + 1, new Map()),
      onObjectProperty: (name, _offset, _length, line) => {
        const parent = open.at(-1)?.value;
        if (parent instanceof Map && parent.has(name)) {
          fail(
            line + 1,
            `the key ${quoted(name)} stands twice in one object (first in line ${parent.get(name)?.line ?? 0})`,
          );
        }
        key = { name, line: line + 1 };
      },
      onObjectEnd: () => void open.pop(),
      onArrayBegin: (_offset, _length, line) => begin(line + 1, []),
      onArrayEnd: () => void open.pop(),
      onLiteralValue: (value: string | number | boolean | null, _offset, _length, line) => add(line + 1, value),
      onError: (code, _offset, _length, line, column) =>
        fail(line + 1, `not valid JSON at column ${column + 1} (${printParseErrorCode(code)})`),
    },
    { disallowComments: true },
  );
  try {
    JSON.parse(text);
  } catch {
    fail(1, 'not valid JSON');
  }
  return roots[0] ?? fail(1, 'not valid JSON');
}
