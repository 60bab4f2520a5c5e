import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { MAX_FRESH_MS } from '../../src/model/limits.ts';
import { validatorOf } from '../../src/net/freshness.ts';
import { npmRegistry } from '../../src/registries/npm/index.ts';
import type { Registry } from '../../src/registries/registry.ts';
import { serve, testClient, testConfig, type TestServer } from './servers.ts';

const NOW = 1_000_000;

describe('what the headers of an answer allow', () => {
  const freshFor = (headers: IncomingHttpHeaders): number | null => {
    const validator = validatorOf({ etag: '"x"', ...headers }, NOW);
    return validator === null ? null : validator.freshUntil - NOW;
  };

  it('is what max-age says, less the age it has, and five minutes at most', () => {
    expect(freshFor({ 'cache-control': 'public, max-age=60' })).toBe(60_000);
    expect(freshFor({ 'cache-control': 'Max-Age=60', age: '20' })).toBe(40_000);
    expect(freshFor({ 'cache-control': 'max-age=60', age: '90' })).toBe(0);
    expect(freshFor({ 'cache-control': 'max-age=86400' })).toBe(300_000);
  });

  it('is nothing without max-age, with no-cache, or with what is no number', () => {
    for (const control of [undefined, '', 's-maxage=60', 'no-cache, max-age=60', 'max-age=-1', 'max-age=1e3']) {
      expect(freshFor(control === undefined ? {} : { 'cache-control': control })).toBe(0);
    }
  });

  it('is not to be stored with no-store, and cannot be recognised without an entity tag', () => {
    expect(freshFor({ 'cache-control': 'no-store' })).toBeNull();
    for (const etag of ['', 'x', '"', '"a"b"', '"a\r\nx: y"', `"${'a'.repeat(300)}"`]) {
      expect(validatorOf({ etag }, NOW)).toBeNull();
    }
    expect(validatorOf({}, NOW)).toBeNull();
    expect(validatorOf({ etag: 'W/"x"' }, NOW)?.etag).toBe('W/"x"');
  });
});

describe('asking again', () => {
  /** A registry whose one document has the entity tag `tag` says; `status` is what it answers instead. */
  interface Server {
    tag: string;
    status: number | null;
  }

  async function registry(state: Server): Promise<{ registry: Registry; server: TestServer }> {
    const server = await serve((request, response) => {
      if (state.status !== null) response.writeHead(state.status).end();
      else if (request.headers['if-none-match'] === state.tag) {
        response.writeHead(304, { etag: state.tag, 'cache-control': 'max-age=60' }).end();
      } else {
        response.setHeader('etag', state.tag);
        response.end(JSON.stringify({ name: 'a', versions: {}, 'dist-tags': { latest: state.tag } }));
      }
    });
    const text = `registry=${server.url}\nfetch-retries=0`;
    return { registry: npmRegistry(testClient(text), testConfig(text)), server };
  }

  it('is not needed while the document is fresh', async () => {
    const { registry: asked, server } = await registry({ tag: '"1"', status: null });
    const known = { etag: '"1"', freshUntil: NOW + 1 };
    expect(await asked.revalidate('a', known, NOW)).toEqual(known);
    expect(server.requests).toHaveLength(0);
  });

  it('asks where what was kept says that it need not be asked for longer than any answer may', async () => {
    const { registry: asked, server } = await registry({ tag: '"1"', status: null });
    for (const [freshUntil, requests] of [
      [NOW + 2 * MAX_FRESH_MS, 0],
      [NOW + 2 * MAX_FRESH_MS + 1, 1],
      [9e15, 2],
    ] as const) {
      await asked.revalidate('a', { etag: `"${freshUntil}"`, freshUntil }, NOW);
      expect(server.requests).toHaveLength(requests);
    }
  });

  it('renews what has not changed, once for all who ask', async () => {
    const { registry: asked, server } = await registry({ tag: '"1"', status: null });
    const known = { etag: '"1"', freshUntil: NOW };
    const answers = await Promise.all([asked.revalidate('a', known, NOW), asked.revalidate('a', known, NOW)]);
    expect(answers).toEqual([
      { etag: '"1"', freshUntil: NOW + 60_000 },
      { etag: '"1"', freshUntil: NOW + 60_000 },
    ]);
    expect(server.requests).toHaveLength(1);
  });

  it('has the new document at hand where it changed', async () => {
    const { registry: asked, server } = await registry({ tag: '"2"', status: null });
    expect(await asked.revalidate('a', { etag: '"1"', freshUntil: 0 }, NOW)).toBeNull();
    expect(await asked.packument('a')).toMatchObject({
      state: 'present',
      value: { distTags: { latest: '"2"' }, validator: { etag: '"2"' } },
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([404, 500, 403])('is no renewal where the registry answers %i', async (status) => {
    const { registry: asked } = await registry({ tag: '"1"', status });
    expect(await asked.revalidate('a', { etag: '"1"', freshUntil: 0 }, NOW)).toBeNull();
  });

  it('takes 304 for no answer where nothing was known', async () => {
    const { registry: asked } = await registry({ tag: '"1"', status: 304 });
    expect(await asked.packument('a')).toMatchObject({ state: 'unavailable' });
  });

  it('asks nobody about what is no name', async () => {
    const { registry: asked, server } = await registry({ tag: '"1"', status: null });
    expect(await asked.revalidate('../a', { etag: '"1"', freshUntil: 0 }, NOW)).toBeNull();
    expect(server.requests).toHaveLength(0);
  });
});
