import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { PINNED } from '../../ecosystems/index.ts';
import { readAt } from '../../git/base.ts';
import type { Ask } from '../../sigstore/tuf/answer.ts';
import { unseen, update, type Anchor, type Verified } from '../../sigstore/tuf/client.ts';
import { ROOT_TARGET } from '../../sigstore/tuf/public-good.ts';
import { pinRoot } from '../../sigstore/tuf/repository.ts';
import { SIGNING_TARGETS } from '../../sigstore/signing-config.ts';
import { Malformed } from '../../sigstore/refusal.ts';
import { escapeText } from '../../report/words/escape.ts';
import { UsageError } from '../exit.ts';
import type { LoadedPolicy } from './policy.ts';
import { askerIn, folderAsker, readBounded } from './tuf-folder.ts';

/**
 * Trust never goes back (TUF specification, section 5): what the folder of a TUF repository said in a commit is a floor
 * for what it says now, whatever this machine remembers. Both are verified from the root metadata that the commit has.
 * Throws UsageError with one line where a folder that the policy names was rolled back.
 */
export async function demandNoRollback(policy: LoadedPolicy | null, commit: string): Promise<void> {
  if (policy === null) return;
  const { tuf, instances } = policy.policy;
  for (const rule of [tuf, ...[...instances.values()].map((one) => one.tuf)]) {
    if (rule?.isFolder !== true) continue;
    const root = resolve(policy.folder, rule.root);
    const anchor = await anchorAt(root, commit);
    if (anchor === null) continue;
    const why = await whyRolledBack({
      folder: resolve(policy.folder, rule.url),
      anchor,
      commit,
      named: anchorNow(root),
    });
    if (why === null) continue;
    throw new UsageError(
      `${rule.url}: ${escapeText(why)}, which ${commit.slice(0, 12)} has: a change must not take trust back; ` +
        'take the folder of the branch that it goes to',
    );
  }
}

/** Null where the commit has none that can be used: then nothing was trusted there. */
async function anchorAt(path: string, commit: string): Promise<Anchor | null> {
  const found = await readAt(dirname(path), basename(path), commit);
  return 'bytes' in found && found.bytes !== null ? anchorOf(found.bytes) : null;
}

function anchorOf(bytes: Buffer): Anchor | null {
  try {
    return pinRoot(bytes);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** The root metadata that is named now; null where it cannot be used. */
function anchorNow(path: string): Anchor | null {
  const answer = readBounded(path, MAX_ROOT_BYTES);
  return answer.kind === 'ok' ? anchorOf(answer.body) : null;
}

interface Repository {
  readonly folder: string;
  readonly commit: string;
  /** Where trust began in the commit, and where it begins now. */
  readonly anchor: Anchor;
  readonly named: Anchor | null;
}

async function whyRolledBack({ folder, commit, anchor, named }: Repository): Promise<string | null> {
  const [ask, asked] = [folderAsker(folder), commitAsker(folder, commit)];
  const before = (await stateOf(unseen(anchor), asked)).state;
  const alone = await stateOf(unseen(anchor), ask);
  if (alone.state.root.version < before.root.version) {
    return `its root is version ${alone.state.root.version}, and not ${before.root.version}`;
  }
  // To say less is to go back: the run would use what else it knows in place of it.
  const lost = lostOf(before, alone.state);
  if (lost !== null) {
    if (named !== null && (await isAnother(before, named, ask, asked))) return null;
    return `it no longer has the ${lost} (${alone.problem?.detail ?? 'not listed'})`;
  }
  const { problem } = await stateOf(before, ask);
  return problem?.kind === 'refused' ? problem.detail : null;
}

/** What a repository had, and has not now. */
function lostOf(before: Verified, now: Verified): string | null {
  if (before.timestamp !== null && now.timestamp === null) return 'timestamp';
  if (before.snapshot !== null && now.snapshot === null) return 'snapshot';
  const role = [...before.roles.keys()].find((name) => !now.roles.has(name));
  if (role !== undefined) return `metadata of ${role}`;
  // One that is no longer listed was taken out by those who sign.
  const target = [...before.targets].find(([path, known]) => known !== null && !now.targets.has(path));
  return target === undefined ? null : `target ${target[0]}`;
}

/** Whether the root that is named now is of another repository, and that one whole: then the policy is another one. */
async function isAnother(before: Verified, named: Anchor, ask: Ask, asked: Ask): Promise<boolean> {
  const own = await stateOf(unseen(named), ask);
  // An earlier root of the same repository vouches for what that had.
  const earlier = await stateOf(unseen(named), asked);
  return lostOf(before, own.state) === null && earlier.state.timestamp === null;
}

const MAX_ROOT_BYTES = 512 * 1024;
const WANTED: ReadonlyMap<string, null> = new Map(
  [ROOT_TARGET, ...PINNED.map(({ target }) => target), ...SIGNING_TARGETS].map((path) => [path, null]),
);

/** As old metadata are compared, their expiry plays no part. */
function stateOf(from: Verified, ask: Ask): ReturnType<typeof update> {
  return update(from, ask, WANTED, { now: null, askRoot: true });
}

/** Asks the folder as it is in a commit. */
function commitAsker(folder: string, commit: string): Ask {
  // The change may have taken the whole folder away.
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const below = relative(there, folder)
    .split(sep)
    .filter((part) => part !== '');
  return askerIn(async (place, maxBytes) => {
    const found = await readAt(there, [...below, ...place].join('/'), commit);
    if (!('bytes' in found)) return { kind: 'failed', reason: found.problem };
    if (found.bytes === null) return { kind: 'absent' };
    return found.bytes.length > maxBytes ? { kind: 'too-large' } : { kind: 'ok', body: found.bytes, etag: null };
  });
}
