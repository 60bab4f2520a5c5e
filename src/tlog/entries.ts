import { malformed } from './malformed.ts';
import { WIDTH } from './tiles.ts';

/**
 * The entries of a bundle (https://github.com/C2SP/C2SP/blob/main/tlog-tiles.md, "Log Entries"): each after its length
 * in two bytes. `width` are wanted; a full bundle may stand in the place of a partial one. Throws `Malformed`.
 */
export function parseEntryBundle(bytes: Buffer, width: number): readonly Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + 2;
    const end = start <= bytes.length ? start + bytes.readUInt16BE(at) : Infinity;
    if (end > bytes.length) malformed('bundle of entries is cut short');
    if (entries.length === WIDTH) malformed(`bundle has more than ${WIDTH} entries`);
    entries.push(bytes.subarray(start, end));
    at = end;
  }
  if (entries.length !== width && entries.length !== WIDTH) {
    malformed(`bundle of ${entries.length} entries instead of ${width}`);
  }
  return entries.slice(0, width);
}
