import { promisify } from 'node:util';
import { brotliDecompress, gunzip, gunzipSync } from 'node:zlib';

export const ACCEPT_ENCODING = 'gzip, br';

/** Below this a trip to another thread costs more than the work. */
const SYNC_BYTES = 32 * 1024;

const MIN_CHUNK_BYTES = 1024;
const MAX_CHUNK_BYTES = 8 * 1024 * 1024;

const gunzipAsync = promisify(gunzip);
const brotliAsync = promisify(brotliDecompress);

/** Undoes Content-Encoding. Returns the reason where it cannot: 'too-large' as soon as the result would pass `maxBytes`. */
export async function decodeBody(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer | 'too-large' | 'unknown content encoding' | 'broken content encoding'> {
  const limits = { maxOutputLength: maxBytes };
  try {
    switch (encoding?.trim().toLowerCase() ?? '') {
      case '':
      case 'identity':
        return body;
      case 'gzip':
      case 'x-gzip':
        return await (body.length < SYNC_BYTES ? gunzipSync : gunzipAsync)(body, {
          ...limits,
          chunkSize: chunkFor(body),
        });
      case 'br':
        return await brotliAsync(body, limits);
      default:
        return 'unknown content encoding';
    }
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return tooLarge ? 'too-large' : 'broken content encoding';
  }
}

/**
 * Room for all of the result, so that it is not put together from pieces: gzip ends with the size of what is in it (RFC
 * 1952). What lies about that is read in pieces.
 */
function chunkFor(body: Buffer): number {
  const size = body.length < 4 ? 0 : body.readUInt32LE(body.length - 4);
  return Math.min(Math.max(size + 1, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES);
}
