import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { IDLE_MS } from './bounds.ts';
import { credentialFor } from './credentials.ts';
import { ACCEPT_ENCODING } from './decode.ts';
import type { GetOptions, HttpClientOptions } from './http.ts';
import type { NpmConfig } from './npmrc.ts';
import { sharedLookup } from './lookup.ts';
import { proxyAddress, proxyFor, proxyHeaders, tunnelAgent } from './proxy.ts';
import { CLOSED, failure, receive, type Outcome } from './receive.ts';
import { describeNetworkError } from './retry.ts';

export interface Exchange {
  /** One GET, without redirects and retries. Never rejects. */
  send(url: URL, options: SendOptions): Promise<Outcome>;
  /** Waits, unless the exchange is closed. */
  sleep(ms: number): Promise<void>;
  close(): void;
}

type SendOptions = GetOptions & { readonly auth: boolean; readonly timeoutMs: number };

interface Route {
  readonly transport: typeof http | typeof https;
  readonly options: http.RequestOptions;
  /** The request names the whole URL, to a proxy. */
  readonly absolute: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** Connections to hosts, kept open between requests, straight or through the configured proxy. */
export function createExchange(config: NpmConfig, { userAgent, idleMs = IDLE_MS }: HttpClientOptions): Exchange {
  const agentName = config.userAgent ?? userAgent ?? `assay node/${process.versions.node}`;
  const endings = new Set<() => void>();
  const track = (end: () => void): (() => void) => {
    endings.add(end);
    return () => endings.delete(end);
  };
  let closed = false;

  const ca = config.tls.ca && { ca: [...config.tls.ca] };
  const tlsOptions = { ...ca, rejectUnauthorized: config.tls.strict };
  // Reading every root certificate anew for each connection takes longer than the connection.
  let shared: tls.SecureContext | null = null;
  const secureContext = (): tls.SecureContext => (shared ??= tls.createSecureContext({ ...ca }));
  // How many connections there are is decided by the caller's queue, so the agents never queue themselves.
  const agentOptions = { keepAlive: true, maxFreeSockets: config.maxSockets, lookup: sharedLookup() };
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

  function requestOptions(url: URL, { accept, etag, auth }: SendOptions): http.RequestOptions {
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
        ...(etag !== undefined && { 'if-none-match': etag }),
        ...route.headers,
        ...(credential?.authorization && { authorization: credential.authorization }),
      },
      ...(url.protocol === 'https:' && (credential?.certificate ?? { secureContext: secureContext() })),
    };
  }

  /** Node throws at once for what cannot be sent, such as a client certificate with another's key. */
  function start(url: URL, options: http.RequestOptions): http.ClientRequest | Outcome {
    try {
      return routeOf(url).transport.request(options);
    } catch (error) {
      return failure(describeNetworkError(error).reason, null);
    }
  }

  return {
    async send(url, options) {
      if (closed) return CLOSED;
      const request = start(url, requestOptions(url, options));
      if (!(request instanceof http.ClientRequest)) return request;
      const { auth, etag, maxBytes, timeoutMs } = options;
      return receive(request, { auth, etag, maxBytes, idleMs, timeoutMs, track });
    },
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
