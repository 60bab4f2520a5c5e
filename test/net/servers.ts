import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import * as der from '../../lab/sigstore/der.ts';
import { newKey, pem } from '../../lab/sigstore/keys.ts';
import * as x509 from '../../lab/sigstore/x509.ts';
import { createHttpClient } from '../../src/net/client.ts';
import type { HttpClient, HttpClientOptions } from '../../src/net/request.ts';
import { loadNpmConfig, type NpmConfig } from '../../src/registries/npm/config/npmrc.ts';
import { removeFolder } from '../support/remove-folder.ts';

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export interface TestServer {
  /** With the last slash. */
  readonly url: string;
  readonly host: string;
  readonly requests: http.IncomingMessage[];
  readonly connections: () => number;
}

/** A server on loopback that lives as long as the test. */
export async function serve(handler: Handler, tls?: { cert: string; key: string; ca?: string }): Promise<TestServer> {
  const requests: http.IncomingMessage[] = [];
  let connections = 0;
  const listener: Handler = (request, response) => {
    requests.push(request);
    handler(request, response);
  };
  const server = tls
    ? https.createServer({ ...tls, ...(tls.ca && { requestCert: true, rejectUnauthorized: true }) }, listener)
    : http.createServer(listener);
  server.on('connection', () => (connections += 1));
  const port = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${port}`;
  return { url: `${tls ? 'https' : 'http'}://${host}/`, host, requests, connections: () => connections };
}

/** A TCP server that does with each connection what the test says. */
export async function serveRaw(
  onConnection: (socket: net.Socket) => void,
): Promise<{ url: string; count: () => number }> {
  let count = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    // Unread input would hide that the other side has gone.
    socket.resume();
    onConnection(socket);
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/`, count: () => count };
}

export interface TestProxy {
  readonly url: string;
  readonly host: string;
  readonly connects: http.IncomingMessage[];
  readonly plain: http.IncomingMessage[];
}

/** A proxy for CONNECT and for plain requests. `refuse` answers CONNECT with a status instead, if it gives one. */
export async function startProxy(refuse?: number | (() => number | undefined)): Promise<TestProxy> {
  const connects: http.IncomingMessage[] = [];
  const plain: http.IncomingMessage[] = [];
  const sockets = new Set<net.Socket>();
  const server = http.createServer((request, response) => {
    plain.push(request);
    response.end('{"via":"proxy"}');
  });
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    connects.push(request);
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const status = typeof refuse === 'function' ? refuse() : refuse;
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [host = '', port] = (request.url ?? '').split(':');
    const target = net.connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    sockets.add(target);
    target.on('error', () => socket.destroy());
    target.pipe(socket).pipe(target);
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, connects, plain };
}

export async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A configuration that no file and no environment of this machine reaches, with retries that take no time. */
export function testConfig(npmrc = '', env: NodeJS.ProcessEnv = {}): NpmConfig {
  return loadNpmConfig({
    cwd: '/project',
    env,
    homedir: '/home',
    platform: 'linux',
    execPath: '/node/bin/node',
    readFile: (path) => {
      if (path === '/project/package.json') return '{}';
      if (path === '/project/.npmrc') return `fetch-retry-mintimeout=1\nfetch-retry-maxtimeout=2\n${npmrc}`;
      if (path.startsWith(tmpdir())) return readFileSync(path, 'utf8');
      throw Object.assign(new Error('not there'), { code: 'ENOENT' });
    },
  });
}

/** A client that lives as long as the test. */
export function testClient(
  npmrc = '',
  options: Partial<HttpClientOptions> = {},
  env: NodeJS.ProcessEnv = {},
): HttpClient {
  const client = createHttpClient(testConfig(npmrc, env), { refuseRedirect: () => null, ...options });
  onTestFinished(() => client.close());
  return client;
}

export interface Authority {
  readonly cafile: string;
  readonly cert: string;
  readonly key: string;
  readonly certfile: string;
  readonly keyfile: string;
}

/** A certificate authority and a certificate of it for 127.0.0.1, as PEM and as files. For the top of a test file. */
export function makeAuthority(): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'assay-tls-'));
  afterAll(() => removeFolder(directory));
  const write = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const window = { notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 86_400_000 };
  const [rootKey, leafKey] = [newKey('P-256'), newKey('P-256')];
  const root = x509.issue(rootKey, {
    ...window,
    subject: x509.distinguishedName('lab.test', 'TLS authority'),
    spki: rootKey.spki,
    extensions: [
      x509.keyUsage.certificateSigning,
      x509.certificateAuthority(0),
      ...x509.keyIdentifiers(rootKey.spki, rootKey.spki),
    ],
  });
  // Subject alternative name (RFC 5280, 4.2.1.6): [7] iPAddress.
  const address = der.sequence(der.taggedPrimitive(7, Buffer.of(127, 0, 0, 1)));
  const request = {
    ...window,
    subject: x509.distinguishedName('lab.test', '127.0.0.1'),
    spki: leafKey.spki,
    extensions: [
      x509.keyUsage.digitalSignature,
      x509.extension('2.5.29.17', address),
      ...x509.keyIdentifiers(leafKey.spki, rootKey.spki),
    ],
  };
  const cert = pem('CERTIFICATE', x509.issue(leafKey, request, root).certificate);
  const key = leafKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    cert,
    key,
    cafile: write('ca.pem', pem('CERTIFICATE', root.certificate)),
    certfile: write('leaf.pem', cert),
    keyfile: write('leaf.key', key),
  };
}
