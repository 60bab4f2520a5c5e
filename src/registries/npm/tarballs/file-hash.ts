import { createHash, type Hash } from 'node:crypto';

/** Hashes the content of one file as it comes. */
export interface FileHash {
  update(chunk: Buffer): void;
  /** SHA-256 in hex: of the content, and of what npm makes of it where its first line is one that npm changes. */
  digests(): readonly string[];
}

/** How far npm looks for the end of the first line (bin-links, fix-bin). */
const HEAD_BYTES = 2048;

/**
 * Installers write the first line of a command ("#!...") with the line end of Unix where it has that of Windows, so
 * both forms are hashed.
 */
export function createFileHash(): FileHash {
  const hashes: Hash[] = [createHash('sha256')];
  let head: Buffer | null = Buffer.alloc(0);

  function begin(first: Buffer): void {
    const line = /^#![^\n]+\r\n/.exec(first.toString('latin1', 0, HEAD_BYTES))?.[0];
    if (line !== undefined) {
      const other = createHash('sha256').update(first.subarray(0, line.length - 2));
      hashes.push(other.update(first.subarray(line.length - 1)));
    }
    hashes[0]?.update(first);
    head = null;
  }

  return {
    update(chunk) {
      if (head === null) {
        for (const hash of hashes) hash.update(chunk);
        return;
      }
      const first = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (first.length >= HEAD_BYTES || (first.length > 1 && first.toString('latin1', 0, 2) !== '#!')) begin(first);
      else head = first;
    },
    digests() {
      if (head !== null) begin(head);
      return hashes.map((hash) => hash.digest('hex'));
    },
  };
}
