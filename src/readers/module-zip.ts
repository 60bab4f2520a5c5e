import { createHash } from 'node:crypto';
import { digestOf } from './digest.ts';
import { readZip, ZipError, type ZipEntry } from './zip.ts';

/** One file of a Go module. */
export interface ModuleFile {
  readonly size: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** A zip of a Go module that was read to its end. */
export interface ModuleZip {
  /** What go.sum and the checksum database have of it as `h1:`, in hex. */
  readonly hash: string;
  /** By path within the module. */
  readonly files: ReadonlyMap<string, ModuleFile>;
}

const MIB = 1024 * 1024;
/** What Go itself reads of a module (https://go.dev/ref/mod#zip-path-size-constraints). */
export const MAX_MODULE_BYTES = 500 * MIB;
export const MAX_LONE_BYTES = 16 * MIB;
/** A zip without zip64 has no more. */
const MAX_ENTRIES = 65_534;

/**
 * Reads the zip of a module, "path@version". Contents are not kept: `look` is shown each with its path within the
 * module. Throws ZipError for what Go refuses, and for what two readers could take for different files.
 */
export function readModuleZip(
  archive: Uint8Array,
  module: string,
  look: (path: string, content: Buffer) => void = () => undefined,
): ModuleZip {
  if (archive.byteLength > MAX_MODULE_BYTES) throw new ZipError('more bytes than a module may have');
  const entries = readZip(archive, { entries: MAX_ENTRIES, bytes: MAX_MODULE_BYTES });
  const prefix = `${module}/`;
  refuseFoldedFolders(entries.map(({ path }) => path));
  const files = new Map<string, ModuleFile>();
  const hashed: Hashed[] = [];
  for (const entry of entries) {
    const path = pathWithin(entry, prefix);
    const content = entry.content();
    const digest = digestOf(content);
    hashed.push({ name: entry.path, digest });
    if (entry.isFolder) continue;
    files.set(path, { size: entry.size, digest });
    look(path, content);
  }
  return { hash: dirHashOf(hashed), files };
}

/** What go.sum and the checksum database have of a go.mod as `h1:`, in hex. */
export function goModHashOf(bytes: Uint8Array): string {
  return dirHashOf([{ name: 'go.mod', digest: digestOf(bytes) }]);
}

interface Hashed {
  readonly name: string;
  readonly digest: string;
}

/** Go's `h1:` (golang.org/x/mod/sumdb/dirhash): a hash of the lines that sha256sum prints, in the order of bytes. */
function dirHashOf(files: readonly Hashed[]): string {
  const lines = files.map(({ name, digest }) => ({ key: Buffer.from(name), line: `${digest}  ${name}\n` }));
  const hash = createHash('sha256');
  for (const { line } of lines.sort((a, b) => Buffer.compare(a.key, b.key))) hash.update(line);
  return hash.digest('hex');
}

function pathWithin({ path, isFolder, size }: ZipEntry, prefix: string): string {
  if (!path.startsWith(prefix)) throw new ZipError('a file outside of its module');
  const within = path.slice(prefix.length).replace(/\/$/, '');
  const elements = within.split('/');
  if (!(isFolder && within === '') && !elements.every(isFileName)) throw new ZipError('a name that Go refuses');
  if (isFolder) return within;
  if (/^go\.mod$/i.test(elements.at(-1) ?? '') && within !== 'go.mod') {
    throw new ZipError('a go.mod that is not that of the module');
  }
  if ((within === 'go.mod' || within === 'LICENSE') && size > MAX_LONE_BYTES) {
    throw new ZipError('a go.mod or LICENSE of more bytes than Go reads');
  }
  return within;
}

/** Windows reserves some names, whatever follows a dot. */
const RESERVED = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)/i;

function isFileName(element: string): boolean {
  return /^[\p{L}0-9!#$%&()+,\-.=@[\]^_{}~ ]+$/u.test(element) && !element.endsWith('.') && !RESERVED.test(element);
}

/** Folders that are one where the case of letters does not matter; of files the reader of zips sees to it. */
function refuseFoldedFolders(paths: readonly string[]): void {
  const known = new Map<string, string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      const folded = folder.toUpperCase().toLowerCase();
      const other = known.get(folded);
      if (other === folder) break;
      if (other !== undefined) throw new ZipError('two folders whose names differ in the case of letters alone');
      known.set(folded, folder);
    }
  }
}
