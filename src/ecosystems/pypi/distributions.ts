import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveIn } from '../../checks/pypi/installed/compare.ts';
import type { Scheme } from '../../checks/pypi/installed/layout.ts';
import { readSmall } from '../../installed/read.ts';
import type { InstalledFile } from '../../model/bytes.ts';
import { groupBy } from '../../model/group-by.ts';
import { MAX_CONFIG_BYTES } from '../../model/limits.ts';
import { readRecord, type RecordLine } from '../../readers/installed-record.ts';
import { conventionsOf } from '../conventions/index.ts';

/** What an environment says is installed. All of it may be rewritten by whoever can write there. */
export interface Distribution {
  /** Of its metadata, in the folder of modules. */
  readonly folder: string;
  /** Normalised. */
  readonly name: string;
  /** As it is written; empty where it does not say. */
  readonly version: string;
  /** Of a wheel: its tags and build number, as WHEEL has them; null for what was installed in an older way. */
  readonly wheel: { readonly tags: ReadonlySet<string>; readonly build: string } | null;
  /** Null where it cannot be read. */
  readonly record: readonly RecordLine[] | null;
  /** Paths, relative to the environment, that it says are its own. */
  readonly claims: readonly string[];
  /** The folder on this machine that it was installed from; null where it was from elsewhere. */
  readonly fromFolder: string | null;
}

const WHEEL_INFO = /^(.+)-([^-]+)\.dist-info$/i;
const OLDER = /^(.+?)(?:-([^-]+)(?:-py[\d.]+)?)?\.(?:egg-info|egg-link)$/i;

/** https://packaging.python.org/en/latest/specifications/recording-installed-packages/ */
export function readDistributions(
  root: string,
  scheme: Scheme,
  files: ReadonlyMap<string, InstalledFile>,
): readonly Distribution[] {
  const { site } = scheme;
  const folderOf = (path: string): string => path.slice(site.length + 1).split('/', 1)[0] ?? '';
  const metadata = [...files.keys()].filter(
    (path) => path.startsWith(`${site}/`) && /\.(?:dist-info|egg-info|egg-link)$/i.test(folderOf(path)),
  );
  return [...groupBy(metadata, folderOf)].map(([folder, own]) => readOne(root, site, folder, own));
}

function readOne(root: string, site: string, folder: string, own: readonly string[]): Distribution {
  const isWheel = /\.dist-info$/i.test(folder);
  const [, name = folder, version = ''] = (isWheel ? WHEEL_INFO : OLDER).exec(folder) ?? [];
  const text = (file: string): Buffer | null => readSmall(join(root, site, folder, file), MAX_CONFIG_BYTES);
  const bytes = text('RECORD');
  const record = bytes === null ? null : readRecord(bytes);
  return {
    folder,
    name: conventionsOf('pypi').names.normalise(name),
    version,
    wheel: isWheel ? wheelOf(text('WHEEL')?.toString('utf8') ?? '') : null,
    record,
    claims: [...own, ...(record ?? []).flatMap(({ path }) => resolveIn(site, path) ?? [])],
    fromFolder: folderIn(text('direct_url.json')),
  };
}

function wheelOf(text: string): NonNullable<Distribution['wheel']> {
  const valuesOf = (field: RegExp): readonly string[] =>
    text.split(/\r?\n/).flatMap((line) => field.exec(line)?.[1] ?? []);
  return { tags: new Set(valuesOf(/^Tag:\s*(\S+)\s*$/i)), build: valuesOf(/^Build:\s*(\S+)\s*$/i)[0] ?? '' };
}

/** https://packaging.python.org/en/latest/specifications/direct-url-data-structure/ */
function folderIn(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  try {
    const json = JSON.parse(bytes.toString('utf8')) as Readonly<Record<string, unknown>> | null;
    const url = json?.['url'];
    return typeof url === 'string' && 'dir_info' in (json ?? {}) ? fileURLToPath(url) : null;
  } catch {
    return null;
  }
}
