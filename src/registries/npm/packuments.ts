import type { Evidence, Validator } from '../../model/evidence.ts';
import type { Instant } from '../../model/time.ts';
import { evidenceOf, JSON_TYPE } from '../evidence-of.ts';
import { MAX_FRESH_MS, MAX_PACKUMENT_BYTES, PACKUMENTS_KEPT } from '../../model/limits.ts';
import { validatorOf } from '../../net/freshness.ts';
import type { HttpAnswer, HttpClient } from '../../net/request.ts';
import { createLru } from '../../net/lru.ts';
import { parsePackument, type NpmPackument } from './packument.ts';

/** The full documents of packages, by address. */
export interface Packuments {
  readonly has: (url: string) => boolean;
  readonly ask: (url: string, name: string) => Promise<Evidence<NpmPackument>>;
  /** The renewed validator where the document still is what it was; null for anything else. */
  readonly revalidate: (url: string, name: string, known: Validator, now: Instant) => Promise<Validator | null>;
}

/** Keeps those in use: the documents of a large project would fill the memory. */
export function createPackuments(client: HttpClient): Packuments {
  const kept = createLru<Promise<Evidence<NpmPackument>>>(PACKUMENTS_KEPT);
  const renewals = new Map<string, Promise<Validator | null>>();

  function read(answer: HttpAnswer, url: string, name: string): Evidence<NpmPackument> {
    const validator = answer.kind === 'ok' ? validatorOf(answer.headers, Date.now()) : null;
    const evidence = evidenceOf(answer, url, MAX_PACKUMENT_BYTES, (body) => parsePackument(body, name));
    if (validator === null || evidence.state !== 'present') return evidence;
    return { state: 'present', value: { ...evidence.value, validator } };
  }

  async function renew(url: string, name: string, known: Validator, now: Instant): Promise<Validator | null> {
    const { etag } = known;
    const answer = await client.get(url, { accept: JSON_TYPE, maxBytes: MAX_PACKUMENT_BYTES, etag });
    if (answer.kind === 'unchanged') {
      const renewed = validatorOf({ etag, ...answer.headers }, now);
      // What must be asked for again all the same need not be kept again.
      return renewed?.etag === etag && renewed.freshUntil <= now ? known : renewed;
    }
    // What came instead is the answer to the next question.
    void kept.get(url, () => Promise.resolve(read(answer, url, name)));
    return null;
  }

  return {
    has: kept.has,
    ask: (url, name) =>
      kept.get(url, async () =>
        read(await client.get(url, { accept: JSON_TYPE, maxBytes: MAX_PACKUMENT_BYTES }), url, name),
      ),
    revalidate: (url, name, known, now) => {
      // What was kept says no more than an answer may, which can have come as long after the run's `now`.
      if (now < known.freshUntil && known.freshUntil <= now + 2 * MAX_FRESH_MS) return Promise.resolve(known);
      const key = `${url} ${known.etag}`;
      const renewal = renewals.get(key) ?? renew(url, name, known, now);
      renewals.set(key, renewal);
      return renewal;
    },
  };
}
