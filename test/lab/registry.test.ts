import { createHash, createPublicKey, verify } from 'node:crypto';
import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AttestationsJson,
  ciWorkflow,
  type Lab,
  type ManifestJson,
  type PackumentJson,
  type Published,
  startLab,
  token,
} from '../../lab/index.ts';

let lab: Lab;
let published: Published;
beforeAll(async () => {
  lab = await startLab({ now: Date.UTC(2026, 0, 1) });
  const by = ciWorkflow({ repository: 'lab/pkg' });
  published = await lab.publish({
    name: '@lab/pkg',
    version: '1.0.0',
    by,
    manifest: { dependencies: { dep: '^1.0.0' }, scripts: { postinstall: 'node x.js', test: 'node t.js' } },
  });
  lab.clock.advance(60_000);
  await lab.publish({ name: '@lab/pkg', version: '1.1.0', by: token({ user: 'someone' }) });
  await lab.publish({ name: '@lab/pkg', version: '2.0.0-rc.1', by, distTag: 'next' });
});
afterAll(() => lab.close());

async function get<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(lab.url + path, { headers });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

/** One request without the conveniences of fetch. */
function rawGet(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    sent.on('error', reject).end();
  });
}

function signatureHolds(of: Lab, manifest: ManifestJson, index = 0): boolean {
  const signature = manifest.dist.signatures?.[index];
  const key = of.keys.keys.find(({ keyid }) => keyid === signature?.keyid);
  if (signature === undefined || key === undefined) return false;
  const publicKey = createPublicKey({ key: Buffer.from(key.key, 'base64'), format: 'der', type: 'spki' });
  const message = Buffer.from(`${manifest.name}@${manifest.version}:${manifest.dist.integrity ?? ''}`);
  return verify('sha256', message, publicKey, Buffer.from(signature.sig, 'base64'));
}

describe('documents', () => {
  it('serves the full document under both spellings of a scoped name', async () => {
    const document = await get<PackumentJson>('@lab%2fpkg');
    expect(document).toEqual(await get('@lab/pkg'));
    expect(Object.keys(document.versions)).toEqual(['1.0.0', '1.1.0', '2.0.0-rc.1']);
    expect(document['dist-tags']).toEqual({ latest: '1.1.0', next: '2.0.0-rc.1' });
    expect(document.time['1.0.0']).toBe('2026-01-01T00:00:00.000Z');
    expect(document.time['1.1.0']).toBe('2026-01-01T00:01:00.000Z');
    const first = document.versions['1.0.0'];
    expect(first?.repository).toEqual({ type: 'git', url: 'git+https://github.com/lab/pkg.git' });
    expect(first?._npmUser?.trustedPublisher?.id).toBe('github');
    expect(first?.dist.attestations?.provenance?.predicateType).toBe('https://slsa.dev/provenance/v1');
    expect(document.versions['1.1.0']?._npmUser).toEqual({ name: 'someone', email: 'someone@lab.test' });
    expect(document.versions['1.1.0']?.dist.attestations).toBeUndefined();
  });

  it('serves what an install needs and no more to those who accept that', async () => {
    const response = await fetch(`${lab.url}@lab%2fpkg`, {
      headers: { accept: 'application/vnd.npm.install-v1+json' },
    });
    expect(response.headers.get('content-type')).toBe('application/vnd.npm.install-v1+json');
    const document = (await response.json()) as PackumentJson;
    expect(document.time).toBeUndefined();
    expect(document.versions['1.0.0']).toMatchObject({ hasInstallScript: true, dependencies: { dep: '^1.0.0' } });
    expect(document.versions['1.0.0']?.scripts).toBeUndefined();
    expect(document.versions['1.0.0']?.dist.signatures).toHaveLength(1);
    expect(document.versions['1.1.0']).not.toHaveProperty('hasInstallScript');
  });

  it('serves one version by number and by tag', async () => {
    expect(await get('@lab%2fpkg/1.0.0')).toEqual((await get<PackumentJson>('@lab%2fpkg')).versions['1.0.0']);
    expect(await get<ManifestJson>('@lab/pkg/latest')).toHaveProperty('version', '1.1.0');
    expect(await get<ManifestJson>('@lab/pkg/next')).toHaveProperty('version', '2.0.0-rc.1');
  });

  it('serves the tarball that was hashed, with package.json in it', async () => {
    const manifest = await get<ManifestJson>('@lab/pkg/1.0.0');
    const bytes = Buffer.from(await (await fetch(manifest.dist.tarball)).arrayBuffer());
    expect(manifest.dist.tarball).toBe(`${lab.url}@lab/pkg/-/pkg-1.0.0.tgz`);
    expect(manifest.dist.integrity).toBe(`sha512-${createHash('sha512').update(bytes).digest('base64')}`);
    expect(manifest.dist.shasum).toBe(createHash('sha1').update(bytes).digest('hex'));
    const archive = gunzipSync(bytes).toString();
    expect(archive).toContain('package/package.json');
    expect(archive).toContain('"postinstall": "node x.js"');
  });

  it('packs the same bytes for the same files', async () => {
    const other = await startLab();
    const spec = { name: 'same', version: '1.0.0', by: token({ user: 'someone' }) };
    const [one, two] = [await lab.publish(spec), await other.publish(spec)];
    await other.close();
    expect(one.integrity).toBe(two.integrity);
  });

  it('serves both attestations under both spellings', async () => {
    const document = await get<AttestationsJson>('-/npm/v1/attestations/@lab%2fpkg@1.0.0');
    expect(document).toEqual(await get('-/npm/v1/attestations/@lab/pkg@1.0.0'));
    expect(document.attestations.map(({ predicateType }) => predicateType)).toEqual([
      'https://github.com/npm/attestation/tree/main/specs/publish/v0.1',
      'https://slsa.dev/provenance/v1',
    ]);
    expect(published.manifest.dist.attestations?.url).toBe(`${lab.url}-/npm/v1/attestations/@lab%2fpkg@1.0.0`);
    const payload = document.attestations[1]?.bundle.dsseEnvelope?.payload ?? '';
    const statement = JSON.parse(Buffer.from(payload, 'base64').toString()) as { subject: unknown };
    const sha512 = createHash('sha512').update(published.tarball).digest('hex');
    expect(statement.subject).toEqual([{ name: 'pkg:npm/%40lab/pkg@1.0.0', digest: { sha512 } }]);
  });

  it.each(['nothing', '@lab/pkg/9.9.9', '-/npm/v1/attestations/@lab%2fpkg@1.1.0', '@lab/pkg/-/pkg-9.tgz', '%E0%A4%A'])(
    'says 404 in JSON for %s',
    async (path) => {
      const { status, body } = await rawGet(lab.url + path);
      expect(status).toBe(404);
      expect(JSON.parse(body.toString())).toEqual({ error: 'Not found' });
    },
  );

  it('compresses, tags, and answers 304', async () => {
    const { body } = await rawGet(`${lab.url}@lab%2fpkg`, { 'accept-encoding': 'gzip' });
    const plain = await rawGet(`${lab.url}@lab%2fpkg`);
    expect(gunzipSync(body)).toEqual(plain.body);
    const etag = (await fetch(`${lab.url}@lab%2fpkg`)).headers.get('etag') ?? '';
    expect((await rawGet(`${lab.url}@lab%2fpkg`, { 'if-none-match': etag })).status).toBe(304);
    expect((await rawGet(`${lab.url}@lab%2fpkg`, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('logs what was asked', async () => {
    lab.requests.length = 0;
    await get('@lab%2fpkg/1.0.0', { 'user-agent': 'a test' });
    expect(lab.requests).toMatchObject([
      { method: 'GET', url: '/@lab%2fpkg/1.0.0', headers: { 'user-agent': 'a test' } },
    ]);
  });
});

describe('signatures and keys', () => {
  let serial = 0;
  const publish = (spec: Partial<Parameters<Lab['publish']>[0]>): Promise<Published> =>
    lab.publish({ name: 'signed', version: `1.0.${(serial += 1)}`, by: token({ user: 'someone' }), ...spec });

  it('signs name, version and integrity with a served key', () => {
    expect(signatureHolds(lab, published.manifest)).toBe(true);
    expect(signatureHolds(lab, { ...published.manifest, version: '1.0.1' })).toBe(false);
  });

  it.each(['invalid', 'unknown-key', 'junk'] as const)('makes signatures that are %s', async (kind) => {
    const { manifest } = await publish({ signatures: [kind, 'valid'] });
    expect(signatureHolds(lab, manifest, 0)).toBe(false);
    expect(signatureHolds(lab, manifest, 1)).toBe(true);
  });

  it('makes signatures of a key that had expired, and serves that key', async () => {
    const { manifest } = await publish({ signatures: ['expired-key'] });
    expect(signatureHolds(lab, manifest)).toBe(true);
    const key = lab.keys.keys.find(({ keyid }) => keyid === manifest.dist.signatures?.[0]?.keyid);
    expect(Date.parse(key?.expires ?? '')).toBeLessThan(lab.clock.now());
  });

  it('leaves signatures out', async () => {
    expect((await publish({ signed: false })).manifest.dist.signatures).toBeUndefined();
  });

  it('rotates keys and goes on serving the old one', async () => {
    const before = await publish({});
    lab.clock.advance(1000);
    lab.rotateKey();
    const after = await publish({});
    expect(signatureHolds(lab, before.manifest)).toBe(true);
    expect(signatureHolds(lab, after.manifest)).toBe(true);
    const expires = (manifest: ManifestJson): string | null | undefined =>
      lab.keys.keys.find(({ keyid }) => keyid === manifest.dist.signatures?.[0]?.keyid)?.expires;
    expect(expires(before.manifest)).toBe(new Date(lab.clock.now()).toISOString());
    expect(expires(after.manifest)).toBeNull();
    expect(await get('-/npm/v1/keys')).toEqual(lab.keys);
    expect(lab.tufKeys.keys).toHaveLength(2 * lab.keys.keys.length);
  });

  it('can do without a keys endpoint', async () => {
    const silent = await startLab({ keysEndpoint: false });
    expect((await fetch(`${silent.url}-/npm/v1/keys`)).status).toBe(404);
    await silent.close();
  });
});

describe('tampering', () => {
  it('alters the manifest in both documents, and nothing for good', async () => {
    await lab.publish({ name: 'tampered', version: '1.0.0', by: token({ user: 'someone' }) });
    lab.tamper('tampered', '1.0.0', (manifest) => ({ ...manifest, dist: { ...manifest.dist, shasum: 'other' } }));
    expect(await get('tampered/1.0.0')).toHaveProperty('dist.shasum', 'other');
    expect((await get<PackumentJson>('tampered')).versions['1.0.0']?.dist.shasum).toBe('other');
    lab.tamper('tampered', '1.0.0', (manifest) => manifest);
    expect(await get('tampered/1.0.0')).not.toHaveProperty('dist.shasum', 'other');
  });

  it('alters times, attestations and tarballs', async () => {
    lab.tamperPackument('tampered', (document) => ({ ...document, time: {} }));
    expect((await get<PackumentJson>('tampered')).time).toEqual({});
    lab.tamperAttestations('tampered', '1.0.0', () => published.attestations ?? { attestations: [] });
    expect(await get('-/npm/v1/attestations/tampered@1.0.0')).toEqual(published.attestations);
    lab.tamperTarball('tampered', '1.0.0', () => Buffer.from('other bytes'));
    expect(await (await fetch(`${lab.url}tampered/-/tampered-1.0.0.tgz`)).text()).toBe('other bytes');
  });

  it('replaces a version that is published again', async () => {
    const again = { name: 'again', version: '1.0.0', by: token({ user: 'someone' }) };
    const first = await lab.publish(again);
    const second = await lab.publish({ ...again, files: { 'more.js': '1' } });
    expect(first.integrity).not.toBe(second.integrity);
    expect(await get('again/1.0.0')).toHaveProperty('dist.integrity', second.integrity);
  });
});

it('rejects provenance from somebody without a workflow', async () => {
  const spec = { name: 'impossible', version: '1.0.0', by: token({ user: 'someone' }), provenance: true };
  await expect(lab.publish(spec)).rejects.toThrow('only a CI workflow');
});

it('asks for a token where one is required, of every path', async () => {
  const closed = await startLab({ requireToken: 'secret' });
  await closed.publish({ name: 'p', version: '1.0.0', by: token({ user: 'someone' }) });
  const status = async (authorization: string): Promise<number> =>
    (await fetch(`${closed.url}p`, { headers: { authorization } })).status;
  expect(await status('Bearer secret')).toBe(200);
  expect(await status('Bearer wrong')).toBe(401);
  expect((await fetch(`${closed.url}-/npm/v1/keys`)).status).toBe(401);
  await closed.close();
});
