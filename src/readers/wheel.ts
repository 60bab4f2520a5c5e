import { createHash } from 'node:crypto';
import { digestOf } from './digest.ts';
import { readRecord } from './installed-record.ts';
import { readZip, ZipError } from './zip.ts';

/** One file of a wheel. */
interface WheelFile {
  /** SHA-256, hex. */
  readonly digest: string;
  /** What its RECORD has of it, as `algorithm=text`; empty for RECORD itself, which has none. */
  readonly recorded: string;
}

/** A wheel that was read to its end. */
export interface Wheel {
  /** NAME-VERSION, as its .dist-info folder is called. */
  readonly stem: string;
  /** By path in the archive. */
  readonly files: ReadonlyMap<string, WheelFile>;
  /** Names of programs and plugins; null where it has none. */
  readonly entryPoints: Buffer | null;
  /** By path: scripts whose first line an installer writes anew. */
  readonly scripts: ReadonlyMap<string, Buffer>;
}

/** The largest wheels of PyPI carry libraries of GPUs. */
export const MAX_WHEEL_BYTES = 1024 ** 3;
const LIMITS = { entries: 65_534, bytes: 4 * 1024 ** 3 };
const SIGNATURE = /\.dist-info\/RECORD\.(?:jws|p7s)$/;

/**
 * Reads a wheel (https://packaging.python.org/en/latest/specifications/binary-distribution-format/). Its RECORD has to
 * be that of its files. Throws ZipError.
 */
export function readWheel(archive: Uint8Array): Wheel {
  const entries = readZip(archive, LIMITS).filter(({ isFolder }) => !isFolder);
  const [record, ...others] = entries.filter(({ path }) => /^[^/]+\.dist-info\/RECORD$/.test(path));
  if (record === undefined || others.length > 0) throw new ZipError('not one RECORD');
  const stem = record.path.slice(0, -'.dist-info/RECORD'.length);
  const lines = readRecord(record.content());
  if (lines === null) throw new ZipError('a RECORD that cannot be read');
  const recorded = new Map(lines.map(({ path, hash }) => [path, hash]));
  const files = new Map<string, WheelFile>();
  const scripts = new Map<string, Buffer>();
  let entryPoints: Buffer | null = null;
  for (const { path, content } of entries) {
    const bytes = content();
    const isRecord = path === record.path || SIGNATURE.test(path);
    const hash = isRecord ? '' : recorded.get(path);
    if (hash === undefined) throw new ZipError('a file that its RECORD does not have');
    if (!isRecord && hash !== hashAs(hash, bytes)) throw new ZipError('a file that its RECORD has another hash of');
    files.set(path, { digest: digestOf(bytes), recorded: hash });
    if (path === `${stem}.dist-info/entry_points.txt`) entryPoints = bytes;
    if (path.startsWith(`${stem}.data/scripts/`) && bytes.subarray(0, 8).toString('latin1') === '#!python') {
      scripts.set(path, bytes);
    }
  }
  return { stem, files, entryPoints, scripts };
}

/** The hash of bytes in the form and by the algorithm of another one; null for one that no RECORD may have. */
function hashAs(other: string, bytes: Buffer): string | null {
  const algorithm = /^(sha256|sha384|sha512)=/.exec(other)?.[1];
  if (algorithm === undefined) return null;
  return `${algorithm}=${createHash(algorithm).update(bytes).digest('base64url')}`;
}
