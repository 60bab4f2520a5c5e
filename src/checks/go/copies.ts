import type { InstalledFile } from '../../model/bytes.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { establish, type InstalledProof } from '../../model/proof.ts';
import type { ComparedFile, VendorDifference } from '../../lockfiles/go/vendored.ts';

/** Files that a finding names. */
const MAX_NAMED = 5;

/** A file of a copy that is not as the zip has it. */
type CopyDifference = Pick<VendorDifference, 'path' | 'problem' | 'isBuilt'>;

/**
 * What the differences of the copy at `path` say; those of its files are relative to it. What a build takes is a
 * contradiction, what only lies there an anomaly.
 */
export function checkCopy(path: string, differences: readonly CopyDifference[]): readonly Finding[] {
  const of = (...problems: readonly CopyDifference['problem'][]): readonly CopyDifference[] =>
    differences.filter(({ problem }) => problems.includes(problem));
  const named = (some: readonly CopyDifference[]) => {
    const files = some.map((one) => one.path).sort();
    return { path, files: files.slice(0, MAX_NAMED), total: files.length, artifact: 'zip' as const };
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

/** A proof where nothing that a build takes is other than in the zip. */
export function establishCopy(path: string, files: number, findings: readonly Finding[]): InstalledProof | null {
  return findings.some(({ code }) => code === 'installed-modified') ? null : establish({ paths: [path], files });
}

/** A proof of two copies of one module, where both are proven. */
export function joinCopies(a: InstalledProof | null, b: InstalledProof | null): InstalledProof | null {
  return a === null || b === null ? null : establish({ paths: [...a.paths, ...b.paths], files: a.files + b.files });
}

/** What the module cache has unpacked beside the zip, of which it is all that there is. */
export function differencesOf(
  files: ReadonlyMap<string, ComparedFile>,
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
