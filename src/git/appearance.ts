import { basename, dirname } from 'node:path';
import type { Appearance, LockfileHistory } from '../model/review.ts';
import type { Instant } from '../model/time.ts';
import { git } from './git.ts';

/** Which of these versions, each `name@version`, a lockfile of these bytes has; null where it cannot be read. */
export type ReadVersions = (bytes: Uint8Array) => ReadonlySet<string> | null;

/** Commits that may be listed, and lockfiles of the past that may be read: number and bytes together. */
const MAX_COMMITS = 20_000;
const MAX_LOCKFILES = 300;
const MAX_BYTES = 64 * 1024 * 1024;

interface Commit {
  readonly id: string;
  readonly time: Instant;
  /** The nearest commits before it that are listed, too, or would be if there were no end to the list. */
  readonly parents: readonly string[];
  /** The object of the lockfile; null where the commit has none. */
  readonly lockfile: { readonly id: string; readonly bytes: number } | null;
}

/**
 * When each of `specs` came into the lockfile at `path`: the earliest commit from which on the version has been there
 * without a break, along any line of history that leads to HEAD, by the committer's date. A revision that cannot be
 * read says nothing, and is passed over. Null where git knows nothing of the folder.
 */
export async function askHistory(
  path: string,
  specs: readonly string[],
  readVersions: ReadVersions,
  now: Instant,
): Promise<LockfileHistory | null> {
  const [folder, name] = [dirname(path), basename(path)];
  // Names are given to git one a line.
  if (/[\r\n]/.test(name)) return null;
  const [isShallow, isPartial, listed] = await Promise.all([
    git(folder, ['rev-parse', '--is-shallow-repository']),
    // Which of these a clone has depends on the version of git that made it.
    git(folder, [
      'config',
      '--get-regexp',
      '^(extensions\\.partialclone|remote\\..*\\.(promisor|partialclonefilter))$',
    ]),
    git(folder, [
      'rev-list',
      '--timestamp',
      '--parents',
      '--full-history',
      `--max-count=${MAX_COMMITS}`,
      'HEAD',
      '--',
      name,
    ]),
  ]);
  if (isShallow === null || listed === null) return null;
  const commits = await withLockfiles(folder, name, parseCommits(listed.toString('latin1')), isPartial !== null);
  if (commits === null) return null;
  const shallow = isShallow.toString('latin1').trim() === 'true';
  const reader = lockfileReader(folder, readVersions, isPartial !== null);
  const walks = await walk(commits, specs, reader, shallow);
  const appearances = [...walks].flatMap(([spec, stretch]) => {
    const appearance = earliest(stretch, now);
    return appearance === null ? [] : [[spec, appearance] as const];
  });
  return {
    appearances: new Map(appearances),
    shallow: (shallow || isPartial !== null) && appearances.some(([, { orEarlier }]) => orEarlier),
  };
}

type Listed = Omit<Commit, 'lockfile'>;

/** Reads lines `TIMESTAMP ID PARENT...` of `git rev-list`, newest first. */
function parseCommits(text: string): readonly Listed[] {
  return text.split('\n').flatMap((line) => {
    const [, seconds, id, parents = ''] = /^(\d+) ([0-9a-f]+)((?: [0-9a-f]+)*)$/.exec(line) ?? [];
    if (seconds === undefined || id === undefined) return [];
    return [{ id, time: Number(seconds) * 1000, parents: parents.split(' ').slice(1) }];
  });
}

/** Null where git gave another number of answers than it was asked for. */
async function withLockfiles(
  folder: string,
  name: string,
  listed: readonly Listed[],
  isPartial: boolean,
): Promise<readonly Commit[] | null> {
  const names = listed.map(({ id }) => `${id}:./${name}\n`).join('');
  const output = await git(folder, ['cat-file', '--batch-check=%(objecttype) %(objectsize) %(objectname)'], names);
  const answers = output?.toString('latin1').split('\n').slice(0, -1);
  // An older git ends where it cannot fetch what a partial clone lacks: then nothing of it is known.
  if (answers?.length !== listed.length) {
    return isPartial ? listed.map((commit) => ({ ...commit, lockfile: null })) : null;
  }
  return listed.map((commit, index) => {
    const [, bytes, id] = /^blob (\d+) ([0-9a-f]+)$/.exec(answers[index] ?? '') ?? [];
    return { ...commit, lockfile: bytes === undefined || id === undefined ? null : { id, bytes: Number(bytes) } };
  });
}

/** `missing`: a partial clone has not got it. */
type Answer = ReadonlySet<string> | 'unreadable' | 'missing' | 'too-much';

/** Reads lockfiles of the past, each once, until there have been too many. */
function lockfileReader(
  folder: string,
  readVersions: ReadVersions,
  isPartial: boolean,
): (commit: Commit) => Promise<Answer> {
  const answers = new Map<string, Answer>();
  let bytesLeft = MAX_BYTES;
  return async ({ lockfile }) => {
    // A partial clone may only lack the object.
    if (lockfile === null) return isPartial ? 'missing' : new Set();
    const before = answers.get(lockfile.id);
    if (before !== undefined) return before;
    if (answers.size >= MAX_LOCKFILES || lockfile.bytes > bytesLeft) return 'too-much';
    bytesLeft -= lockfile.bytes;
    const bytes = await git(folder, ['cat-file', 'blob', lockfile.id]);
    const answer = bytes === null && isPartial ? 'missing' : ((bytes && readVersions(bytes)) ?? 'unreadable');
    answers.set(lockfile.id, answer);
    return answer;
  };
}

/** The commits that have a version, without a break up to HEAD. */
interface Stretch {
  readonly commits: Commit[];
  /** Whether it may begin earlier than with these. */
  orEarlier: boolean;
}

/** Follows every version from HEAD back to where it is not there. */
async function walk(
  commits: readonly Commit[],
  specs: readonly string[],
  read: (commit: Commit) => Promise<Answer>,
  shallow: boolean,
): Promise<ReadonlyMap<string, Stretch>> {
  const byId = new Map(commits.map((commit) => [commit.id, commit]));
  const stretches = new Map(specs.map((spec): [string, Stretch] => [spec, { commits: [], orEarlier: false }]));
  const visited = new Map<string, Set<string>>();
  const queue: { readonly id: string; readonly specs: readonly string[] }[] = [];
  const visit = (id: string, wanted: readonly string[]): void => {
    const before = visited.get(id) ?? new Set();
    const left = wanted.filter((spec) => !before.has(spec));
    visited.set(id, new Set([...before, ...left]));
    if (left.length > 0) queue.push({ id, specs: left });
  };
  const [head] = commits;
  if (head !== undefined) visit(head.id, specs);
  for (const next of queue) {
    const commit = byId.get(next.id);
    const answer = commit === undefined ? 'too-much' : await read(commit);
    const follow = next.specs.filter((spec) => typeof answer === 'string' || answer.has(spec));
    const isEnd = commit === undefined || commit.parents.length === 0 || answer === 'too-much';
    for (const spec of follow) {
      const stretch = stretches.get(spec);
      if (stretch === undefined) continue;
      // What is not here may well have it: a clone without its history must not stop the clock.
      if (commit !== undefined && (typeof answer !== 'string' || answer === 'missing')) stretch.commits.push(commit);
      if (answer === 'missing') stretch.orEarlier = true;
      if (isEnd && (shallow || typeof answer === 'string')) stretch.orEarlier = true;
    }
    if (!isEnd) for (const parent of commit.parents) visit(parent, follow);
  }
  return stretches;
}

/** Null where HEAD does not have it. A date to come cannot be when it came in, and would stop the clock. */
function earliest({ commits, orEarlier }: Stretch, now: Instant): Appearance | null {
  const [first] = commits.filter(({ time }) => time <= now).sort((a, b) => a.time - b.time);
  return first === undefined ? null : { time: first.time, source: 'commit', commit: first.id, orEarlier };
}
