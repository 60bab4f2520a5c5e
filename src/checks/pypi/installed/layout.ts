import type { Wheel } from '../../../readers/wheel.ts';
import { readEntryPoints } from './entry-points.ts';
import { launcherDigests, scriptDigests } from './launchers.ts';

/** Where an environment has what an installer puts into it; paths are relative to its root. */
export interface Scheme {
  /** The folder of modules: `lib/python3.12/site-packages`. */
  readonly site: string;
  /** The folder of programs: `bin`, or `Scripts` on Windows. */
  readonly scripts: string;
  /** The version of Python, as `3.12`; empty where it is not known. */
  readonly python: string;
  /** Absolute paths that programs may name as their interpreter. */
  readonly interpreters: readonly string[];
}

/** A file that an installer writes. */
export interface ExpectedFile {
  /** Where it may be: one place but for headers, whose folder installers spell in several ways. */
  readonly paths: readonly string[];
  /** SHA-256, hex: what it may be. */
  readonly digests: readonly string[];
  /** What the wheel's RECORD has of it; empty where an installer writes it anew. */
  readonly recorded: string;
  /** Left out where it has to be there. */
  readonly isOptional?: true;
}

/** What an installer may write into the .dist-info folder beside what the wheel has. */
const WRITTEN = [
  'RECORD',
  'INSTALLER',
  'REQUESTED',
  'direct_url.json',
  'provenance_url.json',
  'uv_build.json',
  'uv_cache.json',
];

/** Where an installation is to have what of a wheel. */
export interface Layout {
  readonly files: readonly ExpectedFile[];
  /** Launchers of Windows, by their path: programs that no wheel has. */
  readonly launchers: readonly string[];
  /** The RECORD file that an installer writes. */
  readonly record: string;
  /** What else an installer may write: files in which nothing is run. */
  readonly optional: readonly string[];
}

/**
 * Where an installer puts the files of a wheel, and what it makes of its entry points
 * (https://packaging.python.org/en/latest/specifications/binary-distribution-format/#installing-a-wheel-distribution-1-0-py32-none-any-whl).
 */
export function layOut(wheel: Wheel, scheme: Scheme): Layout {
  const { site, scripts } = scheme;
  const info = `${wheel.stem}.dist-info`;
  const files: ExpectedFile[] = [];
  for (const [path, { digest, recorded }] of wheel.files) {
    if (path === `${info}/RECORD`) continue;
    const script = wheel.scripts.get(path);
    const digests = script === undefined ? [digest] : [digest, ...scriptDigests(script, scheme.interpreters)];
    files.push({ paths: placesOf(path, wheel.stem, scheme), digests, recorded: script === undefined ? recorded : '' });
  }
  const programs = wheel.entryPoints === null ? [] : readEntryPoints(wheel.entryPoints).programs;
  const isWindows = scripts === 'Scripts';
  const made = programs.flatMap((entry): readonly ExpectedFile[] => {
    const digests = launcherDigests(entry, scheme.interpreters);
    const own = { paths: [`${scripts}/${entry.name}`], digests, recorded: '' };
    // pip also goes by the version of Python, which no wheel can know.
    const isPip = entry.name === 'pip' && wheel.stem.startsWith('pip-');
    return isPip ? [own, { ...own, paths: [`${scripts}/pip${scheme.python}`], isOptional: true }] : [own];
  });
  return {
    files: isWindows ? files : [...files, ...made],
    launchers: isWindows ? programs.map(({ name }) => `${scripts}/${name}.exe`) : [],
    record: `${site}/${info}/RECORD`,
    optional: WRITTEN.map((name) => `${site}/${info}/${name}`),
  };
}

function placesOf(path: string, stem: string, { site, scripts, python }: Scheme): readonly string[] {
  const [, kind = '', rest = ''] = /^[^/]+\.data\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (!path.startsWith(`${stem}.data/`)) return [`${site}/${path}`];
  const name = stem.slice(0, stem.lastIndexOf('-'));
  switch (kind) {
    case 'scripts':
      return [`${scripts}/${rest}`];
    case 'headers':
      return [...new Set([name, name.replaceAll('_', '-'), name.toLowerCase()])].map(
        (one) => `include/site/python${python}/${one}/${rest}`,
      );
    case 'data':
      return [rest];
    default:
      // purelib and platlib are one folder in an environment.
      return [`${site}/${rest}`];
  }
}
