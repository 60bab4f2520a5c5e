import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { serveHttp2, trusting } from './http2-servers.ts';
import { serve, testClient } from './servers.ts';

const POST = { maxBytes: 1000, json: '{"hash":"é"}' };

async function bodyOf(request: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('a JSON text', () => {
  it.each(['HTTP/1.1', 'HTTP/2'])('is sent with POST in %s, with its type and length', async (version) => {
    const came: unknown[] = [];
    const handle = async (
      request: Pick<IncomingMessage, 'method' | 'headers'> & AsyncIterable<unknown>,
    ): Promise<string> => {
      const { method, headers } = request;
      came.push([method, headers['content-type'], headers['content-length'], await bodyOf(request)]);
      return '[]';
    };
    const server =
      version === 'HTTP/2'
        ? await serveHttp2((request, response) => void handle(request).then((text) => response.end(text)))
        : await serve((request, response) => void handle(request).then((text) => response.end(text)));
    const answer = await testClient(trusting).get(server.url, POST);
    expect(answer.kind === 'ok' && answer.body.toString()).toBe('[]');
    expect(came).toEqual([['POST', 'application/json', '13', POST.json]]);
  });

  it('is sent again after 503, and to no other place after a redirect', async () => {
    const bodies: string[] = [];
    const { url, requests } = await serve((request, response) => {
      void bodyOf(request).then((text) => {
        bodies.push(text);
        if (request.url === '/to') response.writeHead(307, { location: '/' }).end();
        else response.writeHead(bodies.length === 1 ? 503 : 200).end('{}');
      });
    });
    const client = testClient('fetch-retries=1\nfetch-retry-mintimeout=1');
    expect(await client.get(url, POST)).toMatchObject({ kind: 'ok' });
    expect(bodies).toEqual([POST.json, POST.json]);
    const redirected = await client.get(`${url}to`, POST);
    expect(redirected).toMatchObject({ kind: 'failed' });
    expect(redirected.kind === 'failed' && redirected.reason).toMatch(/redirected/);
    expect(requests.map(({ url: path }) => path)).toEqual(['/', '/', '/to']);
  });
});
