import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, type BundleJson, type Published } from '../../lab/index.ts';
import { uuidOf } from '../../lab/logs.ts';
import { assayHere } from '../cli/in-process.ts';
import type { Run } from '../cli/run.ts';
import { hasSharedData } from '../support/shared-data.ts';
import { NAMES, withLogs, type LabLogs } from './lab-logs.ts';
import { logData, serveRecorded } from './recorded.ts';

interface SearchJson {
  readonly problems: readonly string[];
  readonly searches: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly hits: readonly {
      readonly published: boolean | null;
      readonly matches: string;
      readonly by: readonly string[];
      readonly hit: { readonly uuid: string; readonly record: { readonly statement: { from: string } | null } };
    }[];
    readonly refused: readonly { readonly word: string }[];
    readonly unindexed: readonly string[];
    readonly beyond: number;
    readonly asked: readonly { readonly question: string; readonly found: number | null }[];
    readonly unsearchable: readonly string[];
  }[];
}
const searchesOf = ({ stdout }: Run): SearchJson['searches'] => (JSON.parse(stdout) as SearchJson).searches;

const bundlesOf = ({ attestations }: Published): BundleJson[] =>
  (attestations?.attestations ?? []).map(({ bundle }) => bundle);
const hexOf = (integrity: string): string => Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');

interface Searched extends LabLogs {
  readonly published: Published;
  readonly sha512: string;
  readonly search: (what: string, ...args: string[]) => Promise<Run>;
}

/** A package with provenance, whose entries the log has and indexes. */
function withPackage(work: (searched: Searched) => Promise<void>): Promise<void> {
  return withLogs(async (logs) => {
    const { lab, v1, run } = logs;
    const published = await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    for (const bundle of bundlesOf(published)) v1.index(bundle);
    await work({
      ...logs,
      published,
      sha512: hexOf(published.manifest.dist.integrity ?? ''),
      search: (what, ...args) => run('log', 'search', what, '--json', '--registry', lab.url, ...args),
    });
  });
}

describe('a search for a package', () => {
  it('shows the entries that the registry publishes, each with its statement, and asks for all hashes in hex', async () => {
    await withPackage(async ({ search, sha512, published, v1 }) => {
      const run = await search('p@1.0.0');
      expect(run).toMatchObject({ status: 0, stderr: '' });
      const [one] = searchesOf(run);
      expect(one).toMatchObject({ name: 'p@1.0.0', outcome: 'holds', refused: [], unindexed: [], beyond: 0 });
      expect(one?.unsearchable).toEqual([NAMES.v2]);
      expect(one?.hits).toHaveLength(bundlesOf(published).length);
      for (const hit of one?.hits ?? []) {
        expect(hit).toMatchObject({ published: true, matches: 'yes' });
        expect(hit.hit.record.statement?.from).toBe('registry');
      }
      expect(one?.asked.map(({ question }) => question)).toContain(`sha512 of the tarball sha512:${sha512}`);
      expect(v1.requests).toContain(`POST /api/v1/index/retrieve {"hash":"sha512:${sha512}"}`);
      expect([...v1.agents].every((agent) => agent.startsWith('assay/'))).toBe(true);
      // All versions where none is named.
      expect(searchesOf(await search('p')).map(({ name }) => name)).toEqual(['p@1.0.0']);
    });
  });

  it('fails where somebody else logged an entry about the same tarball', async () => {
    await withPackage(async ({ search, sha512, sign, v1, run, lab }) => {
      const subject = { name: 'pkg:npm/p@1.0.0', digest: { sha512 } };
      v1.index(sign('v1', 'mallory/p', subject));
      const json = await search('p@1.0.0');
      expect(json.status).toBe(1);
      const unpublished = searchesOf(json)[0]?.hits.filter(({ published }) => published === false);
      expect(unpublished).toMatchObject([{ matches: 'unknown' }]);
      const { status, stdout } = await run('log', 'search', 'p@1.0.0', '--registry', lab.url);
      expect(status).toBe(1);
      expect(stdout).toMatch(/^unpublished: an entry that the registry of p@1\.0\.0 does not publish$/m);
      expect(stdout).toMatch(/mallory\/p/);
      expect(stdout).toMatch(/Nothing found would\s+prove nothing/);
      expect(stdout).toMatch(/not searched: log2026-1\.rekor\.lab\.test/);
    });
  });

  it('says of no entry beside a bundle in a file that it is not published: no registry was asked', async () => {
    await withPackage(async ({ search, published, folder, sha512, v1, sign }) => {
      const bundles = bundlesOf(published);
      expect(bundles.length).toBeGreaterThan(1);
      for (const [i, bundle] of bundles.entries()) {
        writeFileSync(join(folder, `${i}.sigstore.json`), JSON.stringify(bundle));
        const run = await search(`${i}.sigstore.json`);
        const hits = searchesOf(run)[0]?.hits ?? [];
        expect([run.status, hits.map((hit) => hit.published).filter((one) => one !== null)]).toEqual([0, [true]]);
        expect(hits.length).toBe(bundles.length);
      }
      // Of the package, the registry was asked: the same entry by somebody else is a finding there, and there alone.
      v1.index(sign('v1', 'mallory/p', { name: 'pkg:npm/p@1.0.0', digest: { sha512 } }));
      expect((await search('0.sigstore.json')).status).toBe(0);
      expect((await search(`sha512:${sha512}`)).status).toBe(0);
      expect((await search('p@1.0.0')).status).toBe(1);
    });
  });

  const STATE = { search: [], verify: ['--state', 'state'] };
  it.each(['nope.json', './p', 'dist/p.tgz', 'p-1.0.0.tgz'])(
    'takes a file that is not there for no package, and asks nobody for it: %s',
    async (file) => {
      await withPackage(async ({ run, lab, v1 }) => {
        v1.lie = () => ({ json: [] });
        for (const command of ['search', 'verify'] as const) {
          const { status, stdout, stderr } = await run('log', command, file, '--registry', lab.url, ...STATE[command]);
          expect([status, stdout, stderr]).toEqual([2, '', `assay: no such file: ${file}\n`]);
        }
      });
    },
  );

  it('makes no statement where the index hides a published entry, or names what is not there', async () => {
    await withPackage(async ({ search, v1 }) => {
      v1.lie = (path) => (path.includes('/index/') ? { json: [] } : undefined);
      const hidden = await search('p@1.0.0');
      expect(hidden.status).toBe(3);
      expect(searchesOf(hidden)[0]?.unindexed).toHaveLength(2);
      v1.lie = (path) => (path.includes('/index/') ? { json: ['0'.repeat(64)] } : undefined);
      const absent = await search('p@1.0.0');
      expect(absent.status).toBe(3);
      expect(searchesOf(absent)[0]?.refused).toMatchObject([{ word: 'absent' }]);
    });
  });

  it('asks a log that answers nothing about one version, about no other, and says the cause once', async () => {
    await withPackage(async ({ search, v1, lab, run }) => {
      for (const version of ['1.1.0', '1.2.0']) {
        await lab.publish({ name: 'p', version, by: ciWorkflow({ repository: 'team/p' }) });
      }
      v1.lie = (path) => (path.includes('/index/') ? { status: 422 } : undefined);
      const questions = searchesOf(await search('p@1.0.0'))[0]?.asked.length ?? 0;
      const asked = (): number => v1.requests.filter((request) => request.includes('/index/')).length;
      const before = asked();
      const all = await search('p');
      expect([all.status, asked() - before]).toEqual([3, questions]);
      expect(searchesOf(all).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown']);
      const { stdout } = await run('log', 'search', 'p', '--registry', lab.url);
      const text = stdout.replace(/\s+/g, ' ');
      for (const version of ['1.0.0', '1.1.0', '1.2.0']) expect(text).toContain(`p@${version}`);
      expect(text.match(/422/g)).toHaveLength(1);
      expect(text).toMatch(/no answer of \S+ to \d+ questions \(not asked, as it answered no question before\)/);
      // One that answers some question, or answers too much, is asked on.
      let number = 0;
      v1.lie = (path) => (path.includes('/index/') && number++ > 0 ? { status: 422 } : undefined);
      const some = asked();
      await search('p');
      expect(asked() - some).toBeGreaterThan(questions);
      v1.lie = (path) => (path.includes('/index/') ? { bytes: Buffer.alloc(2_000_000, 32) } : undefined);
      const much = asked();
      await search('p');
      expect(asked() - much).toBe(3 * questions);
    });
  });

  it('makes no statement where an answer is refused, is endless, or names more than is looked at', async () => {
    await withPackage(async ({ search, v1, lab, published }) => {
      v1.lie = (path) => (path.includes('/index/') ? { status: 422 } : undefined);
      const refused = await search('p@1.0.0');
      expect(refused.status).toBe(3);
      expect(searchesOf(refused)[0]?.asked.map(({ found }) => found)).toContain(null);
      v1.lie = (path) => (path.includes('/index/') ? { bytes: Buffer.alloc(2_000_000, 32) } : undefined);
      expect((await search('p@1.0.0')).status).toBe(3);
      const ids = Array.from({ length: 201 }, (_, i) => String(i).padStart(64, '0'));
      v1.lie = (path) => {
        if (path.includes('/index/')) return { json: ids };
        return { status: 404 };
      };
      const many = await search('p@1.0.0');
      expect(many.status).toBe(3);
      expect(searchesOf(many)[0]?.beyond).toBe(1);
      v1.lie = () => undefined;
      lab.behave(/attestations/, { status: 500 });
      const { status, stdout } = await search('p@1.0.0');
      expect(status).toBe(3);
      expect((JSON.parse(stdout) as SearchJson).problems[0]).toMatch(/^p@1\.0\.0/);
      expect(published.name).toBe('p');
    });
  });
});

describe('a search for something else', () => {
  it('is by digest (a lockfile’s too), by file, by bundle, and by identity', async () => {
    await withPackage(async ({ search, sha512, published, folder, v1, lab }) => {
      const found = (run: Run): number | undefined => searchesOf(run)[0]?.hits.length;
      expect(found(await search(`SHA512:${sha512.toUpperCase()}`))).toBe(2);
      expect(found(await search(published.manifest.dist.integrity ?? ''))).toBe(2);
      writeFileSync(join(folder, 'p.tgz'), published.tarball);
      expect(found(await search('p.tgz'))).toBe(2);
      const signed = lab.sigstore.signMessage(
        Buffer.from('x'),
        { identity: ciWorkflow({ repository: 'team/p' }).identity },
        { log: 'v1' },
      );
      writeFileSync(join(folder, 'x.sigstore.json'), JSON.stringify(signed));
      const questions = searchesOf(await search('x.sigstore.json'))[0]?.asked.map(({ question }) => question);
      expect(questions).toContain(`artifact sha256:${hash('sha256', 'x', 'hex')}`);
      const [bundle] = bundlesOf(published);
      writeFileSync(join(folder, 'p.sigstore.json'), JSON.stringify(bundle));
      const byBundle = await search('p.sigstore.json');
      // The other attestation is of the same tarball, and not in this bundle: whether it is published was not asked.
      expect(
        searchesOf(byBundle)[0]
          ?.hits.map(({ published: own }) => own)
          .sort(),
      ).toEqual([null, true]);
      const san = 'https://github.com/team/p/.github/workflows/release.yml@refs/heads/main';
      for (const one of bundlesOf(published)) if (one.verificationMaterial.certificate) v1.index(one, [san]);
      const identity = await search(san);
      expect(searchesOf(identity)[0]?.asked[0]?.question).toBe(`identity ${san}`);
      // An index that names entries of another identity is not relied on.
      v1.lie = (path) => {
        const body = published.attestations?.attestations[0]?.bundle.verificationMaterial.tlogEntries[0];
        const uuid = uuidOf(Buffer.from(body?.canonicalizedBody ?? '', 'base64'));
        return path.includes('/index/') ? { json: [uuid] } : undefined;
      };
      const foreign = await search('https://github.com/other/x');
      expect(foreign.status).toBe(3);
      expect(searchesOf(foreign)[0]?.hits).toMatchObject([{ matches: 'no', published: null }]);
    });
  });

  it.each([[], ['a', 'b'], ['sha512:12'], ['pypi:x'], ['Not A Name']])('is wrong usage: %j', async (...args) => {
    await withLogs(async ({ run, lab }) => {
      expect((await run('log', 'search', ...args, '--registry', lab.url)).status).toBe(2);
    });
  });
});

describe('what no log of Sigstore has under its name', () => {
  it.each([
    ['search', 'pypi:requests@2.33.0', /by their files: name the file or its sha256:HEX; assay check pypi:requests@2/],
    ['verify', 'pypi:requests@2.33.0', /by their files/],
    ['search', 'cargo:serde', /nobody signs what crates\.io serves/],
    ['verify', 'cargo:serde@1.0.0', /nobody signs .* assay check cargo:serde@1\.0\.0/],
    ['search', 'go:golang.org/x/mod', /in a checksum database, and in no log of Sigstore/],
    ['verify', 'go:golang.org/x/mod@v0.1.0', /assay check go:golang\.org\/x\/mod@v0\.1\.0 proves its record/],
  ])('is refused in one line, and nothing is asked: log %s %s', async (command, what, line) => {
    await withLogs(async ({ run, lab }) => {
      const { status, stdout, stderr } = await run('log', command, what, '--registry', lab.url);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(line);
      expect(stderr.trimEnd()).not.toContain('\n');
      expect(lab.requests).toEqual([]);
    });
  });
});

const NOTE = hasSharedData ? '' : ' (skipped: the data is not on this machine)';
describe.skipIf(!hasSharedData)(`the index of a real Rekor v1${NOTE}`, () => {
  const search = async (what: string): Promise<Run> => {
    const log = `rekor1.town.test=${await serveRecorded('rekor1-')}`;
    const args = ['--log', log, '--trusted-root', logData('trusted_root.json'), '--json'];
    return assayHere(['log', 'search', what, ...args], logData('.'));
  };

  it('finds by sha512 in hex, and verifies what it names', async () => {
    const sha512 =
      'sha512:7f41216a2556fb8fa3528515e8c30c09ea87ca4930cd0fa00a1bd67227d8e5a7' +
      '0140cdb3ce84fd81e490fc2dbc55039f0ac35b4674ddd6035f6271f7e06be1b0';
    const run = await search(sha512);
    expect(run.status).toBe(0);
    expect(searchesOf(run)[0]?.hits).toMatchObject([{ published: null, matches: 'unknown' }]);
  });

  it('says that it has nothing, and what was asked', async () => {
    const run = await search(`sha256:${'0'.repeat(64)}`);
    expect(run.status).toBe(0);
    expect(searchesOf(run)[0]).toMatchObject({ hits: [], asked: [{ found: 0 }] });
  });
});
