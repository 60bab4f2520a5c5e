import { withoutBody } from '../../evidence-of.ts';
import { MAX_TARBALL_BYTES } from '../../../model/limits.ts';
import type { HttpClient } from '../../../net/request.ts';
import { createTarballSink, type ReadResult, type TarballSink } from './hash-and-read.ts';
import { createLimiter } from '../../../net/limiter.ts';
import { findCached, readInto, type PackageCaches } from './package-caches.ts';
import type { TarballEvidence, TarballRequest } from '../../registry.ts';

/** Each takes a few hundred KiB of memory, whatever its size, and what is kept of its files. */
const AT_ONCE = 8;

/** Tarballs from the caches of package managers, else of the registry at `base`; `path` is the encoded name. */
export function createTarballs(
  client: HttpClient,
  caches: PackageCaches,
): (base: string, path: string, request: TarballRequest) => Promise<TarballEvidence> {
  const limit = createLimiter(AT_ONCE);
  const candidatesFor = findCached(caches);

  async function tarball(url: string, request: TarballRequest): Promise<TarballEvidence> {
    const { name, version, digests } = request;
    let corruptCache = false;
    for (const { path, from } of await candidatesFor(name, version, digests)) {
      const sink = createTarballSink(digests, request);
      const result = (await readInto(path, sink)) ? await sink.finish() : null;
      if (result === null) sink.drop();
      else if (result.state !== 'mismatch') return evidenceOf(result, url, { from, corruptCache });
      else corruptCache = true;
    }

    let current: TarballSink | null = null;
    const newSink = (): TarballSink => {
      // Another attempt starts anew.
      current?.drop();
      return (current = createTarballSink(digests, request));
    };
    const answer = await client.get(url, { maxBytes: MAX_TARBALL_BYTES, sink: newSink });
    const sink = current as TarballSink | null;
    if (answer.kind !== 'ok' || sink === null) {
      sink?.drop();
      return answer.kind === 'ok'
        ? { state: 'malformed', url, reason: 'the answer has no body' }
        : withoutBody(answer, url, MAX_TARBALL_BYTES);
    }
    return evidenceOf(await sink.finish(), url, { from: 'registry', corruptCache });
  }

  return (base, path, request) => limit(() => tarball(tarballUrl(base, path, request), request));
}

function evidenceOf(
  result: ReadResult,
  url: string,
  where: Pick<Extract<TarballEvidence, { state: 'present' }>['value'], 'from' | 'corruptCache'>,
): TarballEvidence {
  switch (result.state) {
    case 'mismatch':
      return { ...result, url };
    case 'malformed':
      return { state: 'malformed', url, reason: result.reason };
    case 'read':
      return { state: 'present', value: { files: result.files, size: result.size, ...where } };
  }
}

/**
 * The lockfile's address where it is below that of the package's registry, else npm's conventional one there: whatever
 * a lockfile says, no other host is asked.
 */
function tarballUrl(base: string, path: string, { name, version, resolved }: TarballRequest): string {
  if (resolved !== null && URL.canParse(resolved)) {
    const { href } = new URL(resolved);
    if (href.startsWith(base)) return href;
  }
  const basename = name.slice(name.indexOf('/') + 1);
  return `${base}${path.replace('%2f', '/')}/-/${encodeURIComponent(`${basename}-${version}`)}.tgz`;
}
