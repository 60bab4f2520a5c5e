/** One line of a RECORD file. */
export interface RecordLine {
  /** As it is written: relative to the folder that the .dist-info folder is in, with "/". */
  readonly path: string;
  /** `algorithm=text`, the text in base64 for URLs without padding; empty where the line has none. */
  readonly hash: string;
}

/** Icon sets and test data have some tens of thousands of files. */
const MAX_LINES = 250_000;
const LINE = /^(?:"((?:[^"]|"")*)"|([^",]*)),([^",]*),(\d*)$/;

/**
 * Reads a RECORD file, of a wheel or of what is installed: CSV with three fields in each line
 * (https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file). Null where it
 * is none, has two lines for one path, or a path that two readers could take for different ones.
 */
export function readRecord(bytes: Uint8Array): readonly RecordLine[] | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.includes('�') || text.includes('\0')) return null;
  const lines = new Map<string, RecordLine>();
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const [, quoted, plain = '', hash = ''] = LINE.exec(line) ?? [];
    const path = quoted?.replaceAll('""', '"') ?? plain;
    // A carriage return inside of a line is a line's end to some readers.
    if (path === '' || /[\r\\]/.test(line) || lines.has(path) || lines.size === MAX_LINES) return null;
    lines.set(path, { path, hash });
  }
  return [...lines.values()];
}

/** A SHA-256 in hex, as RECORD files write it. */
export function recordHash(hex: string): string {
  return `sha256=${Buffer.from(hex, 'hex').toString('base64url')}`;
}
