import type { Artifact, Dependency, DirHash, Lockfile, Place, SkippedEntry, Source } from '../../model/dependency.ts';
import { isModulePath, isVersionOf } from '../../ecosystems/conventions/go-modules.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import type { LockfileFormat, ProjectManifests } from '../common/format.ts';
import type { Requirement } from './mod.ts';
import { readGoProject, refuseOdd, type GoProject } from './project.ts';
import type { Replacement } from './rules.ts';
import { readSumLines, type LockedFile, type SumLine } from './sum.ts';
import { textOf } from './text.ts';
import { vendorFindings } from './vendor-project.ts';

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

/** go.sum, which the go command writes and reads; go.work.sum has what a workspace needs besides. */
export const go: LockfileFormat = {
  name: 'Go',
  ecosystem: 'go',
  fileNames: ['go.sum'],
  otherFileNames: ['go.work.sum'],
  parse,
};

/**
 * Reads go.sum or go.work.sum, and who is asked for from the files beside it (`readGoProject`). Every line of sums
 * counts, also of versions that are only compared with others and never built. Throws `LockfileError`.
 */
function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const named = new Map<string, Named>();
  const at: Names = (path, version, folder = null) => {
    const key = keyOf(path, version, folder);
    const known = named.get(key);
    if (known !== undefined) return known;
    const one = { path, version, sums: [], places: [], folder, alias: null, direct: false };
    named.set(key, one);
    return one;
  };
  addSums(file, textOf(file, bytes), at);
  const project = readGoProject(file, manifests);
  for (const { file, text } of project.sums) addSums(file, text, at);
  const skipped = addProject(project, at, named);
  const dependencies = [...named.values()].map(dependencyOf);
  const entries = dependencies.reduce((count, { places }) => count + places.length, skipped.length);
  const isLocked = (path: string, version: string): boolean =>
    named.get(keyOf(path, version))?.sums.some((sum) => sum.file === 'zip' && sum.hash !== null) === true;
  const vendored = vendorFindings(file.replace(/[^/]*$/, ''), manifests, project, isLocked);
  const format = /(?:^|\/)go\.work\.sum$/.test(file) ? 'go.work.sum' : 'go.sum';
  const beside = vendored.length === 0 ? {} : { findings: vendored, isVendored: true as const };
  return { file, format, manager: 'go', entries, dependencies, skipped, ...beside };
}

/** Whether a project is built from a version, and does not only compare it with others. */
export function isBuilt({ places }: Pick<Dependency, 'places'>): boolean {
  return places.some(({ path }) => path.startsWith('require '));
}

function addSums(file: string, text: string, at: Names): void {
  refuseOdd(file, text);
  for (const sum of readSumLines(file, text)) {
    const one = at(sum.path, sum.version);
    one.sums.push(sum);
    one.places.push({ file, line: sum.line, path: entryOf(sum) });
  }
}

function keyOf(path: string, version: string, folder: string | null = null): string {
  return [path, version, folder ?? ''].join('\n');
}

/** As go.sum names it. */
function entryOf({ path, version, file }: SumLine): string {
  return `${path} ${version}${file === 'go.mod' ? '/go.mod' : ''}`;
}

/** Who is asked for, and what stands in the place of whom; modules of the project itself are skipped. */
function addProject(project: GoProject, at: Names, named: ReadonlyMap<string, Named>): readonly SkippedEntry[] {
  const finders = project.replaces.map(finderOf);
  const used = new Set<Replacement>();
  const skipped: SkippedEntry[] = [];
  for (const required of project.requires) {
    const { path, version, isIndirect, line, file } = required;
    const place = { file, line, path: `require ${path} ${version}` };
    if (project.modules.has(path)) {
      skipped.push({ place, reason: 'workspace' });
      continue;
    }
    const replacement = finders.map((find) => find(required)).find((found) => found !== null) ?? null;
    const one = replacement === null ? at(path, version) : replacedBy(required, replacement, at, used);
    if (replacement === null) refuseUnfetchable(file, required);
    one.direct ||= !isIndirect;
    one.places.push(place);
  }
  // What is not required by name may still be asked for by what is required.
  for (const replacement of project.replaces.flat()) {
    const { path, version, by } = replacement;
    if (used.has(replacement) || ('path' in by && !named.has(keyOf(by.path, by.version)))) continue;
    replacedBy({ path, version: version ?? NO_VERSION }, replacement, at, used);
  }
  addStandIns(project, at, named);
  return skipped;
}

/** The versions of what was never released, which workspaces ask for their own modules by. */
const UNRELEASED: readonly string[] = ['v0.0.0', NO_VERSION];

/** A module of the project with the path of one that is locked or required is built in its place, as with `replace`. */
function addStandIns({ modules, requires }: GoProject, at: Names, named: ReadonlyMap<string, Named>): void {
  const locked = [...named.values()].filter(({ sums }) => sums.some(({ file }) => file === 'zip'));
  const versions = new Map<string, string>();
  for (const { path, version } of [...requires.filter(({ version }) => !UNRELEASED.includes(version)), ...locked]) {
    if (!versions.has(path)) versions.set(path, version);
  }
  for (const [path, { folder, place }] of modules) {
    const version = versions.get(path);
    if (version === undefined) continue;
    const one = at(path, version, folder);
    one.direct = true;
    one.places.push(place);
  }
}

/** What replaces a module: whatever names its version, before what does not. */
function finderOf<R extends Replacement>(
  replaces: readonly R[],
): (module: Pick<Requirement, 'path' | 'version'>) => R | null {
  const byKey = new Map(replaces.map((one) => [`${one.path} ${one.version ?? ''}`, one]));
  return ({ path, version }) => byKey.get(`${path} ${version}`) ?? byKey.get(`${path} `) ?? null;
}

function replacedBy(
  { path, version }: Pick<Requirement, 'path' | 'version'>,
  replacement: Replacement & { readonly file: string },
  at: Names,
  used: Set<Replacement>,
): Named {
  const { by, line, file } = replacement;
  const one = 'folder' in by ? at(path, version, by.folder) : at(by.path, by.version);
  if ('path' in by) refuseUnfetchable(file, { ...by, line });
  if (one.path !== path) one.alias ??= path;
  const target = 'folder' in by ? by.folder : `${by.path} ${by.version}`;
  // Several modules of a workspace may require what one line replaces.
  if (!used.has(replacement)) one.places.push({ file, line, path: `replace ${path} => ${target}` });
  used.add(replacement);
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
