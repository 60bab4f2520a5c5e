import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { sharedData } from '../support/shared-data.ts';

export const logData = (name: string): string => sharedData(`logs/${name}`);

interface Exchange {
  readonly request: { readonly method?: string; readonly path: string; readonly body?: unknown };
  readonly status: number;
  readonly body: unknown;
}

/** Serves the recorded answers of a real log, each to what was asked then; anything else is 404. */
export function serveRecorded(prefix: 'rekor1-' | 'rekor1-sharded-'): Promise<string> {
  const files = readdirSync(logData('.')).filter(
    (name) => name.startsWith(prefix) && (prefix !== 'rekor1-' || !name.startsWith('rekor1-sharded-')),
  );
  const exchanges = files.map((name) => JSON.parse(readFileSync(logData(name), 'utf8')) as Exchange);
  return serveFiles((method, path, body) => {
    const found = exchanges.find(
      ({ request }) =>
        (request.method ?? 'GET') === method &&
        request.path === path &&
        (body === '' || JSON.stringify(request.body) === body),
    );
    if (found === undefined) return null;
    return { status: found.status, body: found.body === '' ? '' : JSON.stringify(found.body) };
  });
}

/** The real tiles of Rekor v2, under the names that the server gave them. */
export function serveRecordedTiles(checkpoint = 'checkpoint-605'): Promise<string> {
  const names: Readonly<Record<string, string>> = {
    '/api/v2/checkpoint': checkpoint,
    '/api/v2/tile/0/000': 'tile-0-000',
    '/api/v2/tile/0/001': 'tile-0-001',
    '/api/v2/tile/0/002.p/93': 'tile-0-002.p-93',
    '/api/v2/tile/1/000.p/2': 'tile-1-000.p-2',
  };
  return serveFiles((_, path) => {
    const name = names[path];
    return name === undefined ? null : { status: 200, body: readFileSync(logData(`rekor2-tiles/${name}`)) };
  });
}

type Answer = {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
} | null;

/** Serves what a function answers, until the test ends. Returns the address without a last slash. */
export async function serveFiles(
  answer: (method: string, path: string, body: string, headers: IncomingHttpHeaders) => Answer,
): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const found = answer(request.method ?? '', request.url ?? '', Buffer.concat(chunks).toString(), request.headers);
      response.writeHead(found?.status ?? 404, found?.headers).end(found?.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
