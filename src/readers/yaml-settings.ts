import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type ParsedNode } from 'yaml';
import { LockfileError, quoted } from './error.ts';
import { refuseDepth } from './yaml-library.ts';

/** Larger than any such file of a project. */
const MAX_CHARACTERS = 1024 * 1024;
/** With what aliases stand for. */
const MAX_VALUES = 100_000;
const MAX_DEPTH = 24;

/**
 * Reads YAML that people write for a package manager (pnpm-workspace.yaml, .yarnrc.yml, package.yaml): with anchors,
 * aliases and merged mappings, as these readers take them, within limits. Throws LockfileError, naming `file`, for
 * everything else that could be read differently.
 */
export function parseSettings(file: string, text: string): unknown {
  const lines = new LineCounter();
  const fail = (line: number | null, problem: string): never => {
    throw new LockfileError(file, line, `${problem}; what it says cannot be followed: write it plainly`);
  };
  if (text.length > MAX_CHARACTERS) fail(null, `more than ${MAX_CHARACTERS / 1024} KB`);
  const source = text.replace(/^\uFEFF/, '');
  refuseDepth(source, fail);
  // Keys that stand twice are found below: the library compares each with every other.
  const options = { version: '1.2', schema: 'core', merge: false, strict: true, uniqueKeys: false } as const;
  const document = parseDocument(source, { ...options, lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined)
    fail(lines.linePos(problem.pos[0]).line, `not YAML: ${problem.message.split('\n')[0] ?? ''}`);

  const anchors = new Map<string, ParsedNode>();
  const open = new Set<ParsedNode>();
  let values = 0;
  const read = (node: ParsedNode | null, depth: number): unknown => {
    if (node === null) return null;
    const { line } = lines.linePos(node.range[0]);
    if ((values += 1) > MAX_VALUES || depth > MAX_DEPTH) return fail(line, 'more values than any settings have');
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined || open.has(target)) return fail(line, `the alias ${quoted(node.source)} has no anchor`);
      return read(target, depth + 1);
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    open.add(node);
    const value = isSeq(node)
      ? node.items.map((item) => read(item, depth + 1))
      : isMap(node)
        ? mapping(node, depth)
        : fail(line, 'neither a mapping, a list nor a text');
    open.delete(node);
    return value;
  };
  const mapping = (node: ParsedNode & { readonly items: readonly PairOfNodes[] }, depth: number): unknown => {
    const own = new Map<string, unknown>();
    const merged: (readonly [string, unknown])[] = [];
    for (const { key, value } of node.items) {
      const name = read(key, depth + 1);
      const { line } = lines.linePos((key ?? node).range[0]);
      if (typeof name === 'object' && name !== null) return fail(line, 'a key that is no text');
      const content = read(value, depth + 1);
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
        // The first of several mappings counts.
        for (const each of [content].flat().reverse()) {
          if (typeof each !== 'object' || each === null) return fail(line, 'merges something else than a mapping');
          merged.push(...Object.entries(each));
        }
        continue;
      }
      if (own.has(String(name))) fail(line, `the key ${quoted(String(name))} stands twice`);
      own.set(String(name), content);
    }
    return Object.fromEntries([...merged, ...own]);
  };
  return read((document as { readonly contents: ParsedNode | null }).contents, 0);
}

interface PairOfNodes {
  readonly key: ParsedNode | null;
  readonly value: ParsedNode | null;
}
