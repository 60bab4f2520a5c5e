import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { npmRegistry } from '../../src/registries/npm/index.ts';
import type { Registry } from '../../src/registries/registry.ts';
import { serve, testClient, testConfig, type Handler, type TestServer } from '../net/servers.ts';

type Documents = Record<string, unknown>;

/** A server of JSON documents by path (undecoded); numbers are statuses, text is served as it is. */
function documents(paths: Documents): Handler {
  return (request, response) => {
    const found = paths[request.url ?? ''];
    if (typeof found === 'number') response.writeHead(found).end('{}');
    else if (found === undefined) response.writeHead(404).end('{}');
    else response.end(typeof found === 'string' ? found : JSON.stringify(found));
  };
}

function registryAt(base: string, npmrc = ''): Registry {
  const text = `registry=${base}\nfetch-retries=1\n${npmrc}`;
  return npmRegistry(testClient(text), testConfig(text));
}

const paths = ({ requests }: TestServer): (string | undefined)[] => requests.map(({ url }) => url);

const manifest = (name: string, version: string, dist: object = {}): object => ({ name, version, dist });
const packument = (name: string, ...versions: string[]): object => ({
  name,
  'dist-tags': {},
  versions: Object.fromEntries(versions.map((version) => [version, manifest(name, version)])),
  time: {},
});
const entry = { predicateType: 'p', bundle: {} };
const claim = (url: string | null) => ({ url, provenance: true });

describe('addresses', () => {
  it('are those of the scope, else of the default registry', () => {
    const config = testConfig('registry=https://r/npm\n@s:registry=https://u:p@s/x');
    const registry = npmRegistry(testClient(), config);
    const urlFor = (name: string): string => registry.urlFor(name);
    expect(urlFor('a')).toBe('https://r/npm/');
    expect(urlFor('@s/a')).toBe('https://s/x/');
    expect(urlFor('@other/a')).toBe('https://r/npm/');
    expect(urlFor('@s')).toBe('https://r/npm/');
  });

  it('encode names and versions as npm does, below the path of the registry', async () => {
    const server = await serve(documents({}));
    const registry = registryAt(`${server.url}npm`);
    await registry.packument('@scope/name');
    await registry.manifest('a', '1.0.0-rc.1+build');
    await registry.attestations('@scope/name', '1.0.0', claim(null));
    await registry.keys(registry.urlFor('a'));
    expect(paths(server)).toEqual([
      '/npm/@scope%2fname',
      '/npm/a/1.0.0-rc.1%2Bbuild',
      '/npm/a',
      '/npm/-/npm/v1/attestations/@scope%2fname@1.0.0',
      '/npm/-/npm/v1/keys',
    ]);
  });

  it.each([
    '..',
    '.',
    '../a',
    'a/../b',
    '@s/..',
    '@../a',
    '@/a',
    '@s/',
    '',
    'a/b',
    '@s/a/b',
    'a\\b',
    'a b',
    'a\nb',
    '-/npm/v1/keys',
    '@s/.a',
    'ä',
    'x'.repeat(600),
  ])('are not asked for the name %j', async (name) => {
    const server = await serve(documents({}));
    const registry = registryAt(server.url);
    const answers = await Promise.all([
      registry.packument(name),
      registry.manifest(name, '1.0.0'),
      registry.attestations(name, '1.0.0', claim(null)),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ state: 'malformed' });
    expect(server.requests).toHaveLength(0);
  });

  it.each(['..', '', 'latest', '1/../..', '1.0.0?x', '1.0.0#x', '1 0', `1.${'0'.repeat(300)}`])(
    'are not asked for the version %j',
    async (version) => {
      const server = await serve(documents({}));
      const registry = registryAt(server.url);
      expect(await registry.manifest('a', version)).toMatchObject({ state: 'malformed' });
      expect(await registry.attestations('a', version, claim(null))).toMatchObject({ state: 'malformed' });
      expect(server.requests).toHaveLength(0);
    },
  );

  it('keep odd characters of a name in their place', async () => {
    const server = await serve(documents({}));
    await registryAt(server.url).packument('a%2f..?b#c');
    expect(paths(server)).toEqual(['/a%252f..%3Fb%23c']);
  });
});

describe('evidence', () => {
  it('is present, absent, unavailable or malformed', async () => {
    const server = await serve(
      documents({
        '/good': packument('good', '1.0.0'),
        '/down': 500,
        '/denied': 403,
        '/html': '<html>',
        '/other': packument('x'),
      }),
    );
    const registry = registryAt(server.url);
    const url = (name: string): string => server.url + name;
    expect(await registry.packument('good')).toMatchObject({ state: 'present', value: { name: 'good' } });
    expect(await registry.packument('gone')).toEqual({ state: 'absent', url: url('gone') });
    expect(await registry.packument('down')).toEqual({
      state: 'unavailable',
      url: url('down'),
      reason: 'the server answered 500, 2 times',
    });
    expect(await registry.packument('denied')).toMatchObject({ state: 'unavailable', url: url('denied') });
    expect(await registry.packument('html')).toEqual({
      state: 'malformed',
      url: url('html'),
      reason: 'not a JSON object',
    });
    expect(await registry.packument('other')).toMatchObject({ state: 'malformed', url: url('other') });
  });

  it('is malformed where an answer is too large', async () => {
    const bomb = gzipSync(Buffer.alloc(6_000_000, ' '));
    const server = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const registry = registryAt(server.url);
    expect(await registry.manifest('a', '1.0.0')).toMatchObject({
      state: 'malformed',
      reason: expect.stringContaining('larger than') as string,
    });
    expect(await registry.keys(server.url)).toMatchObject({
      state: 'malformed',
      reason: expect.stringContaining('larger than') as string,
    });
  });

  it('costs no memory for values that nobody asks for', async () => {
    const document = `{"name":"p","versions":{"1.0.0":{"name":"p","version":"1.0.0","dist":{}}},"x":[${'{},'.repeat(10_000_000)}0]}`;
    const body = gzipSync(document, { level: 1 });
    const server = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body));
    const before = process.memoryUsage().heapUsed;
    expect(await registryAt(server.url).packument('p')).toMatchObject({ state: 'present' });
    // As objects they would take at least 56 bytes each.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200_000_000);
  });

  it('never shows credentials', async () => {
    const server = await serve(documents({}));
    const registry = registryAt(server.url.replace('//', '//user:SECRET@'));
    const answers = [await registry.packument('a'), await registry.keys(registry.urlFor('a'))];
    expect(JSON.stringify(answers)).not.toMatch(/SECRET|user/);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:SECRET').toString('base64')}`);
  });

  it('is asked for once, also at the same time', async () => {
    const server = await serve(
      documents({ '/a': packument('a', '1.0.0'), '/b/1.0.0': manifest('b', '1.0.0'), '/-/npm/v1/keys': { keys: [] } }),
    );
    const registry = registryAt(server.url);
    await Promise.all([1, 2, 3].map(() => registry.packument('a')));
    await registry.packument('a');
    await Promise.all([1, 2, 3].map(() => registry.manifest('b', '1.0.0')));
    await Promise.all([1, 2, 3].map(() => registry.keys(server.url)));
    await Promise.all([1, 2, 3].map(() => registry.attestations('a', '1.0.0', claim(null))));
    expect(paths(server).sort()).toEqual(['/-/npm/v1/attestations/a@1.0.0', '/-/npm/v1/keys', '/a', '/b/1.0.0']);
  });
});

describe('a manifest', () => {
  it('is asked for by itself', async () => {
    const server = await serve(documents({ '/@s%2fa/1.0.0': manifest('@s/a', '1.0.0') }));
    expect(await registryAt(server.url).manifest('@s/a', '1.0.0')).toMatchObject({ state: 'present' });
    expect(server.requests).toHaveLength(1);
  });

  it('is taken from the full document where that was asked for', async () => {
    const server = await serve(documents({ '/a': packument('a', '1.0.0') }));
    const registry = registryAt(server.url);
    const [, found] = await Promise.all([registry.packument('a'), registry.manifest('a', '1.0.0')]);
    expect(found).toMatchObject({ state: 'present' });
    expect(await registry.manifest('a', '2.0.0')).toEqual({ state: 'absent', url: `${server.url}a` });
    expect(paths(server)).toEqual(['/a']);
  });

  it.each([500, '<html>', {}])('is asked for by itself where the full document is of no use: %j', async (full) => {
    const server = await serve(documents({ '/a': full, '/a/1.0.0': manifest('a', '1.0.0') }));
    const registry = registryAt(server.url);
    await registry.packument('a');
    expect(await registry.manifest('a', '1.0.0')).toMatchObject({ state: 'present' });
  });

  it.each([400, 404, 405, 501])('is found in the full document of a registry that answers %i', async (status) => {
    const server = await serve(
      documents({ '/a/1.0.0': status, '/a': packument('a', '1.0.0'), '/b': packument('b', '1.0.0') }),
    );
    const registry = registryAt(server.url);
    expect(await registry.manifest('a', '1.0.0')).toMatchObject({ state: 'present' });
    // From then on that registry is asked for full documents at once.
    expect(await registry.manifest('b', '1.0.0')).toMatchObject({ state: 'present' });
    expect(paths(server).slice(-2)).toEqual(['/a', '/b']);
  });

  it('is absent only where both say so', async () => {
    const server = await serve(documents({ '/a': packument('a', '1.0.0'), '/b': 403 }));
    const registry = registryAt(server.url);
    expect(await registry.manifest('a', '9.0.0')).toMatchObject({ state: 'absent' });
    expect(await registry.manifest('c', '1.0.0')).toMatchObject({ state: 'absent' });
    expect(await registry.manifest('b', '1.0.0')).toMatchObject({ state: 'unavailable' });
  });

  it('that is broken in the full document is malformed, not absent, and hides no sibling', async () => {
    const versions = { '1.0.0': manifest('a', '1.0.0'), '2.0.0': manifest('a', '2.0.0', { signatures: 'x' }) };
    const server = await serve(documents({ '/a': { name: 'a', versions } }));
    const registry = registryAt(server.url);
    await registry.packument('a');
    expect(await registry.manifest('a', '1.0.0')).toMatchObject({ state: 'present' });
    expect(await registry.manifest('a', '2.0.0')).toMatchObject({
      state: 'malformed',
      reason: 'dist.signatures is not a list of signatures',
    });
  });

  it('of another package or version is malformed', async () => {
    const server = await serve(documents({ '/a/1.0.0': manifest('b', '1.0.0'), '/a/2.0.0': manifest('a', '1.0.0') }));
    const registry = registryAt(server.url);
    expect(await registry.manifest('a', '1.0.0')).toMatchObject({ state: 'malformed' });
    expect(await registry.manifest('a', '2.0.0')).toMatchObject({ state: 'malformed' });
  });
});

describe('attestations', () => {
  const own = '/-/npm/v1/attestations/';

  it.each([
    ['https://registry.npmjs.org/-/npm/v1/attestations/@s%2fa@1.0.0', '@s%2fa@1.0.0'],
    ['https://registry.npmjs.org/-/npm/v1/attestations/@s/a@1.0.0', '@s/a@1.0.0'],
    ['https://registry.npmjs.org/-/npm/v1/attestations/@s%2Fa@1.0.0', '@s%2Fa@1.0.0'],
    ['https://mirror/deep/path/-/npm/v1/attestations/%40s%2Fa%401.0.0', '%40s%2Fa%401.0.0'],
    ['https://evil/-/npm/v1/attestations/other@1.0.0', '@s%2fa@1.0.0'],
    ['https://evil/-/npm/v1/attestations/@s%2fa@2.0.0', '@s%2fa@1.0.0'],
    ['https://evil/-/npm/v1/attestations/@s%2fa@1.0.0/..', '@s%2fa@1.0.0'],
    ['https://evil/-/npm/v1/attestations/x/../../tokens', '@s%2fa@1.0.0'],
    ['https://evil/-/npm/v1/attestations/%', '@s%2fa@1.0.0'],
    ['https://evil/-/npm/v1/tokens', '@s%2fa@1.0.0'],
    ['https://evil/?/-/npm/v1/attestations/@s%2fa@1.0.0', '@s%2fa@1.0.0'],
    ['file:///-/npm/v1/attestations/../../../etc/passwd', '@s%2fa@1.0.0'],
    ['no url', '@s%2fa@1.0.0'],
    [null, '@s%2fa@1.0.0'],
  ])('claimed at %s are asked for at the registry', async (url, expected) => {
    const server = await serve(documents({ [`/npm${own}${expected}`]: { attestations: [entry] } }));
    const registry = registryAt(`${server.url}npm/`);
    expect(await registry.attestations('@s/a', '1.0.0', claim(url))).toEqual({ state: 'present', value: [entry] });
    expect(paths(server)).toEqual([`/npm${own}${expected}`]);
  });

  it('claimed at another host send nothing there, and nothing of it here', async () => {
    const evil = await serve(documents({}));
    const server = await serve(documents({ [`${own}a@1.0.0`]: { attestations: [] } }));
    const registry = registryAt(server.url, `//${server.host}/:_authToken=T`);
    await registry.attestations('a', '1.0.0', claim(`http://u:p@${evil.host}${own}a@1.0.0`));
    expect(evil.requests).toHaveLength(0);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer T');
  });

  it('are asked for at the registry of the scope', async () => {
    const scoped = await serve(documents({ [`${own}@s%2fa@1.0.0`]: { attestations: [entry] } }));
    const server = await serve(documents({}));
    const registry = registryAt(server.url, `@s:registry=${scoped.url}`);
    expect(await registry.attestations('@s/a', '1.0.0', claim(null))).toMatchObject({ state: 'present' });
    expect(server.requests).toHaveLength(0);
  });

  it('are absent, empty or malformed, and these are not the same', async () => {
    const server = await serve(
      documents({
        [`${own}b@1.0.0`]: { attestations: [] },
        [`${own}c@1.0.0`]: {},
        [`${own}d@1.0.0`]: '\u0000',
        [`${own}e@1.0.0`]: 503,
      }),
    );
    const registry = registryAt(server.url);
    const ask = async (name: string): Promise<string> =>
      (await registry.attestations(name, '1.0.0', claim(null))).state;
    expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(ask))).toEqual([
      'absent',
      'present',
      'malformed',
      'malformed',
      'unavailable',
    ]);
  });
});

describe('keys', () => {
  it('of a registry are its own word', async () => {
    const key = {
      keyid: 'SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U',
      key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEY6Ya7W++7aUPzvMTrezH6Ycx3c+HOKYCcNGybJZSCJq/fd7Qa8uuAKtdIkUQtQiEKERhAmE5lMMJhP8OkDOa2g==',
      keytype: 'ecdsa-sha2-nistp256',
      scheme: 'ecdsa-sha2-nistp256',
      expires: null,
    };
    const server = await serve(documents({ '/-/npm/v1/keys': { keys: [key] } }));
    const answer = await registryAt(server.url).keys(server.url);
    expect(answer.state === 'present' && answer.value.map(({ origin }) => origin)).toEqual(['registry', 'registry']);
  });

  it('that cannot be used are malformed', async () => {
    const server = await serve(documents({ '/-/npm/v1/keys': { keys: [{}] } }));
    expect(await registryAt(server.url).keys(server.url)).toMatchObject({
      state: 'malformed',
      reason: 'keyid is not text',
    });
  });
});
