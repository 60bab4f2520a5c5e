import { promisify } from 'node:util';
import { brotliDecompress, gunzip, gunzipSync } from 'node:zlib';

export const ACCEPT_ENCODING = 'gzip, br';

/** Below this a trip to another thread costs more than the work. */
const SYNC_BYTES = 32 * 1024;

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
        return body.length < SYNC_BYTES ? gunzipSync(body, limits) : await gunzipAsync(body, limits);
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
