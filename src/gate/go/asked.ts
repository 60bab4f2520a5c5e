import { isModulePath } from '../../ecosystems/conventions/go-modules.ts';

/** What the go command asks a module proxy, by the path of its request (https://go.dev/ref/mod#goproxy-protocol). */
export type Asked =
  | { readonly kind: 'list' | 'latest'; readonly name: string }
  /** `wanted` is a version; of a description also what names one: a branch, a part of a version. */
  | { readonly kind: 'info' | 'mod' | 'zip'; readonly name: string; readonly wanted: string }
  /** Of the checksum database; `path` is what it is asked itself, without its first slash. */
  | { readonly kind: 'database'; readonly database: string; readonly path: string }
  | { readonly kind: 'nothing' };

const NOTHING: Asked = { kind: 'nothing' };
/** What the go command asks a database (https://go.dev/ref/mod#checksum-database). */
const OF_DATABASE =
  /^(?:supported|latest|lookup\/[\w.~!+/-]+@[\w.~!+-]+|tile\/\d{1,2}(?:\/(?:\d{1,3}|x\d{3}|data|p))*\/[\dxp./]+)$/;
/** The toolchain of Go is a module, too, which the go command knows by this name. */
const WANTED = /^[\w.~+-]{1,255}$/;

/** Reads a path, in which an exclamation mark stands before each letter that is a capital one. */
export function readPath(written: string): Asked {
  const path = decoded(written.slice(1));
  if (path.split('/').some((part) => /^\.{0,2}$/.test(part))) return NOTHING;
  const [, database, rest] = /^sumdb\/(.+?)\/((?:supported|latest|lookup|tile)(?:\/.*)?)$/.exec(path) ?? [];
  if (database !== undefined && rest !== undefined) {
    return OF_DATABASE.test(rest) ? { kind: 'database', database, path: rest } : NOTHING;
  }
  const [, escaped = '', what = ''] = /^(.+)\/(@latest|@v\/.+)$/s.exec(path) ?? [];
  const name = withCapitals(escaped);
  if (name === null || !isModulePath(name)) return NOTHING;
  if (what === '@latest') return { kind: 'latest', name };
  if (what === '@v/list') return { kind: 'list', name };
  const [, version = '', kind] = /^@v\/(.+)\.(info|mod|zip)$/s.exec(what) ?? [];
  const wanted = withCapitals(version);
  if (wanted === null || !WANTED.test(wanted)) return NOTHING;
  return kind === 'info' || kind === 'mod' || kind === 'zip' ? { kind, name, wanted } : NOTHING;
}

/** Empty for what cannot be decoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

/** Null for what nobody writes so: a capital letter, or a mark without a letter behind it. */
function withCapitals(escaped: string): string | null {
  if (/[A-Z]|!(?![a-z])/.test(escaped)) return null;
  return escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
