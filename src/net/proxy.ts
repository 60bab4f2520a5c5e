import http from 'node:http';
import https from 'node:https';
import { PassThrough, type Duplex } from 'node:stream';
import tls from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { basicAuthorization } from './credentials.ts';
import type { NetConfig } from './config.ts';
import { describeNetworkError, ProxyError } from './retry.ts';

export interface Proxy {
  readonly url: URL;
  /** How errors name it: without its credentials. */
  readonly shown: string;
}

/** The proxy for a target, or null to go straight to it. */
export function proxyFor({ proxy }: Pick<NetConfig, 'proxy'>, target: URL): Proxy | null {
  const found = target.protocol === 'https:' ? proxy.https : proxy.http;
  if (found === null || proxy.bypass.some((entry) => bypasses(entry, target))) return null;
  const url = new URL(found.url);
  return { url, shown: `the proxy ${url.host} (${found.namedBy})` };
}

/** An error on the way to a proxy, which is not the target's. */
export function proxyError({ shown }: Proxy, error: unknown): ProxyError {
  if (error instanceof ProxyError) return error;
  const { reason, retry } = describeNetworkError(error);
  return new ProxyError(`${shown}: ${reason}`, retry);
}

/**
 * An entry is a host, or a domain whose hosts it covers (with or without a leading dot), "*", or either with a port.
 */
function bypasses(entry: string, target: URL): boolean {
  if (entry === '*') return true;
  const [, domain = entry, port] = /^([^:]+|\[.*\]):(\d+)$/.exec(entry) ?? [];
  if (port !== undefined && port !== portOf(target)) return false;
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const suffix = domain.replace(/^\*?\.|^\[|\]$/g, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function portOf({ port, protocol }: URL): string {
  return port !== '' ? port : protocol === 'https:' ? '443' : '80';
}

/** The Proxy-Authorization header of a proxy URL with credentials; these go to the proxy only. */
export function proxyHeaders({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  return { 'proxy-authorization': basicAuthorization(decodeURIComponent(username), decodeURIComponent(password)) };
}

/** Request options that reach a proxy itself. */
export function proxyAddress(proxy: URL): http.RequestOptions {
  const { protocol, hostname, port } = urlToHttpOptions(proxy);
  return { protocol, hostname, port: port ?? (protocol === 'https:' ? 443 : 80) };
}

export interface TunnelOptions {
  /** Agent and TLS options of connections to the targets. */
  readonly agent: https.AgentOptions;
  /** TLS options of the connection to an https proxy. */
  readonly proxyTls: tls.SecureContextOptions & { readonly rejectUnauthorized: boolean };
  readonly timeoutMs: number;
  /** Called with a function that ends a tunnel under construction; returns one that forgets it. */
  readonly track: (abort: () => void) => () => void;
}

/** An agent whose connections are TLS through a CONNECT tunnel (RFC 9110 9.3.6) of a proxy. */
export function tunnelAgent(proxy: Proxy, options: TunnelOptions): https.Agent {
  const agent = new https.Agent(options.agent);
  agent.createConnection = (target, callback) => {
    connectThrough(proxy, target, options)
      .then((socket) => tls.connect({ ...(target as tls.ConnectionOptions), socket }))
      .then(
        (socket) => callback?.(null, socket),
        // The type asks for a stream even beside an error; Node reads only the error.
        (error: unknown) => callback?.(error as Error, new PassThrough()),
      );
    return undefined;
  };
  return agent;
}

/** Opens a tunnel to the host and port of `target`. */
export function connectThrough(
  proxy: Proxy,
  target: Pick<http.ClientRequestArgs, 'host' | 'port'>,
  { proxyTls, timeoutMs, track }: Omit<TunnelOptions, 'agent'>,
): Promise<Duplex> {
  const host = target.host ?? '';
  const authority = `${host.includes(':') ? `[${host}]` : host}:${target.port ?? 443}`;
  return new Promise((resolve, reject) => {
    const { url, shown } = proxy;
    const request = (url.protocol === 'https:' ? https : http).request({
      ...proxyAddress(url),
      ...proxyTls,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyHeaders(url) },
      agent: false,
      timeout: timeoutMs,
    });
    const forget = track(() => request.destroy());
    const refuse = (status: number): void => {
      request.destroy();
      reject(new ProxyError(`${shown} refused the connection (${status})`, status >= 500));
    };
    request.once('close', forget);
    request.once('timeout', () => {
      request.destroy();
      reject(new ProxyError(`${shown} did not answer in time`, true));
    });
    request.once('response', (response) => refuse(response.statusCode ?? 0));
    request.once('connect', (response, socket) => {
      forget();
      if (response.statusCode === 200) resolve(socket);
      else refuse(response.statusCode ?? 0);
    });
    request.on('error', (error) => reject(proxyError(proxy, error)));
    request.end();
  });
}
