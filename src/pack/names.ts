import { createHash } from 'node:crypto';
import { isMemberPath } from './layout.ts';

/** Whose addresses these are; each ends in a slash. */
export interface Places {
  readonly registries: readonly string[];
  /** Of TUF. */
  readonly repositories: readonly string[];
}

/** `-` stands for what a registry has beside packages. */
const KEYS = '-/npm/v1/keys';
const ATTESTATIONS = '-/npm/v1/attestations/';

/**
 * The path of what an address answered, as people look for it: `npm/HOST/NAME/packument.json`, `NAME/VERSION.json`,
 * `NAME/VERSION` (a folder of bundles), `NAME/-/FILE.tgz` and `keys.json`; `tuf/HOST/` with the layout of the
 * repository. Something else, or what no path can name, is named by its digest.
 */
export function pathFor(url: string, { registries, repositories }: Places): string {
  const repository = longest(repositories, url);
  const registry = longest(registries, url);
  const path =
    repository !== null
      ? ['tuf', hostOf(repository), ...segmentsOf(url.slice(repository.length))]
      : registry !== null
        ? ['npm', hostOf(registry), ...registryPath(url.slice(registry.length))]
        : [];
  const named = path.map(escaped).join('/');
  return path.length > 2 && isMemberPath(named) ? named : otherPath(url);
}

/** Whether an address is that of a document of attestations, whose path is a folder. */
export function isAttestations(url: string): boolean {
  return url.includes(`/${ATTESTATIONS}`);
}

/** The registries whose own keys are among these answers: what those sign, nobody else vouches for. */
export function vouchingIn(answers: readonly { readonly url: string; readonly state: string }[]): readonly string[] {
  const end = `/${KEYS}`;
  return answers.flatMap(({ url, state }) =>
    state === 'present' && url.endsWith(end) ? [url.slice(0, -KEYS.length)] : [],
  );
}

/** The path of what cannot have its own. */
export function otherPath(url: string): string {
  return `other/${createHash('sha256').update(url).digest('hex')}`;
}

/** The path of a bundle in the folder of its document. */
export function bundlePath(folder: string, number: number): string {
  return `${folder}/${number}.sigstore.json`;
}

function longest(bases: readonly string[], url: string): string | null {
  const fitting = bases.filter((base) => url.startsWith(base)).sort((a, b) => b.length - a.length);
  return fitting[0] ?? null;
}

function registryPath(rest: string): readonly string[] {
  if (rest === KEYS) return ['keys.json'];
  if (rest.startsWith(ATTESTATIONS)) {
    const [, name = '', version = ''] = /^(@?[^@]+)@([^@]+)$/.exec(decoded(rest.slice(ATTESTATIONS.length))) ?? [];
    return [...name.split('/'), version];
  }
  const segments = segmentsOf(decoded(rest));
  if (segments.includes('-')) return segments;
  const [first = '', ...others] = segments;
  const [name, version] = first.startsWith('@') ? [[first, others[0] ?? ''], others[1]] : [[first], others[0]];
  return [...name, version === undefined ? 'packument.json' : `${version}.json`];
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** Empty where it cannot be decoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** One segment for the whole address. */
function hostOf(base: string): string {
  const { host, pathname } = new URL(base);
  return [host.replace(':', '_'), ...segmentsOf(pathname)].join('_');
}

/** Upper case as Go's module proxies have it: a file system may know no case. */
function escaped(segment: string): string {
  return segment.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
