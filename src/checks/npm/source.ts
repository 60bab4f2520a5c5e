import { NPM_REGISTRY, YARN_REGISTRY } from '../../ecosystems/conventions/npm-names.ts';
import { withoutCredentials } from '../../model/address.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { Manifest } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';

const NPM_HOST = new URL(NPM_REGISTRY).host;
const YARN_HOST = new URL(YARN_REGISTRY).host;

/** Is what was verified changed afterwards? No registry knows the patch. */
export function checkPatch({ patches }: Dependency): Finding | null {
  return patches === undefined ? null : finding('lockfile-patched', { patch: patches.join(', ') });
}

/**
 * Does `resolved` point at this package, on a host that is expected? npm fetches from `resolved` as it stands (but for
 * the default registry's host, which it replaces by the configured one), so another package's address there is another
 * package's code under this name. `tarball` is the address the registry gives for this version, null where it is not
 * known; `others` are addresses that stand for the registry that is asked.
 */
export function checkResolved(
  dependency: Dependency,
  registry: string,
  tarball: string | null = null,
  others: readonly string[] = [],
): Finding | null {
  const [{ source, digests }] = dependency.artifacts;
  if (source.kind !== 'registry' || source.resolved === null) return null;
  const { resolved } = source;
  const found = tarballAddress(resolved);
  if (found === null || !(namesPackage(found.path, dependency) || isSameAddress(found, tarball))) {
    return resolvedMismatch(dependency, registry, resolved);
  }
  const addresses = [registry, ...others];
  if (addresses.some((address) => isExpectedHost(found.url, address))) return null;
  // Without a hash nothing holds what a stranger serves to what the registry has.
  const known = [NPM_HOST, YARN_HOST, ...addresses.map((address) => new URL(address).host)];
  return digests.length === 0 && !known.includes(found.url.host)
    ? resolvedMismatch(dependency, registry, resolved)
    : finding('lockfile-unexpected-host', { resolved: withoutCredentials(resolved), registry });
}

function resolvedMismatch(dependency: Dependency, registry: string, resolved: string): Finding {
  return finding('lockfile-resolved-mismatch', {
    resolved: withoutCredentials(resolved),
    expected: expectedTarball(dependency, registry),
  });
}

/** A web address, with its path decoded. */
interface TarballAddress {
  readonly url: URL;
  readonly path: string;
}

function tarballAddress(text: string): TarballAddress | null {
  try {
    const url = new URL(text);
    const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
    return isWeb ? { url, path: decodeURIComponent(url.pathname) } : null;
  } catch {
    return null;
  }
}

/** The same but for the host, which is judged by itself: mirrors and replaced hosts keep the rest. */
function isSameAddress({ url, path }: TarballAddress, tarball: string | null): boolean {
  const given = tarball === null ? null : tarballAddress(tarball);
  return given !== null && given.path === path && given.url.search === url.search;
}

/**
 * The forms registries use: NAME/-/BASENAME-VERSION.tgz by convention, /download/ instead of /-/ (cnpm), the version as
 * a folder before the file (Font Awesome, Gitea), NAME/VERSION.tgz (JSR), and download/NAME/VERSION/HASH (GitHub
 * Packages).
 */
function namesPackage(path: string, { name, version }: Dependency): boolean {
  const basename = name.slice(name.indexOf('/') + 1);
  // By far the commonest, with nothing before it.
  if (path === `/${name}/-/${basename}-${version}.tgz`) return true;
  const conventional = ['-', 'download'].flatMap((between) => [
    `/${name}/${between}/${basename}-${version}.tgz`,
    `/${name}/${between}/${name}-${version}.tgz`,
    `/${name}/${between}/${version}/${basename}-${version}.tgz`,
  ]);
  conventional.push(`/${name}/${version}.tgz`);
  const tail = conventional.find((candidate) => path.endsWith(candidate));
  // Behind a scope, the same words name the scope's package.
  if (tail !== undefined) return name.startsWith('@') || !/\/@[^/]*$/.test(path.slice(0, -tail.length));
  const download = `/download/${name}/${version}/`;
  const at = path.lastIndexOf(download);
  return at !== -1 && /^[0-9a-f]{40,128}$/.test(path.slice(at + download.length));
}

function expectedTarball({ name, version }: Dependency, registry: string): string {
  return `${registry}${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}

/**
 * The default registry's host stands for whichever registry is configured (npm's replace-registry-host). Yarn's name
 * for it stands for that registry alone: Yarn fetches from there whatever is configured.
 */
function isExpectedHost({ host, protocol }: URL, registry: string): boolean {
  if (host === NPM_HOST && protocol === 'https:') return true;
  if (host === YARN_HOST && protocol === 'https:') return [NPM_REGISTRY, YARN_REGISTRY].includes(registry);
  const expected = new URL(registry);
  return host === expected.host && (protocol === expected.protocol || protocol === 'https:');
}

/** Does this package bring in code that no registry vouches for? */
export function checkExotic(dependency: Dependency): readonly Finding[] {
  return dependency.exotic.map(({ name, spec }) =>
    finding('history-exotic-dependency', { name, spec: withoutCredentials(spec) }),
  );
}

/**
 * Does the registry know that the tarball carries anything? Such entries have no hash of their own. Which ones it
 * carries, only the tarball shows: what is listed brings along what it needs itself.
 */
export function checkBundled({ bundles }: Dependency, manifest: Manifest): Finding | null {
  if (bundles.length === 0 || manifest.bundles.length > 0) return null;
  return finding('lockfile-bundle-mismatch', { names: bundles });
}
