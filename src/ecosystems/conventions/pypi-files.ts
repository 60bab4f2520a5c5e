import { normalise } from './pypi-names.ts';
import { versions } from './pypi-versions.ts';

/** The index that installers ask where no setting names another one. */
export const PYPI_INDEX = 'https://pypi.org/simple/';

/** Where PyPI has the files of its index. */
export const PYPI_FILES = 'files.pythonhosted.org';

/** Endings of source distributions, those of old as well. */
const SDISTS = ['.tar.gz', '.zip', '.tar.bz2', '.tgz', '.tar.xz', '.tar.Z', '.tar'];
/** Of what was once built for one platform; indexes keep it, and old lockfiles have its hashes. */
const OTHERS = /\.(?:egg|exe|msi|rpm|dmg|deb)$/;

/** No file system has longer ones. */
const MAX_FILE_NAME = 255;

/** What the name of a file says: of which version it is, and what it was built for. */
interface NamedFile {
  readonly version: string;
  /** Build number and tags of a wheel, the ending of any other file. */
  readonly rest: string;
}

/**
 * The version that a file of a project is of, by its name: of a wheel
 * (https://packaging.python.org/en/latest/specifications/binary-distribution-format/), a source distribution, or an old
 * built one. Null where the name is of another project, or has no version. `project` is normalised.
 */
export function versionOfFile(file: string, project: string): string | null {
  return partsOf(file, project)?.version ?? null;
}

/** Whether two names are of the same file of a project: name and version may be spelled in several ways. */
export function isSameFile(one: string, other: string, project: string): boolean {
  if (one === other) return true;
  const [a, b] = [partsOf(one, project), partsOf(other, project)];
  if (a === null || a.rest !== b?.rest) return false;
  return versions.compare(a.version, b.version) === 0;
}

/**
 * The build number and all tags of a wheel, by its name: `py2.py3-none-any` stands for two
 * (https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#compressed-tag-sets). Null for
 * another file.
 */
export function tagsOfWheel(file: string): { readonly build: string; readonly tags: readonly string[] } | null {
  const parts = file.endsWith('.whl') && file.length <= MAX_FILE_NAME ? file.slice(0, -'.whl'.length).split('-') : [];
  if (parts.length !== 5 && parts.length !== 6) return null;
  const [python = '', abi = '', platform = ''] = parts.slice(-3);
  const all = (text: string): readonly string[] => text.split('.');
  const tags = all(python).flatMap((one) =>
    all(abi).flatMap((two) => all(platform).map((three) => `${one}-${two}-${three}`)),
  );
  return { build: parts.length === 6 ? (parts[2] ?? '') : '', tags };
}

function partsOf(file: string, project: string): NamedFile | null {
  if (file.endsWith('.whl')) return partsOfWheel(file.slice(0, -'.whl'.length), project);
  const ending = SDISTS.find((one) => file.endsWith(one));
  if (ending !== undefined) {
    const version = behind(file.slice(0, -ending.length), project);
    return version === null || !isVersion(version) ? null : { version, rest: ending };
  }
  if (!OTHERS.test(file)) return null;
  // name-1.0-py2.7.egg, name-1.0.win32-py2.7.exe, name-1.0-1.noarch.rpm
  const built = behind(file, project);
  const version = /^(.+?)(?:-\d+\.\w+\.rpm|[-.](?:py\d|win|linux|macosx|amd64).*|\.[a-z]+)$/.exec(built ?? '')?.[1];
  return built === null || version === undefined || !isVersion(version)
    ? null
    : { version, rest: built.slice(version.length) };
}

function partsOfWheel(stem: string, project: string): NamedFile | null {
  const [name = '', version = '', ...rest] = stem.split('-');
  // Python, ABI and platform, before which a build number may stand.
  if (rest.length !== 3 && rest.length !== 4) return null;
  return normalise(name) === project && isVersion(version) ? { version, rest: rest.join('-') } : null;
}

/** What stands behind the name of the project, which may have hyphens itself. */
function behind(stem: string, project: string): string | null {
  let at = 0;
  for (const word of project.split('-')) {
    if (at > 0) {
      const from = at;
      while (isSeparator(stem[at])) at += 1;
      if (at === from) return null;
    }
    const end = at + word.length;
    if (inLowerCase(stem.slice(at, end)) !== word) return null;
    at = end;
  }
  return stem[at] === '-' ? stem.slice(at + 1) : null;
}

function isSeparator(character: string | undefined): boolean {
  return character === '-' || character === '_' || character === '.';
}

/** Names are ASCII, and nothing else that has such a lower case is in one. */
function inLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (capital) => capital.toLowerCase());
}

function isVersion(text: string): boolean {
  return versions.parse(text) !== null;
}
