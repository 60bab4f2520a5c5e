import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newTree } from '../../lab/sigstore/merkle.ts';
import type { ChainContext } from '../../src/ecosystems/ecosystem.ts';
import { goEcosystem } from '../../src/ecosystems/go.ts';
import { escapeCapitals } from '../../src/ecosystems/conventions/go-modules.ts';
import { go } from '../../src/lockfiles/go/index.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import type { LogHead } from '../../src/model/baseline.ts';
import type { Evidence } from '../../src/model/evidence.ts';
import type { LogSeen } from '../../src/model/log-seen.ts';
import { NO_EXPECTATION } from '../../src/model/policy.ts';
import type { Store } from '../../src/model/store.ts';
import type { Assessment } from '../../src/model/verdict.ts';
import { parseCheckpoint } from '../../src/tlog/checkpoint.ts';
import { keyHint, parseNoteKey, type NoteKey } from '../../src/tlog/note.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

/** The key of the Go checksum database, as every go command has it. */
const SUMDB = parseNoteKey('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8');

const known = {
  registry: 'https://proxy.example/',
  expectation: NO_EXPECTATION,
  ...{ baseline: null, package: null, scripts: { permission: 'unknown' as const } },
};

/** Asks whoever answers for a database for a path below its own. */
type Ask = (path: string) => Promise<Evidence<Buffer>>;

interface Answering {
  readonly ask: Ask;
  readonly key: NoteKey;
  /** Heads that were seen before, as notes. */
  readonly kept: readonly string[];
  readonly store?: Store | null;
}

/** Follows the chain of Go for each dependency, as the pipeline does. */
async function follow(
  dependencies: readonly Dependency[],
  { ask, key, kept, store = null }: Answering,
): Promise<{ readonly assessments: readonly Assessment[]; readonly logs: readonly LogSeen[] }> {
  const trust = {
    verifierFor: () => {
      throw new Error('Go has no bundles');
    },
    now: Date.UTC(2026, 10, 29),
  };
  const database = {
    key,
    lookup: ({ name, version }: { readonly name: string; readonly version: string }) =>
      ask(`lookup/${escapeCapitals(name)}@${escapeCapitals(version)}`),
    tile: (path: string) => ask(`tile/8/${path}`),
  };
  const list = (): Promise<Evidence<never>> => Promise.resolve({ state: 'absent', url: 'list' });
  const proxy = { url: known.registry, database, exempt: () => null, list, latest: list, close: () => undefined };
  const heads = kept.map((note): LogHead => {
    const { size, root } = parseCheckpoint(note);
    return { origin: key.name, size: Number(size), root: root.toString('hex') };
  });
  const run: ChainContext = {
    // Nothing of npm's is asked.
    sources: { go: { proxy, machine: null } } as unknown as ChainContext['sources'],
    heads: { kept: heads, claimed: [], file: 'assay.lock' },
    witnesses: null,
    ...{ dependencies, trust, verifying: () => Promise.resolve(trust), store },
  };
  const chain = goEcosystem.openChain(run);
  const registry = { origin: known.registry, keys: [], acceptsOwnKeys: false, hasPolicyKeys: false };
  const assessments = await Promise.all(
    dependencies.map(async (one) =>
      one.artifacts[0].source.kind === 'registry'
        ? (await chain.assess(one, known, registry)).assessment
        : chain.assessUnasked(one, known),
    ),
  );
  return { assessments, logs: (await chain.logs?.()) ?? [] };
}

async function assess(dependencies: readonly Dependency[], answering: Answering): Promise<readonly Assessment[]> {
  return (await follow(dependencies, answering)).assessments;
}
const codesOf = (assessments: readonly Assessment[]): readonly string[] =>
  assessments.flatMap(({ findings }) => findings.map(({ code }) => code));
const reasonsOf = (assessments: readonly Assessment[]): string =>
  JSON.stringify(assessments.map((one) => one.findings));

describe.skipIf(!hasSharedData)('the chain of Go, on recorded answers (skipped where there are none)', () => {
  const root = sharedData('ecosystems/go/sumdb');
  const recorded: Ask = (path) => {
    const file = join(root, path);
    if (path === 'supported') return Promise.resolve({ state: 'present', value: Buffer.alloc(0) });
    return Promise.resolve(
      existsSync(file) ? { state: 'present', value: readFileSync(file) } : { state: 'absent', url: path },
    );
  };
  const kept = hasSharedData
    ? readdirSync(join(root, 'heads')).map((file) => readFileSync(join(root, 'heads', file), 'utf8'))
    : [];
  const sources: Answering = { ask: recorded, key: SUMDB, kept };

  it('proves every recorded lookup, in the tree that every recorded head is a beginning of', async () => {
    const files = readdirSync(join(root, 'lookup'), { recursive: true, encoding: 'utf8' });
    const records = files
      .filter((file) => file.includes('@'))
      .map((file) => readFileSync(join(root, 'lookup', file), 'utf8'));
    expect(records.length).toBeGreaterThan(150);
    const sums = records.map((record) => record.slice(record.indexOf('\n') + 1, record.indexOf('\n\n') + 1)).join('');
    const { dependencies } = go.parse('go.sum', Buffer.from(sums), new Map(), []);
    expect(dependencies).toHaveLength(records.length);
    const { assessments, logs } = await follow(dependencies, sources);
    expect(codesOf(assessments)).toEqual([]);
    expect(logs).toMatchObject([{ origin: 'sum.golang.org', findings: [], unanswered: false }]);
    expect(logs[0]?.kept).toHaveLength(new Set(kept).size);
    expect(assessments.map(({ proofs }) => [proofs.integrity?.by, proofs.integrity?.digests.length])).toEqual(
      dependencies.map(() => ['log', 2]),
    );
  });

  const project = (name: string): readonly Dependency[] =>
    go.parse(
      'go.sum',
      readFileSync(sharedData(`ecosystems/go/projects/${name}/go.sum`)),
      new Map([['', readFileSync(sharedData(`ecosystems/go/projects/${name}/go.mod`), 'utf8')]]),
      [],
    ).dependencies;

  it('holds a real go.sum to the database: one version is not in it', async () => {
    const dependencies = project('cli').filter(({ artifacts }) => artifacts.some(({ file }) => file === 'zip'));
    const hasLookup = ({ name, version }: Dependency): boolean =>
      existsSync(
        join(
          root,
          'lookup',
          `${name}@${version}`.replace(/[A-Z]/g, (c) => `!${c.toLowerCase()}`),
        ),
      );
    const lost = dependencies.filter(({ name }) => name === 'github.com/cli/go-internal');
    const assessments = await assess([...dependencies.filter(hasLookup), ...lost], sources);
    const [last, ...others] = assessments.toReversed();
    expect(codesOf(others)).toEqual([]);
    expect(others.length).toBeGreaterThan(100);
    expect(last).toMatchObject({
      dependency: { name: 'github.com/cli/go-internal' },
      findings: [{ code: 'log-record-missing', args: { log: 'sum.golang.org', known: 'nothing' }, kind: 'gap' }],
      proofs: { integrity: null },
    });
  });
});

/** A database of our own, with a key of our own, that says what it is told to. */
function fakeDatabase(records: Readonly<Record<string, string>>, earlier = 0) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const typed = Buffer.concat([Buffer.from([1]), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const hint = keyHint('sum.test', typed);
  const key: NoteKey = parseNoteKey(`sum.test+${hint}+${typed.toString('base64')}`);
  const leaves = [
    ...Array.from({ length: earlier }, (_, i) => `earlier.test/m${i} v1.0.0 h1:x\n`),
    ...Object.values(records),
  ].map((text) => Buffer.from(text));
  const tree = newTree();
  for (const leaf of leaves) tree.append(leaf);

  const note = (text: string): string => {
    const signature = Buffer.concat([Buffer.from(hint, 'hex'), sign(null, Buffer.from(text), privateKey)]);
    return `${text}\n— sum.test ${signature.toString('base64')}\n`;
  };
  const head = (size = leaves.length, extensions = '', hash = tree.root(size)): string =>
    note(`go.sum database tree\n${size}\n${hash.toString('base64')}\n${extensions}`);
  const files = new Map<string, string | Buffer>([['supported', '']]);
  for (const [i, [module, record]] of Object.entries(records).entries()) {
    files.set(`lookup/${module}`, `${earlier + i}\n${record}\n${head()}`);
  }
  // Of every level, root by root, as the lab's tree has them.
  for (let level = 0, span = 1; span <= leaves.length; level += 1, span *= 256) {
    const rootAt = (i: number): Buffer => {
      const own = newTree();
      for (const leaf of leaves.slice(i * span, (i + 1) * span)) own.append(leaf);
      return own.root(span);
    };
    const hashes = Array.from({ length: Math.floor(leaves.length / span) }, (_, i) => rootAt(i));
    for (let at = 0; at < hashes.length; at += 256) {
      const row = hashes.slice(at, at + 256);
      const name = `tile/8/${level}/${String(at / 256).padStart(3, '0')}${row.length === 256 ? '' : `.p/${row.length}`}`;
      files.set(name, Buffer.concat(row));
    }
  }
  const ask: Ask = (path) => {
    const file = files.get(path);
    return Promise.resolve(
      file === undefined ? { state: 'absent', url: path } : { state: 'present', value: Buffer.from(file) },
    );
  };
  return { key, files, head, sources: { ask, key, kept: [] } satisfies Answering };
}

describe('attacks on the database of Go', () => {
  const h1 = (byte: number): string => `h1:${Buffer.alloc(32, byte).toString('base64')}`;
  const recordOf = (module: string, byte: number): string =>
    `${module} v1.0.0 ${h1(byte)}\n${module} v1.0.0/go.mod ${h1(byte + 1)}\n`;
  const RECORDS = { 'a.b/c@v1.0.0': recordOf('a.b/c', 1), 'a.b/d@v1.0.0': recordOf('a.b/d', 3) };
  const locked = (sum: string): readonly Dependency[] =>
    go.parse('go.sum', Buffer.from(sum), new Map(), []).dependencies;
  const GOOD = Object.values(RECORDS).join('');

  it('without one, all is proven by the log', async () => {
    const assessments = await assess(locked(GOOD), fakeDatabase(RECORDS, 300).sources);
    expect(codesOf(assessments)).toEqual([]);
    expect(assessments.map(({ proofs }) => proofs.integrity?.by)).toEqual(['log', 'log']);
  });

  it.each([
    ['of the zip', h1(1)],
    ['of the go.mod', h1(2)],
  ])('an altered hash in go.sum %s', async (_, hash) => {
    const [one, other] = await assess(locked(GOOD.replace(hash, h1(9))), fakeDatabase(RECORDS).sources);
    const args = { locked: h1(9), actual: hash, source: 'log' };
    expect(one).toMatchObject({ findings: [{ code: 'integrity-mismatch', args }], proofs: { integrity: null } });
    expect(other?.proofs.integrity?.by).toBe('log');
  });

  it('a second hash beside the right one', async () => {
    const [one] = await assess(locked(`${GOOD}a.b/c v1.0.0 ${h1(9)}\n`), fakeDatabase(RECORDS).sources);
    expect(one?.findings.map(({ code }) => code)).toEqual(['integrity-mismatch']);
  });

  it('the record of another module, and of another version', async () => {
    for (const record of [recordOf('a.b/d', 3), RECORDS['a.b/c@v1.0.0'].replaceAll('v1.0.0', 'v1.0.1')]) {
      const database = fakeDatabase({ 'a.b/c@v1.0.0': record });
      const [one] = await assess(locked(recordOf('a.b/c', 1)), database.sources);
      expect(codesOf(one === undefined ? [] : [one])).toEqual(['log-proof-invalid']);
    }
  });

  it('no record, but hashes in the extension lines of the head, or behind it', async () => {
    const database = fakeDatabase(RECORDS);
    const forged = recordOf('a.b/c', 7);
    for (const [answer, code] of [
      [`0\n\n${database.head(2, forged)}`, 'evidence-malformed'],
      [`0\n${RECORDS['a.b/d@v1.0.0']}\n${database.head(2, forged)}`, 'log-proof-invalid'],
      [`0\n${RECORDS['a.b/c@v1.0.0']}\n${database.head()}${forged}`, 'evidence-malformed'],
      [`0\n${RECORDS['a.b/c@v1.0.0']}\n${database.head()}\n${forged}`, 'evidence-malformed'],
    ] as const) {
      database.files.set('lookup/a.b/c@v1.0.0', answer);
      const [one] = await assess(locked(forged), database.sources);
      expect(
        one?.findings.map(({ code }) => code),
        answer,
      ).toEqual([code]);
    }
    // Beside the true record they change nothing.
    database.files.set('lookup/a.b/c@v1.0.0', `0\n${RECORDS['a.b/c@v1.0.0']}\n${database.head(2, forged)}`);
    expect(codesOf(await assess(locked(GOOD), database.sources))).toEqual([]);
    const [one] = await assess(locked(forged), database.sources);
    expect(one?.findings.map(({ code }) => code)).toEqual(['integrity-mismatch', 'integrity-mismatch']);
  });

  it('a record that is not in the tree', async () => {
    const database = fakeDatabase(RECORDS);
    const forged = recordOf('a.b/c', 7);
    database.files.set('lookup/a.b/c@v1.0.0', `0\n${forged}\n${database.head()}`);
    const assessments = await assess(locked(forged + recordOf('a.b/d', 3)), database.sources);
    expect(assessments.map(({ findings }) => findings.map(({ code }) => code))).toEqual([['log-proof-invalid'], []]);
    expect(reasonsOf(assessments)).toContain('the tree has another record at 0');
  });

  it('forged tiles, any one of those that are asked for', async () => {
    const good = fakeDatabase(RECORDS, 1000);
    const asked: string[] = [];
    const watched: Ask = (path) => {
      asked.push(path);
      return good.sources.ask(path);
    };
    expect(codesOf(await assess(locked(GOOD), { ...good.sources, ask: watched }))).toEqual([]);
    const tiles = asked.filter((path) => path.startsWith('tile/'));
    expect(tiles).toEqual(['tile/8/0/003.p/234', 'tile/8/1/000.p/3']);
    for (const path of tiles) {
      const bytes = good.files.get(path);
      if (!Buffer.isBuffer(bytes)) throw new Error('a tile is bytes');
      for (let hash = 0; hash < bytes.length / 32; hash += 1) {
        const forged = Buffer.from(bytes);
        forged[hash * 32 + 5] = (forged[hash * 32 + 5] ?? 0) ^ 1;
        good.files.set(path, forged);
        const codes = codesOf(await assess(locked(GOOD), good.sources));
        expect(codes, `${path} ${hash}`).toEqual(['log-proof-invalid', 'log-proof-invalid']);
      }
      good.files.set(path, bytes);
    }
  });

  it.each([
    ...['2', '3', '9007199254740993'].map((id) => [id, 'log-proof-invalid'] as const),
    ...['18446744073709551616', '01', '-1', '1.0', '', '9'.repeat(40)].map((id) => [id, 'evidence-malformed'] as const),
  ])('a position that is none of the tree: %s is %s', async (id, code) => {
    const database = fakeDatabase(RECORDS);
    database.files.set('lookup/a.b/c@v1.0.0', `${id}\n${RECORDS['a.b/c@v1.0.0']}\n${database.head()}`);
    const [one] = await assess(locked(recordOf('a.b/c', 1)), database.sources);
    expect(one?.findings.map((found) => found.code)).toEqual([code]);
  });

  it('a signature that does not hold, of another key, and none', async () => {
    const database = fakeDatabase(RECORDS);
    const head = database.head();
    for (const other of [
      head.replace(/— sum\.test \S+/, (line) => `${line.slice(0, -4)}${line.endsWith('AA==') ? 'AQ==' : 'AA=='}`),
      head.replace('sum.test', 'sum.tess'),
      fakeDatabase(RECORDS).head(),
      head.replace('go.sum database tree\n2', 'go.sum database tree\n3'),
    ]) {
      database.files.set('lookup/a.b/c@v1.0.0', `0\n${RECORDS['a.b/c@v1.0.0']}\n${other}`);
      const [one] = await assess(locked(recordOf('a.b/c', 1)), database.sources);
      expect(
        one?.findings.map(({ code }) => code),
        other,
      ).toEqual(['log-proof-invalid']);
    }
  });

  it('a signed head that is no beginning of the largest: nothing is proven in that run', async () => {
    const database = fakeDatabase(RECORDS, 500);
    const fork = database.head(400, '', Buffer.alloc(32, 5));
    const { assessments, logs } = await follow(locked(GOOD), { ...database.sources, kept: [fork] });
    expect(codesOf(assessments)).toEqual(['evidence-malformed', 'evidence-malformed']);
    expect(reasonsOf(assessments)).toContain('contradicts itself');
    const args = { log: 'sum.test', larger: { size: 502 }, smaller: { from: 'assay.lock', size: 400, note: null } };
    expect(logs).toMatchObject([{ head: null, kept: [], findings: [{ code: 'log-inconsistent', args }] }]);
    expect(codesOf(await assess(locked(GOOD), { ...database.sources, kept: [database.head(400)] }))).toEqual([]);
  });

  it('an answer that is missing is no answer: not asked for is not absent', async () => {
    const { sources } = fakeDatabase(RECORDS, 300);
    const failing = (prefix: string): Answering => ({
      ...sources,
      ask: (path) =>
        path.startsWith(prefix)
          ? Promise.resolve({ state: 'unavailable', url: path, reason: 'timed out' })
          : sources.ask(path),
    });
    for (const prefix of ['lookup/', 'tile/']) {
      const codes = codesOf(await assess(locked(GOOD), failing(prefix)));
      expect(codes, prefix).toEqual(['evidence-unavailable', 'evidence-unavailable']);
    }
    const [, absent] = await assess(locked(`${GOOD}a.b/e v1.0.0 ${h1(1)}\n`), sources).then((all) => all.slice(1));
    expect(absent?.findings).toMatchObject([{ code: 'log-record-missing', kind: 'gap' }]);
  });

  it('records that were proven are not asked for again, but for one, and count only where they are in the tree', async () => {
    const database = fakeDatabase(RECORDS, 300);
    const kept = new Map<string, Buffer>();
    const store: Store = { get: (id) => kept.get(id) ?? null, put: (id, bytes) => void kept.set(id, bytes) };
    const lookups: string[] = [];
    const ask: Ask = (path) => {
      if (path.startsWith('lookup/')) lookups.push(path);
      return database.sources.ask(path);
    };
    const again = async (text = GOOD): Promise<unknown> => {
      lookups.length = 0;
      const assessments = await assess(locked(text), { ...database.sources, ask, store });
      return { lookups: new Set(lookups).size, codes: codesOf(assessments) };
    };
    expect(await again()).toEqual({ lookups: 2, codes: [] });
    expect(await again()).toEqual({ lookups: 1, codes: [] });
    // An altered hash is held to what is kept as well.
    expect(await again(GOOD.replace(h1(3), h1(9)))).toEqual({ lookups: 1, codes: ['integrity-mismatch'] });
    // What is kept is another record by now: it is asked for.
    for (const [id, bytes] of kept) {
      if (bytes.includes('a.b/d')) kept.set(id, Buffer.from(bytes.toString().replace(h1(3), h1(9))));
    }
    expect(await again()).toEqual({ lookups: 2, codes: [] });
    for (const [id, bytes] of kept) if (bytes.includes('a.b/')) kept.set(id, Buffer.from('none'));
    expect(await again()).toEqual({ lookups: 2, codes: [] });
  });

  it('a folder in the place of a module, and a hash that Go passes over', async () => {
    const mod = Buffer.from('module m\nrequire a.b/d v1.0.0\nreplace a.b/d => ./d\n');
    const sum = Buffer.from(`a.b/c v1.0.0 h2:x\n`);
    const assessments = await assess(
      go.parse('go.sum', sum, new Map([['', mod.toString()]]), []).dependencies,
      fakeDatabase(RECORDS).sources,
    );
    expect(codesOf(assessments)).toEqual(['integrity-missing', 'lockfile-not-registry']);
  });
});

const GO_ENV = spawnSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' });
const [PROXY = ''] = GO_ENV.status === 0 ? GO_ENV.stdout.trim().split(/[,|]/) : [];

describe.skipIf(!/^https?:/.test(PROXY))(
  'Go through the seam, on a real proxy (skipped where none is configured)',
  () => {
    it('proves the lines of one module in the database of today', async (context) => {
      const ask: Ask = async (path) => {
        try {
          const url = `${PROXY.replace(/\/$/, '')}/sumdb/sum.golang.org/${path}`;
          const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
          if (response.ok) return { state: 'present', value: Buffer.from(await response.arrayBuffer()) };
          const isAbsent = response.status === 404 || response.status === 410;
          return isAbsent ? { state: 'absent', url: path } : { state: 'unavailable', url: path, reason: 'refused' };
        } catch {
          return { state: 'unavailable', url: path, reason: 'not reached' };
        }
      };
      if ((await ask('supported')).state !== 'present') context.skip('the proxy is not reached, or has no database');
      const sum =
        'golang.org/x/text v0.14.0 h1:ScX5w1eTa3QqT8oi6+ziP7dTV1S2+ALU0bI+0zXKWiQ=\n' +
        'golang.org/x/text v0.14.0/go.mod h1:18ZOQIKpY8NJVqYksKHtTdi31H5itFRjB5/qKTNYzSU=\n';
      const dependencies = go.parse('go.sum', Buffer.from(sum), new Map(), []).dependencies;
      const [one] = await assess(dependencies, { ask, key: SUMDB, kept: [] });
      expect(one).toMatchObject({ findings: [], proofs: { integrity: { by: 'log' } } });
    }, 60_000);
  },
);
