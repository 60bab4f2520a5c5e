import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { newTree, type MerkleTree } from '../sigstore/merkle.ts';

/** A checksum database with a key of its own, which answers for any size that it had. */
export interface LabDatabase {
  /** As GOSUMDB has it: `NAME+HINT+KEY`. */
  readonly key: string;
  /** Adds a record, and returns its position. */
  readonly add: (record: string) => number;
  /** A signed head: of all that is there, or of fewer leaves, another root, or with lines behind the root. */
  readonly head: (of?: { readonly size?: number; readonly root?: Buffer; readonly extensions?: string }) => string;
  /** Signs any text. */
  readonly note: (text: string) => string;
  /** A tile by its path below `tile/8/`; null where the tree has none. */
  readonly tile: (path: string) => Buffer | null;
  readonly size: () => number;
  /** From here on it has another history, which begins with a record that was never there. */
  readonly fork: () => void;
}

const WIDTH = 256;

export function newDatabase(name: string): LabDatabase {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const typed = Buffer.concat([Buffer.from([1]), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const hint = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4);
  let tree: MerkleTree = newTree();
  const records: string[] = [];
  /** The head that was signed last, which most answers have. */
  let last = '';

  const note = (text: string): string => {
    const signature = Buffer.concat([hint, sign(null, Buffer.from(text), privateKey)]);
    return `${text}\n— ${name} ${signature.toString('base64')}\n`;
  };
  return {
    key: `${name}+${hint.toString('hex')}+${typed.toString('base64')}`,
    add: (record) => {
      records.push(record);
      return tree.append(Buffer.from(record));
    },
    note,
    head: ({ size = tree.size(), root = tree.root(size), extensions = '' } = {}) => {
      const text = `go.sum database tree\n${size}\n${root.toString('base64')}\n${extensions}`;
      if (!last.startsWith(`${text}\n`)) last = note(text);
      return last;
    },
    tile: (path) => {
      const [, level = '', place = '', part] = /^(\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path) ?? [];
      if (place === '') return null;
      const index = Number(place.replaceAll(/[x/]/g, ''));
      const width = part === undefined ? WIDTH : Number(part);
      const span = WIDTH ** Number(level);
      const isThere = (index * WIDTH + width) * span <= tree.size();
      if (!isThere) return null;
      return Buffer.concat(Array.from({ length: width }, (_, i) => tree.node(index * WIDTH + i, span)));
    },
    size: () => tree.size(),
    fork: () => {
      tree = newTree();
      records[0] = `never.example/seen v1.0.0 h1:${Buffer.alloc(32, 9).toString('base64')}\n`;
      for (const record of records) tree.append(Buffer.from(record));
    },
  };
}
