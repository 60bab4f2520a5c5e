import { Composer, CST, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, Parser, type ParsedNode } from 'yaml';
import { LockfileError, quoted } from './error.ts';
import type { JsonNode, JsonValue } from './json.ts';
import { isPlainKey, resolvePlain } from './yaml-scalar.ts';

/** The library takes some hundred times the size in memory. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_DEPTH = 24;
const MAX_INDENTATION = 128;

/**
 * Reads YAML that something else than a package manager wrote anew (a formatter: values over several lines, comments,
 * other quotes), with the library for it. Refused is what two readers could read differently: anchors, aliases, tags,
 * directives, keys that stand twice or are no text, numbers and words that are spelled in several ways, marks between
 * documents that are more than "---". Throws LockfileError, and nothing else.
 */
export function parseFormattedYaml(file: string, text: string): readonly JsonNode[] {
  const lines = new LineCounter();
  const fail = (line: number | null, problem: string): never => {
    throw new LockfileError(file, line, `${problem}; restore the file, or let the package manager write it again`);
  };
  if (text.length > MAX_BYTES) fail(null, `more than ${MAX_BYTES / 1024 / 1024} MB that no package manager formatted`);
  const lexemes = refuseDepth(text, fail);
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const read = (node: ParsedNode | null, depth: number): JsonValue => {
    if (node === null) return null;
    const line = lineAt(node.range[0]);
    if (depth > MAX_DEPTH) return fail(line, `nested deeper than ${MAX_DEPTH} levels`);
    if (isAlias(node) || node.anchor !== undefined) return fail(line, 'has an anchor or an alias');
    if (node.tag !== undefined) return fail(line, 'has a tag');
    if (isScalar(node)) return scalar(node.value, node.source, node.type, line);
    if (isSeq(node)) return node.items.map((item) => ({ line: lineAt(item.range[0]), value: read(item, depth + 1) }));
    if (!isMap(node)) return fail(line, 'has something else than a mapping, a list or a text');
    const object = new Map<string, JsonNode>();
    for (const { key, value } of node.items) {
      const at = isScalar(key) ? lineAt(key.range[0]) : line;
      const name = isScalar(key) ? read(key, depth + 1) : null;
      if (typeof name !== 'string' || (isScalar(key) && key.type === 'PLAIN' && !isPlainKey(key.source)))
        return fail(at, 'has a key that is no text, or is read otherwise by others: put it in quotes');
      const earlier = object.get(name);
      if (earlier !== undefined)
        fail(at, `the key ${quoted(name)} stands twice in one mapping, first in line ${earlier.line}`);
      object.set(name, { line: at, value: value === null ? null : read(value, depth + 1) });
    }
    return object;
  };
  const scalar = (value: unknown, source: string | undefined, type: unknown, line: number): JsonValue => {
    const isOne =
      value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (!isOne) return fail(line, 'has a value that is no text, number or boolean');
    const isSame = type !== 'PLAIN' || source === undefined || source.includes('\n') || resolvePlain(source) === value;
    return isSame || (value === null && source === '')
      ? value
      : fail(line, `${quoted(source)} is read otherwise by others: put it in quotes`);
  };
  /** From the lexemes that are there already; nothing more is read after the first that is no YAML. */
  function* tokens(): Generator<CST.Token> {
    for (const token of tokensOf(lexemes, lines)) {
      if (token.type === 'error') fail(lineAt(token.offset), 'not YAML');
      yield token;
    }
  }
  const options = { version: '1.2', schema: 'core', merge: false, strict: true, uniqueKeys: false } as const;
  const documents: JsonNode[] = [];
  const composer = new Composer(options);
  for (const document of composer.compose(tokens())) {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) fail(lineAt(problem.pos[0]), 'not YAML');
    const { contents } = document as { readonly contents: ParsedNode | null };
    documents.push({
      line: contents === null ? 1 : lineAt(contents.range[0]),
      value: read(contents, 0),
    });
  }
  return documents;
}

function* tokensOf(lexemes: readonly string[], lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of lexemes) yield* parser.next(lexeme);
  yield* parser.end();
}

/**
 * The library recurses with the depth of the text, so that this is bounded before, by what a lexer finds. Gives what it
 * found.
 */
export function refuseDepth(text: string, fail: (line: number | null, problem: string) => never): readonly string[] {
  const lexemes: string[] = [];
  let line = 1;
  let brackets = 0;
  let indicators = 0;
  let isText = false;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes.push(lexeme);
    if (!isText && (lexeme === '[' || lexeme === '{')) brackets += 1;
    if (!isText && (lexeme === ']' || lexeme === '}')) brackets -= 1;
    if (!isText && brackets === 0 && (lexeme === '-' || lexeme === '?' || lexeme === ':')) indicators += 1;
    if (lexeme.includes('\n')) {
      indicators = 0;
      line += lexeme.split('\n').length - 1;
    }
    const isDeep =
      brackets > MAX_DEPTH || indicators > MAX_DEPTH || (lexeme.length > MAX_INDENTATION && /^ +$/.test(lexeme));
    if (isDeep) fail(line, `nested deeper than ${MAX_DEPTH} levels`);
    isText = lexeme === CST.SCALAR;
    // A document of its own begins with these alone on their line; others read more than that differently.
    if (!isText && (lexeme.startsWith('...') || lexeme.startsWith('%')))
      fail(line, 'has a mark of YAML that package managers do not write');
  }
  const mark = /^---(?!$).*$/m.exec(text);
  if (mark !== null) fail(text.slice(0, mark.index).split('\n').length, 'expected "---" alone on its line');
  return lexemes;
}
