import type { Evidence, Validator } from '../model/evidence.ts';
import { MAX_FRESH_MS } from '../model/limits.ts';
import type { Instant } from '../model/time.ts';
import { validatorOf } from '../net/freshness.ts';
import { createLru } from '../net/lru.ts';
import type { HttpAnswer, HttpClient } from '../net/request.ts';
import type { Parsed } from '../readers/untrusted-json.ts';
import { evidenceOf } from './evidence-of.ts';

/** What a document says, and how it is recognised when it is asked for again; left out where it must be each time. */
export type Recognised<T> = T & { readonly validator?: Validator };

/** The documents that a registry has of packages, by address. */
export interface Documents<T> {
  readonly has: (url: string) => boolean;
  readonly ask: (url: string, name: string) => Promise<Evidence<Recognised<T>>>;
  /** The renewed validator where the document still is what it was; null for anything else. */
  readonly revalidate: (url: string, name: string, known: Validator, now: Instant) => Promise<Validator | null>;
}

interface DocumentKind<T> {
  readonly accept?: string;
  readonly maxBytes: number;
  /** How many are kept in memory. */
  readonly kept: number;
  /** Reads the document of a package, which was asked for at `url`. */
  readonly read: (body: Buffer, name: string, url: string) => Parsed<T>;
}

/** Keeps those in use: the documents of a large project would fill the memory. */
export function createDocuments<T extends object>(client: HttpClient, kind: DocumentKind<T>): Documents<T> {
  const { maxBytes, accept } = kind;
  const options = { maxBytes, ...(accept === undefined ? {} : { accept }) };
  const kept = createLru<Promise<Evidence<Recognised<T>>>>(kind.kept);
  const renewals = new Map<string, Promise<Validator | null>>();

  function read(answer: HttpAnswer, url: string, name: string): Evidence<Recognised<T>> {
    const validator = answer.kind === 'ok' ? validatorOf(answer.headers, Date.now()) : null;
    const evidence = evidenceOf(answer, url, maxBytes, (body) => kind.read(body, name, url));
    if (validator === null || evidence.state !== 'present') return evidence;
    return { state: 'present', value: { ...evidence.value, validator } };
  }

  async function renew(url: string, name: string, known: Validator, now: Instant): Promise<Validator | null> {
    const { etag } = known;
    const answer = await client.get(url, { ...options, etag });
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
    ask: (url, name) => kept.get(url, async () => read(await client.get(url, options), url, name)),
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
