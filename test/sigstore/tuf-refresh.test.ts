import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../lab/sigstore/json.ts';
import { tufRepository, type TufOptions, type TufRepository } from '../../lab/tuf.ts';
import { askerOf } from '../../src/audit/trust.ts';
import type { SharedStore } from '../../src/model/store.ts';
import { DAY } from '../../src/model/time.ts';
import type { Ask } from '../../src/sigstore/tuf/answer.ts';
import { ROOT_TARGET } from '../../src/sigstore/tuf/public-good.ts';
import { openKnown, pinRoot, refresh, type Known, type Repository } from '../../src/sigstore/tuf/repository.ts';
import { serve, testClient } from '../net/servers.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const NOW = Date.UTC(2026, 3, 1);
const PAST = '2026-03-01T00:00:00Z';

/** A repository as `refresh` takes it, with a store that outlives each run. */
function setUp(options: Partial<TufOptions> = {}) {
  const served = tufRepository({ targets: { [ROOT_TARGET]: { a: 1 } }, oneKey: false, ...options });
  const repository = repositoryOf(served.root);
  const store = memory();
  const run = (now = NOW, ask = serving(served.files)) => refresh(repository, ask, store, now, { fresh: true });
  const kept = async () => versions(await openKnown(repository, store));
  return { served, repository, store, run, kept };
}

function repositoryOf(root: Buffer, name = 'one'): Repository {
  return { name, anchor: pinRoot(root), wanted: new Map([[ROOT_TARGET, null]]) };
}

function memory(): SharedStore {
  const entries = new Map<string, Buffer>();
  const get = (id: string): Buffer | null => entries.get(id) ?? null;
  return { get, update: (id, change) => void entries.set(id, change(get(id))) };
}

function serving(files: ReadonlyMap<string, Buffer>): Ask {
  return (path, maxBytes) => {
    const body = files.get(path);
    if (body === undefined) return Promise.resolve({ kind: 'absent' });
    return Promise.resolve(body.length > maxBytes ? { kind: 'too-large' } : { kind: 'ok', body, etag: null });
  };
}

/** Of root, timestamp, snapshot and targets; null for what nothing is known of. */
function versions({ state: { root, timestamp, snapshot, roles } }: Pick<Known, 'state'>): readonly (number | null)[] {
  const targets = roles.get('targets');
  return [root.version, timestamp?.version ?? null, snapshot?.version ?? null, targets?.version ?? null];
}

type Content = Readonly<Record<string, Json>>;

function contentOf({ files }: TufRepository, path: string): Content {
  return (JSON.parse((files.get(path) ?? Buffer.from('{"signed":{}}')).toString()) as { signed: Content }).signed;
}

/** Takes every signature from a file. */
function unsign({ files }: TufRepository, path: string): void {
  const json = JSON.parse((files.get(path) ?? Buffer.from('{}')).toString()) as object;
  files.set(path, Buffer.from(JSON.stringify({ ...json, signatures: [] })));
}

const ZEROS = { sha256: '0'.repeat(64) };

/**
 * What a client has to keep where a later step does not hold, as the cases of the public conformance suite
 * (https://github.com/theupdateframework/tuf-conformance) have it. `isKnown`: after a run that held.
 */
interface Case {
  readonly what: string;
  readonly isKnown: boolean;
  readonly options?: Partial<TufOptions>;
  readonly change: (served: TufRepository) => void;
  readonly kept: readonly (number | null)[];
  readonly problem: RegExp;
}

const CASES: readonly Case[] = [
  ...(
    [
      ['2.root.json', [1, null, null, null]],
      ['timestamp.json', [2, null, null, null]],
      ['2.snapshot.json', [2, 2, null, null]],
      ['2.targets.json', [2, 2, 2, null]],
    ] as const
  ).map(([path, kept]) => ({
    what: `${path} without signatures`,
    isKnown: false,
    change: (served: TufRepository) => {
      served.rotate();
      unsign(served, path);
    },
    kept,
    problem: /is not signed by enough/,
  })),
  ...(
    [
      ['root', [1, null, null, null]],
      ['snapshot', [2, 2, null, null]],
      ['targets', [2, 2, 2, null]],
    ] as const
  ).map(([role, kept]) => ({
    what: `another version in 2.${role}.json than in its name`,
    isKnown: false,
    change: (served: TufRepository) => {
      served.rotate();
      const path = `2.${role}.json`;
      served.files.set(path, served.sign(role, { ...contentOf(served, path), version: 3 }));
    },
    kept,
    problem: /is version 3 instead of 2/,
  })),
  {
    what: 'targets with another hash than the snapshot says',
    isKnown: true,
    options: { hashed: true },
    change: (served) => {
      served.publish({});
      const content = contentOf(served, '2.snapshot.json');
      const meta = { ...(content['meta'] as Content), 'targets.json': { version: 2, hashes: ZEROS } };
      served.files.set('2.snapshot.json', served.sign('snapshot', { ...content, meta }));
      const timestamp = { ...contentOf(served, 'timestamp.json'), meta: { 'snapshot.json': { version: 2 } } };
      served.files.set('timestamp.json', served.sign('timestamp', timestamp));
    },
    kept: [1, 2, 2, 1],
    problem: /2\.targets\.json has another length or hash/,
  },
  {
    what: 'a snapshot with another hash than the timestamp says',
    isKnown: true,
    options: { hashed: true },
    change: (served) => {
      served.publish({});
      const meta = { 'snapshot.json': { version: 2, hashes: ZEROS } };
      const timestamp = { ...contentOf(served, 'timestamp.json'), meta };
      served.files.set('timestamp.json', served.sign('timestamp', timestamp));
    },
    kept: [1, 2, 1, 1],
    problem: /2\.snapshot\.json has another length or hash/,
  },
  ...(
    [
      ['2.snapshot.json', [1, 2, 1, 1]],
      ['2.targets.json', [1, 2, 2, 1]],
    ] as const
  ).map(([path, kept]) => ({
    what: `${path} that is not there`,
    isKnown: true,
    change: (served: TufRepository) => {
      served.publish({});
      served.files.delete(path);
    },
    kept,
    problem: /is not there/,
  })),
  {
    what: 'a snapshot in place of the timestamp, signed by its key',
    isKnown: false,
    change: (served) => {
      served.rotate();
      const content = { ...contentOf(served, '2.snapshot.json'), meta: { 'snapshot.json': { version: 1 } } };
      served.files.set('timestamp.json', served.sign('timestamp', content));
    },
    kept: [2, null, null, null],
    problem: /_type is not timestamp/,
  },
  ...(
    [
      ['root', [2, 1, 1, 1]],
      ['timestamp', [2, 1, 1, 1]],
      ['snapshot', [2, 2, 1, 1]],
      ['targets', [2, 2, 2, 1]],
    ] as const
  ).map(([role, kept]) => ({
    what: `${role} that has expired`,
    isKnown: true,
    change: (served: TufRepository) => {
      served.expire(role, PAST);
      served.rotate();
    },
    kept,
    problem: new RegExp(`${role}(?:\\.json)? has expired`),
  })),
  {
    what: 'a snapshot that needs more signatures than it has keys',
    isKnown: false,
    change: (served) => {
      served.rotate();
      const content = contentOf(served, '2.root.json');
      const roles = content['roles'] as Readonly<Record<string, Content>>;
      const changed = { ...content, roles: { ...roles, snapshot: { ...roles['snapshot'], threshold: 6 } } };
      served.files.set('2.root.json', served.sign('root', changed));
    },
    kept: [2, 2, null, null],
    problem: /snapshot\.json is not signed by enough/,
  },
  {
    what: 'a snapshot with a key id twice among its signatures',
    isKnown: false,
    change: (served) => {
      const json = JSON.parse((served.files.get('1.snapshot.json') ?? Buffer.from('{}')).toString()) as {
        signatures: Json[];
      };
      json.signatures.push(...json.signatures);
      served.files.set('1.snapshot.json', Buffer.from(JSON.stringify(json)));
    },
    kept: [1, 1, null, null],
    problem: /has a key id twice/,
  },
];

describe('what held is in the store, and what did not is not', () => {
  it.each(CASES)('$what', async ({ isKnown, options, change, kept: expected, problem: why }) => {
    const { served, run, kept } = setUp(options);
    if (isKnown) expect((await run()).problem).toBeNull();
    change(served);
    const { problem, ...known } = await run();
    expect(problem?.detail).toMatch(why);
    expect(versions(known)).toEqual(expected);
    expect(await kept()).toEqual(expected);
  });

  it.each([
    ['2.root.json', [1, 1, 1, 1]],
    ['3.root.json', [2, 1, 1, 1]],
    ['2.snapshot.json', [2, 2, 1, 1]],
    ['2.targets.json', [2, 2, 2, 1]],
  ])('also where a run ends while it waits for %s', async (last, expected) => {
    const { served, run, kept } = setUp();
    await run();
    served.rotate();
    await new Promise<void>((reached) => {
      const ask = serving(served.files);
      const stalled: Ask = (path, ...rest) => {
        if (path !== last) return ask(path, ...rest);
        reached();
        return new Promise(() => undefined);
      };
      void run(NOW, stalled);
    });
    expect(await kept()).toEqual(expected);
    expect((await run()).problem).toBeNull();
    expect(await kept()).toEqual([2, 2, 2, 2]);
  });

  it('for each repository by its name', async () => {
    const { served, store, run } = setUp();
    await run();
    expect(versions(await openKnown(repositoryOf(served.root, 'other'), store))).toEqual([1, null, null, null]);
  });

  it('and says when that was the newest', async () => {
    const { served, run, repository, store } = setUp();
    expect(await run()).toMatchObject({ confirmed: NOW, rootAsked: NOW });
    served.files.delete('timestamp.json');
    expect(await run(NOW + DAY)).toMatchObject({ confirmed: NOW, rootAsked: NOW, problem: { kind: 'unavailable' } });
    expect(await openKnown(repository, store)).toMatchObject({ confirmed: NOW, rootAsked: NOW });
  });

  it('begins with root metadata, and says where it is given the trusted root in its place', () => {
    const root = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}';
    expect(() => pinRoot(Buffer.from(root))).toThrow('it is a trusted root, not root metadata of a TUF repository');
  });

  it('and takes no earlier word for it, unless that of this clock, which was set back', async () => {
    const { served, run, repository, store } = setUp();
    await run();
    const asOf = (now: number, clock: number) =>
      refresh(repository, serving(served.files), store, now, { fresh: true, clock });
    expect(await asOf(NOW - DAY, NOW + DAY)).toMatchObject({ confirmed: NOW, problem: null });
    expect(await openKnown(repository, store)).toMatchObject({ confirmed: NOW });
    expect(await asOf(NOW + 2, NOW + DAY)).toMatchObject({ confirmed: NOW + 2 });
    expect(await run(NOW - DAY)).toMatchObject({ confirmed: NOW - DAY });
  });

  it('and takes no older timestamp in a later run, though nothing else is left of the newer one', async () => {
    const { served, run } = setUp();
    const old = served.files.get('timestamp.json') ?? Buffer.alloc(0);
    served.publish({});
    await run();
    served.files.set('timestamp.json', old);
    expect((await run()).problem?.detail).toBe('timestamp.json was rolled back to version 1 from 2');
  });
});

describe('two runs at once', () => {
  /** A run with these files that asks for the timestamp, and is answered when `meanwhile` has ended. */
  async function around(
    { run }: ReturnType<typeof setUp>,
    files: ReadonlyMap<string, Buffer>,
    meanwhile: () => Promise<unknown>,
  ): Promise<void> {
    const ask = serving(files);
    await run(NOW, async (path, ...rest) => {
      if (path === 'timestamp.json') await meanwhile();
      return ask(path, ...rest);
    });
  }

  it.each([
    ['a root', 'rotate', [2, 2, 2, 2]],
    ['a root with other keys', 'revoke', [2, 2, 2, 2]],
    ['what there is under a root', 'publish', [1, 2, 2, 2]],
  ] as const)('keep %s that one of them learned of, whichever ends last', async (_, change, newest) => {
    for (const isSlowBehind of [true, false]) {
      const set = setUp();
      const old = new Map(set.served.files);
      if (change === 'publish') set.served.publish({ [ROOT_TARGET]: { a: 2 } });
      else set.served.rotate(...(change === 'revoke' ? (['timestamp', 'snapshot', 'targets'] as const) : []));
      const now = new Map(set.served.files);
      await around(set, isSlowBehind ? old : now, () => set.run(NOW, serving(isSlowBehind ? now : old)));
      expect(await set.kept()).toEqual(newest);
      // Nobody takes them back.
      expect((await set.run(NOW, serving(old))).problem?.kind).toBe('refused');
      expect(await set.kept()).toEqual(newest);
      expect((await set.run(NOW, serving(now))).problem).toBeNull();
    }
  });

  it('keep the newest version either saw, as long as a newer root has the same keys', async () => {
    const set = setUp();
    set.served.rotate();
    const behind = new Map(set.served.files);
    set.served.publish({ [ROOT_TARGET]: { a: 2 } });
    const ahead = new Map(set.served.files);
    ahead.delete('2.root.json');
    await around(set, ahead, () => set.run(NOW, serving(behind)));
    expect((await set.kept())[0]).toBe(2);
    expect((await set.run(NOW, serving(behind))).problem?.detail).toBe(
      'timestamp.json was rolled back to version 2 from 3',
    );
    expect((await set.run()).problem).toBeNull();
  });
});

describe('a repository that would keep a run busy', () => {
  it('has its roots followed in several runs, and all of them are kept', async () => {
    const { served, run, kept } = setUp({ oneKey: true });
    for (let version = 2; version <= 70; version += 1) served.rotate();
    const { problem, ...known } = await run();
    expect(problem?.detail).toBe('more than 64 new roots in one run');
    expect(versions(known)[0]).toBe(65);
    expect((await kept())[0]).toBe(65);
    expect((await run()).problem).toBeNull();
    expect(await kept()).toEqual([70, 70, 70, 70]);
    expect((await run()).problem).toBeNull();
  });

  const LIMITS = { requestMs: 300, totalMs: 600 };

  it.each(['timestamp.json', '2.root.json', '1.snapshot.json'])('is given up where %s trickles', async (slow) => {
    const { served, run } = setUp();
    const { url } = await serve(({ url: path = '' }, response) => {
      const body = served.files.get(path.slice(1));
      if (path !== `/${slow}`) return void response.writeHead(body === undefined ? 404 : 200).end(body);
      const trickle = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(trickle));
    });
    const start = performance.now();
    const { problem } = await run(NOW, askerOf(url, testClient(), LIMITS));
    expect(problem?.kind).toBe('unavailable');
    expect(problem?.detail).toContain(slow);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('is given up after a while though each answer is in time', async () => {
    const { served, run, kept } = setUp({ oneKey: true });
    for (let version = 2; version <= 20; version += 1) served.rotate();
    const { url } = await serve(({ url: path = '' }, response) => {
      const body = served.files.get(path.slice(1));
      setTimeout(() => response.writeHead(body === undefined ? 404 : 200).end(body), 100);
    });
    const { problem } = await run(NOW, askerOf(url, testClient(), LIMITS));
    expect(problem?.kind).toBe('unavailable');
    const [reached = 0] = (await kept()) as readonly number[];
    expect(reached).toBeGreaterThan(1);
    expect(reached).toBeLessThan(20);
  });

  it.each(['timestamp.json', '2.root.json', '1.snapshot.json', '1.targets.json'])(
    'is refused where %s has no end',
    async (endless) => {
      const { served, run } = setUp();
      const block = Buffer.alloc(1 << 16, ' ');
      const { url } = await serve(({ url: path = '' }, response) => {
        const body = served.files.get(path.slice(1));
        if (path !== `/${endless}`) return void response.writeHead(body === undefined ? 404 : 200).end(body);
        const more = (): void => {
          while (!response.destroyed && response.write(block));
        };
        response.on('drain', more);
        more();
      });
      const { problem } = await run(NOW, askerOf(url, testClient(), { requestMs: 5000, totalMs: 10_000 }));
      expect(problem).toEqual({ kind: 'refused', detail: `${endless} is longer than it may be` });
    },
  );
});

describe.skipIf(!hasSharedData)("Sigstore's chains (recorded data not found: skipped)", () => {
  it.each([
    ['prod', 15],
    ['staging', 14],
  ])('%s: each root from the first on, one in each run', async (instance, newest) => {
    const folder = sharedData(`sigstore/tuf/${instance}/metadata`);
    const history = readdirSync(join(folder, 'root_history'));
    const files = new Map(history.map((name) => [name, readFileSync(join(folder, 'root_history', name))]));
    const first = files.get('1.root.json') ?? Buffer.alloc(0);
    const repository = repositoryOf(first);
    const store = memory();
    // While each was the newest root; what is below it then was not recorded.
    for (let version = 2; version <= newest; version += 1) {
      const until: Ask = (path, ...rest) =>
        Number.parseInt(path, 10) > version ? Promise.resolve({ kind: 'absent' }) : serving(files)(path, ...rest);
      const { problem, state } = await refresh(repository, until, store, Date.UTC(2021, 5), { fresh: true });
      expect(problem?.detail).toBe('timestamp.json is not there');
      expect(state.root.version).toBe(version);
      const known = await openKnown(repository, store);
      expect(known.state.root).toEqual(state.root);
      expect([...known.state.files.keys()].filter((name) => name.endsWith('.root.json'))).toHaveLength(version - 1);
    }
    // Then what was recorded of the newest.
    files.set('timestamp.json', readFileSync(join(folder, 'timestamp.json')));
    for (const name of ['snapshot.json', 'targets.json']) {
      const bytes = readFileSync(join(folder, name));
      const { signed } = JSON.parse(bytes.toString()) as { signed: { version: number } };
      files.set(`${signed.version}.${name}`, bytes);
    }
    const { signed } = JSON.parse(readFileSync(join(folder, 'targets.json'), 'utf8')) as {
      signed: { targets: Record<string, { hashes: { sha256: string } }> };
    };
    const digest = signed.targets[ROOT_TARGET]?.hashes.sha256 ?? '';
    files.set(`targets/${digest}.${ROOT_TARGET}`, readFileSync(join(folder, '../targets', ROOT_TARGET)));
    const recorded = Date.UTC(2026, 7, 22);
    const { problem, state } = await refresh(repository, serving(files), store, recorded, { fresh: true });
    expect(problem).toBeNull();
    expect(state.targets.get(ROOT_TARGET)?.bytes?.toString()).toContain('trustedroot');
    // A repository that serves nothing newer is seen as soon as its timestamp is a week old.
    const later = await refresh(repository, serving(files), store, Date.UTC(2026, 8, 15), { fresh: true });
    expect(later.problem?.detail).toMatch(/^timestamp\.json has expired|^metadata has expired/);
    expect(versions(await openKnown(repository, store))).toEqual(versions({ ...later }));
  });
});
