import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it, vi } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { tufRepository } from '../../lab/tuf.ts';
import { withLab } from '../support/lab.ts';
import { serveRepository } from '../support/serve-repository.ts';
import { forge, timeless, unpacked, withPack, WITHOUT_NAMESPACE, type PackProject } from './pack-project.ts';
import type { Run } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });

interface IndexJson {
  readonly made: string;
  readonly base: object | null;
  readonly answers: readonly { readonly url: string; readonly state: string; readonly reason?: string }[];
  readonly members: readonly { readonly path: string; readonly sha256: string; readonly size: number }[];
}

async function publish(lab: Lab): Promise<void> {
  for (const version of ['1.0.0', '1.1.0']) {
    await lab.publish({ name: 'p', version, by: TEAM });
    lab.clock.advance(3_600_000);
  }
  await lab.publish({ name: 'JSONStream', version: '1.0.0-RC1', by: token({ user: 'jane' }) });
  await lab.publish({ name: '@s/q', version: '2.0.0', by: ciWorkflow({ repository: 's/q' }) });
}

const ROOTS = { p: '1.1.0', JSONStream: '1.0.0-RC1', '@s/q': '2.0.0' };

/** A project with something proven, something without provenance, and a scope. */
function withPublished(work: (project: PackProject) => Promise<void>): Promise<void> {
  return withPack(async (project) => {
    await publish(project.lab);
    await project.lock(ROOTS);
    await work(project);
  });
}

/** The report at both sides, without times; at the gap without a request. */
async function both(
  project: PackProject,
  ...args: string[]
): Promise<{ status: number | null; gap: unknown; online: unknown }> {
  const online = await project.online('audit', '--json', ...args);
  const before = project.asked();
  const gap = await project.gap('audit', '--json', '--evidence', 'e.tar', ...args);
  expect(project.asked()).toBe(before);
  expect(gap.status).toBe(online.status);
  return { status: gap.status, gap: timeless(gap), online: timeless(online) };
}

/** The published schema of that name, as a test of what is read. */
function schemaOf(name: string): ValidateFunction {
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  const path = resolve(import.meta.dirname, `../../docs/schemas/${name}.schema.json`);
  return ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object);
}

const indexOf = (files: ReadonlyMap<string, Buffer>): IndexJson =>
  JSON.parse(files.get('index.json')?.toString() ?? '') as IndexJson;

describe('evidence in place of the network', () => {
  it('gives the same report, without a request, at the first and at the next run', async () => {
    await withPublished(async (project) => {
      const packed = await project.online('pack', '--output', 'e.tar', '--artifacts');
      expect(packed).toMatchObject({ status: 0, stderr: '' });
      const first = await both(project, '--tarballs');
      expect(first.gap).toEqual(first.online);
      expect(first.status).toBe(0);
      const again = await both(project);
      expect(again.gap).toEqual(again.online);
      for (const phase of ['observe', 'critical', 'all']) {
        const { gap, online } = await both(project, '--enforce', phase);
        expect(gap).toEqual(online);
      }
    });
  });

  it('is as good with what an earlier run kept as without', async () => {
    await withPublished(async ({ online, gap, folder }) => {
      expect((await online('pack', '--output', 'e.tar', '--artifacts')).status).toBe(0);
      for (const run of [online, (...args: string[]) => gap(...args, '--evidence', 'e.tar')]) {
        for (const before of ['audit', 'update']) {
          for (const side of ['gap', 'online']) rmSync(join(folder, side, 'cache'), { recursive: true, force: true });
          expect((await run(before)).status).toBe(0);
          const warm = await run('audit', '--tarballs', '--json');
          const cold = await run('audit', '--tarballs', '--json', '--no-cache');
          expect(warm.status).toBe(0);
          expect(timeless(warm)).toEqual(timeless(cold));
        }
      }
    });
  });

  it('gives the same report in the replay of axios', async () => {
    await withPack(async (project) => {
      const { lab, lock, online } = project;
      const axios = ciWorkflow({ repository: 'axios/axios', ref: 'refs/heads/v1.x' });
      await lab.publish({ name: 'form-data', version: '4.0.5', by: token({ user: 'somebody' }) });
      for (const version of ['1.13.6', '1.14.0']) {
        lab.clock.advance(14 * 86_400_000);
        await lab.publish({ name: 'axios', version, by: axios, manifest: { dependencies: { 'form-data': '^4.0.0' } } });
      }
      await lab.publish({ name: 'plain-crypto-js', version: '4.2.1', by: token({ user: 'thief' }) });
      const dependencies = { 'form-data': '^4.0.0', 'plain-crypto-js': '^4.2.1' };
      await lab.publish({ name: 'axios', version: '1.14.1', by: token({ user: 'thief' }), manifest: { dependencies } });
      for (const [version, status] of [
        ['1.14.0', 0],
        ['1.14.1', 1],
      ] as const) {
        await lock({ axios: version });
        expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
        const result = await both(project);
        expect(result.status).toBe(status);
        expect(result.gap).toEqual(result.online);
        expect(JSON.stringify(result.gap).includes('provenance-lost')).toBe(status === 1);
      }
    });
  });

  it(`needs no network at all${WITHOUT_NAMESPACE}`, async ({ skip }) => {
    skip(WITHOUT_NAMESPACE !== '');
    await withPublished(async (project) => {
      await project.online('pack', '--output', 'e.tar');
      const online = await project.online('audit', '--json');
      const cut = await project.inNamespace('audit', '--json', '--evidence', 'e.tar');
      expect(cut.status).toBe(0);
      expect(timeless(cut)).toEqual(timeless(online));
      expect((await project.inNamespace('audit')).status).toBe(3);
    });
  });

  it('serves update, review, check and exec as well', async () => {
    await withPublished(async ({ online, gap, asked, read }) => {
      await online('pack', '--output', 'e.tar');
      const before = asked();
      expect((await gap('update', '--evidence', 'e.tar')).status).toBe(0);
      expect(read('assay.lock')).toContain('npm:p@1.1.0 provenance proven');
      expect((await gap('check', 'p@1.1.0', '--evidence', 'e.tar')).status).toBe(0);
      expect((await gap('review', '--evidence', 'e.tar')).stderr).not.toContain('unknown option');
      expect((await gap('exec', '--evidence', 'e.tar', '--', 'true')).status).toBe(0);
      expect((await gap('audit', '--evidence', 'e.tar', '--reverify')).status).toBe(0);
      expect(asked()).toBe(before);
    });
  });

  it('makes no statement before it was made: the clock is wrong, here or there', async () => {
    await withPublished(async ({ online, gap }) => {
      await online('pack', '--output', 'e.tar');
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 86_400_000 });
      try {
        const early = await gap('audit', '--evidence', 'e.tar');
        expect({ status: early.status, stdout: early.stdout }).toEqual({ status: 3, stdout: '' });
        expect(early.stderr).toMatch(/^assay: e\.tar was made at .*, which is yet to come by this clock .*\n$/);
      } finally {
        vi.useRealTimers();
      }
      expect((await gap('audit', '--evidence', 'e.tar')).status).toBe(0);
    });
  });

  it('says what it is, and tells what the source did not have from what nobody asked', async () => {
    await withPublished(async ({ lab, lock, online, gap }) => {
      lab.behave(/attestations\/p@1\.1\.0/, { status: 404 });
      await online('pack', '--output', 'e.tar');
      const absent = await gap('audit', '--evidence', 'e.tar', '--json');
      expect(absent.stdout).toContain('is announced with provenance, but');
      expect(absent.stderr).toMatch(
        /^assay: evidence of e\.tar, made \d{4}-.*Z \(just now\) by assay \S+ for package-lock\.json: \d+ answers, and \d+ times the answer that there is nothing$/m,
      );
      expect(absent.stderr).toMatch(/it says of trust: .* has root 1, timestamp 1, which expires 2046-/);
      await lab.publish({ name: 'later', version: '1.0.0', by: TEAM });
      await lock({ later: '1.0.0' });
      const other = await gap('audit', '--evidence', 'e.tar', '--json');
      expect(other.status).toBe(3);
      expect(other.stderr).toContain('e.tar was made for other lockfiles, and not for package-lock.json as it is now');
      expect(other.stdout).toMatch(/not in the evidence of \d{4}-/);
      expect(other.stdout).toContain('Make the pack anew where the network is (assay pack)');
      expect(other.stdout).not.toContain('Run the same command again');
      const accepted = await gap('accept', 'later', '--reason', 'r', '--by', 'me', '--evidence', 'e.tar');
      expect(accepted.status).toBe(3);
      expect(accepted.stderr).toContain(
        'so nothing was accepted; make the pack anew where the network is (assay pack)',
      );
    });
  });

  it('names what could not be had, and is written all the same', async () => {
    await withPublished(async ({ lab, online, gap }) => {
      lab.behave(/q/, { status: 500 });
      const packed = await online('pack', '--output', 'e.tar', '--json');
      expect(packed.status).toBe(3);
      const { missing } = JSON.parse(packed.stdout) as { missing: readonly { url: string }[] };
      expect(missing.map(({ url }) => url).join()).toContain('q');
      lab.behaveWell();
      const run = await gap('audit', '--evidence', 'e.tar');
      expect(run.status).toBe(3);
      expect(run.stderr).toMatch(/missing in it: .*q.*: the server answered 500/);
      const words = run.stdout.replace(/\s+/g, ' ');
      expect(words).toMatch(/no answer when the evidence was gathered/);
      expect(words).toContain('Make the pack anew where the network is (assay pack)');
      expect(words).not.toContain('Run the same command again');
    });
  });
});

describe('a pack', () => {
  it('is told of in JSON of its published schema, whether or not anything is missing', async () => {
    await withPublished(async ({ lab, online }) => {
      const isPacked = schemaOf('packed-1');
      const packed = async (): Promise<{ missing: readonly { state: string }[] }> => {
        const { stdout } = await online('pack', '--output', 'e.tar', '--json');
        const json = JSON.parse(stdout) as { missing: readonly { state: string }[] };
        expect(isPacked(json), JSON.stringify(isPacked.errors)).toBe(true);
        return json;
      };
      const whole = await packed();
      expect(whole.missing).toEqual([]);
      lab.behave(/q/, { status: 500 });
      const { missing } = await packed();
      expect(missing.map(({ state }) => state)).toContain('unavailable');
      for (const wrong of [
        { schema: 'assay.pack/1' },
        { more: 1 },
        { sha256: 'ab' },
        { size: -1 },
        { made: 'now' },
        { missing: [{ url: 'https://r.test/p', state: 'absent', reason: '' }] },
        { missing: undefined },
      ]) {
        expect([wrong, isPacked(JSON.parse(JSON.stringify({ ...whole, ...wrong })))]).toEqual([wrong, false]);
      }
    });
  });

  it('is a tar of the formats of others, the same each time but for when it was made', async () => {
    await withPublished(async ({ online, folder }) => {
      await online('pack', '--output', 'a.tar', '--artifacts');
      await online('pack', '--output', 'b.tar', '--artifacts');
      const [a, b] = ['a', 'b'].map((name) => unpacked(join(folder, `${name}.tar`), join(folder, name)));
      if (a === undefined || b === undefined) throw new Error('two packs');
      const ofHost = [...a.keys()].map((path) => path.replace(/127\.0\.0\.1_\d+/, 'HOST')).sort();
      for (const path of [
        'index.json',
        'index.json.sha256',
        'npm/HOST/!j!s!o!n!stream/packument.json',
        'npm/HOST/!j!s!o!n!stream/-/!j!s!o!n!stream-1.0.0-!r!c1.tgz',
        'npm/HOST/@s/q/2.0.0/1.sigstore.json',
        'npm/HOST/p/1.1.0/2.sigstore.json',
        'npm/HOST/p/packument.json',
        'tuf/HOST/1.root.json',
        'tuf/HOST/timestamp.json',
        'tuf/HOST/1.snapshot.json',
        'tuf/HOST/1.targets.json',
        'tuf/HOST/1.registry.npmjs.org.json',
      ]) {
        expect(ofHost).toContain(path);
      }
      expect(
        ofHost.filter((path) => /^tuf\/HOST\/targets\/(?:registry\.npmjs\.org\/)?[0-9a-f]{64}\./.test(path)),
      ).toHaveLength(2);
      expect([...a.keys()].filter((path) => path.startsWith('other/'))).toEqual([]);
      const index = indexOf(a);
      const { made } = index;
      for (const [path, bytes] of a) {
        if (path.startsWith('index.json')) continue;
        expect(b.get(path)).toEqual(bytes);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(index.members).toContainEqual({ path, sha256, size: bytes.length });
      }
      expect(index.members).toHaveLength(a.size - 2);
      expect({ ...indexOf(b), made }).toEqual(index);
      const isIndex = schemaOf('pack-1');
      expect(isIndex(index), JSON.stringify(isIndex.errors)).toBe(true);
      expect(isIndex({ ...index, more: 1 })).toBe(false);
    });
  });

  it('is only what is new, where it is based on another', async () => {
    await withPublished(async ({ lab, lock, online, gap, folder }) => {
      await online('pack', '--output', 'old.tar');
      await lab.publish({ name: 'later', version: '1.0.0', by: TEAM });
      await lock({ ...ROOTS, later: '1.0.0' });
      expect((await online('pack', '--output', 'new.tar', '--since', 'old.tar')).status).toBe(0);
      const files = [...unpacked(join(folder, 'new.tar'), join(folder, 'new')).keys()];
      expect(files.filter((path) => path.startsWith('npm/')).every((path) => path.includes('/later/'))).toBe(true);
      expect((await gap('audit', '--evidence', 'new.tar', '--evidence', 'old.tar')).status).toBe(0);
      expect((await gap('audit', '--evidence', 'old.tar', '--evidence', 'new.tar')).status).toBe(0);
      const alone = await gap('audit', '--evidence', 'new.tar');
      expect(alone.status).toBe(2);
      expect(alone.stderr).toMatch(
        /new\.tar has only what is not in the pack of .* with the index sha256:[0-9a-f]{64}: give that as well/,
      );
      await online('pack', '--output', 'third.tar');
      expect((await gap('audit', '--evidence', 'new.tar', '--evidence', 'third.tar')).stderr).toContain(
        'third.tar is another one',
      );
      expect((await gap('audit', '--evidence', 'old.tar', '--evidence', 'third.tar')).stderr).toContain('both whole');
      expect((await online('pack', '--output', 'no.tar', '--since', 'new.tar')).stderr).toContain('takes a whole one');
    });
  });

  it.each([
    [['pack'], /pack needs one --output FILE/],
    [
      ['pack', '--output', 'nowhere/e.tar'],
      /^assay: cannot write nowhere\/e\.tar: there is no folder nowhere: make it, or name another file\n$/,
    ],
    [['pack', '--output', 'e.tar', '--since'], /--since needs a value/],
    [['pack', '--output', 'e.tar', '--since', 'none.tar'], /cannot read the earlier pack none\.tar: no such file/],
    [['audit', '--evidence', 'none.tar'], /cannot read the evidence none\.tar: no such file/],
    [['audit', '--evidence', '.'], /it is not a file/],
    [['audit', '--evidence', 'package-lock.json'], /it is no pack/],
    [['audit', '--evidence', 'e.tar.gz'], /it is compressed \(gzip\): unpack it/],
  ])('%j is wrong usage', async (args, message) => {
    await withPublished(async ({ online, folder }) => {
      writeFileSync(join(folder, 'e.tar.gz'), gzipSync(Buffer.alloc(2048, 'x')));
      const { status, stderr, stdout } = await online(...args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(message);
    });
  });
});

describe('trust and a pack', () => {
  const rootOf = (project: PackProject, version: number): Buffer =>
    project.repository.files.get(`${version}.root.json`) ?? Buffer.alloc(0);

  it('goes from the root that is pinned here to that of the pack, whichever that began with', async () => {
    await withPublished(async (project) => {
      const { repository, folder, online, gap } = project;
      const first = rootOf(project, 1);
      repository.rotate('root', 'timestamp');
      repository.rotate('root', 'snapshot');
      writeFileSync(join(folder, 'tuf-root.json'), rootOf(project, 3));
      expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
      writeFileSync(join(folder, 'tuf-root.json'), first);
      const run = await gap('audit', '--evidence', 'e.tar', '--json');
      expect(run.status).toBe(0);
      expect(JSON.parse(run.stdout)).toMatchObject({
        trust: { repository: { state: 'current', origin: 'repository', versions: { root: 3 } } },
      });
    });
  });

  it('is never that of the pack: another root verifies nothing here', async () => {
    await withPublished(async (project) => {
      const { folder, online, gap } = project;
      await online('pack', '--output', 'e.tar');
      await withPack(async (other) => {
        writeFileSync(join(folder, 'tuf-root.json'), rootOf(other, 1));
        const run = await gap('audit', '--evidence', 'e.tar');
        expect(run).toMatchObject({ status: 3, stdout: '' });
        expect(run.stderr).toMatch(/no trusted root from .*signed/);
      });
    });
  });

  it('is not rolled back by an older pack, and says when it was the newest', async () => {
    await withPublished(async ({ repository, online, gap }) => {
      await online('pack', '--output', 'old.tar');
      repository.touch();
      await online('pack', '--output', 'new.tar');
      const repositoryOf = async (file: string): Promise<Readonly<Record<string, unknown>>> => {
        const { stdout, stderr } = await gap('audit', '--evidence', file, '--json');
        const made = / made (\S+) /.exec(stderr)?.[1];
        const { trust } = JSON.parse(stdout) as { trust: { repository: Readonly<Record<string, unknown>> } };
        return { ...trust.repository, made };
      };
      expect(await repositoryOf('old.tar')).toMatchObject({ state: 'current', versions: { timestamp: 1 } });
      const newer = await repositoryOf('new.tar');
      expect(newer).toMatchObject({ state: 'current', versions: { timestamp: 2 } });
      expect(newer['confirmed']).toBe(newer['made']);
      const back = await repositoryOf('old.tar');
      expect(back).toMatchObject({ state: 'refused', versions: { timestamp: 2 } });
      expect(back['problem']).toMatch(/timestamp\.json/);
    });
  });

  it('has the repositories of all instances, from which each rolls forward', async () => {
    const work = async ({ online, gap, folder, asked }: PackProject, other: Lab): Promise<void> => {
      const theirs = tufRepository({ targets: { 'trusted_root.json': other.trustedRoot } });
      const server = await serveRepository(theirs);
      try {
        writeFileSync(join(folder, 'their-root.json'), theirs.root);
        const tuf = `      tuf: {url: '${server.url}', root: their-root.json}\n`;
        const expected = "expect:\n  '@other/*':\n    instance: other\n";
        writeFileSync(join(folder, 'assay.yml'), `trust:\n  instances:\n    other:\n${tuf}${expected}`);
        theirs.files.set('1.root.json', theirs.root);
        theirs.rotate('root');
        expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
        theirs.touch();
        expect((await online('pack', '--output', 'later.tar')).status).toBe(0);
        const before = asked() + server.requests.length;
        const hosts = await gap('trust', 'hosts', '--evidence', 'e.tar');
        expect(hosts).toMatchObject({ status: 0, stdout: 'no host is contacted\n' });
        const stateOf = ({ stdout }: Run): unknown => {
          const { trust, ages } = JSON.parse(stdout) as { trust?: { ages: unknown[] }; ages?: unknown[] };
          return (trust?.ages ?? ages)?.[1];
        };
        const current = { state: 'current', versions: { root: 2, timestamp: 2 } };
        const audit = await gap('audit', '--json', '--evidence', 'e.tar');
        expect(audit.status).toBe(0);
        expect(stateOf(audit)).toMatchObject({ name: 'other', from: server.url, repository: current });
        const imported = await gap('trust', 'import', 'later.tar');
        expect(imported.status).toBe(0);
        expect(imported.stderr).toMatch(
          /imported from later\.tar for instance other: timestamp 2 to 3; the trusted root/,
        );
        // What an older pack says is refused by the floor of that instance; the other repository holds.
        const back = await gap('trust', 'refresh', '--json', '--evidence', 'e.tar');
        expect(back.status).toBe(3);
        expect(stateOf(back)).toMatchObject({ repository: { state: 'refused', versions: { timestamp: 3 } } });
        expect(JSON.parse(back.stdout)).toMatchObject({ repository: { state: 'current' } });
        expect((await gap('trust', 'refresh', '--evidence', 'later.tar')).status).toBe(0);
        expect((await gap('trust', '--evidence', 'later.tar')).status).toBe(2);
        expect(asked() + server.requests.length).toBe(before);
      } finally {
        await server.close();
      }
    };
    await withLab((other) => withPublished((project) => work(project, other)));
  });

  it('is not younger, and of no other project, because its index says so', async () => {
    await withPublished(async ({ online, gap, folder, repository, lock }) => {
      const audit = (file: string): Promise<Run> => gap('audit', '--json', '--no-cache', '--evidence', file);
      expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
      const honest = await audit('e.tar');
      expect(honest.status).toBe(0);

      // Who takes its lockfiles away hides nothing, and is told.
      forge(folder, (index) => ({ ...index, lockfiles: [], by: 'somebody else' }));
      const bare = await audit('forged.tar');
      expect(bare.status, bare.stderr).toBe(0);
      expect(timeless(bare)).toEqual(timeless(honest));
      expect(bare.stderr).toMatch(/package-lock\.json/);

      // An older day is an older trust, which a policy may refuse.
      const old = Date.now() - 40 * 86_400_000;
      forge(folder, (index) => ({ ...index, made: old }));
      expect(timeless(await audit('forged.tar'))).toEqual(timeless(honest));
      writeFileSync(join(folder, 'assay.yml'), 'trust: {max-age: 30d}\n');
      const aged = await audit('forged.tar');
      expect(aged).toMatchObject({ status: 3, stdout: '' });
      expect(aged.stderr).toContain('last known to be the newest at');
      writeFileSync(join(folder, 'assay.yml'), 'enforce: guard\n');

      // A younger one is held to what the repository signed: its timestamp had expired by then.
      repository.expire('timestamp', new Date(Date.now() - 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'));
      repository.touch();
      const expired = repository.files.get('timestamp.json') ?? Buffer.alloc(0);
      const withExpired = (made: number): void =>
        forge(
          folder,
          (index) => ({ ...index, made }),
          (path, content) => (path.endsWith('timestamp.json') ? expired.toString() : content),
        );
      withExpired(old);
      expect((await audit('forged.tar')).status).toBe(0);
      withExpired(Date.now());
      const late = await audit('forged.tar');
      expect(late.status).toBe(3);
      expect(late.stderr).toMatch(/timestamp\.json .*expired/);

      // That it is for another lockfile gives it no answers for that.
      repository.expire('timestamp', '2046-01-01T00:00:00Z');
      repository.touch();
      await lock({ JSONStream: '1.0.0-RC1' });
      expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
      await lock(ROOTS);
      const sha256 = createHash('sha256')
        .update(readFileSync(join(folder, 'package-lock.json')))
        .digest('hex');
      forge(folder, (index) => ({ ...index, lockfiles: [{ path: 'package-lock.json', sha256 }] }));
      const other = await audit('forged.tar');
      expect(other.status).toBe(3);
      expect(other.stdout).toContain('not in the evidence');
    });
  });

  it('does not expire between the making of a pack and its use', async () => {
    await withPublished(async ({ repository, online, gap }) => {
      repository.expire('timestamp', new Date(Date.now() + 4000).toISOString().replace(/\.\d+Z$/, 'Z'));
      repository.touch();
      expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
      await new Promise((done) => setTimeout(done, 4500));
      const used = await gap('audit', '--evidence', 'e.tar', '--json', '--no-cache');
      expect(JSON.parse(used.stdout)).toMatchObject({ trust: { repository: { state: 'current' } } });
      const late = await online('pack', '--output', 'late.tar');
      expect(late.status).toBe(3);
      expect(late.stderr).toMatch(/timestamp\.json .*expired/);
    });
  });
});
