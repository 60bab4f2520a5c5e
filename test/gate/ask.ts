import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Gate } from '../../src/gate/index.ts';

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** Whether all of it came. */
  readonly whole: boolean;
}

/** One request, as it is written. */
export function ask(
  gate: Pick<Gate, 'origin'>,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', body }: { readonly method?: string; readonly body?: Buffer } = {},
): Promise<Got> {
  const { hostname, port } = new URL(gate.origin);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      const done = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes: Buffer.concat(parts),
          text: Buffer.concat(parts).toString(),
          whole: response.complete,
        });
      response.on('close', done);
      response.on('error', () => undefined);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
