import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A zip archive with its files as they are, which every reader of zips reads. */
export function zipOf(files: ReadonlyMap<string, string>): Buffer {
  const [bodies, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [name, content] of files) {
    const [path, bytes] = [Buffer.from(name), Buffer.from(content)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, bytes]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, rest, path]));
    bodies.push(local);
    at += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.size, 4);
  end.writeUInt16LE(files.size, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...bodies, listed, Buffer.from('PK\x05\x06'), end]);
}

/** Go's hash of named files (https://go.dev/ref/mod#go-sum-files). */
export function h1Of(files: ReadonlyMap<string, string>): string {
  const sha256 = (text: string): ReturnType<typeof createHash> => createHash('sha256').update(text);
  const lines = [...files].map(([name, content]) => `${sha256(content).digest('hex')}  ${name}\n`);
  const byName = [...files.keys()].map((name, i) => ({ name: Buffer.from(name), line: lines[i] ?? '' }));
  const sorted = byName.sort((a, b) => Buffer.compare(a.name, b.name)).map(({ line }) => line);
  return `h1:${sha256(sorted.join('')).digest('base64')}`;
}
