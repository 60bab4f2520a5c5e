import { posix } from 'node:path';
import type { InstalledFile } from '../../../model/bytes.ts';
import { finding, type Finding } from '../../../model/finding.ts';
import { establish, type InstalledProof } from '../../../model/proof.ts';
import { recordHash, type RecordLine } from '../../../readers/installed-record.ts';
import type { ExpectedFile, Layout, Scheme } from './layout.ts';
import { isLoaded } from './loaded.ts';

/** Files that a finding names. */
const MAX_NAMED = 5;

/** An installed distribution beside its wheel. Paths are relative to the environment. */
export interface ComparedWheel {
  /** How many files are the same. */
  readonly same: number;
  /** What is there of it, same or not. */
  readonly claimed: readonly string[];
  readonly modified: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Holds what is installed to the wheel, of which nothing may differ. RECORD is written by whoever installs, and is no
 * evidence: it must say of each file what the wheel's says, name each once, and lead nowhere else. `record` is null
 * where it cannot be read.
 */
export function compareWheel(
  layout: Layout,
  scheme: Scheme,
  fileAt: (path: string) => InstalledFile | null,
  record: readonly RecordLine[] | null,
): ComparedWheel {
  const claimed: string[] = [];
  const [modified, missing]: [string[], string[]] = [[], []];
  const expected = new Map<string, ExpectedFile>();
  for (const one of layout.files) {
    const [first = ''] = one.paths;
    const path = one.paths.find((each) => fileAt(each) !== null);
    if (path === undefined) {
      if (one.isOptional !== true) missing.push(first);
      continue;
    }
    claimed.push(path);
    expected.set(path, one);
    const digest = fileAt(path)?.digest ?? null;
    if (digest === null || !one.digests.includes(digest)) modified.push(path);
  }
  const same = claimed.length - modified.length;
  for (const path of layout.optional) {
    const file = fileAt(path);
    if (file === null) continue;
    claimed.push(path);
    if (file.kind !== 'file') modified.push(path);
  }
  if (fileAt(layout.record) === null) missing.push(layout.record);
  else if (record === null || record.some((line) => !isHonest(line, scheme, expected))) {
    modified.push(layout.record);
  }
  return { same, claimed, modified: [...new Set(modified)], missing };
}

/** What an installer wrote itself is held to its entry point, and not to its line. */
function isHonest({ path, hash }: RecordLine, { site }: Scheme, expected: ReadonlyMap<string, ExpectedFile>): boolean {
  const within = resolveIn(site, path);
  if (within === null) return false;
  const wanted = expected.get(within);
  if (wanted === undefined || wanted.recorded === '') return true;
  return hash === wanted.recorded || wanted.digests.some((digest) => hash === recordHash(digest));
}

/** A path of a RECORD in the folder `site`, relative to the environment; null where it leads out of that. */
export function resolveIn(site: string, path: string): string | null {
  if (posix.isAbsolute(path) || /^[A-Za-z]:/.test(path)) return null;
  const within = posix.join(site, path);
  return within === '..' || within.startsWith('../') ? null : within;
}

/**
 * What differences say. A file that Python loads, or that is a program, is a contradiction where it is another one or
 * missing; where other files are missing that is an anomaly. `path` is the environment.
 */
export function checkWheel(path: string, { modified, missing }: ComparedWheel, scripts: string): readonly Finding[] {
  const loaded = missing.filter((one) => isLoaded(one) || one.startsWith(`${scripts}/`));
  const others = missing.filter((one) => !loaded.includes(one));
  const wrong = (what: 'files' | 'missing', files: readonly string[]): readonly Finding[] =>
    files.length === 0 ? [] : [finding('installed-modified', { ...named(path, files), what, found: null })];
  return [
    ...wrong('files', modified),
    ...wrong('missing', loaded),
    ...(others.length === 0 ? [] : [finding('installed-missing', named(path, others))]),
  ];
}

/** Another version than any that is locked is installed. */
export function checkVersion(path: string, found: string): Finding {
  return finding('installed-modified', { ...named(path, []), what: 'version', found });
}

/** A proof where a wheel is installed, and each environment that has it has all of its files. */
export function establishWheels(
  paths: readonly string[],
  files: number,
  findings: readonly Finding[],
): InstalledProof | null {
  return paths.length > 0 && findings.length === 0 ? establish({ paths, files }) : null;
}

/** What nobody has published is there: what Python loads by itself, or in place of others, and what only lies there. */
export function checkLeftovers(
  path: string,
  { added, beside }: { readonly added: readonly string[]; readonly beside: readonly string[] },
): readonly Finding[] {
  return [
    ...(added.length === 0
      ? []
      : [finding('installed-modified', { ...named(path, added), what: 'added', found: null })]),
    ...(beside.length === 0 ? [] : [finding('installed-added', { ...named(path, beside), scripts: [] })]),
  ];
}

function named(path: string, files: readonly string[]) {
  return { path, files: files.toSorted().slice(0, MAX_NAMED), total: files.length, artifact: 'wheel' } as const;
}
