import { PINNED } from '../ecosystems/index.ts';
import type { Instant } from '../model/time.ts';
import type { HttpClient } from '../net/request.ts';
import { problemOf } from '../sigstore/tuf/answer.ts';
import { ROOT_TARGET } from '../sigstore/tuf/public-good.ts';
import { pinRoot, refresh } from '../sigstore/tuf/repository.ts';
import { askerOf } from './trust.ts';

/** Sigstore's own have 5 KiB. */
const MAX_ROOT_BYTES = 512 * 1024;
const LIMITS = { requestMs: 5000, totalMs: 60_000 };

/**
 * Asks a TUF repository, whose root has this version, for all that somebody would need who knows nothing more than one
 * of its earlier roots. Nothing of it is used here.
 */
export async function askWhole(url: string, root: number, http: HttpClient, now: Instant): Promise<void> {
  const ask = askerOf(url, http, LIMITS);
  let first: Buffer | null = null;
  for (let version = root; version > 0; version -= 1) {
    const answer = await ask(`${version}.root.json`, MAX_ROOT_BYTES, null);
    if (answer.kind !== 'ok') break;
    first = answer.body;
  }
  if (first === null) return;
  const targets = [ROOT_TARGET, ...PINNED.map(({ target }) => target)];
  const wanted = new Map(targets.map((target) => [target, null] as const));
  try {
    await refresh({ name: 'whole', anchor: pinRoot(first), wanted }, ask, null, now);
  } catch (error) {
    // What is no root is no answer to anybody else either.
    problemOf(error);
  }
}
