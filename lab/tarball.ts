import { gzipSync } from 'node:zlib';

const BLOCK = 512;
/** The fixed modification time that npm writes, 1985-10-26T08:15:00Z, in seconds. */
const MTIME = 499_162_500;

/**
 * A gzipped ustar archive (POSIX.1-1988) of the files below one folder, byte for byte the same for the same files.
 * Paths are ASCII of at most 92 characters.
 */
export function packTarball(files: Readonly<Record<string, string>>, folder = 'package'): Buffer {
  const parts: Buffer[] = [];
  for (const [path, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    parts.push(header(`${folder}/${path}`, content.length), content, Buffer.alloc(-content.length & (BLOCK - 1)));
  }
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}

function header(path: string, size: number): Buffer {
  if (path.length > 100) throw new RangeError(`path too long for a ustar header: ${path}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(path, 0);
  block.write(octal(0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(MTIME, 12), 136);
  // The checksum is taken with its own field as spaces.
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
