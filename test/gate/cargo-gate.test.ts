import { describe, expect, it } from 'vitest';
import type { CratesLab } from '../../lab/crates/index.ts';
import type { CratesSource } from '../../src/ecosystems/cargo/source.ts';
import { cargoProtocol, remembering, type Gate } from '../../src/gate/index.ts';
import { cargo } from '../../src/lockfiles/cargo/index.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import { cratesIndex } from '../../src/registries/crates/index.ts';
import { testClient } from '../net/servers.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { get, withGateOf, type Opened } from './open.ts';

const OLD = 'release-age: 48\nfindings:\n  - code: history-too-new\n    level: error\n    reason: a test\n';

/** A gate before an index with alpha 1.0.0, and 1.1.0 of today. */
async function withGate(
  work: (gate: Gate, lab: CratesLab) => Promise<void>,
  given: (lab: CratesLab) => Partial<Omit<Opened, 'protocol' | 'sources'>> = () => ({}),
): Promise<void> {
  await withCratesLab(async (lab) => {
    lab.publish('alpha', '1.0.0');
    lab.publish('alpha', '1.1.0', { published: new Date().toISOString() });
    const index = cratesIndex({ client: remembering(testClient()), api: testClient() }, lab.url, () => undefined);
    const crates: CratesSource = {
      main: { index, hosts: new Set() },
      beside: new Map(),
      ...{ kept: '/nowhere', readsCache: false, vendored: null },
    };
    const opened = { protocol: cargoProtocol(index), sources: { crates }, policy: OLD, ...given(lab) };
    await withGateOf(opened, (gate) => work(gate, lab));
  });
}

function lockedAs(version: string, checksum: string): readonly Dependency[] {
  const source = 'registry+https://github.com/rust-lang/crates.io-index';
  const entry = `name = "alpha"\nversion = "${version}"\nsource = "${source}"\nchecksum = "${checksum}"\n`;
  return cargo.parse('Cargo.lock', Buffer.from(`version = 4\n\n[[package]]\n${entry}`), new Map(), []).dependencies;
}

const BYTES = 'crates/alpha/1.0.0/download';
const codesOf = (gate: Gate): readonly (string | null)[] => gate.outcome().refused.map(({ code }) => code);

describe('an index of crates behind the gate', () => {
  it('has refused versions taken back, and refuses their files in text', async () => {
    await withGate(async (gate, lab) => {
      const [first, second] = (await get(gate, 'al/ph/alpha')).text.split('\n');
      expect(first).toBe(JSON.stringify(lab.published('alpha')[0]));
      expect(second).toBe(JSON.stringify({ ...lab.published('alpha')[1], yanked: true }));
      const answer = await fetch(`${gate.url}crates/alpha/1.1.0/download`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'text/plain; charset=utf-8']);
      expect(await answer.text()).toContain('cargo:alpha@1.1.0 (history-too-new)');
      expect(lab.requests.some(({ url }) => url.includes('1.1.0/download'))).toBe(false);
      expect(codesOf(gate)).toEqual(['history-too-new']);
    });
  });

  it('says where files are, and hands out those that are what the index says', async () => {
    await withGate(async (gate, lab) => {
      expect(JSON.parse((await get(gate, 'config.json')).text)).toEqual({ dl: `${gate.url}crates` });
      const [through, direct] = await Promise.all([fetch(gate.url + BYTES), fetch(lab.url + BYTES)]);
      expect(Buffer.from(await through.arrayBuffer()).equals(Buffer.from(await direct.arrayBuffer()))).toBe(true);
      expect(gate.outcome()).toMatchObject({ refused: [], fetched: 1 });
    });
  });

  it('tags what it answers by its bytes', async () => {
    await withGate(async (gate) => {
      const etag = (await fetch(`${gate.url}al/ph/alpha`)).headers.get('etag') ?? '';
      const again = await fetch(`${gate.url}al/ph/alpha`, { headers: { 'if-none-match': etag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    });
  });

  it('never hands out the whole of other bytes', async () => {
    await withGate(async (gate, lab) => {
      lab.behave(/^\/crates\/alpha/, { body: 'x'.repeat(300_000) });
      const got = await fetch(gate.url + BYTES).then((answer) => answer.arrayBuffer().catch(() => null));
      expect(got === null || got.byteLength < 300_000).toBe(true);
      expect(codesOf(gate)).toEqual(['integrity-mismatch']);
    });
    await withGate(async (gate, lab) => {
      lab.behave(/^\/crates\/alpha/, { body: 'short' });
      expect((await get(gate, BYTES)).status).toBe(403);
    });
  });

  it('holds what is locked to Cargo.lock, and keeps it in the index', async () => {
    await withGate(
      async (gate) => {
        expect((await get(gate, 'al/ph/alpha')).text).toContain('"vers":"1.0.0"');
        expect((await get(gate, BYTES)).text).toContain('integrity-mismatch');
      },
      () => ({ locked: lockedAs('1.0.0', 'a'.repeat(64)) }),
    );
  });

  it.each([
    ['another crate', (lines: readonly object[]) => lines.map((line) => ({ ...line, name: 'other' })), 502],
    ['a version twice', (lines: readonly object[]) => [...lines, ...lines], 502],
    ['a line that is none', () => [{}], 502],
  ])('answers no file of %s', async (_, tamper, status) => {
    await withGate(async (gate, lab) => {
      lab.tamper('alpha', tamper);
      expect((await get(gate, 'al/ph/alpha')).status).toBe(status);
      expect((await get(gate, BYTES)).status).toBe(status);
    });
  });

  it.each([
    ['a crate that is not there', 'be/ta/beta', 404],
    ['a version that is not there', 'crates/alpha/9.0.0/download', 404],
    ['a name written in another way', 'crates/Alpha/1.0.0/download', 404],
    ['an address that is none', 'api/v1/crates', 404],
  ])('has nothing for %s', async (_, path, status) => {
    await withGate(async (gate) => {
      expect((await get(gate, path)).status).toBe(status);
    });
  });

  it('only reads', async () => {
    await withGate(async (gate) => {
      expect((await fetch(`${gate.url}api/v1/crates/new`, { method: 'PUT' })).status).toBe(405);
    });
  });
});
