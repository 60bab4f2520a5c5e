import type { PackageFile } from '../model/capability.ts';
import type { Evidence } from '../model/evidence.ts';
import { withoutBody } from './answer.ts';
import { MAX_TARBALL_BYTES } from './bounds.ts';
import type { HttpClient } from './http.ts';
import { createLimiter } from './limiter.ts';
import { readCached } from './npm-cache.ts';
import type { TarballEvidence, TarballRequest } from './registry.ts';
import { TarballError } from './tar.ts';
import { readTarball, sha512Of } from './tarball.ts';

/** Tarballs are held in memory while they are read, so few are at once. */
const AT_ONCE = 4;

/** Files of tarballs: from npm's `cache`, where there is one, else of the registry at `base`; `path` is the encoded name. */
export function createTarballs(
  client: HttpClient,
  cache: string | null,
): (base: string, path: string, request: TarballRequest) => Promise<TarballEvidence> {
  const limit = createLimiter(AT_ONCE);

  async function files(url: string, { sha512, isWanted }: TarballRequest): Promise<TarballEvidence> {
    const cached = cache === null ? null : await readCached(cache, sha512);
    if (cached !== null) return filesOf(cached, url, isWanted);
    const answer = await client.get(url, { maxBytes: MAX_TARBALL_BYTES });
    if (answer.kind !== 'ok') return withoutBody(answer, url, MAX_TARBALL_BYTES);
    const actual = sha512Of(answer.body);
    return actual === sha512 ? filesOf(answer.body, url, isWanted) : { state: 'mismatch', url, actual };
  }

  return (base, path, request) => limit(() => files(tarballUrl(base, path, request), request));
}

/**
 * The lockfile's address where it is below that of the package's registry, else npm's conventional one there: whatever a
 * lockfile says, no other host is asked.
 */
function tarballUrl(base: string, path: string, { name, version, resolved }: TarballRequest): string {
  if (resolved !== null && URL.canParse(resolved)) {
    const { href } = new URL(resolved);
    if (href.startsWith(base)) return href;
  }
  const basename = name.slice(name.indexOf('/') + 1);
  return `${base}${path.replace('%2f', '/')}/-/${encodeURIComponent(`${basename}-${version}`)}.tgz`;
}

async function filesOf(
  tarball: Buffer,
  url: string,
  isWanted: (path: string) => boolean,
): Promise<Evidence<readonly PackageFile[]>> {
  try {
    return { state: 'present', value: await readTarball(tarball, isWanted) };
  } catch (error) {
    if (error instanceof TarballError) return { state: 'malformed', url, reason: error.message };
    throw error;
  }
}
