import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tufRepository, type TufOptions, type TufRepository } from '../../lab/tuf.ts';
import type { Answer, Ask, Problem } from '../../src/sigstore/tuf/answer.ts';
import { canonicalJson } from '../../src/sigstore/tuf/canonical.ts';
import { restore, unseen, update, type Anchor, type Verified, type Wanted } from '../../src/sigstore/tuf/client.ts';
import { parseRoot, parseSigned } from '../../src/sigstore/tuf/metadata.ts';
import { NPM_KEYS_DIGEST, NPM_KEYS_TARGET } from '../../src/registries/npm/keys.ts';
import { publicGoodAnchor, ROOT_TARGET } from '../../src/sigstore/tuf/public-good.ts';
import { PUBLIC_GOOD_ROOT_DIGEST } from '../../src/sigstore/public-good.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const NOW = Date.UTC(2026, 3, 1);
const WANTED: Wanted = new Map([
  [ROOT_TARGET, null],
  [NPM_KEYS_TARGET, null],
]);
const TARGETS = { [ROOT_TARGET]: { a: 1 }, [NPM_KEYS_TARGET]: { keys: [], of: 1 } };
const EMPTY: Anchor['floors'] = new Map();

type Files = ReadonlyMap<string, Buffer>;

/** A repository with a client of it; `asked` are the paths of the last update. */
function setUp(options: Partial<TufOptions> = {}): {
  readonly repository: TufRepository;
  readonly anchor: Anchor;
  readonly asked: string[];
  readonly from: (before: Verified, how?: { readonly now?: number; readonly askRoot?: boolean }) => Promise<Updated>;
  readonly fresh: (how?: { readonly now?: number }) => Promise<Updated>;
} {
  const repository = tufRepository({ targets: TARGETS, ...options });
  const anchor = { root: parseRoot(parseSigned(repository.root, 'root')), floors: EMPTY };
  const asked: string[] = [];
  const from = (before: Verified, { now = NOW, askRoot = true } = {}): Promise<Updated> => {
    asked.length = 0;
    const ask = serving(repository.files);
    return update(before, (path, ...rest) => (asked.push(path), ask(path, ...rest)), WANTED, { now, askRoot });
  };
  return { repository, anchor, asked, from, fresh: (how) => from(unseen(anchor), how) };
}

interface Updated {
  readonly state: Verified;
  readonly problem: Problem | null;
}

function serving(files: Files): Ask {
  return (path, maxBytes) => {
    const body = files.get(path);
    if (body === undefined) return Promise.resolve({ kind: 'absent' });
    const answer: Answer = body.length > maxBytes ? { kind: 'too-large' } : { kind: 'ok', body, etag: null };
    return Promise.resolve(answer);
  };
}

const text = ({ state }: Updated, path: string): string | undefined => state.targets.get(path)?.bytes?.toString();

/** Changes one file of the repository as an attacker who has no key can. */
function tamper({ files }: TufRepository, path: string, change: (json: Json) => unknown): void {
  const json = JSON.parse((files.get(path) ?? Buffer.alloc(0)).toString()) as Json;
  files.set(path, Buffer.from(JSON.stringify(change(json) ?? json)));
}

interface Json {
  signed: Record<string, never>;
  signatures: { keyid: string; sig: string }[];
}

describe('a repository that is as it should be', () => {
  it.each([{}, { consistent: false }, { oneKey: true }, { hashed: true }])(
    'gives its targets (%j)',
    async (options) => {
      const { fresh, repository } = setUp(options);
      const first = await fresh();
      expect(first.problem).toBeNull();
      expect(text(first, ROOT_TARGET)).toBe('{"a":1}');
      expect(text(first, NPM_KEYS_TARGET)).toBe('{"keys":[],"of":1}');
      repository.publish({ [ROOT_TARGET]: { a: 2 } });
      expect(text(await fresh(), ROOT_TARGET)).toBe('{"a":2}');
    },
  );

  it('is asked for its timestamp alone where nothing changed', async () => {
    const { fresh, from, asked, repository } = setUp();
    const { state } = await fresh();
    expect((await from(state, { askRoot: false })).state).toBe(state);
    expect(asked).toEqual(['timestamp.json']);
    repository.touch();
    const touched = await from(state, { askRoot: false });
    expect(asked).toEqual(['timestamp.json']);
    expect(touched.state.timestamp?.version).toBe(2);
    expect(touched.state.targets).toBe(state.targets);
    const old = state.files.get('timestamp.json') ?? Buffer.alloc(0);
    repository.files.set('timestamp.json', old);
    expect((await from(touched.state)).problem?.detail).toBe('timestamp.json was rolled back to version 1 from 2');
  });

  it('is asked only for what changed', async () => {
    const { fresh, from, asked, repository } = setUp();
    const { state } = await fresh();
    repository.publish({ [ROOT_TARGET]: { a: 2 } });
    expect(text(await from(state, { askRoot: false }), ROOT_TARGET)).toBe('{"a":2}');
    expect(asked.filter((path) => path.startsWith('targets/'))).toHaveLength(1);
  });

  it('is followed through new roots, whether they are asked for or show in a timestamp', async () => {
    const { fresh, from, repository } = setUp();
    const { state } = await fresh();
    repository.rotate('root');
    repository.rotate('root', 'timestamp', 'snapshot', 'targets', 'delegated');
    repository.publish({ [ROOT_TARGET]: { a: 3 } });
    for (const updated of [await fresh(), await from(state), await from(state, { askRoot: false })]) {
      expect(updated.problem).toBeNull();
      expect(updated.state.root.version).toBe(3);
      expect(text(updated, ROOT_TARGET)).toBe('{"a":3}');
    }
  });

  it('need not send what is known by its digest, and may leave a target out', async () => {
    const { repository, anchor } = setUp({ targets: { [ROOT_TARGET]: { a: 1 } } });
    const { state: first } = await update(unseen(anchor), serving(repository.files), WANTED, {
      now: NOW,
      askRoot: true,
    });
    const digest = first.targets.get(ROOT_TARGET)?.facts.hashes.sha256 ?? '';
    const wanted = new Map([...WANTED, [ROOT_TARGET, digest]] as const);
    const { state } = await update(unseen(anchor), serving(repository.files), wanted, { now: NOW, askRoot: true });
    expect(state.targets.get(ROOT_TARGET)?.bytes).toBeNull();
    expect(state.targets.get(NPM_KEYS_TARGET)).toBeNull();
  });

  it('may begin its versions anew with new keys for timestamps', async () => {
    const { fresh, from, repository } = setUp();
    for (let i = 0; i < 5; i++) repository.publish({});
    const { state } = await fresh();
    expect(state.floors.get('timestamp.json')).toBe(6);
    repository.rotate('timestamp');
    const floors = new Map(state.floors).set('timestamp.json', 999);
    expect((await from({ ...state, floors })).problem).toBeNull();
  });
});

/** Where everything is after a second root. */
const METADATA = ['2.root.json', 'timestamp.json', '2.snapshot.json', '2.targets.json', '2.registry.npmjs.org.json'];

type Attack = readonly [what: string, attack: (repository: TufRepository) => void, detail: RegExp];

describe('who has no keys is refused', () => {
  const ATTACKS: readonly Attack[] = [
    ...METADATA.flatMap((path): Attack[] => [
      [
        `a flipped bit in every signature of ${path}`,
        (repository) =>
          tamper(repository, path, ({ signatures }) => {
            for (const each of signatures) each.sig = flipped(each.sig);
          }),
        /not signed by enough/,
      ],
      [
        `another field in ${path}`,
        (repository) => tamper(repository, path, ({ signed }) => void Object.assign(signed, { more: 1 })),
        /not signed by enough/,
      ],
      [
        `no signature on ${path}`,
        (repository) => tamper(repository, path, (json) => void (json.signatures = [])),
        /not signed/,
      ],
    ]),
    [
      'one signature of two',
      (repository) => tamper(repository, '2.root.json', (json) => void json.signatures.splice(1)),
      /2\.root\.json is not signed by enough keys of the root before/,
    ],
    [
      'one key that signs twice',
      (repository) =>
        tamper(repository, '2.root.json', (json) => void json.signatures.splice(1, 9, ...json.signatures.slice(0, 1))),
      /root\.signatures has a key id twice/,
    ],
    [
      'a root that only the keys before it signed',
      (repository) => {
        repository.rotate('root');
        tamper(repository, '3.root.json', (json) => void json.signatures.splice(0, 3));
      },
      /3\.root\.json is not signed by enough of its own keys/,
    ],
    [
      'a root that only its own keys signed',
      (repository) => {
        repository.rotate('root');
        tamper(repository, '3.root.json', (json) => void json.signatures.splice(3));
      },
      /3\.root\.json is not signed by enough keys of the root before/,
    ],
    [
      'a root that is passed over',
      (repository) => {
        repository.rotate('targets');
        move(repository, '3.root.json', '2.root.json');
      },
      /2\.root\.json is version 3 instead of 2/,
    ],
    [
      'metadata of another role',
      (repository) => move(repository, '2.snapshot.json', 'timestamp.json'),
      /_type is not timestamp/,
    ],
    [
      'another target',
      (repository) => repository.files.set(targetOf(repository), Buffer.from('{"a":2}')),
      /trusted_root\.json has another length or hash/,
    ],
    [
      'a shorter target',
      (repository) => repository.files.set(targetOf(repository), Buffer.from('{}')),
      /trusted_root\.json has another length or hash/,
    ],
    [
      'an endless target',
      (repository) => repository.files.set(targetOf(repository), Buffer.alloc(1 << 20)),
      /trusted_root\.json is longer than it may be/,
    ],
    ...METADATA.map((path): Attack => [
      `${path} without an end`,
      (repository) => repository.files.set(path, Buffer.alloc(1 << 23, ' ')),
      /longer than it may be/,
    ]),
    [
      'metadata without a bottom',
      ({ files }) => {
        const nested = `${'['.repeat(5000)}${']'.repeat(5000)}`;
        const signed = `{"_type":"timestamp","spec_version":"1.0","x":${nested}}`;
        files.set('timestamp.json', Buffer.from(`{"signatures":[],"signed":${signed}}`));
      },
      /nested deeper/,
    ],
    ['what is not JSON', ({ files }) => files.set('timestamp.json', Buffer.from('<html>')), /timestamp is not JSON/],
  ];

  it.each(ATTACKS)('%s', async (_, attack, detail) => {
    const { fresh, repository } = setUp();
    repository.rotate('targets');
    expect((await fresh()).problem).toBeNull();
    attack(repository);
    const { state, problem } = await fresh();
    expect(problem).toEqual({ kind: 'refused', detail: expect.stringMatching(detail) as string });
    const aboutKeys = (problem?.detail ?? '').includes('registry.npmjs');
    expect(state.targets.get(aboutKeys ? NPM_KEYS_TARGET : ROOT_TARGET)).toBeUndefined();
  });

  const targetOf = ({ files }: TufRepository): string =>
    [...files.keys()].find((path) => path.endsWith('.trusted_root.json')) ?? '';
  const move = ({ files }: TufRepository, from: string, to: string): void => {
    files.set(to, files.get(from) ?? Buffer.alloc(0));
  };
  const flipped = (sig: string): string => sig.slice(0, -1) + (Number.parseInt(sig.slice(-1), 16) ^ 1).toString(16);
});

describe('who has the keys of the online roles cannot go back', () => {
  const timestamp = (version: number, snapshot: number): Record<string, never> =>
    ({
      _type: 'timestamp',
      spec_version: '1.0.31',
      version,
      expires: EXPIRES,
      meta: { 'snapshot.json': { version: snapshot } },
    }) as never;
  const snapshot = (version: number, meta: object): Record<string, never> =>
    ({ _type: 'snapshot', spec_version: '1.0.31', version, expires: EXPIRES, meta }) as never;
  const EXPIRES = '2046-01-01T00:00:00Z';

  const ATTACKS: readonly Attack[] = [
    [
      'timestamp',
      ({ files, sign }) => files.set('timestamp.json', sign('timestamp', timestamp(1, 3))),
      /timestamp\.json was rolled back to version 1 from 2/,
    ],
    [
      'snapshot',
      ({ files, sign }) => files.set('timestamp.json', sign('timestamp', timestamp(9, 1))),
      /snapshot\.json was rolled back to version 1 from 2/,
    ],
    ...['targets.json', 'registry.npmjs.org.json'].flatMap((name): Attack[] => {
      const both = { 'targets.json': { version: 2 }, 'registry.npmjs.org.json': { version: 2 } };
      const served = ({ files, sign }: TufRepository, meta: object): void => {
        files.set('3.snapshot.json', sign('snapshot', snapshot(3, meta)));
        files.set('timestamp.json', sign('timestamp', timestamp(9, 3)));
      };
      return [
        [
          name,
          (repository) => served(repository, { ...both, [name]: { version: 1 } }),
          /was rolled back to version 1 from 2/,
        ],
        [
          `${name}, left out`,
          (repository) => served(repository, { ...both, [name]: undefined }),
          /does not list .* any more/,
        ],
      ];
    }),
    [
      'a snapshot that is not the one of the timestamp',
      ({ files, sign }) => {
        files.set('timestamp.json', sign('timestamp', timestamp(9, 4)));
        files.set('4.snapshot.json', files.get('3.snapshot.json') ?? Buffer.alloc(0));
      },
      /snapshot\.json is version 3 instead of 4/,
    ],
  ];

  it.each(ATTACKS)('%s', async (_, attack, detail) => {
    const { fresh, from, repository } = setUp();
    repository.publish({});
    const { state: known } = await fresh();
    repository.publish({ [ROOT_TARGET]: { a: 2 } });
    attack(repository);
    for (const askRoot of [true, false]) {
      const { state, problem } = await from(known, { askRoot });
      expect(problem).toEqual({ kind: 'refused', detail: expect.stringMatching(detail) as string });
      expect(text({ state, problem }, ROOT_TARGET)).toBe('{"a":1}');
    }
  });

  it('a timestamp that was seen in a run that failed counts', async () => {
    const { fresh, from, repository } = setUp();
    const { state: known } = await fresh();
    const old = repository.files.get('timestamp.json') ?? Buffer.alloc(0);
    repository.publish({});
    repository.files.delete('2.snapshot.json');
    const failed = await from(known);
    expect(failed.problem?.kind).toBe('unavailable');
    repository.files.set('timestamp.json', old);
    expect((await from({ ...failed.state, files: new Map(), etag: null })).problem?.detail).toMatch(/rolled back/);
  });

  it.each(['root', 'timestamp', 'snapshot', 'targets', 'delegated'] as const)(
    'an expired %s is refused',
    async (role) => {
      const { fresh, from, repository } = setUp();
      const { state: known } = await fresh();
      repository.expire(role, '2026-05-01T00:00:00Z');
      repository.rotate('targets');
      const later = { now: Date.UTC(2026, 4, 1) };
      expect((await from(known)).problem).toBeNull();
      const { state: before } = await from(known);
      for (const { problem } of [
        await fresh(later),
        await from(known, later),
        await from(before, later),
        await from(before, { ...later, askRoot: false }),
      ]) {
        expect(problem).toEqual({ kind: 'refused', detail: expect.stringMatching(/has expired/) as string });
      }
    },
  );
});

describe('what held is kept, whatever fails after it', () => {
  const without = (state: Verified): Pick<Verified, 'files' | 'floors' | 'etag'> => {
    const { files, floors, etag } = state;
    return { files, floors, etag };
  };

  it.each([['timestamp'], ['snapshot'], ['timestamp', 'snapshot']] as const)(
    'a root that revokes the keys of %s, so that what they sign does not count in the next run',
    async (...roles) => {
      const { fresh, from, repository, anchor } = setUp();
      const { state: known } = await fresh();
      const before = new Map(repository.files);
      repository.rotate(...roles);
      const root = repository.files.get('2.root.json') ?? Buffer.alloc(0);
      // Who has the revoked keys serves what they signed, at first beside the new root, and then without it.
      repository.files.clear();
      for (const [path, bytes] of before) repository.files.set(path, bytes);
      repository.files.set('2.root.json', root);
      const first = await from(known);
      expect(first.problem?.detail).toMatch(/is not signed by enough of its keys/);
      expect(first.state.root.version).toBe(2);
      repository.files.delete('2.root.json');
      const restored = await restore(anchor, without(first.state), WANTED);
      for (const state of [first.state, restored]) {
        expect(text({ state: state ?? known, problem: null }, ROOT_TARGET)).toBe('{"a":1}');
        for (const askRoot of [true, false]) {
          const next = await from(state ?? known, { askRoot });
          expect(next.problem).toMatchObject({ kind: 'refused' });
          expect(next.state.root.version).toBe(2);
        }
      }
    },
  );

  it('a root whose keys for targets are others takes what the old ones signed away', async () => {
    const { fresh, from, repository, anchor } = setUp();
    const { state: known } = await fresh();
    repository.rotate('targets');
    repository.files.delete('timestamp.json');
    const { state, problem } = await from(known);
    expect(problem?.kind).toBe('unavailable');
    expect(state.targets.size).toBe(0);
    expect((await restore(anchor, without(state), WANTED))?.targets.size).toBe(0);
  });

  it('a root that is there before one that does not hold', async () => {
    const { fresh, from, repository } = setUp();
    const { state: known } = await fresh();
    repository.rotate('root');
    repository.files.set('3.root.json', Buffer.from('{}'));
    expect((await from(known)).state.root.version).toBe(2);
  });

  it('is said after each step, so that a run which ends there loses nothing', async () => {
    const { repository, anchor } = setUp();
    repository.rotate('timestamp');
    const steps: (readonly (number | undefined)[])[] = [];
    const seen: Record<string, number> = {};
    const keep = ({ root, timestamp, snapshot }: Verified): unknown =>
      steps.push([root.version, timestamp?.version, snapshot?.version]);
    const ask: Ask = (path, ...rest) => {
      seen[path] = steps.length;
      return serving(repository.files)(path, ...rest);
    };
    await update(unseen(anchor), ask, WANTED, { now: NOW, askRoot: true, keep });
    expect(steps).toEqual([
      [2, undefined, undefined],
      [2, 2, undefined],
      [2, 2, 2],
    ]);
    expect(seen).toMatchObject({ '2.root.json': 0, '3.root.json': 1, '2.snapshot.json': 2, '2.targets.json': 3 });
  });

  it.each([
    ['a snapshot that is gone', '2.snapshot.json', { timestamp: 2, snapshot: 1, targets: 1 }],
    ['targets that are gone', '2.targets.json', { timestamp: 2, snapshot: 2, targets: 1 }],
    ['a role that is gone', '2.registry.npmjs.org.json', { timestamp: 2, snapshot: 2, targets: 2 }],
    ['a target that is gone', 'targets/', { timestamp: 2, snapshot: 2, targets: 1 }],
  ] as const)('timestamp, snapshot and targets before %s', async (_, gone, versions) => {
    const { fresh, from, repository, anchor } = setUp();
    const { state: known } = await fresh();
    const old = new Set(repository.files.keys());
    repository.publish({ [ROOT_TARGET]: { a: 2 }, [NPM_KEYS_TARGET]: { keys: [], of: 2 } });
    const complete = new Map(repository.files);
    for (const path of repository.files.keys())
      if (path.startsWith(gone) && !old.has(path)) repository.files.delete(path);
    const failed = await from(known);
    expect(failed.problem?.kind).toBe('unavailable');
    const restored = (await restore(anchor, without(failed.state), WANTED)) ?? known;
    expect(restored).toEqual(failed.state);
    expect({
      timestamp: restored.timestamp?.version,
      snapshot: restored.snapshot?.version,
      targets: restored.roles.get('targets')?.version,
    }).toEqual(versions);
    expect(text({ state: restored, problem: null }, ROOT_TARGET)).toBe(
      gone.includes('registry') ? '{"a":2}' : '{"a":1}',
    );
    expect(text({ state: restored, problem: null }, NPM_KEYS_TARGET)).toBe('{"keys":[],"of":1}');
    // That nothing is newer says nothing as long as something is missing.
    for (const askRoot of [true, false]) expect((await from(restored, { askRoot })).problem?.kind).toBe('unavailable');
    for (const [path, bytes] of complete) repository.files.set(path, bytes);
    for (const askRoot of [true, false]) {
      const mended = await from(restored, { askRoot });
      expect(mended.problem).toBeNull();
      expect(text(mended, ROOT_TARGET)).toBe('{"a":2}');
      expect(text(mended, NPM_KEYS_TARGET)).toBe('{"keys":[],"of":2}');
    }
  });

  it('an expired snapshot is not, and the timestamp before it is', async () => {
    const { fresh, from, repository } = setUp();
    const { state: known } = await fresh();
    repository.expire('snapshot', '2026-03-01T00:00:00Z');
    repository.publish({});
    const { state, problem } = await from(known);
    expect(problem?.detail).toMatch(
      /snapshot\.json has expired, at 2026-03-01T00:00:00Z, and this machine's clock says/,
    );
    expect([state.timestamp?.version, state.snapshot?.version]).toEqual([2, 1]);
  });

  it('a timestamp of the same version with other content says nothing new', async () => {
    const { fresh, from, repository } = setUp();
    const { state: known } = await fresh();
    const { files, sign } = repository;
    const { signed } = JSON.parse((files.get('timestamp.json') ?? Buffer.alloc(0)).toString()) as { signed: object };
    const meta = { 'snapshot.json': { version: 9 } };
    files.set('timestamp.json', sign('timestamp', { ...signed, meta }));
    for (const askRoot of [true, false]) {
      const { state, problem } = await from(known, { askRoot });
      expect(problem).toBeNull();
      expect(state.files.get('timestamp.json')).toBe(known.files.get('timestamp.json'));
      expect(state.floors.get('snapshot.json')).toBe(1);
    }
  });

  it('a target that an earlier run did not fetch is asked for', async () => {
    const { repository, anchor, from } = setUp();
    const digest = createHash('sha256').update('{"a":1}').digest('hex');
    const known = new Map([...WANTED, [ROOT_TARGET, digest]] as const);
    const how = { now: NOW, askRoot: true };
    const { state } = await update(unseen(anchor), serving(repository.files), known, how);
    expect(state.targets.get(ROOT_TARGET)?.bytes).toBeNull();
    const restored = (await restore(anchor, without(state), WANTED)) ?? state;
    for (const before of [state, restored]) {
      for (const askRoot of [true, false]) {
        expect(text(await from(before, { askRoot }), ROOT_TARGET)).toBe('{"a":1}');
      }
    }
  });
});

describe('a repository that may not be asked', () => {
  const denying = async (path: RegExp): Promise<Updated> => {
    const { repository, anchor } = setUp();
    repository.rotate('root');
    const ask: Ask = (asked, ...rest) =>
      path.test(asked)
        ? Promise.resolve({ kind: 'denied', reason: 'answered 403' })
        : serving(repository.files)(asked, ...rest);
    return update(unseen(anchor), ask, WANTED, { now: NOW, askRoot: true });
  };

  it('for the root after the newest has no newer one', async () => {
    const { state, problem } = await denying(/^3\.root/);
    expect(problem).toBeNull();
    expect(state.root.version).toBe(2);
  });

  it.each([/^timestamp/, /snapshot/, /^2\.targets/, /^2\.registry/, /^targets\//])(
    'for anything else (%s) gave no answer',
    async (path) => {
      expect((await denying(path)).problem).toMatchObject({ kind: 'unavailable' });
    },
  );
});

describe('delegations', () => {
  const delegating = (...roles: readonly object[]) => {
    const set = setUp();
    const { files, sign } = set.repository;
    const { signed } = JSON.parse((files.get('1.targets.json') ?? Buffer.alloc(0)).toString()) as {
      signed: { targets: object; delegations: { keys: object; roles: readonly object[] } };
    };
    const [own] = signed.delegations.roles;
    const delegations = { ...signed.delegations, roles: roles.map((role) => ({ ...own, ...role })) };
    files.set('1.targets.json', sign('targets', { ...signed, delegations } as never));
    return set;
  };

  it.each([
    ['of other paths', { paths: ['*.json', 'registry.npmjs.org', 'other/*'] }],
    ['of fewer names or more', { paths: ['**', '*', '**/**/**', 'registry.npmjs.org/*/', '/registry.npmjs.org/*'] }],
    ['of other names', { paths: ['registry.npmjs.org/?', 'registry.npmjs.org/??eys.json', 'registry?npmjs.org/keys'] }],
    ['of patterns that are not understood', { paths: ['registry.npmjs.org/[k]eys.json'] }],
    ['of hashes', { paths: undefined, path_hash_prefixes: [''] }],
  ])('%s cover nothing', async (_, role) => {
    const { state, problem } = await delegating(role).fresh();
    expect(problem).toBeNull();
    expect(state.targets.get(NPM_KEYS_TARGET)).toBeNull();
  });

  it.each(['?', 'registry.npmjs.org/?eys.json', 'registry.npmjs.org/*.jso?', '*/*'])(
    'cover what fits the pattern %s',
    async (pattern) => {
      const { state } = await delegating({ paths: ['nothing', pattern] }).fresh();
      expect(state.targets.get(NPM_KEYS_TARGET)?.bytes?.toString() ?? null).toBe(
        pattern === '?' ? null : '{"keys":[],"of":1}',
      );
    },
  );

  it.each(['root', 'timestamp', '2.root', '10.targets', ''])('cannot name a role %j', async (name) => {
    const { problem } = await delegating({ name }).fresh();
    expect(problem).toMatchObject({
      kind: 'refused',
      detail: expect.stringMatching(/name (?:may not be|is not)/) as string,
    });
  });

  it.each(['?', '#', '/role', '../role', '..', 'a/b', '%2e%2e', 'a?b#c', 'Rolle für A', 'role:1'])(
    'ask for the role %j as one name, and keep it so',
    async (name) => {
      const { fresh, repository, asked, anchor } = delegating({ name });
      const { files, sign } = repository;
      const role = files.get('1.registry.npmjs.org.json') ?? Buffer.alloc(0);
      const { signed } = JSON.parse((files.get('1.snapshot.json') ?? Buffer.alloc(0)).toString()) as {
        signed: { meta: object };
      };
      const meta = { ...signed.meta, [`${name}.json`]: { version: 1 } };
      files.set('1.snapshot.json', sign('snapshot', { ...signed, meta }));
      const place = `1.${encodeURIComponent(name)}.json`;
      files.set(place, role);
      const base = 'https://tuf.example/metadata/';
      expect(new URL(place, base).href).toBe(base + place);
      const { state, problem } = await fresh();
      expect(problem).toBeNull();
      expect(asked).toContain(place);
      expect(state.targets.get(NPM_KEYS_TARGET)?.bytes?.toString()).toBe('{"keys":[],"of":1}');
      expect(await restore(anchor, state, WANTED)).toEqual(state);
    },
  );

  it('end where the last role that may answer does not', async () => {
    const other = { name: 'other', paths: ['registry.npmjs.org/*'], terminating: true };
    const { fresh, repository } = delegating(other, {});
    const { files, sign } = repository;
    const empty = { _type: 'targets', spec_version: '1.0', version: 1, expires: '2046-01-01T00:00:00Z', targets: {} };
    files.set('1.other.json', sign('delegated', empty));
    const { signed } = JSON.parse((files.get('1.snapshot.json') ?? Buffer.alloc(0)).toString()) as {
      signed: { meta: object };
    };
    files.set(
      '1.snapshot.json',
      sign('snapshot', { ...signed, meta: { ...signed.meta, 'other.json': { version: 1 } } }),
    );
    const { state, problem } = await fresh();
    expect(problem).toBeNull();
    expect(state.targets.get(NPM_KEYS_TARGET)).toBeNull();
  });

  it('may lead back to where they came from', async () => {
    const { fresh, repository, asked } = setUp();
    const { files, sign } = repository;
    const { signed: top } = JSON.parse((files.get('1.targets.json') ?? Buffer.alloc(0)).toString()) as {
      signed: { delegations: object };
    };
    const looping = { ...top, targets: {} };
    files.set('1.registry.npmjs.org.json', sign('delegated', looping as never));
    const { state, problem } = await fresh();
    expect(problem).toBeNull();
    expect(state.targets.get(NPM_KEYS_TARGET)).toBeNull();
    expect(asked.length).toBeLessThan(10);
  });
});

describe('what an earlier run kept', () => {
  it('is verified again, whatever expired meanwhile', async () => {
    const { fresh, from, anchor, repository } = setUp();
    repository.rotate('root', 'timestamp');
    const { state } = await fresh();
    const restored = await restore(anchor, state, WANTED);
    expect(restored).toEqual(state);
    expect((await from(state, { now: Date.UTC(2050, 0) })).problem?.detail).toMatch(/expired/);
  });

  it("is worth nothing under another root, or with an attacker's", async () => {
    const { fresh, repository } = setUp();
    repository.rotate('root');
    const { state } = await fresh();
    const other = setUp();
    expect(await restore(other.anchor, state, WANTED)).toBeNull();
    const theirs = setUp();
    theirs.repository.rotate('root', 'timestamp');
    const { state: forged } = await theirs.fresh();
    expect(await restore(other.anchor, forged, WANTED)).toBeNull();
    expect(
      await restore(other.anchor, { ...state, files: new Map([...state.files, ...forged.files]) }, WANTED),
    ).toBeNull();
  });

  it('is worth nothing where one byte of it is another', async () => {
    const { fresh, anchor } = setUp();
    const { state } = await fresh();
    for (const [path, bytes] of state.files) {
      const changed = Buffer.from(bytes.toString().replace(/\d/, (digit) => String((Number(digit) + 1) % 10)));
      const restored = await restore(anchor, { ...state, files: new Map([...state.files, [path, changed]]) }, WANTED);
      expect(restored?.targets.get(ROOT_TARGET)?.bytes?.equals(changed) ?? false).toBe(false);
      expect(restored?.targets.get(NPM_KEYS_TARGET)?.bytes?.equals(changed) ?? false).toBe(false);
    }
  });
});

describe('canonical JSON', () => {
  it('sorts names and escapes two characters', () => {
    expect(canonicalJson({ b: [1, true, null], a: 'x"\\\n', __proto__: undefined })).toBe(
      '{"a":"x\\"\\\\\n","b":[1,true,null]}',
    );
  });

  it('has no half of a character, which would be signed as any other half is', async () => {
    const { fresh, repository } = setUp({ targets: { ...TARGETS, 'a\ufffd': {} } });
    expect((await fresh()).problem).toBeNull();
    const { files } = repository;
    const signed = (files.get('1.targets.json') ?? Buffer.alloc(0)).toString();
    for (const half of ['\\ud800', '\\udfff']) {
      files.set('1.targets.json', Buffer.from(signed.replaceAll('\ufffd', half)));
      expect((await fresh()).problem).toEqual({ kind: 'refused', detail: 'a string has half a character' });
    }
  });

  it.each([1.5, Number.MAX_VALUE, NaN])('has no %d', (number) => {
    expect(() => canonicalJson({ number })).toThrow(/not whole/);
  });
});

describe.skipIf(!hasSharedData)("Sigstore's repository (recorded data not found: skipped)", () => {
  const recorded = (instance: 'prod' | 'staging'): Map<string, Buffer> => {
    const base = sharedData(`sigstore/tuf/${instance}`);
    const read = (path: string): Buffer => readFileSync(join(base, path));
    const files = new Map<string, Buffer>();
    for (const name of readdirSync(join(base, 'metadata/root_history')))
      files.set(name, read(`metadata/root_history/${name}`));
    files.set('timestamp.json', read('metadata/timestamp.json'));
    for (const name of ['snapshot.json', 'targets.json', 'registry.npmjs.org.json']) {
      const bytes = read(`metadata/${name}`);
      const { signed } = JSON.parse(bytes.toString()) as { signed: { version: number } };
      files.set(`${signed.version}.${name}`, bytes);
    }
    const { signed } = JSON.parse(read('metadata/targets.json').toString()) as {
      signed: { targets: Record<string, { hashes: { sha256: string } }> };
    };
    files.set(
      `targets/${signed.targets[ROOT_TARGET]?.hashes.sha256 ?? ''}.${ROOT_TARGET}`,
      read(`targets/${ROOT_TARGET}`),
    );
    return files;
  };
  const now = Date.UTC(2026, 7, 25);

  it('holds from what is pinned, which is its newest', async () => {
    const wanted = new Map([
      [ROOT_TARGET, PUBLIC_GOOD_ROOT_DIGEST],
      [NPM_KEYS_TARGET, NPM_KEYS_DIGEST],
    ]);
    const files = recorded('prod');
    const { state, problem } = await update(unseen(publicGoodAnchor()), serving(files), wanted, { now, askRoot: true });
    expect(problem).toBeNull();
    expect([...state.targets.values()].map((target) => target?.bytes)).toEqual([null, null]);
    const signed = parseSigned(files.get('15.root.json') ?? Buffer.alloc(0), 'root');
    expect(publicGoodAnchor().root).toEqual(parseRoot(signed));
  });

  it.each(['prod', 'staging'] as const)('%s: every root follows from the first', async (instance) => {
    const files = recorded(instance);
    const first = parseRoot(parseSigned(files.get('1.root.json') ?? Buffer.alloc(0), 'root'));
    const wanted = new Map([[ROOT_TARGET, null]]);
    const start = unseen({ root: first, floors: EMPTY });
    const { state, problem } = await update(start, serving(files), wanted, { now: null, askRoot: true });
    expect(problem).toBeNull();
    expect(state.root.version).toBe(instance === 'prod' ? 15 : 14);
    expect(state.targets.get(ROOT_TARGET)?.bytes?.toString()).toContain('trustedroot');
  });
});
