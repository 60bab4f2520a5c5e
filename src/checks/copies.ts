import type { InstalledFile } from '../model/bytes.ts';
import { finding, type Finding } from '../model/finding.ts';
import { establish, type InstalledProof } from '../model/proof.ts';

/** Files that a finding names. */
const MAX_NAMED = 5;

/** A file of a copy that is not as its archive has it. */
interface CopyDifference {
  readonly path: string;
  /** `odd`: what is no file, in the place of one. */
  readonly problem: 'modified' | 'added' | 'missing' | 'odd';
  /** Whether a build may take it. */
  readonly isBuilt: boolean;
}

/**
 * What the differences of the copy at `path` say; those of its files are relative to it. What a build takes is a
 * contradiction, what only lies there an anomaly. `archive` is what it is a copy of.
 */
export function checkCopy(
  path: string,
  differences: readonly CopyDifference[],
  archive: 'zip' | 'tarball',
): readonly Finding[] {
  const of = (...problems: readonly CopyDifference['problem'][]): readonly CopyDifference[] =>
    differences.filter(({ problem }) => problems.includes(problem));
  const named = (some: readonly CopyDifference[]) => {
    const files = some.map((one) => one.path).sort();
    const artifact = archive === 'zip' ? { artifact: archive } : {};
    return { path, files: files.slice(0, MAX_NAMED), total: files.length, ...artifact };
  };
  const wrong = (what: 'files' | 'added' | 'missing', some: readonly CopyDifference[]): readonly Finding[] =>
    some.length === 0 ? [] : [finding('installed-modified', { ...named(some), what, found: null })];
  const beside = of('added').filter(({ isBuilt }) => !isBuilt);
  return [
    ...wrong('files', of('modified', 'odd')),
    ...wrong(
      'added',
      of('added').filter(({ isBuilt }) => isBuilt),
    ),
    ...wrong('missing', of('missing')),
    ...(beside.length === 0 ? [] : [finding('installed-added', { ...named(beside), scripts: [] })]),
  ];
}

/** A proof where nothing that a build takes is other than in the archive. */
export function establishCopy(path: string, files: number, findings: readonly Finding[]): InstalledProof | null {
  return findings.some(({ code }) => code === 'installed-modified') ? null : establish({ paths: [path], files });
}

/** A proof of two copies of one artifact, where both are proven. */
export function joinCopies(a: InstalledProof | null, b: InstalledProof | null): InstalledProof | null {
  return a === null || b === null ? null : establish({ paths: [...a.paths, ...b.paths], files: a.files + b.files });
}

/** What is unpacked beside its archive, of which it is all that there is; `files` are those by their path. */
export function differencesOf(
  files: ReadonlyMap<string, { readonly digest: string }>,
  copy: ReadonlyMap<string, InstalledFile>,
): readonly CopyDifference[] {
  const found: CopyDifference[] = [];
  for (const [path, file] of copy) {
    const wanted = files.get(path);
    if (wanted === undefined) found.push({ path, problem: 'added', isBuilt: true });
    else if (file.kind !== 'file' || file.digest !== wanted.digest)
      found.push({ path, problem: 'modified', isBuilt: true });
  }
  for (const path of files.keys()) if (!copy.has(path)) found.push({ path, problem: 'missing', isBuilt: true });
  return found;
}
