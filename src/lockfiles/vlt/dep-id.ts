/**
 * A vlt dependency id: which kind of source, and what names the package there
 * (https://github.com/vltpkg/vltpkg/tree/main/src/dep-id).
 */
export interface DepId {
  readonly type: 'registry' | 'git' | 'remote' | 'file' | 'workspace';
  /** The registry's alias or address, the git remote, the address, or the path. */
  readonly source: string;
  /** `name@version` of a registry, the committish of git; empty otherwise. */
  readonly selector: string;
}

const UNESCAPED: ReadonlyMap<string, string> = new Map([
  ['__', '_'],
  ['_p', '+'],
  ['_b', '\\'],
  ['_c', ':'],
  ['_t', '~'],
  ['_l', '<'],
  ['_g', '>'],
  ['_q', '"'],
  ['_i', '|'],
  ['_m', '?'],
  ['_a', '*'],
  ['_d', '.'],
  ['_s', ' '],
]);

/** Longer than any address; bounds what is taken apart. */
const MAX_ID = 4096;

/**
 * Reads an id as vlt wrote it at any time: parts between "~" with "_" for escapes and "+" for "/", or between "·" or
 * ";" with percent escapes and "§" for "/". What peers and modifiers add at the end distinguishes places of one package
 * and is left out. Null for anything else, and for escapes that vlt does not write.
 */
export function parseDepId(id: string): DepId | null {
  const [, type = '', delimiter] = /^(registry|git|remote|file|workspace|)([~·;])/.exec(id) ?? [];
  if (delimiter === undefined || id.length > MAX_ID) return null;
  const parts = id.split(delimiter);
  const kind = type === '' ? 'registry' : (type as DepId['type']);
  const hasSelector = kind === 'registry' || kind === 'git';
  const least = hasSelector ? 3 : 2;
  if (parts.length < least || parts.length > least + 1) return null;
  const decode = delimiter === '~' ? decodeUnderscores : decodePercents;
  const source = decode(parts[1] ?? '');
  const selector = hasSelector ? decode(parts[2] ?? '') : '';
  if (source === null || selector === null || (source === '' && kind !== 'registry')) return null;
  return { type: kind, source, selector };
}

function decodeUnderscores(text: string): string | null {
  if (text.match(/_.?/gs)?.some((escape) => !UNESCAPED.has(escape)) === true) return null;
  return text.replace(/\+|_./gs, (escape) => (escape === '+' ? '/' : (UNESCAPED.get(escape) ?? '')));
}

function decodePercents(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('§', '/'));
  } catch {
    return null;
  }
}
