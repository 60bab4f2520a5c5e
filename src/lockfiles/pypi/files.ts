import type { Artifact, Artifacts, Dependency, Source } from '../../model/dependency.ts';
import { pypiConventions } from '../../ecosystems/conventions/pypi.ts';
import { finding } from '../../model/finding.ts';
import { quoted } from '../../readers/error.ts';
import type { Document } from './document.ts';
import { fileNameOf, readHash, type Fail, type Fields } from './fields.ts';

export const REGISTRY: Source = { kind: 'registry', resolved: null };

/** Of an entry that only one file, or none that could be locked, stands for. */
export const FLAGS = { peer: false, exotic: [], bundles: [] } as const satisfies Partial<Dependency>;

/** Of an entry that pipenv or PDM always writes hashes of, and where there are none installs whatever comes. */
export const WITHOUT_HASHES: Pick<Dependency, 'findings'> = {
  findings: [finding('integrity-missing', { resolved: null, due: true })],
};

/** The artifacts of an entry; one without files locks nothing. */
export function orNothing(files: readonly Artifact[], source: Source = REGISTRY): Artifacts {
  const [first, ...others] = files;
  return [first ?? { file: null, digests: [], source }, ...others];
}

/** The address of a file, which stands in a lockfile as it is fetched. */
export function registryFile(url: string, fail: Fail): Source {
  return URL.canParse(url) ? { kind: 'registry', resolved: url } : fail(`${quoted(url)} is not an address`);
}

/** `{file|url, hash}` as Poetry and PDM write it. */
export function artifactOf(one: Fields, source: Source | null): Artifact {
  const { fail } = one;
  const [file, url, hash] = [one.text('file'), one.text('url'), one.text('hash')];
  const name = file ?? url ?? fail('a file has no name');
  return {
    file: fileNameOf(name, fail),
    digests: hash === null ? [] : [readHash(hash, fail)],
    source: source ?? (url === null ? REGISTRY : registryFile(url, fail)),
  };
}

/** How many files of entries have a hash of their own. */
export function hashedFilesOf(entries: Document['entries']): number {
  return entries.flatMap(({ fields }) => fields.tables('files')).filter((one) => one.has('hash')).length;
}

/** Whether a path or an address is that of one file, and not of a folder. */
export function isArchive(location: string): boolean {
  return /\.(?:whl|zip|tar\.(?:gz|bz2|xz)|tgz|tar)(?:[?#]|$)/i.test(location);
}

/** The version that the name of a wheel or a source distribution has; null where it has none. */
export function versionIn(file: string): string | null {
  const [, wheel] = /^[^-]+-([^-]+)-.+\.whl$/i.exec(file) ?? [];
  const [, sdist] = /^.+-([^-]+)\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)$/i.exec(file) ?? [];
  const version = wheel ?? sdist;
  return version !== undefined && pypiConventions.versions.parse(version) !== null ? version : null;
}

export function sameVersion(a: string, b: string): boolean {
  return pypiConventions.versions.compare(a, b) === 0;
}
