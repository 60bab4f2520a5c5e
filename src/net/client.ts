import { MAX_REDIRECTS, MAX_RETRY_AFTER_MS, MAX_SILENT_REQUESTS } from '../model/limits.ts';
import { createExchange } from './exchange.ts';
import { createLimiter } from './limiter.ts';
import type { NetConfig } from './config.ts';
import { failure, type Outcome, type Result } from './receive.ts';
import { backoff } from './retry.ts';
import type { GetOptions, HttpAnswer, HttpClient, HttpClientOptions } from './request.ts';

/** The client of a configuration: who answers in place of the network, where it names somebody, else the network. */
export function createHttpClient(config: NetConfig, options: HttpClientOptions): HttpClient {
  const live = (): HttpClient => createLiveClient(config, options);
  return config.through === undefined ? live() : config.through(live);
}

/**
 * A client for hostile servers: bounded in bytes, time, redirects and connections. Retries what may be retried, with
 * exponential backoff. Credentials go only to the host and path they are configured for, and to no redirect's host.
 */
function createLiveClient(config: NetConfig, options: HttpClientOptions): HttpClient {
  const exchange = createExchange(config, options);
  const hosts = new Map<string, Host>();
  const hostOf = ({ origin }: URL): Host => {
    const host = hosts.get(origin) ?? { limit: createLimiter(config.maxSockets), silent: 0, lastFailure: '' };
    hosts.set(origin, host);
    return host;
  };

  /** One attempt, with its redirects. Time in the queue for a connection is not the server's and does not count. */
  async function attempt(first: URL, get: GetOptions, budget: Budget): Promise<Result> {
    let url = first;
    let auth = get.auth !== false;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const target = url;
      const host = hostOf(target);
      const outcome = await host.limit(async () => {
        if (host.silent >= MAX_SILENT_REQUESTS) return failure(`${host.lastFailure}, as for earlier requests`, null);
        const started = performance.now();
        const result = await exchange.send(target, { ...get, auth, timeoutMs: budget.ms });
        budget.ms -= performance.now() - started;
        return result;
      });
      if (hasAnswered(outcome)) host.silent = 0;
      if (outcome.kind !== 'redirect') return outcome;
      if (get.json !== undefined) return failure('redirected, which is not followed with what was sent', null);
      const next = redirectTarget(outcome.location, target);
      if (typeof next === 'string') return failure(next, null);
      const refusal = next.host === first.host ? null : options.refuseRedirect(next);
      if (refusal !== null) return failure(`redirected to ${next.host}, ${refusal}`, null);
      if (next.host !== target.host) auth = false;
      url = next;
    }
    return failure(`more than ${MAX_REDIRECTS} redirects`, null);
  }

  return {
    async get(address, get) {
      if (!URL.canParse(address)) return failed('not a URL', null);
      const url = new URL(address);
      const budget: Budget = { ms: get.timeoutMs ?? config.timeoutMs };
      for (let attempts = 1; ; attempts++) {
        const outcome = await attempt(url, get, budget);
        if (outcome.kind === 'answer') return outcome.answer;
        const wait = Math.max(
          outcome.fresh ? backoff(attempts - 1, config.retry, Math.random()) : 0,
          outcome.retryAfterMs ?? 0,
        );
        const enough = attempts > config.retry.retries || wait > Math.min(budget.ms, MAX_RETRY_AFTER_MS);
        if (enough) {
          if (outcome.status === null) noteSilence(hostOf(url), outcome.reason);
          return failed(attempts === 1 ? outcome.reason : `${outcome.reason}, ${attempts} times`, outcome.status);
        }
        budget.ms -= wait;
        await exchange.sleep(wait);
      }
    },
    close: () => exchange.close(),
  };
}

/** What is known of one origin during a run. */
interface Host {
  readonly limit: <T>(task: () => Promise<T>) => Promise<T>;
  /** Requests in a row that were given up without any answer. */
  silent: number;
  /** Why the last request that was sent got no answer. */
  lastFailure: string;
}

function noteSilence(host: Host, reason: string): void {
  if (host.silent < MAX_SILENT_REQUESTS) host.lastFailure = reason;
  host.silent += 1;
}

/** Milliseconds a request may still take. */
interface Budget {
  ms: number;
}

function failed(reason: string, status: number | null): HttpAnswer {
  return { kind: 'failed', reason, status };
}

function hasAnswered(outcome: Outcome): boolean {
  if (outcome.kind === 'again') return outcome.status !== null;
  return outcome.kind === 'redirect' || outcome.answer.kind !== 'failed' || outcome.answer.status !== null;
}

/** The URL a redirect leads to, or why it is not followed. */
function redirectTarget(location: string, from: URL): URL | string {
  if (!URL.canParse(location, from.href)) return 'redirected to something that is not a URL';
  const to = new URL(location, from);
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return 'redirected away from HTTP';
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'redirected from https to http';
  return to;
}
