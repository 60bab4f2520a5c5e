import { promisify } from 'node:util';
import { brotliDecompress, gunzip, gunzipSync, type ZlibOptions } from 'node:zlib';

export const ACCEPT_ENCODING = 'gzip, br';

/** Below this a trip to another thread costs more than the work. */
const SYNC_BYTES = 32 * 1024;

/** What zlib fills at once where it is not told. */
const LEAST_CHUNK = 16 * 1024;

/** More than documents shrink to; a size that promises more is not believed. */
const MOST_SHRUNK = 32;

const gunzipAsync = promisify(gunzip);
const brotliAsync = promisify(brotliDecompress);

/**
 * Undoes Content-Encoding. Returns the reason where it cannot: 'too-large' as soon as the result would pass `maxBytes`.
 */
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
        return await ungzip(body, { ...limits, chunkSize: chunkFor(body, maxBytes) });
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

function ungzip(body: Buffer, options: ZlibOptions): Buffer | Promise<Buffer> {
  return body.length < SYNC_BYTES ? gunzipSync(body, options) : gunzipAsync(body, options);
}

/**
 * How much room to give zlib at once: where all of a body fits, nothing is copied afterwards. gzip ends with its size
 * modulo 2^32 (RFC 1952 section 2.3.1), which is only a hint: another size makes more chunks or leaves room unused.
 */
function chunkFor(body: Buffer, maxBytes: number): number {
  const size = body.length < 4 ? 0 : body.readUInt32LE(body.length - 4);
  // One byte more, so that zlib sees the end without asking for another chunk.
  return Math.max(LEAST_CHUNK, Math.min(size + 1, maxBytes, MOST_SHRUNK * body.length));
}
