import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { withProject, type AuditJson } from './lab-project.ts';

const DAY = 86_400_000;
const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });
const OTHER_OWNER = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '999' });
const THIEF = token({ user: 'thief' });

async function publish(lab: Lab, spec: string, by: typeof TEAM | typeof THIEF): Promise<void> {
  const [name = '', version = ''] = spec.split('@');
  await lab.publish({ name, version, by });
  lab.clock.advance(DAY);
}

/** "name@version code" of every finding that is more than a note. */
function codes({ findings }: AuditJson): string[] {
  return findings
    .filter(({ level }) => level !== 'note')
    .map(({ name, version, code }) => `${name}@${version} ${code}`);
}

/** Makes the registry forget that earlier versions had provenance. */
function forget(lab: Lab, name: string): void {
  lab.tamperPackument(name, (document) => ({
    ...document,
    versions: Object.fromEntries(
      Object.entries(document.versions).map(([version, manifest]) => {
        const { attestations, ...dist } = manifest.dist;
        return [version, attestations === undefined ? manifest : { ...manifest, dist }];
      }),
    ),
  }));
}

describe('update', () => {
  it('writes what was proven, one line for one fact, the same each time', async () => {
    await withProject(async ({ lab, run, read, lock, requestsOf }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await publish(lab, 'p@1.0.1', TEAM);
      await publish(lab, 'gap@2.0.0', THIEF);
      await lock({ p: '1.0.1', gap: '2.0.0' });
      const first = await run('update');
      expect(first).toMatchObject({ status: 0, stderr: '' });
      expect(first.stdout).toMatch(/^assay\.lock: 2 taken in, 0 removed, 0 unchanged\n/);
      const text = read('assay.lock');
      for (const line of [
        'npm:p since 1.0.0 2026-04-01T00:00:00Z',
        'npm:p repository https://github.com/team/p',
        'npm:p repository-id 100',
        'npm:p owner-id 200',
        'npm:p workflow .github/workflows/publish.yml',
        'npm:p runner hosted',
        'npm:p@1.0.1 published 2026-04-02T00:00:00Z by "GitHub Actions"',
        'npm:gap@2.0.0 provenance none 0',
      ]) {
        expect(text.split('\n')).toContain(line);
      }
      expect(text).toMatch(/^npm:p@1\.0\.1 provenance proven by sha256-\S{44}$/m);
      expect(text).toMatch(/^npm:gap@2\.0\.0 published \S+ by thief$/m);
      expect(text).toMatch(/^npm:p@1\.0\.1 artifact sha512-\S{88}$/m);
      expect(text).toMatch(/^npm:p@1\.0\.1 verified sha256-\S{44} entry sha256-\S{44}$/m);
      // Four lines, of which an update takes four out and puts four in.
      expect(text.match(/^npm:p@1\.0\.1 /gm)).toHaveLength(4);
      // Again, from what is there and without a request; and from nothing.
      expect(await requestsOf(() => run('update'))).toBe(0);
      expect(read('assay.lock')).toBe(text);
    });
  });

  it('from nothing writes what it wrote before, whatever the order of answers', async () => {
    await withProject(async ({ lab, run, read, lock, folder }) => {
      for (const name of ['a', 'b', 'c', 'd']) await publish(lab, `${name}@1.0.0`, TEAM);
      await lock({ d: '1.0.0', b: '1.0.0', a: '1.0.0', c: '1.0.0' });
      await run('update');
      const text = read('assay.lock');
      rmSync(join(folder, 'assay.lock'));
      lab.behave(/\/a$/, { delayMs: 150 });
      await run('update');
      expect(read('assay.lock')).toBe(text);
    });
  });

  it('leaves out what is not proven and says why, and drops what is no longer locked', async () => {
    await withProject(async ({ lab, run, read, lock }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await publish(lab, 'q@1.0.0', TEAM);
      await lock({ p: '1.0.0', q: '1.0.0' });
      await run('update');
      await publish(lab, 'p@1.0.1', THIEF);
      await lab.publish({ name: 'bad', version: '1.0.0', by: TEAM, signatures: ['invalid'] });
      await publish(lab, 'away@1.0.0', TEAM);
      await lock({ p: '1.0.1', bad: '1.0.0', away: '1.0.0' });
      lab.behave(/attestations\/away@1\.0\.0$/, { status: 403 });
      const { status, stdout } = await run('update');
      expect(status).toBe(1);
      expect(stdout).toMatch(/^assay\.lock: 0 taken in, 1 removed, 0 unchanged$/m);
      // What p@1.0.1 is held to.
      expect(stdout).toContain('kept, as a version that is left out is compared with it: p@1.0.0');
      expect(stdout).toContain('next  assay check p@1.0.1, then assay accept p@1.0.1 --reason "..."');
      expect(stdout).toMatch(/provenance-lost: p@1\.0\.1 \(package-lock\.json:\d+\)/);
      expect(stdout).toMatch(/signature-invalid: bad@1\.0\.0/);
      expect(stdout).toMatch(/evidence-unavailable: away@1\.0\.0/);
      const text = read('assay.lock');
      expect(text).not.toMatch(/^npm:(q|bad|away)\b|@1\.0\.1 (?!seen )/m);
      expect(text).toMatch(/^npm:p@1\.0\.0 provenance proven by sha256-\S{44}$/m);
      expect(text.split('\n')).toContain('npm:p package');
      // What is known of p stays: it is still locked.
      expect(text).toContain('npm:p since 1.0.0 ');
      expect(text).toContain('npm:p repository-id 100');
    });
  });

  it('writes nothing where nothing was proven, and refuses to start from a broken file', async () => {
    await withProject(async ({ lab, run, lock, edit, read, folder }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      const away = await run('update', '--registry', 'http://127.0.0.1:9/');
      expect(away.status).toBe(3);
      expect(existsSync(join(folder, 'assay.lock'))).toBe(false);
      await run('update');
      edit('assay.lock', (text) => text.replace('owner-id 200', 'owner-id 201 '));
      const edited = read('assay.lock');
      const { status, stdout, stderr } = await run('update');
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^assay: assay\.lock:\d+: npm:p needs one word/);
      expect(read('assay.lock')).toBe(edited);
    });
  });
});

describe('an audit with a baseline', () => {
  it('asks nothing about what it holds, and claims no proof of it', async () => {
    await withProject(async ({ lab, run, report, lock, requestsOf }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await publish(lab, 'q@1.0.0', TEAM);
      await lock({ p: '1.0.0', q: '1.0.0' });
      await run('update');
      let held: AuditJson | null = null;
      expect(await requestsOf(async () => (held = await report('--enforce', 'all')))).toBe(0);
      expect(held).toMatchObject({
        status: 0,
        verdict: 'pass',
        baseline: { file: 'assay.lock', found: true, held: 2, uncovered: [], unused: [] },
        counts: { pass: 2, integrity: 0, signature: 0, provenance: 0 },
        trust: { registries: [] },
      });
      const nothing = { integrity: null, signature: null, publish: null, provenance: null };
      for (const each of (held as AuditJson | null)?.dependencies ?? []) {
        expect(each).toMatchObject({ verdict: 'pass', baseline: 'held', proofs: nothing });
      }
      const shown = await run();
      expect(shown.stdout).toContain('assay.lock: 2 held and not asked again');
      const schema = resolve(import.meta.dirname, '../../docs/schemas/report-1.schema.json');
      const ajv = new Ajv2020({ allErrors: true });
      addFormats.default(ajv);
      const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
      const json = JSON.parse((await run('--json')).stdout) as unknown;
      expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    });
  });

  it('--reverify asks about all of it again', async () => {
    await withProject(async ({ lab, run, report, lock }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      await run('update');
      const again = await report('--reverify');
      expect(again.baseline).toMatchObject({ held: 0, uncovered: [] });
      expect(again.dependencies).toMatchObject([{ verdict: 'pass', baseline: 'known' }]);
      expect(again.dependencies[0]?.proofs['provenance']).not.toBeNull();
      // A baseline that was made up does not stand up to it.
      lab.tamper('p', '1.0.0', (manifest) => ({
        ...manifest,
        dist: { ...manifest.dist, signatures: [{ keyid: manifest.dist.signatures?.[0]?.keyid ?? '', sig: 'AAAA' }] },
      }));
      expect((await report()).status).toBe(0);
      expect(await report('--reverify').then(({ status }) => status)).toBe(1);
    });
  });

  it('a historical gap that is held stays a gap', async () => {
    await withProject(async ({ lab, run, report, lock, requestsOf }) => {
      await publish(lab, 'gap@1.0.0', THIEF);
      await publish(lab, 'gap@1.0.1', THIEF);
      await lock({ gap: '1.0.1' });
      const before = await report('--enforce', 'critical');
      await run('update');
      let after: AuditJson | null = null;
      expect(await requestsOf(async () => (after = await report('--enforce', 'critical')))).toBe(0);
      expect(after).toMatchObject({ status: 1, findings: before.findings });
    });
  });

  it.each([
    [
      'another hash',
      (text: string) => text.replace(/sha512-[^"]+/, `sha512-${Buffer.alloc(64, 7).toString('base64')}`),
    ],
    [
      'a hash beside it',
      (text: string) => text.replace(/sha512-[^"]+/, `$& sha512-${Buffer.alloc(64, 7).toString('base64')}`),
    ],
    ['a weaker hash', (text: string) => text.replace(/sha512-[^"]+/, `sha1-${Buffer.alloc(20, 7).toString('base64')}`)],
    ['no hash', (text: string) => text.replace(/,\s*"integrity": "[^"]*"/, '')],
  ])('a version it has, locked by %s: rewritten, in every phase, without asking', async (_, poison) => {
    await withProject(async ({ lab, run, report, lock, edit, read, requestsOf }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      await run('update');
      const text = read('assay.lock');
      edit('package-lock.json', poison);
      let outcome: AuditJson | null = null;
      expect(await requestsOf(async () => (outcome = await report()))).toBe(0);
      expect(outcome).toMatchObject({ status: 1, dependencies: [{ baseline: 'rewritten', verdict: 'fail' }] });
      expect(codes(outcome as unknown as AuditJson)).toEqual(['p@1.0.0 integrity-rewritten']);
      // And update does not take it in.
      const update = await run('update');
      expect(update.status).toBe(1);
      expect(update.stdout).toContain('integrity-rewritten: p@1.0.0');
      expect(read('assay.lock')).toBe(text);
    });
  });

  it('what a lockfile says of an address or of bundled entries is judged although the bytes are held', async () => {
    await withProject(async ({ lab, run, report, lock, edit }) => {
      await publish(lab, 'inner@1.0.0', TEAM);
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, manifest: { dependencies: { inner: '1.0.0' } } });
      await lock({ p: '1.0.0' });
      await run('update');
      const clean = (await report()).status;
      edit('package-lock.json', (text) => text.replace('/p/-/p-1.0.0.tgz', '/q/-/q-1.0.0.tgz'));
      const moved = await report();
      expect([clean, moved.status]).toEqual([0, 1]);
      expect(codes(moved)).toEqual(['p@1.0.0 lockfile-resolved-mismatch']);
      await lock({ p: '1.0.0' });
      edit('package-lock.json', bundleInner);
      const bundled = await report();
      expect(bundled.status).toBe(1);
      expect(codes(bundled)).toEqual(['p@1.0.0 lockfile-bundle-mismatch']);
    });
  });
});

describe('the Axios replay', () => {
  const lost = ['axios@1.14.1 provenance-lost'];
  const lossOf = ({ findings }: AuditJson): AuditJson['findings'][number] | undefined =>
    findings.find(({ code }) => code === 'provenance-lost');

  it('is caught without a baseline, with it and with it stale', async () => {
    await withProject(async ({ lab, run, report, lock }) => {
      for (const version of ['1.13.6', '1.14.0']) await publish(lab, `axios@${version}`, TEAM);
      const locked = async (version: string): Promise<AuditJson> => {
        await lock({ axios: version });
        return report('--enforce', 'critical');
      };
      await lock({ axios: '1.13.6' });
      await run('update');
      await publish(lab, 'axios@1.14.1', THIEF);

      const stale = await locked('1.14.1');
      expect([stale.status, codes(stale)]).toEqual([1, lost]);
      await lock({ axios: '1.14.0' });
      await run('update');
      const fresh = await locked('1.14.1');
      expect([fresh.status, codes(fresh)]).toEqual([1, lost]);
      expect(lossOf(fresh)?.args).toMatchObject({ predecessor: '1.14.0' });
      expect(fresh.baseline).toMatchObject({ held: 0, uncovered: ['axios@1.14.1'], unused: ['axios@1.14.0'] });
    });
  });

  it('is caught by the baseline where the registry forgets, also after an update that left it out', async () => {
    await withProject(async ({ lab, run, report, lock, read, folder }) => {
      await publish(lab, 'axios@1.13.6', TEAM);
      await publish(lab, 'axios@1.14.0', TEAM);
      await lock({ axios: '1.14.0' });
      await run('update');
      await publish(lab, 'axios@1.14.1', THIEF);
      await lock({ axios: '1.14.1' });
      forget(lab, 'axios');
      const caught = await report('--enforce', 'critical');
      expect([caught.status, codes(caught)]).toEqual([1, lost]);
      expect(lossOf(caught)?.args).toMatchObject({ predecessor: '1.14.0', published: '2026-04-02T00:00:00Z' });

      expect((await run('update')).stdout).toContain('provenance-lost: axios@1.14.1');
      const text = read('assay.lock');
      // What 1.14.1 is held to stays.
      expect(text).not.toMatch(/^axios@1\.14\.1 (?!seen )/m);
      const still = await report('--enforce', 'critical');
      expect([still.status, codes(still)]).toEqual([1, lost]);
      expect(lossOf(still)?.args).toMatchObject({ predecessor: '1.14.0' });
      await run('update');
      expect(read('assay.lock')).toBe(text);

      rmSync(join(folder, 'assay.lock'));
      // Without memory only the account is left, which had never published it.
      expect(codes(await report())).toEqual(['axios@1.14.1 history-publisher-new', 'axios@1.14.1 provenance-missing']);
    });
  });

  it('in a line that never had provenance is the weaker finding; older versions have lost nothing', async () => {
    await withProject(async ({ lab, run, report, lock }) => {
      await lab.publish({ name: 'axios', version: '0.30.2', by: THIEF, manifest: { repository: 'team/p' } });
      lab.clock.advance(DAY);
      await publish(lab, 'axios@1.14.0', TEAM);
      await publish(lab, 'axios@0.30.4', THIEF);
      await lock({ axios: '1.14.0' });
      await run('update');
      forget(lab, 'axios');
      await lock({ axios: '0.30.4' });
      expect(codes(await report())).toEqual(['axios@0.30.4 provenance-lost-elsewhere']);
      await lock({ axios: '0.30.2' });
      expect(codes(await report())).toEqual(['axios@0.30.2 provenance-missing']);
    });
  });
});

describe('who is expected', () => {
  it('is who the baseline has, also where the registry has seen somebody else since', async () => {
    await withProject(async ({ lab, run, report, lock, folder }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      await run('update');
      await publish(lab, 'p@1.0.1', OTHER_OWNER);
      await publish(lab, 'p@1.0.2', OTHER_OWNER);
      await lock({ p: '1.0.2' });
      const outcome = await report('--enforce', 'critical');
      expect([outcome.status, codes(outcome)]).toEqual([1, ['p@1.0.2 identity-owner-changed']]);
      expect(outcome.findings[0]?.args).toMatchObject({
        source: 'baseline',
        expected: '200',
        actual: '999',
        version: '1.0.0',
      });
      // The predecessor need not be asked about.
      expect(lab.requests.filter(({ url }) => url.includes('attestations/p@1.0.1'))).toEqual([]);
      expect((await run('update')).stdout).toContain('identity-owner-changed: p@1.0.2');
      expect((await report()).findings[0]?.args).toMatchObject({ source: 'baseline', expected: '200' });
      // Two releases within days do not make somebody known.
      rmSync(join(folder, 'assay.lock'));
      const without = await report();
      expect(codes(without)).toEqual(['p@1.0.2 identity-owner-changed']);
      expect(without.findings[0]?.args).toMatchObject({ source: 'history', version: '1.0.0' });
    });
  });

  it('depends on the release line where two are locked', async () => {
    await withProject(async ({ lab, run, report, lock, read }) => {
      const old = ciWorkflow({ repository: 'team/old-p', ownerId: '200' });
      // At one moment, so that neither is the other's history.
      await lab.publish({ name: 'p', version: '1.0.0', by: old });
      await lab.publish({ name: 'p', version: '2.0.0', by: TEAM });
      lab.clock.advance(1000);
      await lab.publish({ name: 'q', version: '1.0.0', by: TEAM, manifest: { dependencies: { p: '1.0.0' } } });
      await lock({ p: '2.0.0', q: '1.0.0' });
      await run('update');
      expect(read('assay.lock')).toContain('npm:p repository https://github.com/team/p\n');
      expect(read('assay.lock')).toContain('npm:p@1.0.0 repository https://github.com/team/old-p\n');
      await publish(lab, 'p@1.0.1', old);
      await publish(lab, 'p@2.0.1', old);
      await lock({ p: '1.0.1' });
      expect(codes(await report())).toEqual([]);
      await lock({ p: '2.0.1' });
      expect(codes(await report())).toEqual(['p@2.0.1 identity-unexpected-repository']);
    });
  });
});

describe('nothing disappears from a baseline unseen', () => {
  it('a deleted entry and a deleted file are named', async () => {
    await withProject(async ({ lab, run, report, lock, edit, folder }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await publish(lab, 'q@1.0.0', TEAM);
      await lock({ p: '1.0.0', q: '1.0.0' });
      await run('update');
      edit('assay.lock', (text) => text.replace(/^npm:q.*\n/gm, ''));
      expect((await report()).baseline).toMatchObject({ held: 1, uncovered: ['q@1.0.0'] });
      expect((await run()).stdout).toContain('assay.lock: 1 held and not asked again, 1 not in it (q@1.0.0)');
      rmSync(join(folder, 'assay.lock'));
      expect((await report()).baseline).toMatchObject({ found: false, held: 0, uncovered: ['p@1.0.0', 'q@1.0.0'] });
      expect((await run()).stdout).toMatch(/no assay\.lock: /);
    });
  });

  it('an entry that is edited by hand is refused with its line', async () => {
    await withProject(async ({ lab, run, lock, edit }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      await run('update');
      edit('assay.lock', (text) => text.replace('p runner hosted', 'p runner any'));
      const { status, stdout, stderr } = await run();
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^assay: assay\.lock:\d+: npm:p runner is hosted or self-hosted; restore .*\n$/);
    });
  });
});

describe('accepted findings', () => {
  const LATER = `${new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;

  it.each<[string, (line: string) => string, 'holds' | 'waits' | 'overdue']>([
    ['as accepted', (line) => line, 'holds'],
    ['expired', (line) => line.replace(LATER, '2026-01-01T00:00:00Z'), 'overdue'],
    [
      'for other bytes',
      (line) => line.replace(/sha512-\S+/, `sha512-${Buffer.alloc(64, 7).toString('base64')}`),
      'waits',
    ],
    ['for another code', (line) => line.replace('provenance-lost', 'provenance-lost-elsewhere'), 'waits'],
    ['for another version', (line) => line.replace('p@1.0.1', 'p@1.0.2'), 'waits'],
  ])('%s', async (_, change, state) => {
    await withProject(async ({ lab, run, report, lock, edit, read }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      await run('update');
      await publish(lab, 'p@1.0.1', THIEF);
      await lock({ p: '1.0.1' });
      const [integrity = ''] = /sha512-[^"]+/.exec(read('package-lock.json')) ?? [];
      const line = change(
        `npm:p@1.0.1 accepted provenance-lost ${integrity} until ${LATER} by jane because "built by hand"`,
      );
      edit('assay.lock', (text) => text.replace(/^npm:p since/m, `${line}\nnpm:p since`));
      const levels = [];
      for (const phase of ['observe', 'critical', 'all']) {
        const { status, findings } = await report('--enforce', phase);
        levels.push([status, ...findings.map(({ level, code }) => `${level} ${code}`)]);
      }
      const publisher = 'note history-publisher-new';
      const held = [0, publisher, 'note provenance-lost'];
      const failed = [1, publisher, 'error provenance-lost'];
      const inObserve = { holds: held, waits: [0, publisher, 'warning provenance-lost'], overdue: failed }[state];
      expect(levels).toEqual(state === 'holds' ? [held, held, held] : [inObserve, failed, failed]);
      if (state !== 'holds') return;
      const outcome = await report('--enforce', 'critical');
      expect(outcome.findings).toMatchObject([
        { level: 'note', code: 'history-publisher-new' },
        { level: 'note', accepted: { by: 'jane', why: 'built by hand', until: LATER } },
      ]);
      expect((await run()).stdout).toContain(`accepted: p@1.0.1 provenance-lost until ${LATER} by "jane"`);
      // It is taken in, stays accepted and is not held: with the acceptance, its end would be lost.
      const update = await run('update');
      expect(update.stdout).toMatch(/with accepted findings, so asked at every audit: p@1\.0\.1 \(provenance-lost\)/);
      expect(read('assay.lock')).toContain(line);
      expect(read('assay.lock')).toContain('npm:p@1.0.1 despite provenance-lost\n');
      expect((await report()).dependencies).toMatchObject([{ baseline: 'known' }]);
    });
  });
});

/** Marks "inner" as carried by p's tarball: the entry loses its address and hash. */
function bundleInner(lockfile: string): string {
  const document = JSON.parse(lockfile) as { packages: Record<string, Record<string, unknown>> };
  const { 'node_modules/inner': inner = {}, 'node_modules/p': p = {}, ...packages } = document.packages;
  return JSON.stringify({
    ...document,
    packages: {
      ...packages,
      'node_modules/p': { ...p, bundleDependencies: ['inner'] },
      'node_modules/p/node_modules/inner': { version: inner['version'], inBundle: true },
    },
  });
}
