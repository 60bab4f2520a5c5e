import { fromBase64 } from '../tlog/note.ts';
import { malformed } from '../tlog/malformed.ts';
import type { JoinProof } from '../tlog/joined.ts';
import { isUnset, list, object, parseJson, text } from '../sigstore/json.ts';
import type { Joining } from './heads.ts';

/** Two notes of a log and what it answered between them, for anybody who has its key. */
export interface ForkFile {
  readonly earlier: string;
  readonly later: string;
  readonly proof: JoinProof | null;
}

const SCHEMA = 'assay.fork/1';
const MAX_TILES = 64;
const MAX_NOTE = 1_000_000;

/** Writes what two heads came to, with nothing in it that has to be believed. */
export function formatFork({ earlier, later, proof }: Joining): string {
  const texts = proof !== null && proof.kind !== 'tiles' ? proof.hashes.map((hash) => hash.toString('base64')) : null;
  const [hashes, after] = proof?.kind === 'after' ? [null, texts] : [texts, null];
  const tiles =
    proof?.kind === 'tiles'
      ? Object.fromEntries([...proof.tiles].map(([path, bytes]) => [path, bytes.toString('base64')]))
      : null;
  return `${JSON.stringify({ schema: SCHEMA, earlier: earlier.note, later: later.note, hashes, after, tiles }, null, 2)}\n`;
}

/** Throws `Malformed`. */
export function parseFork(bytes: Buffer): ForkFile {
  const file = object(parseJson(bytes, 'file'), 'file');
  if (file['schema'] !== SCHEMA) malformed(`file is not ${SCHEMA}`);
  const bytesOf = (value: unknown, path: string): Buffer =>
    fromBase64(text(value, path, 20_000)) ?? malformed(`${path} is not base64`);
  const { hashes, after, tiles } = file;
  return {
    earlier: text(file['earlier'], 'earlier', MAX_NOTE),
    later: text(file['later'], 'later', MAX_NOTE),
    proof: proofOf(),
  };

  function proofOf(): JoinProof | null {
    const hashesOf = (value: unknown, path: string): readonly Buffer[] =>
      list(value, path, 64).map((hash, i) => bytesOf(hash, `${path}[${i}]`));
    if (hashes !== null) return { kind: 'hashes', hashes: hashesOf(hashes, 'hashes') };
    if (!isUnset(after)) return { kind: 'after', hashes: hashesOf(after, 'after') };
    if (tiles === null) return null;
    const entries = Object.entries(object(tiles, 'tiles'));
    if (entries.length > MAX_TILES) malformed(`file has more than ${MAX_TILES} tiles`);
    return { kind: 'tiles', tiles: new Map(entries.map(([path, tile]) => [path, bytesOf(tile, `tiles.${path}`)])) };
  }
}
