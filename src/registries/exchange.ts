import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { IDLE_MS, MAX_IGNORED_BYTES } from './bounds.ts';
import { credentialFor } from './credentials.ts';
import { ACCEPT_ENCODING, decodeBody } from './decode.ts';
import type { GetOptions, HttpAnswer, HttpClientOptions } from './http.ts';
import type { NpmConfig } from './npmrc.ts';
import { proxyAddress, proxyFor, proxyHeaders, tunnelAgent } from './proxy.ts';
import { describeNetworkError, isRetryableStatus, parseRetryAfter } from './retry.ts';

/** What one request and its response came to. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'redirect'; readonly location: string }
  /** May be tried again. `fresh` is false where a kept connection had just been closed by the server. */
  | {
      readonly kind: 'again';
      readonly reason: string;
      readonly status: number | null;
      readonly retryAfterMs: number | null;
      readonly fresh: boolean;
    };

export interface Exchange {
  /** One GET, without redirects and retries. Never rejects. */
  send(url: URL, options: GetOptions & { readonly auth: boolean; readonly timeoutMs: number }): Promise<Outcome>;
  /** Waits, unless the exchange is closed. */
  sleep(ms: number): Promise<void>;
  close(): void;
}

interface Route {
  readonly transport: typeof http | typeof https;
  readonly options: http.RequestOptions;
  /** The request names the whole URL, to a proxy. */
  readonly absolute: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const CLOSED: Outcome = { kind: 'answer', answer: { kind: 'failed', reason: 'the run ended', status: null } };

/** Connections to hosts, kept open between requests, straight or through the configured proxy. */
export function createExchange(config: NpmConfig, { userAgent, idleMs = IDLE_MS }: HttpClientOptions): Exchange {
  const agentName = config.userAgent ?? userAgent ?? `assay node/${process.versions.node}`;
  const endings = new Set<() => void>();
  const track = (end: () => void): (() => void) => {
    endings.add(end);
    return () => endings.delete(end);
  };
  let closed = false;

  const tlsOptions = {
    ...(config.tls.ca && { ca: [...config.tls.ca] }),
    ...(config.tls.cert && config.tls.key && { cert: config.tls.cert, key: config.tls.key }),
    rejectUnauthorized: config.tls.strict,
  };
  // How many connections there are is decided by the caller's queue, so the agents never queue themselves.
  const agentOptions = { keepAlive: true, maxFreeSockets: config.maxSockets };
  const httpAgent = new http.Agent(agentOptions);
  const httpsAgent = new https.Agent({ ...agentOptions, ...tlsOptions });
  const tunnels = new Map<string, https.Agent>();
  const tunnel = (proxy: URL): https.Agent => {
    const agent =
      tunnels.get(proxy.href) ??
      tunnelAgent(proxy, {
        agent: { ...agentOptions, ...tlsOptions },
        proxyTls: tlsOptions,
        timeoutMs: idleMs,
        track,
      });
    tunnels.set(proxy.href, agent);
    return agent;
  };

  const routes = new Map<string, Route>();
  const routeOf = (url: URL): Route => {
    const route = routes.get(url.origin) ?? findRoute(url);
    routes.set(url.origin, route);
    return route;
  };
  const findRoute = (url: URL): Route => {
    const secure = url.protocol === 'https:';
    const proxy = proxyFor(config, url);
    if (proxy !== null && !secure) {
      const viaTls = proxy.protocol === 'https:';
      const options = { ...proxyAddress(proxy), agent: viaTls ? httpsAgent : httpAgent };
      return { transport: viaTls ? https : http, options, absolute: true, headers: proxyHeaders(proxy) };
    }
    const agent = proxy !== null ? tunnel(proxy) : secure ? httpsAgent : httpAgent;
    const { protocol, hostname, port } = urlToHttpOptions(url);
    const options = { protocol, hostname, port, agent };
    return { transport: secure ? https : http, options, absolute: false, headers: {} };
  };

  function requestOptions(url: URL, accept: string | undefined, auth: boolean): http.RequestOptions {
    const route = routeOf(url);
    const credential = auth ? credentialFor(config.credentials, url) : null;
    return {
      ...route.options,
      path: route.absolute ? `${url.origin}${url.pathname}${url.search}` : `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        accept: accept ?? '*/*',
        'accept-encoding': ACCEPT_ENCODING,
        'user-agent': agentName,
        ...route.headers,
        ...(credential?.authorization && { authorization: credential.authorization }),
      },
      ...(url.protocol === 'https:' && credential?.certificate),
    };
  }

  return {
    send: (url, { accept, maxBytes, auth, timeoutMs }) =>
      new Promise((resolve) => {
        if (closed) {
          resolve(CLOSED);
          return;
        }
        const request = routeOf(url).transport.request(requestOptions(url, accept, auth));
        /** What is known to be the outcome whatever happens to the rest of the body. */
        let known: Outcome | null = null;
        let settled = false;
        const settle = (outcome: Outcome | Promise<Outcome>): void => {
          if (settled) return;
          settled = true;
          clearTimeout(idle);
          clearTimeout(total);
          forget();
          resolve(outcome);
        };
        const stop = (outcome: Outcome): void => {
          settle(known ?? outcome);
          request.destroy();
        };
        const forget = track(() => stop(CLOSED));
        const idle = setTimeout(() => stop(again('no data in time', null)), idleMs);
        const total = setTimeout(() => stop(failure('not finished in time', null)), Math.max(0, timeoutMs));

        request.on('error', (error) => settle(known ?? networkOutcome(error, request.reusedSocket)));
        request.on('response', (response) => {
          idle.refresh();
          known = statusOutcome(response, auth);
          const limit = known === null ? maxBytes : MAX_IGNORED_BYTES;
          const tooLarge: Outcome = { kind: 'answer', answer: { kind: 'too-large' } };
          if (Number(response.headers['content-length'] ?? 0) > limit) {
            stop(tooLarge);
            return;
          }
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            idle.refresh();
            size += chunk.length;
            if (size > limit) stop(tooLarge);
            else if (known === null) chunks.push(chunk);
          });
          response.on('end', () => settle(known ?? decoded(Buffer.concat(chunks, size), response, maxBytes)));
          response.on('error', (error) => settle(known ?? networkOutcome(error, false)));
          response.on('close', () => settle(known ?? again('connection closed before the answer was complete', null)));
        });
        request.end();
      }),
    sleep: (ms) =>
      new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          forget();
          resolve();
        };
        const timer = setTimeout(wake, closed ? 0 : ms);
        const forget = track(wake);
      }),
    close() {
      closed = true;
      for (const end of [...endings]) end();
      for (const agent of [httpAgent, httpsAgent, ...tunnels.values()]) agent.destroy();
    },
  };
}

function failure(reason: string, status: number | null): Outcome {
  return { kind: 'answer', answer: { kind: 'failed', reason, status } };
}

function again(reason: string, status: number | null, retryAfterMs: number | null = null, fresh = true): Outcome {
  return { kind: 'again', reason, status, retryAfterMs, fresh };
}

function networkOutcome(error: unknown, reused: boolean): Outcome {
  const { reason, retry } = describeNetworkError(error);
  return retry ? again(reason, null, null, !reused) : failure(reason, null);
}

/** What the status alone decides; null for 200, whose body does. */
function statusOutcome({ statusCode: status = 0, headers }: http.IncomingMessage, auth: boolean): Outcome | null {
  if (status === 200) return null;
  if (status === 404 || status === 410) return { kind: 'answer', answer: { kind: 'absent' } };
  if ([301, 302, 303, 307, 308].includes(status) && headers.location !== undefined) {
    return { kind: 'redirect', location: headers.location };
  }
  if (isRetryableStatus(status)) {
    return again(`the server answered ${status}`, status, parseRetryAfter(headers['retry-after'], Date.now()));
  }
  if (status === 401 || status === 403) {
    const why = auth ? 'check the credentials configured for this address' : 'no credentials were sent';
    return failure(`not authorized (${status}); ${why}`, status);
  }
  return failure(`the server answered ${status}`, status);
}

async function decoded(body: Buffer, { headers }: http.IncomingMessage, maxBytes: number): Promise<Outcome> {
  const result = await decodeBody(body, headers['content-encoding'], maxBytes);
  if (result === 'too-large') return { kind: 'answer', answer: { kind: 'too-large' } };
  if (typeof result === 'string') return failure(result, 200);
  return { kind: 'answer', answer: { kind: 'ok', status: 200, body: result, headers } };
}
