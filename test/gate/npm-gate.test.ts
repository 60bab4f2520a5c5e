import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { token, type Lab } from '../../lab/index.ts';
import { openGate, openStandingGate, type Gate } from '../../src/gate/index.ts';
import type { Phase } from '../../src/model/verdict.ts';
import { serve } from '../net/servers.ts';
import { withLab } from '../support/lab.ts';
import { ask, askedOf, TEAM, withGate } from './npm-world.ts';

const ABBREVIATED = 'application/vnd.npm.install-v1+json';

interface Served {
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly versions: Readonly<
    Record<string, { readonly dist: { readonly tarball: string; readonly integrity: string } }>
  >;
}

async function documentOf(gate: Gate, headers: Readonly<Record<string, string>> = {}): Promise<Served> {
  return JSON.parse((await ask(gate, '/p', headers)).text) as Served;
}

describe('a registry of npm’s kind behind the gate', () => {
  it('has no refused version, and its tags name others', async () => {
    await withGate(async (gate) => {
      for (const accept of ['application/json', ABBREVIATED]) {
        const got = await ask(gate, '/p', { accept });
        expect(got.headers['content-type']).toBe(accept);
        const served = JSON.parse(got.text) as Served;
        expect(Object.keys(served.versions)).toEqual(['1.0.0', '1.1.0']);
        expect(served['dist-tags']).toEqual({ latest: '1.1.0' });
      }
      expect(gate.outcome().missing.map(({ version, code }) => [version.version, code])).toEqual([
        ['1.2.0', 'provenance-lost'],
      ]);
    });
  });

  it('gives npm the addresses of the registry, and others its own', async () => {
    await withGate(async (gate, lab) => {
      const tarball = `${lab.url}p/-/p-1.0.0.tgz`;
      expect((await documentOf(gate, { 'user-agent': 'npm/11.0.0 node' })).versions['1.0.0']?.dist.tarball).toBe(
        tarball,
      );
      const given = (await documentOf(gate, { 'user-agent': 'Bun/1' })).versions['1.0.0']?.dist.tarball ?? '';
      expect(given).toBe(`${gate.origin}/p/-/p-1.0.0.tgz`);
      expect(gate.given.get(given)).toBe(tarball);
      const below = await ask(gate, new URL(`${gate.url}p`).pathname);
      expect((JSON.parse(below.text) as Served).versions['1.0.0']?.dist.tarball).toBe(`${gate.url}p/-/p-1.0.0.tgz`);
    });
  });

  it('hands out the bytes of what is allowed, and none of what is refused', async () => {
    await withGate(async (gate, lab) => {
      const good = await ask(gate, '/p/-/p-1.1.0.tgz');
      expect([good.status, good.whole, good.bytes]).toEqual([200, true, lab.published.get('1.1.0')?.tarball]);
      const bad = await ask(gate, '/p/-/p-1.2.0.tgz');
      expect(bad.status).toBe(403);
      expect(bad.headers['npm-notice']).toContain('p@1.2.0 has no provenance');
      expect(JSON.parse(bad.text)).toMatchObject({ error: expect.stringContaining('provenance-lost') as unknown });
      expect(lab.requests.some(({ url }) => url.includes('p-1.2.0.tgz'))).toBe(false);
      expect((await ask(gate, '/p/1.2.0')).status).toBe(403);
      expect(JSON.parse((await ask(gate, '/p/latest')).text)).toMatchObject({ version: '1.1.0' });
      expect(gate.outcome()).toMatchObject({ refused: [{ code: 'provenance-lost' }], fetched: 1 });
    });
  });

  it('lets through in observe what is unproven, and nothing that contradicts itself', async () => {
    await withGate(
      async (gate) => {
        expect((await documentOf(gate))['dist-tags']).toEqual({ latest: '1.2.0' });
        expect((await ask(gate, '/p/-/p-1.2.0.tgz')).status).toBe(200);
        expect((await ask(gate, '/p/-/p-1.0.0.tgz')).status).toBe(403);
      },
      {
        phase: 'observe',
        spoil: (lab) =>
          lab.tamper('p', '1.0.0', (m) => ({ ...m, dist: { ...m.dist, integrity: `sha512-${'A'.repeat(86)}==` } })),
      },
    );
  });

  it.each(['guard', 'observe'] as const)('breaks off what is other bytes than were judged, in %s', async (phase) => {
    await withGate(
      async (gate) => {
        const small = await ask(gate, '/p/-/p-1.1.0.tgz');
        expect([small.status, small.text]).toEqual([403, expect.stringContaining('other bytes than those')]);
        const large = await ask(gate, '/p/-/p-1.0.0.tgz');
        expect([large.status, large.whole]).toEqual([200, false]);
        expect(gate.outcome().refused.map(({ code }) => code)).toEqual(['integrity-mismatch', 'integrity-mismatch']);
      },
      {
        phase,
        spoil: (lab) => {
          lab.tamperTarball('p', '1.1.0', (bytes) => Buffer.concat([bytes, Buffer.from('x')]));
          lab.tamperTarball('p', '1.0.0', (bytes) => Buffer.concat([bytes, Buffer.alloc(1024 * 1024)]));
        },
      },
    );
  });

  it('refuses where npm expects other bytes than were judged', async () => {
    await withGate(async (gate, lab) => {
      const integrity = lab.published.get('1.1.0')?.manifest.dist.integrity;
      const wrong = `sha512-${Buffer.alloc(64).toString('base64')}`;
      expect((await ask(gate, '/p/-/p-1.1.0.tgz', { 'pacote-integrity': integrity ?? '' })).status).toBe(200);
      for (const expected of [wrong, 'sha512-x', '!']) {
        expect((await ask(gate, '/p/-/p-1.1.0.tgz', { 'pacote-integrity': expected })).status).toBe(403);
      }
    });
  });

  it.each([
    '/p/-/p-9.9.9.tgz',
    '/p/-/q-1.1.0.tgz',
    '/p/-/x/p-1.1.0.tgz',
    '/q/-/p-1.1.0.tgz',
    '/p%2f..%2fq',
    '/p/-/..%2f..%2fq/-/q-1.0.0.tgz',
    '/../p',
  ])('has nothing at %s', async (path) => {
    await withGate(async (gate) => {
      expect((await ask(gate, path)).status).toBe(404);
    });
  });

  it.each([
    ['of another package', (lab: Lab) => lab.tamperPackument('p', (one) => ({ ...one, name: 'q' })), 502],
    ['that is cut', (lab: Lab) => lab.behave(/^\/p$/, { status: 200, body: '{"name":"p","versions":{' }), 502],
    ['that is none', (lab: Lab) => lab.behave(/^\/p$/, { status: 500 }), 502],
    ['that is refused', (lab: Lab) => lab.behave(/^\/p$/, { status: 401 }), 401],
  ])('answers no document %s', async (_, spoil, status) => {
    await withGate(
      async (gate) => {
        for (const path of ['/p', '/p/1.0.0', '/p/-/p-1.0.0.tgz']) expect((await ask(gate, path)).status).toBe(status);
      },
      { spoil },
    );
  });

  it('refuses what nobody can judge, but in observe', async () => {
    const spoil = (lab: Lab): void => lab.behave(/attestations/, { status: 500 });
    await withGate(async (gate) => expect((await ask(gate, '/p/-/p-1.1.0.tgz')).status).toBe(403), { spoil });
    await withGate(async (gate) => expect((await ask(gate, '/p/-/p-1.1.0.tgz')).status).toBe(200), {
      spoil,
      phase: 'observe',
    });
  });

  it('confirms what a client kept only where all of it is decided as it was', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      lab.clock.advance(86_400_000);
      await lab.publish({ name: 'p', version: '1.1.0', by: token({ user: 'somebody' }) });
      const opened = async (phase: Phase): Promise<Gate> =>
        openGate({
          ask: () => Promise.resolve(askedOf(lab, phase, () => true)),
          decidedBy: phase,
          port: 0,
        });
      const [observe, guard] = [await opened('observe'), await opened('guard')];
      const { headers } = await ask(observe, '/p');
      expect(headers['cache-control']).toBe('no-cache');
      const known = { 'if-none-match': headers.etag ?? '' };
      expect((await ask(observe, '/p', known)).status).toBe(304);
      expect((await ask(guard, '/p', known)).status).toBe(200);
      expect(observe.url.replace(observe.origin, '')).not.toBe(guard.url.replace(guard.origin, ''));
      await Promise.all([observe.close(), guard.close()]);
    });
  });

  it('passes on questions as they are, and nothing that writes', async () => {
    await withGate(async (gate, lab) => {
      const path = '/-/npm/v1/attestations/p@1.1.0';
      expect((await ask(gate, path)).text).toBe(await (await fetch(new URL(path, lab.url))).text());
      expect(JSON.parse((await ask(gate, '/-/npm/v1/keys')).text)).toEqual(lab.keys);
      const method = 'PUT';
      for (const written of ['/p', '/-/user/org.couchdb.user:me', '/p/-rev/1', '/-/package/p/dist-tags/latest']) {
        const got = await ask(gate, written, {}, { method, body: Buffer.from('{}') });
        expect([got.status, got.text]).toEqual([405, expect.stringContaining('only reads')]);
      }
      expect(lab.requests.some((one) => one.method === method)).toBe(false);
    });
  });

  it('passes on questions about advisories, also packed ones, and bounds them', async () => {
    await withGate(async (gate, lab) => {
      const path = '/-/npm/v1/security/advisories/bulk';
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
      const packed = { 'content-encoding': 'gzip' };
      for (const [headers, body, status] of [
        [{}, Buffer.from('{"p":["1.0.0"]}'), 405],
        [packed, gzipSync('{"p":["1.0.0"]}'), 405],
        [packed, bomb, 500],
        [packed, Buffer.from('{}'), 500],
      ] as const) {
        expect((await ask(gate, path, headers, { method: 'POST', body })).status).toBe(status);
      }
      expect(lab.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
    });
  });

  it('answers nobody who was led to this machine by another name', async () => {
    await withGate(async (gate) => {
      expect((await ask(gate, '/p', { host: 'attacker.example' })).status).toBe(403);
      expect((await ask(gate, '/p', { host: 'localhost:1' })).status).toBe(200);
    });
  });

  it('sends no credential to another host, and follows no tarball to one', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const foreign = await serve((_, response) => response.end());
      const elsewhere = `${foreign.url}files/p.tgz`;
      lab.tamper('p', '1.0.0', (m) => ({ ...m, dist: { ...m.dist, tarball: elsewhere } }));
      const gate = await openGate({
        ask: () => Promise.resolve(askedOf(lab, 'guard')),
        decidedBy: '',
        port: 0,
      });
      const served = await documentOf(gate);
      expect(served.versions['1.0.0']?.dist.tarball).toBe(`${gate.origin}/p/-/p-1.0.0.tgz`);
      const got = await ask(gate, '/p/-/p-1.0.0.tgz', { authorization: 'Bearer secret' });
      expect([got.status, got.text]).toEqual([403, expect.stringContaining('registries.redirects')]);
      expect(foreign.requests).toEqual([]);
      expect(lab.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
      await gate.close();
    });
  });

  it('gives 200 at once what each of them gets alone, and asks for it once', async () => {
    await withGate(async (gate, lab) => {
      const alone = await ask(gate, '/p');
      const before = lab.requests.length;
      const all = await Promise.all(Array.from({ length: 200 }, () => ask(gate, '/p')));
      expect(all.every(({ text }) => text === alone.text)).toBe(true);
      expect(lab.requests.length).toBe(before);
    });
  });
});

describe('a standing gate', () => {
  it('says how it is, and what it refused', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      lab.clock.advance(86_400_000);
      await lab.publish({ name: 'p', version: '1.1.0', by: token({ user: 'somebody' }) });
      const lines: string[] = [];
      const gate = await openStandingGate(
        { ask: () => Promise.resolve(askedOf(lab, 'guard')), decidedBy: '', port: 0 },
        (line) => lines.push(line),
      );
      expect(JSON.parse((await ask(gate, '/-/assay/health')).text)).toEqual({ status: 'ok' });
      expect((await ask(gate, '/p/-/p-1.1.0.tgz')).status).toBe(403);
      expect((await ask(gate, '/p/-/p-1.0.0.tgz')).status).toBe(200);
      const { text } = await ask(gate, '/-/assay/metrics');
      expect(text).toContain('assay_gate_refused_total{code="provenance-lost"} 1\n');
      expect(text).toContain('assay_gate_fetched_total 1\n');
      expect(text).toContain('assay_gate_responses_total{status="403"} 1\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { event: 'refused', package: 'p@1.1.0', code: 'provenance-lost' },
      ]);
      expect((await ask(gate, '/-/assay/other')).status).toBe(404);
      await gate.close();
    });
  });
});
