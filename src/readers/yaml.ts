import { CST, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, type Document, type ParsedNode } from 'yaml';
import { PolicyError } from './file-error.ts';

/** A value of a YAML document with its line (1-based). Keys are text and each is given once. */
export type YamlNode =
  | { readonly kind: 'map'; readonly line: number; readonly entries: ReadonlyMap<string, YamlEntry> }
  | { readonly kind: 'list'; readonly line: number; readonly items: readonly YamlNode[] }
  | { readonly kind: 'scalar'; readonly line: number; readonly value: string | number | boolean | null };

export interface YamlEntry {
  /** The line of the key. */
  readonly line: number;
  readonly value: YamlNode;
}

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 8;
const MAX_LINES = 20_000;
const MAX_LINE = 2000;
const MAX_INDENTATION = 64;
const MAX_INDICATORS = 16;
const NEWLINE = /\r\n?|\n/;

/**
 * Reads one YAML 1.2 document (core schema) of at most 1 MiB, without what a policy has no use for: tags, anchors,
 * aliases, directives, tabs as indentation. Throws PolicyError, and nothing else.
 */
export function parseYaml(file: string, bytes: Uint8Array): YamlNode {
  const text = decode(file, bytes);
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(Math.max(0, offset)).line;
  const refuse = (line: number | null, reason: string): never => {
    throw new PolicyError(file, line, reason);
  };
  const document = parse(file, text, lines);
  const [problem] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (problem !== undefined) {
    const several = problem.code === 'MULTIPLE_DOCS';
    refuse(lineAt(problem.pos[0]), several ? 'a second document begins; a policy is one document' : oneLine(problem));
  }
  const { contents } = document;
  if (contents === null) return refuse(null, 'the policy says nothing; remove the file or write a rule');
  return read(contents, 0);

  function read(node: ParsedNode | null, depth: number): YamlNode {
    if (node === null) return { kind: 'scalar', line: 1, value: null };
    const line = lineAt(node.range[0]);
    if (depth > MAX_DEPTH) refuse(line, 'nested too deeply');
    if (typeof node.tag === 'string' && !node.tag.startsWith('tag:yaml.org,2002:'))
      refuse(line, 'tags are not supported');
    if ('anchor' in node) refuse(line, 'anchors are not supported; write the value out');
    if (isScalar(node)) return { kind: 'scalar', line, value: scalar(node.value, line) };
    if (isSeq(node)) return { kind: 'list', line, items: node.items.map((item) => read(item, depth + 1)) };
    if (!isMap(node)) return refuse(line, 'aliases are not supported; write the value out');
    const entries = new Map<string, YamlEntry>();
    for (const { key, value } of node.items) {
      const keyNode = read(key, depth + 1);
      if (keyNode.kind !== 'scalar' || typeof keyNode.value !== 'string') {
        return refuse(keyNode.line, 'a key must be text; quote it if it is meant as such');
      }
      const earlier = entries.get(keyNode.value);
      if (earlier !== undefined)
        refuse(keyNode.line, `${show(keyNode.value)} is already given in line ${earlier.line}`);
      const at = value === null ? { ...keyNode, value: null } : read(value, depth + 1);
      entries.set(keyNode.value, { line: keyNode.line, value: at });
    }
    return { kind: 'map', line, entries };
  }

  function scalar(value: unknown, line: number): string | number | boolean | null {
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
      return value as string | number | boolean | null;
    }
    return refuse(line, 'not text, a number or a boolean');
  }
}

/** UTF-8 without characters a terminal would act on. */
function decode(file: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES) throw new PolicyError(file, null, `larger than ${MAX_BYTES} bytes`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new PolicyError(file, null, 'not UTF-8');
  }
  const refuseAt = (pattern: RegExp, reason: string): void => {
    const at = pattern.exec(text)?.index;
    if (at !== undefined) throw new PolicyError(file, text.slice(0, at + 1).split(NEWLINE).length, reason);
  };
  refuseAt(/(?![\t\r\n])[\p{Cc}\p{Cs}]|\p{Bidi_Control}/u, 'contains a control character');
  return text;
}

/** A document without content has null for it. */
type ParsedYaml = Pick<Document.Parsed, 'errors' | 'warnings'> & { readonly contents: ParsedNode | null };

/**
 * The parser recurses with the depth of the text, and near the end of its stack V8 can abort the whole process. So
 * depth is bounded before: by line length and indentation, and by the indicators and brackets a lexer finds.
 */
function scan(file: string, text: string): void {
  const refuse = (line: number, reason: string): never => {
    throw new PolicyError(file, line, reason);
  };
  const rows = text.split(NEWLINE);
  if (rows.length > MAX_LINES) throw new PolicyError(file, null, `more than ${MAX_LINES} lines`);
  for (const [i, line] of rows.entries()) {
    if (line.length > MAX_LINE) refuse(i + 1, `a line of more than ${MAX_LINE} characters`);
    if (/^ *\t/.test(line)) refuse(i + 1, 'a tab as indentation; YAML takes spaces');
    if (line.startsWith('%')) refuse(i + 1, 'directives are not supported');
    if (line.length - line.replace(/^ +/, '').length > MAX_INDENTATION) refuse(i + 1, 'indented too deeply');
  }
  let line = 1;
  let brackets = 0;
  let indicators = 0;
  let scalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (!scalar && (lexeme === '[' || lexeme === '{')) brackets += 1;
    if (!scalar && (lexeme === ']' || lexeme === '}')) brackets -= 1;
    if (!scalar && (lexeme === '-' || lexeme === '?' || lexeme === ':') && brackets === 0) indicators += 1;
    const ends = lexeme.split(NEWLINE).length - 1;
    if (ends > 0) indicators = 0;
    if (brackets > MAX_DEPTH || indicators > MAX_INDICATORS) refuse(line, 'nested too deeply');
    line += ends;
    scalar = lexeme === CST.SCALAR;
  }
}

function parse(file: string, text: string, lineCounter: LineCounter): ParsedYaml {
  scan(file, text);
  // Duplicate keys are found while reading: the parser compares each key with every other.
  const options = { version: '1.2', schema: 'core', merge: false, strict: true, uniqueKeys: false } as const;
  return parseDocument(text, { ...options, lineCounter, prettyErrors: false, logLevel: 'error' });
}

function oneLine({ message }: Error): string {
  const line = message.split('\n')[0]?.slice(0, 200) ?? 'not YAML';
  // What people meet first: owners begin with @.
  return line.includes('reserved character') ? `${line}; put it in quotes` : line;
}

/** Text of a policy file for a message: quoted and shortened. */
export function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
