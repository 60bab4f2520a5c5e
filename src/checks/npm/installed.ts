import { posix } from 'node:path';
import type { InstalledCopy, PackedFile } from '../../model/bytes.ts';
import type { Dependency } from '../../model/dependency.ts';
import { finding, type Finding, type FindingArgs } from '../../model/finding.ts';
import { establish, type InstalledProof } from '../../model/proof.ts';

/** Files that a finding names. */
const MAX_NAMED = 5;

/** How a copy differs from its tarball. Paths are within the package. */
export interface Differences {
  /** How many files are the same. */
  readonly same: number;
  readonly modified: readonly string[];
  readonly missing: readonly string[];
  readonly added: readonly string[];
}

/**
 * The files of an installed copy beside those of its tarball. npm installs a .gitignore as .npmignore, unless the
 * package has one of these as well.
 */
export function differencesOf(packed: readonly PackedFile[], { files }: InstalledCopy): Differences {
  const expected = new Map(packed.map((file) => [file.path, file.digests]));
  const ignores = [...expected].filter(([path]) => posix.basename(path) === '.gitignore');
  for (const [path, digests] of ignores) {
    const renamed = posix.join(posix.dirname(path), '.npmignore');
    if (files?.has(path) !== true) expected.delete(path);
    if (expected.has(renamed) || files?.has(renamed) === true) {
      expected.set(renamed, [...(expected.get(renamed) ?? []), ...digests]);
    }
  }
  const [modified, missing]: [string[], string[]] = [[], []];
  let same = 0;
  for (const [path, digests] of expected) {
    const installed = files?.get(path);
    if (installed === undefined) missing.push(path);
    else if (installed.digest === null || !digests.includes(installed.digest)) modified.push(path);
    else same += 1;
  }
  const added = [...(files?.keys() ?? [])].filter((path) => !expected.has(path));
  return { same, modified: modified.sort(), missing: missing.sort(), added: added.sort() };
}

/**
 * What the differences of one copy say. `scripts` are those the package runs at install; what they add is a note. So is
 * every difference of a package that is patched, as nobody can tell whether the patch made it.
 */
export function checkInstalled(
  path: string,
  { modified, missing, added }: Differences,
  { scripts, patches }: { readonly scripts: readonly string[]; readonly patches: Dependency['patches'] },
): readonly Finding[] {
  const named = (files: readonly string[]): FindingArgs['installed-missing'] => ({
    path,
    files: files.slice(0, MAX_NAMED),
    total: files.length,
    ...(patches === undefined ? {} : { patches }),
  });
  const patched = patches === undefined ? undefined : 'note';
  const byScript = scripts.length > 0 ? 'note' : patched;
  return [
    ...(modified.length === 0
      ? []
      : [finding('installed-modified', { ...named(modified), what: 'files', found: null }, patched)]),
    ...(missing.length === 0 ? [] : [finding('installed-missing', named(missing), patched)]),
    ...(added.length === 0 ? [] : [finding('installed-added', { ...named(added), scripts }, byScript)]),
  ];
}

/** A proof where there are copies and nothing of them is missing or other than in the tarball. */
export function establishInstalled(
  paths: readonly string[],
  files: number,
  findings: readonly Finding[],
): InstalledProof | null {
  const holds = findings.every(({ code }) => code === 'installed-added');
  return holds && paths.length > 0 ? establish({ paths, files }) : null;
}

/** Something else is where the copy should be. */
export function checkStray(path: string, what: 'version' | 'link' | 'other', found: string | null): Finding {
  return finding('installed-modified', { path, files: [], total: 0, what, found });
}

/** What decides which code of a package runs, beside what it declares to be installed. */
const LOADED = ['main', 'module', 'browser', 'exports', 'imports', 'type'] as const;

/**
 * Whether the package.json of a copy is the tarball's as npm 6 and earlier wrote it again: with `_id` and other members
 * of its own, in another order and form. Nothing that decides which code is loaded is another; what is installed and
 * run is compared apart.
 */
export function isRewritten(packed: Uint8Array, installed: Uint8Array, spec: string): boolean {
  const before = parse(packed);
  const after = parse(installed);
  if (before === null || after?.['_id'] !== spec) return false;
  return LOADED.every((member) => JSON.stringify(before[member]) === JSON.stringify(after[member]));
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    return typeof json === 'object' && json !== null ? { ...json } : null;
  } catch {
    return null;
  }
}
