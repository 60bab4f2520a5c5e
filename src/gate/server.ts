import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { failureReply, type GateRequest, type Reply } from './reply.ts';

/** Where package managers reach the gate. */
export interface GateServer {
  /** `http://127.0.0.1:4874`. */
  readonly origin: string;
  /** Breaks off what is under way. */
  readonly close: () => Promise<void>;
}

/** A part of the gate that answers what is below a path. */
export interface Protocol {
  /** The first part of a path, without slashes; "" answers what no other part does. */
  readonly prefix: string;
  readonly answer: (request: GateRequest) => Promise<Reply>;
}

/** The address that is not taken by anything usual; a fixed one, so that a forgotten address is known for what it is. */
export const DEFAULT_PORT = 4874;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Listens on loopback or where it is told. A port that is taken is answered with another one where `port` is null. */
export async function startServer(
  protocols: readonly Protocol[],
  { host = '127.0.0.1', port = null }: { readonly host?: string; readonly port?: number | null } = {},
): Promise<GateServer> {
  const sockets = new Set<Socket>();
  const server = createServer((message, response) => void answer(message, response, protocols));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await listen(server, host, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
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

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  protocols: readonly Protocol[],
): Promise<void> {
  // A client that leaves is no error of the gate.
  response.on('error', () => undefined);
  let reply: Reply;
  try {
    reply = await replyTo(message, protocols);
  } catch (error) {
    const why = error instanceof RangeError ? 'what was sent is too large' : 'the gate failed; nothing is let through';
    reply = failureReply(500, 'internal-error', why);
  }
  const isHead = message.method === 'HEAD';
  response.writeHead(reply.status, reply.phrase, reply.headers);
  if (isHead || reply.status === 304) return void response.end();
  if (typeof reply.body !== 'function') return void response.end(reply.body);
  const isWhole = await reply.body(response).catch(() => false);
  // A client takes no body that was broken off for whole.
  if (isWhole) response.end();
  else response.destroy();
}

function replyTo(message: IncomingMessage, protocols: readonly Protocol[]): Promise<Reply> {
  const { method = 'GET', url = '/', headers } = message;
  const [path = '/', query] = splitOnce(url, '?');
  const [, first = ''] = path.split('/');
  const protocol = protocols.find(({ prefix }) => prefix !== '' && prefix === first);
  const used = protocol ?? protocols.find(({ prefix }) => prefix === '');
  if (used === undefined || !path.startsWith('/')) {
    return Promise.resolve(failureReply(404, 'not-found', 'this gate answers no such address'));
  }
  const own = protocol === undefined ? '' : `${protocol.prefix}/`;
  return used.answer({
    method,
    path: `/${path.slice(1 + own.length)}`,
    search: query === undefined ? '' : `?${query}`,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    ),
    body: () => bodyOf(message),
    base: `http://${headers.host ?? ''}/${own}`,
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
