import { basename, dirname, resolve } from 'node:path';
import { readAt } from '../../git/base.ts';
import type { Ask } from '../../sigstore/tuf/answer.ts';
import { unseen, update, type Anchor, type Verified } from '../../sigstore/tuf/client.ts';
import { pinRoot } from '../../sigstore/tuf/repository.ts';
import { Malformed } from '../../sigstore/refusal.ts';
import { escapeText } from '../../report/words/escape.ts';
import { UsageError } from '../exit.ts';
import type { LoadedPolicy } from './policy.ts';
import { askerIn, folderAsker } from './tuf-folder.ts';

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
    const anchor = await anchorAt(resolve(policy.folder, rule.root), commit);
    if (anchor === null) continue;
    const why = await whyRolledBack(resolve(policy.folder, rule.url), anchor, commit);
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
  if (!('bytes' in found) || found.bytes === null) return null;
  try {
    return pinRoot(found.bytes);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

async function whyRolledBack(folder: string, anchor: Anchor, commit: string): Promise<string | null> {
  const ask = folderAsker(folder);
  const before = (await stateOf(unseen(anchor), commitAsker(folder, commit))).state;
  const alone = (await stateOf(unseen(anchor), ask)).state;
  // What that root does not vouch for is another repository, or broken: the run itself says so.
  if (before.timestamp === null || alone.timestamp === null) return null;
  if (alone.root.version < before.root.version) {
    return `its root is version ${alone.root.version}, and not ${before.root.version}`;
  }
  const { problem } = await stateOf(before, ask);
  return problem?.kind === 'refused' ? problem.detail : null;
}

/** As old metadata are compared, their expiry plays no part. */
function stateOf(from: Verified, ask: Ask): ReturnType<typeof update> {
  return update(from, ask, new Map(), { now: null, askRoot: true });
}

/** Asks the folder as it is in a commit. */
function commitAsker(folder: string, commit: string): Ask {
  return askerIn(async (place, maxBytes) => {
    const found = await readAt(folder, place.join('/'), commit);
    if (!('bytes' in found)) return { kind: 'failed', reason: found.problem };
    if (found.bytes === null) return { kind: 'absent' };
    return found.bytes.length > maxBytes ? { kind: 'too-large' } : { kind: 'ok', body: found.bytes, etag: null };
  });
}
