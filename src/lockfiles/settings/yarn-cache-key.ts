/** The first format of Yarn 4, whose caches are of version 10 and not compressed unless a setting says so. */
const FIRST_OF_YARN_4 = 8;
const CACHE_OF_YARN_4 = '10';

/** What a compression level adds to the version of Yarn's cache. */
export function cacheSpecOf(compressionLevel: string): string {
  return compressionLevel === 'mixed' ? '' : `c${compressionLevel}`;
}

/** What stands behind the version in a cache key. */
export function specOfCacheKey(cacheKey: string): string {
  return cacheKey.replace(/^\d+/, '');
}

/**
 * Whether Yarn makes its archives under a lockfile's cache key. Under another one it makes them anew, and compares them
 * with no checksum of the lockfile. `compressionLevel` is that of the project's settings; `version` of the lockfile's
 * format.
 */
export function isCacheKeyInUse(cacheKey: string, version: number, compressionLevel: string | null): boolean {
  const isOfYarn4 = version >= FIRST_OF_YARN_4;
  const isVersion = !isOfYarn4 || cacheKey.replace(/[^\d].*$/, '') === CACHE_OF_YARN_4;
  // Candidates of Yarn 4 had either.
  const specs = isOfYarn4 ? ['c0'] : version === FIRST_OF_YARN_4 - 1 ? ['', 'c0'] : [''];
  const expected = compressionLevel === null ? specs : [cacheSpecOf(compressionLevel)];
  return isVersion && expected.includes(specOfCacheKey(cacheKey));
}
