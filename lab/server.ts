import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Behaviours, misbehave, replacesAnswer } from './behaviours.ts';
import type { Answer } from './registry.ts';

/** One request as it arrived. `url` is the path with its query, undecoded. */
export interface LoggedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface Service {
  readonly behaviours: Behaviours;
  readonly requests: LoggedRequest[];
  readonly latencyMs?: number;
  /** Demanded of every request as a bearer token; null, or left out, where none is. */
  readonly requireToken?: string | null;
  /** `path` is decoded and has no leading slash and no query. */
  answer(path: string, accept: string): Answer | null | Promise<Answer | null>;
}

export interface RunningServer {
  /** Base address with a trailing slash. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** What is served as it is, with an entity tag of its bytes. */
export function answerOf(type: string, body: Buffer): Answer {
  return { type, body, gzip: null, etag: `"${createHash('sha256').update(body).digest('hex')}"` };
}

/** Serves on an ephemeral port of the loopback interface. */
export async function serve(service: Service): Promise<RunningServer> {
  const server = createServer((request, response) => {
    handle(service, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  const address = await listen(server);
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo));
  });
}

async function handle(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  service.requests.push({ method, url, headers });
  const [rawPath = '/'] = url.split('?');
  const path = decodePath(rawPath);
  const behaviour = service.behaviours.take(`/${path ?? rawPath}`);
  const delay = (service.latencyMs ?? 0) + (behaviour?.delayMs ?? 0);
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  if (behaviour !== undefined && replacesAnswer(behaviour)) {
    misbehave(behaviour, request, response);
    return;
  }
  const token = service.requireToken ?? null;
  if (token !== null && headers.authorization !== `Bearer ${token}`) {
    sendJson(response, 401, { error: 'authentication required' }, { 'www-authenticate': 'Bearer' });
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    sendJson(response, 405, { error: 'method not allowed' });
    return;
  }
  const found = path === null ? null : await service.answer(path, headers.accept ?? '');
  if (found === null) sendJson(response, 404, { error: 'Not found' });
  else send(found, request, response);
}

function decodePath(rawPath: string): string | null {
  try {
    return decodeURIComponent(rawPath.slice(1));
  } catch {
    return null;
  }
}

function send(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  const { headers, method } = request;
  const common = { etag: answer.etag, vary: 'accept-encoding, accept', 'cache-control': 'public, max-age=300' };
  if (headers['if-none-match'] === answer.etag) {
    response.writeHead(304, common).end();
    return;
  }
  const compressed = /\bgzip\b/.test(headers['accept-encoding'] ?? '') ? answer.gzip : null;
  const body = compressed ?? answer.body;
  response.writeHead(200, {
    ...common,
    'content-type': answer.type,
    'content-length': body.length,
    ...(compressed === null ? {} : { 'content-encoding': 'gzip' }),
  });
  response.end(method === 'HEAD' ? undefined : body);
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
