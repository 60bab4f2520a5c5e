import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Answer } from './common/protocol.ts';
import { failureReply, type Reply } from './common/reply.ts';
import { userOf } from './peer.ts';

/** Where package managers reach the gate. */
export interface GateServer {
  /** `http://127.0.0.1:4874`. */
  readonly origin: string;
  /** Breaks off what is under way. */
  readonly close: () => Promise<void>;
}

/** A part of the gate that answers what is below a path. */
export interface Route {
  /** What a path begins with, between slashes; "" answers what no other one does. */
  readonly prefix: string;
  readonly answer: Answer;
}

export interface ServerOptions {
  /** An address of this machine; loopback where left out. */
  readonly host?: string;
  /** Null or left out for the default one, or another where that is taken. */
  readonly port?: number | null;
  /** Nobody else is answered, where the system says who asks; null or left out for everybody. */
  readonly user?: number | null;
  /** Told of the status of each answer. */
  readonly onStatus?: (status: number) => void;
}

/** Nothing usual listens there. It is a fixed one, so that a forgotten address is known for what it is. */
const DEFAULT_PORT = 4874;
const LOCAL = ['127.0.0.1', 'localhost', '::1'];
const NOT_THEIRS = failureReply(403, 'not-this-user', 'this gate is for the user who started it');
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Listens on loopback or where it is told. A port that is taken is answered with another one where `port` is null. */
export async function startServer(
  routes: readonly Route[],
  { host = '127.0.0.1', port = null, user = null, onStatus = () => undefined }: ServerOptions = {},
): Promise<GateServer> {
  const sockets = new Map<Socket, Promise<boolean>>();
  const isTheirs = async (socket: Socket): Promise<boolean> => {
    const peer = user === null ? undefined : await userOf(socket);
    return peer === undefined || peer === user;
  };
  const isLocal = LOCAL.includes(host);
  const server = createServer((message, response) => {
    void answer(response, message.method === 'HEAD', async () =>
      (await sockets.get(message.socket)) === true ? replyTo(message, routes, isLocal) : NOT_THEIRS,
    ).then(onStatus);
  });
  server.on('connection', (socket) => {
    sockets.set(socket, isTheirs(socket));
    socket.on('close', () => sockets.delete(socket));
  });
  await listen(server, host, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.keys()) socket.destroy();
      }),
  };
}

async function listen(server: Server, host: string, port: number | null): Promise<void> {
  const on = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  try {
    await on(port ?? DEFAULT_PORT);
  } catch (error) {
    if (port !== null || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await on(0);
  }
}

/** Sends an answer. Returns its status. */
async function answer(response: ServerResponse, isHead: boolean, replying: () => Promise<Reply>): Promise<number> {
  // A client that leaves is no error of the gate.
  response.on('error', () => undefined);
  let reply: Reply;
  try {
    reply = await replying();
  } catch (error) {
    const why = error instanceof RangeError ? 'what was sent is too large' : 'the gate failed; nothing is let through';
    reply = failureReply(500, 'internal-error', why);
  }
  if (isHead || typeof reply.body !== 'function') return sent(reply, response, isHead);
  begin(reply, response);
  const instead = await reply.body(response).catch(() => BROKEN);
  if (instead === null) response.end();
  else if (!response.headersSent) return sent(instead, response, isHead);
  // A client takes no body that was broken off for whole.
  else response.destroy();
  return reply.status;
}

const BROKEN = failureReply(502, 'internal-error', 'the gate failed; nothing is let through');

function begin({ status, phrase, headers }: Reply, response: ServerResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = status;
  if (phrase !== undefined) response.statusMessage = phrase;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

function sent(reply: Reply, response: ServerResponse, isHead: boolean): number {
  begin(reply, response);
  if (isHead || reply.status === 304 || typeof reply.body === 'function') response.end();
  else response.end(reply.body);
  return reply.status;
}

function replyTo(message: IncomingMessage, routes: readonly Route[], isLocal: boolean): Promise<Reply> {
  const { method = 'GET', url = '/', headers } = message;
  const [path, query] = splitOnce(url, '?');
  const host = headers.host ?? '';
  // A page of the web that was led here by a name of its own says that name.
  if (isLocal && !/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host)) {
    return Promise.resolve(failureReply(403, 'not-local', 'this gate is for this machine alone'));
  }
  const used = routes.find(({ prefix }) => prefix === '' || path.startsWith(`/${prefix}/`));
  if (used === undefined || !path.startsWith('/')) {
    return Promise.resolve(failureReply(404, 'not-found', 'this gate answers no such address'));
  }
  const own = used.prefix === '' ? '' : `${used.prefix}/`;
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  return used.answer({
    method,
    path: path.slice(own.length),
    search: query === undefined ? '' : `?${query}`,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    ),
    body: () => bodyOf(message),
    base: `${scheme}://${host}/${own}`,
  });
}

function splitOnce(text: string, by: string): readonly [string, string | undefined] {
  const at = text.indexOf(by);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new RangeError('too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
