import http2 from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { FLAG, frame, FRAME, OK } from './frames.ts';
import { listen, makeAuthority } from './servers.ts';

export const LIMIT = { maxBytes: 1_000_000 };
/** A wait before a retry outlasts the request: only what is tried again at once succeeds. */
export const AT_ONCE = { ...LIMIT, timeoutMs: 5000 };
export const authority = makeAuthority();
export const trusting = `cafile=${authority.cafile}\n`;
export const patient = `${trusting}fetch-retry-mintimeout=60000\nfetch-retry-maxtimeout=60000\n`;

export type Answer = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

export interface Http2Server {
  readonly url: string;
  readonly host: string;
  readonly requests: http2.Http2ServerRequest[];
  readonly sessions: http2.ServerHttp2Session[];
  readonly connections: () => number;
  /** The most requests under way at the same time. */
  readonly most: () => number;
}

export async function serveHttp2(answer: Answer, options: http2.SecureServerOptions = {}): Promise<Http2Server> {
  const { cert, key } = authority;
  const requests: http2.Http2ServerRequest[] = [];
  const sessions: http2.ServerHttp2Session[] = [];
  let [connections, active, most] = [0, 0, 0];
  const server = http2.createSecureServer({ cert, key, ...options }, (request, response) => {
    requests.push(request);
    active += 1;
    most = Math.max(most, active);
    response.stream.on('close', () => (active -= 1));
    response.stream.on('error', () => undefined);
    answer(request, response);
  });
  server.on('secureConnection', () => (connections += 1));
  server.on('session', (session) => sessions.push(session));
  server.on('sessionError', () => undefined);
  const port = await listen(server);
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const host = `127.0.0.1:${port}`;
  return { url: `https://${host}/`, host, requests, sessions, connections: () => connections, most: () => most };
}

export const json: Answer = (_, response) => response.end('{}');
export const respond = (socket: TLSSocket, stream: number, body = '{}'): void => {
  socket.write(frame(FRAME.HEADERS, FLAG.END_HEADERS, stream, OK));
  socket.write(frame(FRAME.DATA, FLAG.END_STREAM, stream, Buffer.from(body)));
};
export const many = (count: number) => Array.from({ length: count }, (_, i) => i);
