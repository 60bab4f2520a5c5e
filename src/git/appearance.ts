import { basename, dirname, posix } from 'node:path';
import type { Appearance, Appearances } from '../model/review.ts';
import type { VersionId } from '../model/package.ts';
import type { Instant } from '../model/time.ts';
import { git } from './git.ts';
import { goneSince } from './gone.ts';
import { levelsOf } from './superproject.ts';

/** The versions that a lockfile of this name and these bytes has; null where it cannot be read. */
export type ReadVersions = (name: string, bytes: Uint8Array) => ReadonlySet<VersionId> | null;

/** Commits that may be listed, and lockfiles of the past that may be read: number and bytes together. */
const MAX_COMMITS = 20_000;
/** Moves that are followed: as many times in a row, from as many places. */
const MAX_MOVES = 8;
const MAX_PLACES = 8;
const MAX_LOCKFILES = 300;
const MAX_BYTES = 64 * 1024 * 1024;

interface Commit {
  readonly id: string;
  readonly time: Instant;
  /** The nearest commits before it that are listed, too, or would be if there were no end to the list. */
  readonly parents: readonly string[];
  /** The objects of the lockfile, at each of its places that has one. */
  readonly lockfiles: readonly LockfileObject[];
}

interface LockfileObject {
  readonly path: string;
  readonly id: string;
  readonly bytes: number;
}

/**
 * When each of `versions` came into the lockfile at `path`: the earliest commit since which the version has been there
 * without a break, along any line of history that leads to HEAD, by the committer's date. A lockfile that was moved, or
 * written anew under another of `names`, goes on where it was before. A revision that cannot be read says nothing, and
 * is passed over. Null where git knows nothing of the folder.
 */
export async function askAppearances(
  path: string,
  names: readonly string[],
  versions: readonly VersionId[],
  readVersions: ReadVersions,
  now: Instant,
): Promise<Appearances | null> {
  const [folder, name] = [dirname(path), basename(path)];
  // Names are given to git one a line.
  if (/[\r\n]/.test(name)) return null;
  const own = (await levelsOf(folder))?.at(-1);
  if (own === undefined) return null;
  const { root } = own;
  const [isShallow, isPartial] = await Promise.all([
    git(folder, ['rev-parse', '--is-shallow-repository']),
    // Which of these a clone has depends on the version of git that made it.
    git(folder, [
      'config',
      '--get-regexp',
      '^(extensions\\.partialclone|remote\\..*\\.(promisor|partialclonefilter))$',
    ]),
  ]);
  if (isShallow === null) return null;
  const commits = await followMoves(root, inFolder(own.path, name), names, isPartial !== null);
  if (commits === null) return null;
  const shallow = isShallow.toString('latin1').trim() === 'true';
  const reader = lockfileReader(root, readVersions, isPartial !== null);
  const walks = await walk(commits, versions, reader, shallow);
  const appearances = [...walks].flatMap(([spec, stretch]) => {
    const appearance = earliest(stretch, now);
    return appearance === null ? [] : [[spec, appearance] as const];
  });
  return {
    appearances: new Map(appearances),
    shallow: (shallow || isPartial !== null) && appearances.some(([, { orEarlier }]) => orEarlier),
  };
}

function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The commits that changed the lockfile, at all the places that it was moved from. */
async function followMoves(
  root: string,
  path: string,
  names: readonly string[],
  isPartial: boolean,
): Promise<readonly Commit[] | null> {
  const paths = [path];
  const asked = new Set<string>();
  for (let moves = 0; ; moves += 1) {
    const listed = await listCommits(root, paths);
    const commits = listed === null ? null : await withLockfiles(root, paths, listed, isPartial);
    if (commits === null || moves === MAX_MOVES) return commits;
    const before = paths.length;
    for (const birth of birthsOf(commits, paths).filter(({ id }) => !asked.has(id))) {
      asked.add(birth.id);
      for (const parent of await parentsOf(root, birth.id)) {
        const gone = await goneSince(root, parent, names, birth.path);
        paths.push(...gone.filter((each) => !paths.includes(each)).slice(0, MAX_PLACES));
      }
    }
    if (paths.length === before) return commits;
  }
}

/** The first commit of a file, and of each that follows one without it. */
interface Birth {
  readonly id: string;
  readonly path: string;
}

function birthsOf(commits: readonly Commit[], paths: readonly string[]): readonly Birth[] {
  const byId = new Map(commits.map((commit) => [commit.id, commit]));
  const has = (commit: Commit | undefined, path: string): boolean =>
    commit?.lockfiles.some((one) => one.path === path) === true;
  return paths.flatMap((path) =>
    commits
      .filter((commit) => has(commit, path) && !commit.parents.some((parent) => has(byId.get(parent), path)))
      .map(({ id }) => ({ id, path })),
  );
}

type Listed = Omit<Commit, 'lockfiles'>;

/** The commits that changed one of these files. */
async function listCommits(root: string, paths: readonly string[]): Promise<readonly Listed[] | null> {
  const range = ['--timestamp', '--parents', '--full-history', `--max-count=${MAX_COMMITS}`, 'HEAD'];
  const listed = await git(root, ['rev-list', ...range, '--', ...paths]);
  return listed === null ? null : parseCommits(listed.toString('latin1'));
}

/** The commits right before one, whatever they changed. */
async function parentsOf(root: string, commit: string): Promise<readonly string[]> {
  const listed = await git(root, ['rev-list', '--timestamp', '--parents', '--max-count=1', commit, '--']);
  return parseCommits(listed?.toString('latin1') ?? '').flatMap(({ parents }) => parents);
}

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
  root: string,
  paths: readonly string[],
  listed: readonly Listed[],
  isPartial: boolean,
): Promise<readonly Commit[] | null> {
  const names = listed.flatMap(({ id }) => paths.map((path) => `${id}:${path}\n`)).join('');
  const output = await git(root, ['cat-file', '--batch-check=%(objecttype) %(objectsize) %(objectname)'], names);
  const answers = output?.toString('latin1').split('\n').slice(0, -1);
  // An older git ends where it cannot fetch what a partial clone lacks: then nothing of it is known.
  if (answers?.length !== listed.length * paths.length) {
    return isPartial ? listed.map((commit) => ({ ...commit, lockfiles: [] })) : null;
  }
  return listed.map((commit, index) => {
    const lockfiles = paths.flatMap((path, at): LockfileObject[] => {
      const answer = answers[index * paths.length + at] ?? '';
      const [, bytes, id] = /^blob (\d+) ([0-9a-f]+)$/.exec(answer) ?? [];
      return bytes === undefined || id === undefined ? [] : [{ path, id, bytes: Number(bytes) }];
    });
    return { ...commit, lockfiles };
  });
}

/** Why a lockfile says nothing of a version; `missing`: a partial clone has not got it. */
type Unread = 'unreadable' | 'missing' | 'too-much';

/** The versions that the lockfiles of a commit have, and why there may be more; null where that is all. */
interface Answer {
  readonly versions: ReadonlySet<VersionId>;
  readonly unread: Unread | null;
}

/** Reads lockfiles of the past, each once, until there have been too many. */
function lockfileReader(
  root: string,
  readVersions: ReadVersions,
  isPartial: boolean,
): (commit: Commit) => Promise<Answer> {
  const answers = new Map<string, ReadonlySet<VersionId> | Unread>();
  let bytesLeft = MAX_BYTES;
  const read = async ({ path, id, bytes }: LockfileObject): Promise<ReadonlySet<VersionId> | Unread> => {
    // Its name decides how it is read.
    const name = posix.basename(path);
    const key = `${id} ${name}`;
    const before = answers.get(key);
    if (before !== undefined) return before;
    if (answers.size >= MAX_LOCKFILES || bytes > bytesLeft) return 'too-much';
    bytesLeft -= bytes;
    const content = await git(root, ['cat-file', 'blob', id]);
    const answer =
      content === null && isPartial ? 'missing' : ((content && readVersions(name, content)) ?? 'unreadable');
    answers.set(key, answer);
    return answer;
  };
  return async ({ lockfiles }) => {
    // A partial clone may only lack the object.
    if (lockfiles.length === 0) return { versions: new Set(), unread: isPartial ? 'missing' : null };
    const versions = new Set<VersionId>();
    const unread = new Set<Unread>();
    for (const lockfile of lockfiles) {
      const answer = await read(lockfile);
      if (typeof answer === 'string') unread.add(answer);
      else for (const id of answer) versions.add(id);
    }
    return { versions, unread: GRAVEST_FIRST.find((each) => unread.has(each)) ?? null };
  };
}

const GRAVEST_FIRST: readonly Unread[] = ['too-much', 'missing', 'unreadable'];

/** The commits that have a version, without a break up to HEAD. */
interface Stretch {
  readonly commits: Commit[];
  /** Whether it may begin earlier than with these. */
  orEarlier: boolean;
}

/** Follows every version from HEAD back to where it is not there. */
async function walk(
  commits: readonly Commit[],
  versions: readonly VersionId[],
  read: (commit: Commit) => Promise<Answer>,
  shallow: boolean,
): Promise<ReadonlyMap<VersionId, Stretch>> {
  const byId = new Map(commits.map((commit) => [commit.id, commit]));
  const stretches = new Map(versions.map((id): [VersionId, Stretch] => [id, { commits: [], orEarlier: false }]));
  const visited = new Map<string, Set<VersionId>>();
  const queue: { readonly id: string; readonly versions: readonly VersionId[] }[] = [];
  const visit = (id: string, wanted: readonly VersionId[]): void => {
    const before = visited.get(id) ?? new Set();
    const left = wanted.filter((one) => !before.has(one));
    visited.set(id, new Set([...before, ...left]));
    if (left.length > 0) queue.push({ id, versions: left });
  };
  const [head] = commits;
  if (head !== undefined) visit(head.id, versions);
  const beyond: Answer = { versions: new Set(), unread: 'too-much' };
  for (const next of queue) {
    const commit = byId.get(next.id);
    const answer = commit === undefined ? beyond : await read(commit);
    const follow = next.versions.filter((one) => answer.unread !== null || answer.versions.has(one));
    const isEnd = commit === undefined || commit.parents.length === 0 || answer.unread === 'too-much';
    for (const one of follow) {
      const stretch = stretches.get(one);
      if (stretch === undefined) continue;
      const has = answer.versions.has(one);
      // What is not here may well have it: a clone without its history must not stop the clock.
      if (commit !== undefined && (has || answer.unread === 'missing')) stretch.commits.push(commit);
      if (!has && answer.unread === 'missing') stretch.orEarlier = true;
      if (isEnd && (shallow || answer.unread !== null)) stretch.orEarlier = true;
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
