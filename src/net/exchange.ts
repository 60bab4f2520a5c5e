import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { IDLE_MS } from '../model/limits.ts';
import { credentialFor, type Credential } from './credentials.ts';
import { ACCEPT_ENCODING } from './decode.ts';
import { connectTls } from './tls-connect.ts';
import { sendHttp1 } from './http1.ts';
import type { GetOptions, HttpClientOptions } from './request.ts';
import type { NetConfig } from './config.ts';
import { sharedLookup } from './dns.ts';
import { createOriginPool, type OriginPool } from './origin.ts';
import { connectThrough, proxyAddress, proxyError, proxyFor, proxyHeaders, tunnelAgent, type Proxy } from './proxy.ts';
import { CLOSED, receive, type Outcome } from './receive.ts';
import type { Transport } from './transport.ts';

export interface Exchange {
  /** One GET, without redirects and retries. Never rejects. */
  send(url: URL, options: SendOptions): Promise<Outcome>;
  /** Waits, unless the exchange is closed. */
  sleep(ms: number): Promise<void>;
  close(): void;
}

type SendOptions = GetOptions & { readonly auth: boolean; readonly timeoutMs: number };
type Certificate = Credential['certificate'];

/** How requests reach one origin. */
interface Route {
  readonly transport: (certificate: Certificate) => Transport;
  readonly proxy: Proxy | null;
  /** The request names the whole URL, to the proxy. */
  readonly absolute: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const OFFERED = ['h2', 'http/1.1'];

/** Connections to hosts, kept open between requests, straight or through the configured proxy. */
export function createExchange(config: NetConfig, { userAgent, idleMs = IDLE_MS }: HttpClientOptions): Exchange {
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
  const lookup = sharedLookup();
  // How many connections there are is decided by the caller's queue, so the agents never queue themselves.
  const agentOptions = { keepAlive: true, maxFreeSockets: config.maxSockets, lookup };
  const httpAgent = new http.Agent(agentOptions);
  const proxyAgent = new https.Agent({ ...agentOptions, ...tlsOptions });
  const tunnelOptions = { proxyTls: tlsOptions, timeoutMs: idleMs, track };

  const pools: OriginPool[] = [];
  const newPool = (url: URL, proxy: Proxy | null, certificate: Certificate): OriginPool => {
    const { protocol, hostname, port } = urlToHttpOptions(url);
    const host = hostname ?? '';
    const shown = certificate ?? { secureContext: secureContext() };
    const agent = { ...agentOptions, ...tlsOptions };
    const pool = createOriginPool({
      origin: url.origin,
      request: { protocol, hostname, port, ...shown },
      agent: proxy === null ? new https.Agent(agent) : tunnelAgent(proxy, { agent, ...tunnelOptions }),
      async connect() {
        const address = { host, port: Number(port ?? 443) };
        const tunnel = proxy === null ? { lookup } : { socket: await connectThrough(proxy, address, tunnelOptions) };
        const servername = isIP(host) === 0 ? host : '';
        return connectTls(
          { ...address, ...tunnel, servername, ...tlsOptions, ...shown, ALPNProtocols: OFFERED },
          tunnelOptions,
        );
      },
    });
    pools.push(pool);
    return pool;
  };

  const routes = new Map<string, Route>();
  const routeOf = (url: URL): Route => {
    const route = routes.get(url.origin) ?? findRoute(url);
    routes.set(url.origin, route);
    return route;
  };
  const findRoute = (url: URL): Route => {
    const proxy = proxyFor(config, url);
    if (url.protocol === 'https:') {
      // A connection on which a client certificate was shown is for requests that show the same one.
      const byCertificate = new Map<Certificate, OriginPool>();
      const transport = (certificate: Certificate): Transport => {
        const pool = byCertificate.get(certificate) ?? newPool(url, proxy, certificate);
        byCertificate.set(certificate, pool);
        return pool.send;
      };
      return { transport, proxy, absolute: false, headers: {} };
    }
    const { protocol, hostname, port } = proxy === null ? urlToHttpOptions(url) : proxyAddress(proxy.url);
    const options = { protocol, hostname, port, agent: protocol === 'https:' ? proxyAgent : httpAgent };
    const straight: Transport = (request, listener) => sendHttp1(options, request, listener);
    if (proxy === null) return { transport: () => straight, proxy, absolute: false, headers: {} };
    const transport: Transport = (request, listener) =>
      straight(request, { ...listener, fail: (error, reused) => listener.fail(proxyError(proxy, error), reused) });
    return { transport: () => transport, proxy, absolute: true, headers: proxyHeaders(proxy.url) };
  };

  return {
    async send(url, { accept, etag, auth, maxBytes, timeoutMs, sink, json, statusAlone = false }) {
      if (closed) return CLOSED;
      const route = routeOf(url);
      const credential = auth ? credentialFor(config.credentials, url) : null;
      const transport = route.transport(credential?.certificate ?? null);
      const body = json === undefined ? null : Buffer.from(json);
      const request = {
        host: url.host,
        path: `${route.absolute ? url.origin : ''}${url.pathname}${url.search}`,
        headers: {
          accept: accept ?? '*/*',
          'accept-encoding': sink === undefined ? ACCEPT_ENCODING : 'identity',
          'user-agent': agentName,
          ...(etag !== undefined && { 'if-none-match': etag }),
          ...(body !== null && { 'content-type': 'application/json', 'content-length': body.length }),
          ...route.headers,
          ...(credential?.authorization && { authorization: credential.authorization }),
        },
        body,
      };
      const bounds = { maxBytes, idleMs, timeoutMs, proxy: route.proxy?.shown ?? null };
      return receive((listener) => transport(request, listener), { auth, etag, sink, statusAlone, ...bounds, track });
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
      for (const pool of pools) pool.close();
      for (const agent of [httpAgent, proxyAgent]) agent.destroy();
    },
  };
}
