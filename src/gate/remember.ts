import type { GetOptions, HttpAnswer, HttpClient } from '../net/request.ts';

/** Documents that stay in memory: what was judged is then what is answered, and nothing is asked for twice. */
const MAX_KEPT_BYTES = 48 * 1024 * 1024;

interface Kept {
  readonly answer: Promise<HttpAnswer>;
  size: number;
}

/** A client that asks for each document once as long as it remembers it. Whatever is no document is asked for anew. */
export function remembering(client: HttpClient, maxBytes = MAX_KEPT_BYTES): HttpClient {
  const kept = new Map<string, Kept>();
  let total = 0;

  function forget(key: string, one: Kept): void {
    if (kept.get(key) === one) kept.delete(key);
    total -= one.size;
    one.size = 0;
  }

  function ask(key: string, url: string, options: GetOptions): Kept {
    const one: Kept = { answer: client.get(url, options), size: 0 };
    kept.set(key, one);
    void one.answer.then((answer) => {
      if (answer.kind !== 'ok') {
        forget(key, one);
        return;
      }
      one.size = answer.body.length;
      total += one.size;
      for (const [other, old] of kept) {
        if (total <= maxBytes) break;
        if (old.size > 0) forget(other, old);
      }
    });
    return one;
  }

  return {
    ...client,
    get: (url, options) => {
      const { sink, json, etag, auth, accept = '' } = options;
      if (sink !== undefined || json !== undefined || etag !== undefined || auth === false)
        return client.get(url, options);
      const key = `${accept} ${url}`;
      const known = kept.get(key) ?? ask(key, url, options);
      // The ones used last stay.
      if (kept.delete(key)) kept.set(key, known);
      return known.answer;
    },
  };
}
