import { describe, expect, it } from 'vitest';
import type { GoLab } from '../../lab/go/index.ts';
import { goProtocol, type Gate } from '../../src/gate/index.ts';
import { goSettings } from '../../src/lockfiles/go/settings/index.ts';
import { go } from '../../src/lockfiles/go/index.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import { goProxy } from '../../src/registries/goproxy/index.ts';
import { proxySettings } from '../../src/registries/goproxy/settings.ts';
import { testClient } from '../net/servers.ts';
import { withGoLab } from '../support/go-lab.ts';
import { get, withGateOf, type Opened } from './open.ts';

const ONE = 'a.example/one';
/** Beside what is too new, whatever hour it is. */
const OLD = 'release-age: 48\nfindings:\n  - code: history-too-new\n    level: error\n    reason: a test\n';

interface Given extends Partial<Omit<Opened, 'protocol' | 'sources'>> {
  readonly env?: Readonly<Record<string, string>>;
}

/** A gate before a proxy with one v1.0.0, and v1.1.0 that the database never saw. */
async function withGate(
  work: (gate: Gate, lab: GoLab, sums: string) => Promise<void>,
  given: Given | ((lab: GoLab, sums: string) => Given) = {},
): Promise<void> {
  await withGoLab(async (lab) => {
    const sums = lab.publish(ONE, 'v1.0.0');
    lab.publish(ONE, 'v1.1.0', { logged: false });
    const { env = {}, ...rest } = typeof given === 'function' ? given(lab, sums) : given;
    const environment = { ...lab.env, ...env };
    const settings = goSettings({ environment, userFile: null, rootFile: null, platform: 'linux' });
    const proxy = goProxy(testClient(), proxySettings(settings, new Map()));
    const source = { proxy, machine: null, moduleCache: null, readsCache: false };
    await withGateOf({ protocol: goProtocol(proxy), sources: { go: source }, ...rest }, (gate) =>
      work(gate, lab, sums),
    );
  });
}

function lockedIn(sums: string): readonly Dependency[] {
  return go.parse('go.sum', Buffer.from(sums), new Map(), []).dependencies;
}

const codesOf = (gate: Gate): readonly (string | null)[] => gate.outcome().refused.map(({ code }) => code);

describe('a module proxy behind the gate', () => {
  it('lists no refused version, and refuses each file of it in text', async () => {
    await withGate(async (gate, lab) => {
      expect(await get(gate, `${ONE}/@v/list`)).toEqual({ status: 200, text: 'v1.0.0\n' });
      expect(gate.outcome().missing.map(({ version }) => version.version)).toEqual(['v1.1.0']);
      for (const ending of ['info', 'mod', 'zip']) {
        const answer = await fetch(`${gate.url}${ONE}/@v/v1.1.0.${ending}`);
        expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'text/plain; charset=utf-8']);
        expect(await answer.text()).toContain('go:a.example/one@v1.1.0 (log-record-missing)');
      }
      expect(lab.requests.some(({ url }) => url.includes('v1.1.0.zip'))).toBe(false);
      expect(codesOf(gate)).toEqual(['log-record-missing']);
    });
  });

  it('hands out what is proven as it is served, and passes the database on', async () => {
    await withGate(async (gate, lab) => {
      for (const path of [
        ...['info', 'mod', 'zip'].map((ending) => `${ONE}/@v/v1.0.0.${ending}`),
        ...['latest', 'lookup/a.example/one@v1.0.0', 'tile/8/0/000.p/1'].map((path) => `sumdb/sum.lab.example/${path}`),
      ]) {
        const [direct, through] = await Promise.all([fetch(lab.url + path), fetch(gate.url + path)]);
        expect([path, through.status]).toEqual([path, direct.status]);
        expect(Buffer.from(await through.arrayBuffer()).equals(Buffer.from(await direct.arrayBuffer())), path).toBe(
          true,
        );
      }
      expect((await get(gate, 'sumdb/sum.lab.example/supported')).status).toBe(200);
      expect((await get(gate, 'sumdb/sum.golang.org/supported')).status).toBe(404);
      expect(gate.outcome()).toMatchObject({ refused: [], fetched: 1, heldBack: [] });
    });
  });

  it('refuses a list of which nothing is left, and moves the latest version down', async () => {
    await withGate(async (gate, lab) => {
      lab.publish('a.example/new', 'v1.0.0', { logged: false });
      lab.publish('a.example/new', 'v0.1.0');
      lab.answerWith('a.example/new/@v/list', 'v1.0.0\n');
      expect((await get(gate, 'a.example/new/@v/list')).status).toBe(403);
      const said = JSON.stringify({ Version: 'v1.1.0', Time: '2026-01-01T00:00:00Z' });
      lab.answerWith(`${ONE}/@latest`, said);
      expect((await get(gate, `${ONE}/@latest`)).text).toContain('"v1.0.0"');
    });
  });

  it('demands what a policy demands', async () => {
    await withGate(
      async (gate, lab) => {
        lab.publish('a.example/two', 'v1.0.0');
        lab.publish('a.example/two', 'v1.1.0', { info: { Time: new Date().toISOString() } });
        expect((await get(gate, 'a.example/two/@v/list')).text).toBe('v1.0.0\n');
        expect((await get(gate, 'a.example/two/@v/v1.1.0.zip')).text).toContain('history-too-new');
        // Its go.mod alone is no release that anything is built from.
        expect((await get(gate, 'a.example/two/@v/v1.1.0.mod')).status).toBe(200);
      },
      { policy: OLD },
    );
  });

  it.each([
    ['other bytes', { 'a.go': 'package evil\n' }, 'integrity-mismatch'],
    ['another go.mod', { 'go.mod': 'module evil.example\n' }, 'integrity-mismatch'],
  ])('hands out nothing of %s', async (_, files, code) => {
    await withGate(async (gate, lab) => {
      lab.rewrite(ONE, 'v1.0.0', files);
      const { status, text } = await get(gate, `${ONE}/@v/v1.0.0.${'go.mod' in files ? 'mod' : 'zip'}`);
      expect([status, codesOf(gate)]).toEqual([403, [code]]);
      expect(text).toContain('other bytes than those that were judged');
    });
  });

  it.each([
    ['a zip that is none', `${ONE}/@v/v1.0.0.zip`, 'none', 403, 'evidence-malformed'],
    ['a description of another version', `${ONE}/@v/v1.0.0.info`, '{"Version":"v1.0.1"}', 502, 'another version'],
    ['a description that is none', `${ONE}/@v/v1.0.0.info`, '{', 502, 'not JSON'],
    ['nothing', `${ONE}/@v/v1.0.0.zip`, null, 404, 'has not'],
  ] as const)('passes %s on in no form', async (_, path, body, status, says) => {
    await withGate(async (gate, lab) => {
      lab.answerWith(path, body);
      const got = await get(gate, path);
      expect(got.status).toBe(status);
      expect(got.text).toContain(says);
    });
  });

  it('holds what is locked to go.sum, also where the database agrees with nothing of it', async () => {
    const locked = (sums: string, what: (line: string) => boolean): readonly Dependency[] =>
      lockedIn(`${sums.trim().split('\n').filter(what).join('\n')}\n`);
    await withGate(
      async (gate) => {
        const { status, text } = await get(gate, `${ONE}/@v/v1.0.0.zip`);
        expect([status, text.includes('integrity-mismatch')]).toEqual([403, true]);
      },
      (lab) => ({ locked: lockedIn(lab.rewrite(ONE, 'v1.0.0', { 'a.go': 'package evil\n' })) }),
    );
    // Of what only the go.mod is locked, the zip is held to the database.
    await withGate(
      async (gate, lab) => {
        expect((await get(gate, `${ONE}/@v/v1.0.0.zip`)).status).toBe(200);
        lab.rewrite(ONE, 'v1.0.0', { 'a.go': 'package evil\n' });
        expect((await get(gate, `${ONE}/@v/v1.0.0.zip`)).status).toBe(403);
      },
      (_, sums) => ({ locked: locked(sums, (line) => line.includes('/go.mod ')) }),
    );
  });

  it('has what is private as it is served, held to go.sum, and asks the database nothing about it', async () => {
    const env = { GONOSUMDB: 'a.example/*' };
    await withGate(
      async (gate, lab) => {
        expect((await get(gate, `${ONE}/@v/list`)).text).toBe('v1.0.0\nv1.1.0\n');
        for (const ending of ['info', 'mod', 'zip']) {
          expect((await get(gate, `${ONE}/@v/v1.1.0.${ending}`)).status).toBe(200);
        }
        expect((await get(gate, `${ONE}/@v/v1.0.0.zip`)).status).toBe(200);
        lab.rewrite(ONE, 'v1.0.0', { 'a.go': 'package evil\n' });
        expect((await get(gate, `${ONE}/@v/v1.0.0.zip`)).status).toBe(403);
        expect(lab.requests.some(({ url }) => url.includes('lookup'))).toBe(false);
      },
      (_, sums) => ({ env, locked: lockedIn(sums) }),
    );
    // What anybody publishes is no private module.
    await withGate(
      async (gate) => {
        expect((await get(gate, `${ONE}/@v/v1.0.0.zip`)).text).toContain('checks-disabled');
      },
      { env: { GONOSUMDB: '*' } },
    );
  });

  it('lets nothing through where the database does not answer, but in observe', async () => {
    for (const [phase, status] of [
      ['guard', 403],
      ['observe', 200],
    ] as const) {
      await withGate(
        async (gate, lab) => {
          lab.behave(/^\/sumdb\/sum\.lab\.example\/lookup/, { status: 400 });
          expect((await get(gate, `${ONE}/@v/v1.0.0.zip`)).status).toBe(status);
        },
        { phase },
      );
    }
  });

  it('only reads', async () => {
    await withGate(async (gate) => {
      expect((await fetch(`${gate.url}${ONE}/@v/list`, { method: 'POST' })).status).toBe(405);
      expect((await get(gate, 'nothing')).status).toBe(404);
    });
  });
});
