import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answersFrom, evidenceOf } from '../../src/pack/answers.ts';
import { joinBundles, splitBundles } from '../../src/pack/bundles.ts';
import { ClockError, PackError } from '../../src/pack/error.ts';
import { indexBytes, readIndex, type PackIndex } from '../../src/pack/index-file.ts';
import { headerOf, isMemberPath } from '../../src/pack/layout.ts';
import { pathFor } from '../../src/pack/names.ts';
import { openPack, type Pack } from '../../src/pack/open.ts';
import { createRecorder } from '../../src/pack/record.ts';
import { packOf } from '../../src/pack/write.ts';
import type { HttpAnswer, HttpClient } from '../../src/net/request.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { ENTRIES, MADE, PACK, someIndex, tarOf } from './packs.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
afterAll(() => removeFolder(folder));
let files = 0;

/** Opens bytes as a pack, and closes it. */
async function opened(bytes: Buffer, work: (pack: Pack) => Promise<void>): Promise<void> {
  const path = join(folder, `${(files += 1)}.tar`);
  writeFileSync(path, bytes);
  const pack = openPack(path, 'e.tar');
  try {
    await work(pack);
  } finally {
    pack.close();
  }
}

/** What a pack answers, in words that can be compared; the refusal where it is none. */
async function answersOf(bytes: Buffer): Promise<unknown> {
  try {
    const path = join(folder, `${(files += 1)}.tar`);
    writeFileSync(path, bytes);
    const pack = openPack(path, 'e.tar');
    const client = answersFrom(evidenceOf([pack], MADE));
    const answers: unknown[] = [];
    for (const { url } of someIndex().answers) {
      const answer = await client.get(url, { maxBytes: 10_000 });
      answers.push(answer.kind === 'ok' ? answer.body.toString() : answer);
    }
    pack.close();
    return answers;
  } catch (error) {
    if (!(error instanceof PackError) && !(error instanceof ClockError)) throw error;
    return error.message;
  }
}

/** Why contents are no answers. */
function refusals(came: unknown): readonly string[] {
  const failed = Array.isArray(came) ? (came as (string | Partial<Record<string, unknown>>)[]) : [];
  return failed.flatMap((one) => (typeof one === 'string' || one['status'] !== null ? [] : [String(one['reason'])]));
}

const withIndex = (change: Partial<PackIndex>, entries = ENTRIES): Buffer =>
  tarOf(indexBytes(someIndex(change)), entries);
const withJson = (change: (json: string) => string): Buffer =>
  tarOf(Buffer.from(change(indexBytes(someIndex()).toString())));

describe('a pack', () => {
  it('answers as the network did', async () => {
    expect(await answersOf(PACK)).toEqual([
      '{"attestations":[{"predicateType":"https://slsa.dev/provenance/v1","bundle":{"mediaType":"bundle"}}]}',
      '{"name":"@s/q"}',
      {
        kind: 'failed',
        status: 500,
        reason: 'no answer when the evidence was gathered (2026-04-01T10:00:00Z): the server answered 500',
      },
      { kind: 'absent' },
      { kind: 'too-large' },
      '{}',
      expect.stringContaining('"filling"'),
    ]);
  });

  it('answers what it has not been asked for, what is too large and what is known as the network does', async () => {
    await opened(PACK, async (pack) => {
      const client = answersFrom(evidenceOf([pack], MADE));
      const url = 'https://registry.example/p';
      expect(client.asOf).toBe(MADE);
      const answer = await client.get(url, { maxBytes: 10_000 });
      const etag = answer.kind === 'ok' ? answer.headers.etag : '';
      expect(answer.kind === 'ok' ? Object.keys(answer.headers) : []).toEqual(['etag']);
      expect(await client.get(url, { maxBytes: 10_000, etag: etag ?? '' })).toMatchObject({ kind: 'unchanged' });
      expect(await client.get(url, { maxBytes: 10_000, etag: '"another"' })).toMatchObject({ kind: 'ok' });
      expect(await client.get(url, { maxBytes: 10 })).toEqual({ kind: 'too-large' });
      expect(await client.get('https://registry.example/-/npm/v1/attestations/p@1.0.0', { maxBytes: 10 })).toEqual({
        kind: 'too-large',
      });
      const none = { kind: 'failed', status: null, reason: 'not in the evidence of 2026-04-01T10:00:00Z' };
      expect(await client.get(`${url}/`, { maxBytes: 10_000 })).toEqual(none);
      const chunks: Buffer[] = [];
      const sink = { write: (chunk: Buffer) => Promise.resolve(void chunks.push(chunk)) };
      expect(await client.get(url, { maxBytes: 10_000, sink: () => sink })).toMatchObject({ kind: 'ok' });
      expect(Buffer.concat(chunks).toString()).toContain('"filling"');
    });
  });

  it('is a tar that other programs read, whose index a checksum vouches for', () => {
    const path = join(folder, 'other.tar');
    writeFileSync(path, PACK);
    const { stdout, stderr } = spawnSync('tar', ['-tf', path], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual([
      'index.json',
      'index.json.sha256',
      ...someIndex().members.map((one) => one.path),
    ]);
    spawnSync('tar', ['-xf', path, '-C', folder]);
    const sum = readFileSync(join(folder, 'index.json.sha256'), 'utf8');
    expect(spawnSync('sha256sum', ['--check', '-'], { cwd: folder, input: sum }).status).toBe(0);
  });
});

describe('a hostile pack', () => {
  it('is caught or harmless whichever byte is flipped', async () => {
    const whole = await answersOf(PACK);
    let state = 42;
    const random = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const step = Math.max(1, Math.floor(PACK.length / 900));
    for (let at = 0; at < PACK.length; at += 1 + random(2 * step - 1)) {
      const flipped = Buffer.from(PACK);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random(8));
      const came = await answersOf(flipped);
      // Refused, or an answer that could not be had in place of that content; everything else is as it was.
      if (typeof came === 'string') continue;
      expect(Array.isArray(came)).toBe(true);
      (came as unknown[]).forEach((answer, i) => {
        const isRefused = JSON.stringify(answer).includes('is not what its index says');
        expect(isRefused ? (whole as unknown[])[i] : answer).toEqual((whole as unknown[])[i]);
      });
      expect(JSON.stringify(came)).toContain('is not what its index says');
    }
  });

  it('is refused wherever it is cut', async () => {
    const lengths = [0, 1, 100, 511, 512, 513, 1024, 3000, PACK.length - 1025, PACK.length - 1024, PACK.length - 1];
    for (const length of lengths) {
      expect(await answersOf(PACK.subarray(0, length))).toMatch(/^e\.tar cannot be used as evidence: it is /);
    }
    expect(await answersOf(Buffer.concat([PACK, Buffer.alloc(512)]))).toContain('it has more than its index names');
  });

  it.each([
    ['gzip', '1f8b0800'],
    ['zstd', '28b52ffd'],
    ['xz', 'fd377a585a00'],
    ['zip', '504b0304'],
  ])('is told from %s', async (name, magic) => {
    const bytes = Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(2000)]);
    expect(await answersOf(bytes)).toBe(
      `e.tar cannot be used as evidence: it is compressed (${name}): unpack it to the tar that it was`,
    );
  });

  it('is refused where an index cannot be read in one way', async () => {
    const members = someIndex().members;
    const [first] = members;
    if (first === undefined) throw new Error('no members');
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [
        withJson((json) => json.replace('assay.pack/1', 'assay.pack/2')),
        /it is of version 2; this version of assay reads version 1/,
      ],
      [withJson((json) => json.replace('assay.pack/1', 'other/1')), /not the index of a pack/],
      [withJson((json) => json.slice(0, -3)), /its index is not JSON/],
      [withJson((json) => `${json} `), /not written as assay writes it/],
      [withJson((json) => json.replace('"by":', '"by": "other",\n "by":')), /not written as assay writes it/],
      [withJson((json) => json.replace('"by":', '"more": 1,\n "by":')), /not written as assay writes it/],
      [withJson(() => '['.repeat(100_000)), /its index is not JSON/],
      [withIndex({ members: [first, ...members] }), /names something twice, or not in order/],
      [withIndex({ members: [...members].reverse() }), /names something twice, or not in order/],
      [withIndex({ answers: [...someIndex().answers].reverse() }), /names something twice, or not in order/],
      [withIndex({ members: members.map((one) => ({ ...one, size: -1 })) }), /the size of a member/],
      [withIndex({ members: members.map((one) => ({ ...one, size: 2 ** 40 })) }), /the size of a member/],
      [withIndex({ answers: [{ url: 'https://u:p@h/', state: 'absent' }] }), /an address/],
      [withIndex({ answers: [{ url: 'file:///etc/passwd', state: 'absent' }] }), /an address/],
      [withIndex({ by: 'assay\n\u001b[31m' }), /by is not what/],
      [withIndex({ by: 'a'.repeat(2000) }), /by is not what/],
      [withIndex({ made: NaN }), /made is not what/],
    ];
    for (const [bytes, message] of cases) expect(await answersOf(bytes)).toMatch(message);
  });

  it.each([
    '/etc/passwd',
    '../up',
    'a/../b',
    'a/./b',
    'a//b',
    'a/',
    '',
    '.hidden',
    'a/.hidden',
    'C:/b',
    'a\\b',
    'Upper',
    'nul\0',
    'a/b.',
    'umläut',
    'a/'.repeat(16) + 'b',
    'a'.repeat(101),
    `${'a'.repeat(156)}/b`,
  ])('has no member at %j', async (path) => {
    expect(isMemberPath(path)).toBe(false);
    const member = { ...someIndex().members[0], path, sha256: '0'.repeat(64), size: 0 };
    expect(await answersOf(withIndex({ members: [member] }))).toMatch(/the path of a member/);
  });

  it('has no file that is a folder as well', async () => {
    const members = ['a', 'a!', 'a/b'].map((path) => ({ path, sha256: '0'.repeat(64), size: 0 }));
    expect(await answersOf(withIndex({ members }))).toMatch(/the path of a member/);
  });

  it.each([
    ['a link', (header: Buffer) => header.write('2', 156)],
    ['a hard link', (header: Buffer) => header.write('1', 156)],
    ['a device', (header: Buffer) => header.write('3', 156)],
    ['a folder', (header: Buffer) => header.write('5', 156)],
    ['a pax header', (header: Buffer) => header.write('x', 156)],
    ['a long name', (header: Buffer) => header.write('L', 156)],
    ['another path', (header: Buffer) => header.write('npm/other', 0)],
    ['another size', (header: Buffer) => header.write('00000000001', 124)],
    ['an owner', (header: Buffer) => header.write('root', 265)],
    ['a mode', (header: Buffer) => header.write('0004755', 100)],
  ])('has no entry that is %s', async (_, change) => {
    for (const i of ENTRIES.keys()) {
      const entries = ENTRIES.map(([header, content], j): readonly [Buffer, string] => {
        const own = Buffer.from(header);
        if (i === j) {
          change(own);
          withChecksum(own);
        }
        return [own, content];
      });
      expect(refusals(await answersOf(tarOf(indexBytes(someIndex()), entries)))).toEqual([
        `the entry of ${someIndex().members[i]?.path ?? ''} in e.tar is not what its index says`,
      ]);
    }
  });

  it('has all entries of its index, in their order, and no others', async () => {
    const { members } = someIndex();
    const index = indexBytes(someIndex());
    expect(await answersOf(tarOf(index, ENTRIES.slice(1)))).toContain('it is cut short');
    expect(refusals(await answersOf(tarOf(index, [...ENTRIES].reverse())))).toHaveLength(ENTRIES.length);
    const more = [headerOf({ path: 'zz', size: 1 }), 'z'] as const;
    expect(await answersOf(tarOf(index, [...ENTRIES, more]))).toContain('it has more than its index names');
    const extra = { path: 'zz', sha256: '594e519ae499312b29433b7dd8a97ff068defcba9755b6d5d00e84c524d67b06', size: 1 };
    expect(await answersOf(withIndex({ members: [...members, extra] }, [...ENTRIES, more]))).toContain(
      'answers nothing',
    );
    expect(await answersOf(withIndex({ members: members.slice(1) }, ENTRIES.slice(1)))).toContain('has not all');
  });

  it('does not come from the future', async () => {
    const later = someIndex({ made: MADE + 700_000 });
    expect(await answersOf(tarOf(indexBytes(later)))).toMatch(/was made at 2026-04-01T10:11:40Z, which is yet to come/);
    expect(Array.isArray(await answersOf(withIndex({ made: MADE + 300_000 })))).toBe(true);
  });
});

describe('the path of an answer', () => {
  const places = {
    registries: ['https://r.example/', 'https://r.example/npm/'],
    repositories: ['https://t.example/tuf/'],
  };
  it.each([
    ['https://r.example/p', 'npm/r.example/p/packument.json'],
    ['https://r.example/@s%2fq', 'npm/r.example/@s/q/packument.json'],
    ['https://r.example/@s%2fq/1.0.0', 'npm/r.example/@s/q/1.0.0.json'],
    ['https://r.example/npm/p/1.0.0-RC1', 'npm/r.example_npm/p/1.0.0-!r!c1.json'],
    ['https://r.example/-/npm/v1/keys', 'npm/r.example/keys.json'],
    ['https://r.example/-/npm/v1/attestations/@s%2fq@1.0.0', 'npm/r.example/@s/q/1.0.0'],
    ['https://r.example/p/-/p-1.0.0.tgz', 'npm/r.example/p/-/p-1.0.0.tgz'],
    ['https://t.example/tuf/7.root.json', 'tuf/t.example_tuf/7.root.json'],
    ['https://t.example/tuf/targets/a/b.c.json', 'tuf/t.example_tuf/targets/a/b.c.json'],
    ['https://r.example/%2e%2e%2fup', expect.stringMatching(/^other\/[0-9a-f]{64}$/)],
    ['https://r.example/%', expect.stringMatching(/^other\/[0-9a-f]{64}$/)],
    [`https://r.example/${'x'.repeat(200)}`, expect.stringMatching(/^other\/[0-9a-f]{64}$/)],
    ['https://elsewhere.example/p', expect.stringMatching(/^other\/[0-9a-f]{64}$/)],
  ])('%s', (url, path) => {
    expect(pathFor(url, places)).toEqual(path);
    expect(isMemberPath(pathFor(url, places))).toBe(true);
  });
});

describe('bundles', () => {
  it('are a document again, in which nothing is another value', () => {
    const bundle = { a: 1.5, b: [null, 'ü\u2028"'], ['__proto__']: 1, 2: { 1: '' } };
    const text = JSON.stringify({
      attestations: [
        { predicateType: 'x', bundle },
        { predicateType: 'x', bundle: {} },
      ],
    });
    const parts = splitBundles(Buffer.from(text));
    expect(parts).toHaveLength(2);
    expect(joinBundles(parts ?? []).toString()).toBe(text);
    expect(joinBundles([]).toString()).toBe('{"attestations":[]}');
  });

  it.each(['', '{}', '[]', '{"attestations":1}', '{"attestations":[],"more":1}', '{"attestations":[{"bundle":{}}]}'])(
    'that are none stay as they are: %s',
    (text) => {
      expect(splitBundles(Buffer.from(text))).toBeNull();
    },
  );
});

describe('a record', () => {
  const REGISTRY = 'https://r.example/';
  const clientOf = (answer: () => HttpAnswer | Promise<HttpAnswer>): HttpClient & { asked: number } => {
    const client = {
      asked: 0,
      get: () => {
        client.asked += 1;
        return Promise.resolve(answer());
      },
      close: () => undefined,
    };
    return client;
  };
  const ok = (text: string): HttpAnswer => ({
    kind: 'ok',
    status: 200,
    body: Buffer.from(text),
    headers: { etag: '"e"' },
  });
  const about = { made: MADE, by: 'assay 1', lockfiles: [], registries: [REGISTRY], trust: [] };

  it('asks once, and becomes a pack that answers the same', async () => {
    const recorder = createRecorder();
    const live = clientOf(() => ok('{"name":"p"}'));
    const client = recorder.through(() => live);
    const answers = await Promise.all([1, 2].map(() => client.get(`${REGISTRY}p`, { maxBytes: 100 })));
    expect(live.asked).toBe(1);
    expect(answers[0]).toEqual(answers[1]);
    const pack = await packOf(recorder, about, null);
    await opened(Buffer.concat([...pack.pieces()]), async (read) => {
      expect(read.index).toEqual(pack.index);
      const again = await answersFrom(evidenceOf([read], MADE)).get(`${REGISTRY}p`, { maxBytes: 100 });
      expect(again).toEqual(answers[0]);
    });
    recorder.close();
  });

  it('does not take for an answer what a client gave up that was closed', async () => {
    const recorder = createRecorder();
    let end: (answer: HttpAnswer) => void = () => undefined;
    const first = recorder.through(() => clientOf(() => new Promise((done) => (end = done))));
    const given = first.get(`${REGISTRY}p`, { maxBytes: 100 });
    const second = recorder.through(() => clientOf(() => ok('{}')));
    const later = second.get(`${REGISTRY}p`, { maxBytes: 100 });
    first.close();
    end({ kind: 'failed', reason: 'the run ended', status: null });
    expect(await given).toMatchObject({ kind: 'failed' });
    expect(await later).toMatchObject({ kind: 'ok' });
    expect((await packOf(recorder, about, null)).index.answers).toMatchObject([{ state: 'present' }]);
    recorder.close();
  });

  it('gives two answers paths of their own, and leaves out what an index may not have', async () => {
    const recorder = createRecorder();
    const urls = ['a%2fb', 'a/b', 'x?'.padEnd(5000, 'y')];
    for (const url of urls)
      await recorder.through(() => clientOf(() => ok(url))).get(REGISTRY + url, { maxBytes: 9000 });
    const { index, pieces } = await packOf(recorder, about, null);
    expect(index.members).toHaveLength(2);
    expect(new Set(index.members.map(({ path }) => path)).size).toBe(2);
    expect(readIndex(indexBytes(index))).toEqual(index);
    await opened(Buffer.concat([...pieces()]), () => Promise.resolve());
    recorder.close();
  });
});

function withChecksum(header: Buffer): void {
  header.write('        ', 148);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}
