import type { Artifact, Dependency, DirHash, Lockfile, Place, Source } from '../../model/dependency.ts';
import { isModulePath, isVersionOf } from '../../ecosystems/conventions/go-modules.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat, ProjectManifests } from '../common/format.ts';
import { readGoMod, type GoMod, type Replacement, type Requirement } from './mod.ts';
import { readSumLines, type LockedFile, type SumLine } from './sum.ts';
import { refuseMark, textOf } from './text.ts';

/** The version that Go itself writes for a module that only a folder without a version stands for. */
const NO_VERSION = 'v0.0.0-00010101000000-000000000000';
const REGISTRY: Source = { kind: 'registry', resolved: null };
/** In the order of go.sum. */
const FILES: readonly LockedFile[] = ['zip', 'go.mod'];

/** A module version that the files name, with all they say of it. */
interface Named {
  readonly path: string;
  readonly version: string;
  readonly sums: SumLine[];
  readonly places: Place[];
  /** A folder of the project that it is built from; null for what is fetched. */
  readonly folder: string | null;
  /** The module that it stands in for. */
  alias: string | null;
  direct: boolean;
}

type Names = (path: string, version: string, folder?: string | null) => Named;

/** go.sum, which the go command writes and reads. */
export const go: LockfileFormat = { name: 'Go', ecosystem: 'go', fileNames: ['go.sum'], otherFileNames: [], parse };

/**
 * Reads go.sum, and who is asked for from the go.mod beside it, the manifest of the folder "". Every line of go.sum
 * counts, also of versions that are only compared with others and never built. Throws `LockfileError`.
 */
function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const text = textOf(file, bytes);
  refuseConflicts(file, text, 'go mod tidy');
  const named = new Map<string, Named>();
  const at: Names = (path, version, folder = null) => {
    const key = keyOf(path, version, folder);
    const known = named.get(key);
    if (known !== undefined) return known;
    const one = { path, version, sums: [], places: [], folder, alias: null, direct: false };
    named.set(key, one);
    return one;
  };
  for (const sum of readSumLines(file, text)) {
    const one = at(sum.path, sum.version);
    one.sums.push(sum);
    one.places.push({ file, line: sum.line, path: entryOf(sum) });
  }
  const modText = manifests.get('');
  if (modText !== undefined) {
    const modFile = file.replace(/go\.sum$/, 'go.mod');
    if (modText.startsWith('\ufeff')) refuseMark(modFile);
    refuseConflicts(modFile, modText, 'go mod tidy');
    addGoMod(modFile, readGoMod(modFile, modText), at, named);
  }
  const dependencies = [...named.values()].map(dependencyOf);
  const entries = dependencies.reduce((count, { places }) => count + places.length, 0);
  return { file, format: 'go.sum', manager: 'go', entries, dependencies, skipped: [] };
}

function keyOf(path: string, version: string, folder: string | null = null): string {
  return [path, version, folder ?? ''].join('\n');
}

/** As go.sum names it. */
function entryOf({ path, version, file }: SumLine): string {
  return `${path} ${version}${file === 'go.mod' ? '/go.mod' : ''}`;
}

/** Who is asked for, and what stands in the place of whom. */
function addGoMod(file: string, { requires, replaces }: GoMod, at: Names, named: ReadonlyMap<string, Named>): void {
  const replacementOf = finderOf(replaces);
  const used = new Set<Replacement>();
  for (const required of requires) {
    const { path, version, isIndirect, line } = required;
    const replacement = replacementOf(required);
    const one = replacement === null ? at(path, version) : replacedBy(required, replacement, at, file);
    if (replacement === null) refuseUnfetchable(file, required);
    else used.add(replacement);
    one.direct ||= !isIndirect;
    one.places.push({ file, line, path: `require ${path} ${version}` });
  }
  // What is not required by name may still be asked for by what is required.
  for (const replacement of replaces) {
    const { path, version, by } = replacement;
    if (used.has(replacement) || ('path' in by && !named.has(keyOf(by.path, by.version)))) continue;
    replacedBy({ path, version: version ?? NO_VERSION }, replacement, at, file);
  }
}

/** What replaces a module: whatever names its version, before what does not. */
function finderOf(
  replaces: readonly Replacement[],
): (module: Pick<Requirement, 'path' | 'version'>) => Replacement | null {
  const byKey = new Map(replaces.map((one) => [`${one.path} ${one.version ?? ''}`, one]));
  return ({ path, version }) => byKey.get(`${path} ${version}`) ?? byKey.get(`${path} `) ?? null;
}

function replacedBy(
  { path, version }: Pick<Requirement, 'path' | 'version'>,
  { by, line }: Replacement,
  at: Names,
  file: string,
): Named {
  const one = 'folder' in by ? at(path, version, by.folder) : at(by.path, by.version);
  if ('path' in by) refuseUnfetchable(file, { ...by, line });
  if (one.path !== path) one.alias ??= path;
  const target = 'folder' in by ? by.folder : `${by.path} ${by.version}`;
  one.places.push({ file, line, path: `replace ${path} => ${target}` });
  return one;
}

/** Go stops at a module that it could not ask for. */
function refuseUnfetchable(
  file: string,
  { path, version, line }: Pick<Requirement, 'path' | 'version' | 'line'>,
): void {
  if (!isModulePath(path)) throw new LockfileError(file, line, `${quoted(path)} is not the path of a module`);
  if (!isVersionOf(path, version)) throw new LockfileError(file, line, `${version} is no version of ${path}`);
}

function dependencyOf({ path, version, sums, places, alias, folder, direct }: Named): Dependency {
  const locked = FILES.flatMap((file) => {
    const own = sums.filter((sum) => sum.file === file);
    return own.length === 0 ? [] : [{ file, digests: digestsOf(own), source: REGISTRY }];
  });
  const files: readonly Artifact[] =
    folder === null ? locked : [{ file: null, digests: [], source: fileSource(folder) }];
  // Of what is required without a line of its own, nothing is locked.
  const unlocked: Artifact = { file: 'zip', digests: [], source: REGISTRY };
  const [first = unlocked, ...rest] = files;
  return {
    ecosystem: 'go',
    name: path,
    version,
    ...(alias === null ? {} : { alias }),
    artifacts: [first, ...rest],
    places,
    direct,
    dev: false,
    optional: false,
    peer: false,
    exotic: [],
    bundles: [],
  };
}

function fileSource(path: string): Source {
  return { kind: 'file', path };
}

/** Each hash once, in the order of the lines. Go uses the first; all are kept, so that a second one is seen. */
function digestsOf(sums: readonly SumLine[]): readonly DirHash[] {
  const hashes = new Set(sums.flatMap(({ hash }) => hash ?? []));
  return [...hashes].map((hex) => ({ algorithm: 'h1', hex }));
}
