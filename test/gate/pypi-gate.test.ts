import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { githubPublisher, type PypiLab } from '../../lab/pypi/index.ts';
import type { FileJson } from '../../lab/pypi/documents.ts';
import { openGate, pypiProtocol, remembering, type Asked, type Gate } from '../../src/gate/index.ts';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import type { Phase } from '../../src/model/verdict.ts';
import { npmRegistry } from '../../src/registries/npm/index.ts';
import { pypiIndex } from '../../src/registries/pypi/index.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { serve, testClient } from '../net/servers.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { ask } from './npm-world.ts';

const acme = githubPublisher(ciWorkflow({ repository: 'acme/one', workflow: '.github/workflows/release.yml' }));
const DAY = 86_400_000;
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html';
const METADATA = Buffer.from('Metadata-Version: 2.1\nName: one\nVersion: 1.1.0\n');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

interface Options {
  readonly phase?: Phase;
  readonly spoil?: (lab: PypiLab) => void;
  readonly locked?: (lab: PypiLab) => readonly Dependency[];
}

function askedOf(lab: PypiLab, phase: Phase, locked: readonly Dependency[]): Asked {
  const client = remembering(testClient());
  const indexes = { default: lab.index, explicit: new Map(), namedBy: new Map() };
  return {
    protocol: pypiProtocol({ client, urlFor: () => lab.index, writtenFor: () => lab.index }),
    audit: {
      registry: npmRegistry(client, { registry: lab.url, scopes: new Map<string, string>() }),
      pypi: { index: pypiIndex(client, indexes), environmentFor: () => null },
      trust: { root: parseTrustedRoot(lab.trustedRoot), rootName: 'lab', rootDigest: '', keys: [] },
      enforce: phase,
    },
    locked,
    isDirect: () => false,
    allows: () => false,
    now: lab.now,
    close: () => client.close(),
  };
}

/** A gate before an index with one 1.0.0 and 1.1.0 of a workflow, and 1.2.0 of a token. */
function withGate(
  work: (gate: Gate, lab: PypiLab) => Promise<void>,
  { phase = 'guard', spoil = () => undefined, locked = () => [] }: Options = {},
): Promise<void> {
  return withPypiLab(async (lab) => {
    for (const [version, by, days] of [
      ['1.0.0', acme, 200],
      ['1.1.0', acme, 100],
      ['1.2.0', null, 1],
    ] as const) {
      lab.publish({ name: 'one', version, by, at: lab.now() - days * DAY });
    }
    spoil(lab);
    const ask = (): Promise<Asked> => Promise.resolve(askedOf(lab, phase, locked(lab)));
    const gate = await openGate({ ask, decidedBy: phase, port: 0 });
    try {
      await work(gate, lab);
    } finally {
      await gate.close();
    }
  });
}

interface Served {
  readonly name: string;
  readonly versions: readonly string[];
  readonly files: readonly (FileJson & { readonly 'core-metadata': unknown })[];
}

const at = (gate: Gate, path: string): string => new URL(path, gate.url).pathname;
const file = (version: string, ending = '-py3-none-any.whl'): string => `files/one/one-${version}${ending}`;

async function documentOf(gate: Gate, name = 'one'): Promise<Served> {
  const got = await ask(gate, at(gate, `simple/${name}/`), { accept: JSON_TYPE });
  expect(got.headers['content-type']).toBe(JSON_TYPE);
  return JSON.parse(got.text) as Served;
}

/** Changes each file of the document of `one`. */
function changed(lab: PypiLab, change: (one: FileJson) => object): void {
  lab.tamperProject('one', (all) => ({ ...all, files: all.files.map((one) => ({ ...one, ...change(one) })) }));
}

describe('an index behind the gate', () => {
  it('has no file of a refused release, in JSON and as a page, and its own addresses', async () => {
    await withGate(async (gate, lab) => {
      const served = await documentOf(gate, 'One');
      expect(served.versions).toEqual(['1.0.0', '1.1.0']);
      expect(served.files.map(({ filename }) => filename)).toEqual([
        'one-1.0.0-py3-none-any.whl',
        'one-1.0.0.tar.gz',
        'one-1.1.0-py3-none-any.whl',
        'one-1.1.0.tar.gz',
      ]);
      expect(served.files[2]?.url).toBe(`${gate.url}${file('1.1.0')}`);
      expect(gate.given.get(`${gate.url}${file('1.1.0')}`)).toBe(lab.release('one', '1.1.0')[0]?.json.url);
      expect(gate.given.get(`${gate.url}simple`)).toBe(lab.index);
      for (const [accept, type] of [
        ['text/html', 'text/html'],
        ['*/*', 'text/html'],
        [`${HTML_TYPE}, text/html`, HTML_TYPE],
      ] as const) {
        const page = await ask(gate, at(gate, 'simple/one'), { accept });
        expect(page.headers['content-type']).toBe(type);
        const hashes = served.files.map(({ hashes }) => `#sha256=${hashes['sha256'] ?? ''}"`);
        expect(hashes.every((each) => page.text.includes(each))).toBe(true);
        expect(page.text).not.toContain('1.2.0');
      }
      expect(gate.outcome().missing.map(({ version, code }) => [version.version, code])).toEqual([
        ['1.2.0', 'provenance-lost'],
      ]);
    });
  });

  it('hands out files of what is allowed, wheels and what is built from source, and none of what is refused', async () => {
    await withGate(async (gate, lab) => {
      for (const [i, ending] of ['-py3-none-any.whl', '.tar.gz'].entries()) {
        const good = await ask(gate, at(gate, file('1.1.0', ending)));
        expect([good.status, good.whole, good.bytes]).toEqual([200, true, lab.release('one', '1.1.0')[i]?.bytes]);
        const known = { 'if-none-match': good.headers.etag ?? '' };
        expect((await ask(gate, at(gate, file('1.1.0', ending)), known)).status).toBe(304);
        for (const method of ['GET', 'HEAD']) {
          expect((await ask(gate, at(gate, file('1.2.0', ending)), {}, { method })).status).toBe(403);
        }
      }
      const refused = await ask(gate, at(gate, file('1.2.0')));
      expect(refused.text).toMatch(/^assay gate: pypi:one@1\.2\.0 \(provenance-lost\): /);
      expect(lab.requests.some(({ url }) => /files\/.*1\.2\.0/.test(url))).toBe(false);
      expect(gate.outcome()).toMatchObject({ refused: [{ code: 'provenance-lost' }], fetched: 1 });
    });
  });

  it('lets through in observe what is unproven, and nothing that is other bytes than the index says', async () => {
    await withGate(
      async (gate) => {
        expect((await documentOf(gate)).versions).toContain('1.2.0');
        expect((await ask(gate, at(gate, file('1.2.0')))).status).toBe(200);
        expect((await ask(gate, at(gate, file('1.0.0')))).status).toBe(403);
      },
      { phase: 'observe', spoil: (lab) => lab.behave(/files\/.*one-1\.0\.0-py3/, { body: 'other bytes' }) },
    );
  });

  it.each(['guard', 'observe'] as const)('hands on the metadata that the index has a hash of, in %s', async (phase) => {
    const withMetadata = (said: unknown) => (lab: PypiLab) => {
      changed(lab, () => ({ 'core-metadata': said, 'dist-info-metadata': said }));
      lab.behave(/\.metadata$/, { body: METADATA });
    };
    const path = `${file('1.1.0')}.metadata`;
    await withGate(
      async (gate) => {
        const [first] = (await documentOf(gate)).files;
        expect(first?.['core-metadata']).toEqual({ sha256: sha256(METADATA) });
        expect((await ask(gate, at(gate, path))).bytes).toEqual(METADATA);
        expect((await ask(gate, at(gate, `${file('1.2.0')}.metadata`))).status).toBe(phase === 'guard' ? 403 : 200);
      },
      { phase, spoil: withMetadata({ sha256: sha256(METADATA) }) },
    );
    await withGate(
      async (gate) => {
        const got = await ask(gate, at(gate, path));
        expect([got.status, got.text]).toEqual([403, expect.stringContaining('another hash than the index says')]);
      },
      { phase, spoil: withMetadata({ sha256: '0'.repeat(64) }) },
    );
    // What nobody has a hash of is not offered: the file itself has it.
    for (const said of [true, { sha256: 1 }, { md5: 'x' }, '']) {
      await withGate(
        async (gate) => {
          expect((await documentOf(gate)).files.map((one) => one['core-metadata'])).not.toContain(true);
          expect((await ask(gate, at(gate, path))).status).toBe(404);
        },
        { phase, spoil: withMetadata(said) },
      );
    }
  });

  it('holds a locked release to what is locked, and hides what came later', async () => {
    const locked = (lab: PypiLab): readonly Dependency[] => {
      const text = lab.requirements('one@1.1.0');
      lab.publish({ name: 'one', version: '1.1.0', files: [{ name: 'one-1.1.0-1-py3-none-any.whl' }], by: acme });
      return parseLockfile('requirements.txt', Buffer.from(text), new Map([['requirements.txt', text]])).dependencies;
    };
    await withGate(
      async (gate) => {
        const { files } = await documentOf(gate);
        expect(files.filter(({ filename }) => filename.includes('1.1.0'))).toHaveLength(2);
        expect((await ask(gate, at(gate, file('1.1.0')))).status).toBe(200);
        const later = await ask(gate, at(gate, file('1.1.0', '-1-py3-none-any.whl')));
        expect([later.status, later.text]).toEqual([403, expect.stringContaining('integrity-mismatch')]);
      },
      { locked },
    );
  });

  it.each([
    ['of another project', { name: 'two' }, 502],
    ['that names itself twice', '{"meta":{"api-version":"1.1"},"name":"one","name":"one","files":[]}', 502],
    ['that is cut', '{"meta":{"api-version":"1.1"},"name":"one","files":[', 502],
    ['that is a page', '<html><a href="one-1.1.0.tar.gz">one</a></html>', 502],
    ['of another interface', { meta: { 'api-version': '2.0' } }, 502],
    ['with two files of one name', { files: twice({ hashes: { sha256: '0'.repeat(64) } }) }, 502],
    ['with a file whose name is a path', { files: [{ filename: '../one-1.0.0.tar.gz', url: 'x', hashes: {} }] }, 502],
  ])('answers no document %s', async (_, spoiled, status) => {
    const spoil = (lab: PypiLab): void => {
      if (typeof spoiled === 'string') lab.behave(/simple\/one/, { body: spoiled });
      else lab.tamperProject('one', (all) => ({ ...all, ...(spoiled as Partial<typeof all>) }));
    };
    await withGate(
      async (gate) => {
        for (const path of ['simple/one/', file('1.1.0')])
          expect((await ask(gate, at(gate, path))).status).toBe(status);
      },
      { spoil, phase: 'observe' },
    );
  });

  it('takes a file that is listed twice alike for one, and names of JavaScript for names', async () => {
    const spoil = (lab: PypiLab): void =>
      lab.tamperProject('one', (all) => {
        const own = JSON.parse('{"__proto__":{"sha256":"x"},"constructor":1}') as object;
        return { ...all, files: [...all.files, ...all.files].map((one) => ({ ...one, ...own })) };
      });
    await withGate(async (gate) => expect((await documentOf(gate)).files).toHaveLength(4), { spoil });
  });

  it('answers nothing that is not packed as it says, and nothing without end', async () => {
    const packed = { 'content-encoding': 'gzip', 'content-type': JSON_TYPE };
    const cut = gzipSync(Buffer.from('{"meta":{"api-version":"1.1"},"name":"one","files":[]}')).subarray(0, 30);
    for (const behaviour of [
      { headers: packed, body: cut },
      { status: 500 },
      { dropConnection: 'mid-body' as const },
    ]) {
      await withGate(async (gate) => expect((await ask(gate, at(gate, 'simple/one/'))).status).toBe(502), {
        spoil: (lab) => lab.behave(/simple\/one/, behaviour),
      });
    }
  });

  it('answers a document of 40 MB', async () => {
    const spoil = (lab: PypiLab): void =>
      lab.tamperProject('one', (all) => {
        const [first] = all.files;
        const many = Array.from({ length: 2000 }, (_, i) => ({
          ...first,
          filename: `one-1.0.${i + 1}.tar.gz`,
          more: 'x'.repeat(20_000),
          provenance: null,
        }));
        return { ...all, files: [...all.files, ...many] as typeof all.files };
      });
    await withGate(async (gate) => expect((await documentOf(gate)).files.length).toBeGreaterThan(1000), { spoil });
  });

  it('sends what it sends to the index to nobody else, and takes from others what has the hash', async () => {
    await withPypiLab(async (lab) => {
      const [wheel] = lab.publish({ name: 'one', version: '1.0.0', by: acme, at: lab.now() - 100 * DAY });
      const elsewhere = await serve((_, response) => response.end(wheel?.bytes));
      changed(lab, () => ({ url: `${elsewhere.url}one.whl` }));
      const gate = await openGate({ ask: () => Promise.resolve(askedOf(lab, 'guard', [])), decidedBy: '', port: 0 });
      const secret = { authorization: 'Basic c2VjcmV0' };
      expect((await ask(gate, at(gate, file('1.0.0')), secret)).bytes).toEqual(wheel?.bytes);
      expect((await ask(gate, at(gate, file('1.0.0', '.tar.gz')), secret)).status).toBe(403);
      const all = [...elsewhere.requests, ...lab.requests];
      expect(all.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
      await gate.close();
    });
  });

  it.each([
    'simple/',
    'simple/a%2f..%2fb/',
    'simple/one/x',
    'files/one/',
    'files/one/two-1.0.0.tar.gz',
    'pypi/one/json',
  ])('has nothing at %s', async (path) => {
    await withGate(async (gate) => expect((await ask(gate, at(gate, path))).status).toBe(404));
  });

  it('says what is missing, and takes nothing in', async () => {
    await withGate(async (gate) => {
      expect((await ask(gate, at(gate, 'simple/none/'))).status).toBe(404);
      expect((await ask(gate, at(gate, 'legacy/'), {}, { method: 'POST', body: Buffer.from('x') })).status).toBe(405);
    });
  });

  it('lists nothing where all is refused, and refuses what nobody can judge, but in observe', async () => {
    const spoil = (lab: PypiLab): void => lab.behave(/integrity/, { status: 500 });
    await withGate(
      async (gate) => {
        expect((await documentOf(gate)).files).toEqual([]);
        expect((await ask(gate, at(gate, file('1.1.0')))).status).toBe(403);
      },
      { spoil },
    );
    await withGate(async (gate) => expect((await ask(gate, at(gate, file('1.1.0')))).status).toBe(200), {
      spoil,
      phase: 'observe',
    });
  });
});

function twice(other: object): readonly object[] {
  const one = { filename: 'one-1.0.0.tar.gz', url: 'x', hashes: { sha256: '1'.repeat(64) } };
  return [one, { ...one, ...other }];
}
