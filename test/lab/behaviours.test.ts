import { afterEach, afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ciWorkflow, type Lab, type ManifestJson, type Mirror, type PackumentJson, startLab } from '../../lab/index.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
  await lab.publish({ name: '@lab/p', version: '1.0.0', by: ciWorkflow({ repository: 'lab/p' }) });
});
afterAll(() => lab.close());
beforeEach(() => lab.behaveWell());

const ask = (path = '@lab%2fp', init: RequestInit = {}): Promise<Response> => fetch(lab.url + path, init);

/** Bytes received until `ms` have gone by, or until there are `enough`. */
async function readFor(response: Response, ms: number, enough = Infinity): Promise<number> {
  let bytes = 0;
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const timer = setTimeout(() => void reader.cancel(), ms);
  for (let part = await reader.read(); !part.done && bytes < enough; part = await reader.read()) {
    bytes += part.value.length;
  }
  clearTimeout(timer);
  await reader.cancel();
  return bytes;
}

describe('behaviours', () => {
  it('answer a status, headers and a body, for a number of times, on a decoded path', async () => {
    lab.behave(/^\/@lab\/p$/, { status: 503, headers: { 'retry-after': '1' }, body: { error: 'later' }, times: 2 });
    for (let time = 0; time < 2; time += 1) {
      const response = await ask();
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await response.json()).toEqual({ error: 'later' });
    }
    expect((await ask()).status).toBe(200);
  });

  it('leave other paths alone, and the last added comes first', async () => {
    lab.behave(/./, { status: 500 });
    lab.behave(/1\.0\.0$/, { status: 418 });
    expect((await ask()).status).toBe(500);
    expect((await ask('@lab%2fp/1.0.0')).status).toBe(418);
    lab.behaveWell();
    expect((await ask()).status).toBe(200);
  });

  it('delay the usual answer', async () => {
    lab.behave(/./, { delayMs: 80 });
    const start = performance.now();
    expect((await ask()).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(75);
  });

  it('serve garbage', async () => {
    lab.behave(/./, { garbage: true });
    const response = await ask();
    expect(response.headers.get('content-type')).toBe('application/json');
    await expect(response.json()).rejects.toThrow(SyntaxError);
  });

  it('pour without end', async () => {
    lab.behave(/./, { endless: true });
    const enough = 5_000_000;
    expect(await readFor(await ask(), 30_000, enough)).toBeGreaterThanOrEqual(enough);
  });

  it('drip without end', async () => {
    lab.behave(/./, { drip: true });
    const bytes = await readFor(await ask(), 200);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(20);
  });

  it('drop the connection, before and within an answer', async () => {
    lab.behave(/./, { dropConnection: true });
    await expect(ask()).rejects.toThrow();
    lab.behave(/./, { dropConnection: 'mid-body' });
    const response = await ask();
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('redirect', async () => {
    lab.behave(/^\/elsewhere$/, { redirect: `${lab.url}@lab%2fp/1.0.0` });
    expect(await (await ask('elsewhere')).json()).toHaveProperty('version', '1.0.0');
    const unfollowed = await ask('elsewhere', { redirect: 'manual' });
    expect(unfollowed.status).toBe(302);
  });
});

describe('a mirror', () => {
  const mirrors: Mirror[] = [];
  const start = async (options: Parameters<Lab['mirror']>[0]): Promise<Mirror> => {
    const mirror = await lab.mirror(options);
    mirrors.push(mirror);
    return mirror;
  };
  afterEach(async () => {
    await Promise.all(mirrors.splice(0).map((mirror) => mirror.close()));
  });

  it('passes on everything under its own address', async () => {
    const mirror = await start({});
    const document = (await (await fetch(`${mirror.url}@lab%2fp`)).json()) as PackumentJson;
    const { dist } = Object.values(document.versions)[0] ?? expect.fail('no version');
    expect(dist.tarball).toBe(`${mirror.url}@lab/p/-/p-1.0.0.tgz`);
    expect(dist.signatures).toHaveLength(1);
    expect((await fetch(dist.tarball)).status).toBe(200);
    expect((await fetch(dist.attestations?.url ?? '')).status).toBe(200);
    expect((await fetch(`${mirror.url}nothing`)).status).toBe(404);
    expect(mirror.requests).toHaveLength(4);
  });

  it('strips signatures and attestations', async () => {
    const mirror = await start({ stripSignatures: true, keepAddresses: true });
    for (const path of ['@lab%2fp/1.0.0', '@lab%2fp/latest']) {
      const { dist } = (await (await fetch(mirror.url + path)).json()) as ManifestJson;
      expect(Object.keys(dist)).not.toContain('signatures');
      expect(Object.keys(dist)).not.toContain('attestations');
      expect(dist.tarball.startsWith(lab.url)).toBe(true);
    }
    expect((await fetch(`${mirror.url}-/npm/v1/attestations/@lab%2fp@1.0.0`)).status).toBe(404);
    expect((await fetch(`${mirror.url}-/npm/v1/keys`)).status).toBe(404);
  });

  it('strips attestations only', async () => {
    const mirror = await start({ stripAttestations: true });
    const { dist } = (await (await fetch(`${mirror.url}@lab%2fp/1.0.0`)).json()) as ManifestJson;
    expect(Object.keys(dist)).toContain('signatures');
    expect(Object.keys(dist)).not.toContain('attestations');
    expect((await fetch(`${mirror.url}-/npm/v1/keys`)).status).toBe(200);
  });

  it('is slow, closed or unwell if asked to be', async () => {
    const mirror = await start({ latencyMs: 60, requireToken: 'secret' });
    const begin = performance.now();
    expect((await fetch(`${mirror.url}@lab%2fp`)).status).toBe(401);
    expect(performance.now() - begin).toBeGreaterThan(55);
    mirror.behave(/./, { status: 500 });
    expect((await fetch(`${mirror.url}@lab%2fp`)).status).toBe(500);
  });
});
