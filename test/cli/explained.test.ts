import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { withProject, type LabProject } from './lab-project.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });
const OTHER_WORKFLOW = ciWorkflow({
  ...{ repository: 'team/p', repositoryId: '100', ownerId: '200' },
  workflow: '.github/workflows/other.yml',
});
const REUSABLE = ciWorkflow({
  ...{ repository: 'team/p', repositoryId: '100', ownerId: '200' },
  reusableWorkflow: 'team/shared/.github/workflows/release.yml@refs/tags/v2',
});
const FORK = ciWorkflow({ repository: 'thief/p' });
const THIEF = token({ user: 'thief' });

type Facts = Readonly<Record<string, string | null>>;

interface Explanation {
  readonly name: string;
  readonly current: Facts;
  readonly predecessor: Facts | null;
  readonly manifestsKnown: boolean;
  readonly addedDependencies: readonly Readonly<Record<string, unknown>>[];
  readonly addedScripts: readonly unknown[];
  readonly changedScripts: readonly unknown[];
  readonly codes: readonly string[];
  readonly expectedBy: string | null;
  readonly later: unknown;
  readonly direct: boolean | null;
  readonly diff: { readonly command: string | null; readonly url: string | null };
  readonly decisions: readonly {
    readonly decision: string;
    readonly commands: readonly string[];
    readonly policy: readonly string[];
    readonly url: string | null;
  }[];
}

interface Explained {
  readonly status: number | null;
  readonly verdict: string;
  readonly codes: readonly string[];
  readonly explanations: readonly Explanation[];
}

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
addFormats.default(ajv);
for (const name of ['report-1', 'check-1']) {
  const path = resolve(import.meta.dirname, `../../docs/schemas/${name}.schema.json`);
  ajv.addSchema(JSON.parse(readFileSync(path, 'utf8')) as object);
}

/** The audit's JSON, held to its schema. */
async function audit({ run }: LabProject, ...args: string[]): Promise<Explained> {
  const { status, stdout } = await run('--json', ...args);
  const report = JSON.parse(stdout) as Explained & { findings: readonly { level: string; code: string }[] };
  expect(ajv.validate('urn:assay:schema:report:1', report), JSON.stringify(ajv.errors)).toBe(true);
  const codes = report.findings.filter(({ level }) => level !== 'note').map(({ code }) => code);
  return { ...report, status, codes };
}

/** The only explanation there is. */
async function explained(project: LabProject, ...args: string[]): Promise<Explanation> {
  const { explanations } = await audit(project, ...args);
  expect(explanations).toHaveLength(1);
  const [only] = explanations;
  if (only === undefined) throw new Error('nothing is explained');
  return only;
}

function commandsOf({ decisions }: Explanation, decision: string): readonly string[] {
  return decisions.filter((one) => one.decision === decision).flatMap(({ commands }) => commands);
}

function policyOf({ decisions }: Explanation): string {
  return decisions.flatMap(({ policy }) => policy).join('\n');
}

async function publish(lab: Lab, spec: string, by: typeof TEAM | typeof THIEF, manifest = {}): Promise<void> {
  const [name = '', version = ''] = spec.split('@');
  await lab.publish({ name, version, by, manifest });
  lab.clock.advance(DAY);
}

/** p as axios was: two good releases, one with a stolen token and a dependency that is a day old, one good again. */
async function publishStolen(lab: Lab): Promise<void> {
  await publish(lab, 'old@1.0.0', TEAM);
  await publish(lab, 'p@1.0.0', TEAM, { dependencies: { old: '1.0.0' } });
  await publish(lab, 'p@1.1.0', TEAM, { dependencies: { old: '1.0.0' } });
  await publish(lab, 'dropper@4.2.0', THIEF);
  lab.clock.advance(-HOUR);
  await lab.publish({ name: 'dropper', version: '4.2.1', by: THIEF });
  lab.clock.advance(HOUR);
  const dependencies = { old: '1.0.0', dropper: '^4.2.0' };
  await publish(lab, 'p@1.1.1', THIEF, { dependencies, scripts: { postinstall: 'node setup.js' } });
  await publish(lab, 'dropper@4.2.2', THIEF);
}

async function npm({ lab, folder }: LabProject, command: string): Promise<void> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    npm_config_cache: join(folder, 'cache'),
    npm_config_registry: lab.url,
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  await promisify(execFile)('sh', ['-c', command], { cwd: folder, env, timeout: 50_000 });
}

describe('a stolen release', () => {
  it('is shown beside the last good one, with what it brought in and how old that was', async () => {
    await withProject(async (project) => {
      const { lab, lock } = project;
      await publishStolen(lab);
      await lock({ p: '1.1.1' });
      const one = await explained(project);
      expect(one).toMatchObject({
        name: 'p',
        codes: ['provenance-lost'],
        direct: true,
        current: { version: '1.1.1', publisher: 'thief', trustedPublisher: null, provenance: 'none', repository: null },
        predecessor: {
          version: '1.1.0',
          publisher: 'GitHub Actions',
          trustedPublisher: 'github',
          provenance: 'proven',
          repository: 'https://github.com/team/p',
          workflow: '.github/workflows/publish.yml',
          runner: 'hosted',
        },
        manifestsKnown: true,
        addedScripts: [{ name: 'postinstall', command: 'node setup.js' }],
        later: { state: 'none' },
        diff: { command: 'npm diff --diff=p@1.1.0 --diff=p@1.1.1', url: null },
      });
      // 4.2.2 came later, and is not what was installed then.
      expect(one.addedDependencies).toEqual([
        {
          name: 'dropper',
          spec: '^4.2.0',
          firstPublished: '2026-04-04T00:00:00Z',
          newest: { version: '4.2.1', published: '2026-04-04T23:00:00Z' },
          unknown: null,
        },
      ]);
      await publish(lab, 'p@1.1.2', TEAM);
      await publish(lab, 'p@2.0.0', TEAM);
      const again = await explained(project);
      expect(again.later).toEqual({ state: 'proven', version: '1.1.2', published: '2026-04-07T00:00:00Z' });
      expect(commandsOf(again, 'update')).toEqual(['npm install p@1.1.2 --save-exact --ignore-scripts']);
      expect(commandsOf(again, 'accept')).toEqual(['assay accept p@1.1.1 --reason "..."']);
    });
  });

  it('offers no later version that a stranger built, whatever the registry announces', async () => {
    await withProject(async (project) => {
      await publishStolen(project.lab);
      await publish(project.lab, 'p@1.1.2', FORK);
      await project.lock({ p: '1.1.1' });
      const one = await explained(project);
      expect(one.later).toMatchObject({ state: 'refused', version: '1.1.2' });
      expect(commandsOf(one, 'update')).toEqual([]);
      expect((await project.run()).stdout).toContain('announces provenance that does not hold');
    });
  });

  it('is explained to people before the verdict, and the command given makes the audit hold', async () => {
    await withProject(async (project) => {
      await publishStolen(project.lab);
      await project.lock({ p: '1.1.1' });
      const { stdout, status } = await project.run('--enforce', 'critical');
      expect(status).toBe(1);
      expect(stdout).toContain('\nwhat changed in p@1.1.1 since 1.1.0, ');
      expect(stdout).toContain(
        '  ! new dependency dropper: ^4.2.0, first published 24 hours before it, 4.2.1 60 minutes',
      );
      // Elsewhere than in a terminal nothing is shortened.
      expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
      const [stay = ''] = commandsOf(await explained(project), 'stay');
      await npm(project, `${stay} --package-lock-only`);
      expect(await audit(project, '--enforce', 'critical')).toMatchObject({ status: 0, explanations: [] });
    });
  });

  it('that another package brings in is replaced by the commands given', async () => {
    await withProject(async (project) => {
      const { lab, lock } = project;
      await publishStolen(lab);
      await publish(lab, 'top@1.0.0', TEAM, { dependencies: { p: '^1.0.0' } });
      await lock({ top: '1.0.0' });
      const one = await explained(project, '--enforce', 'all');
      expect(one.direct).toBe(false);
      for (const command of commandsOf(one, 'stay')) await npm(project, `${command} --package-lock-only`);
      const { status, explanations } = await audit(project, '--enforce', 'all');
      expect({ status, explanations }).toEqual({ status: 0, explanations: [] });
      expect(project.read('package-lock.json')).toContain('"version": "1.1.0"');
    });
  });

  it('is held against the last one that had provenance, however many came between', async () => {
    await withProject(async (project) => {
      await publishStolen(project.lab);
      await publish(project.lab, 'p@1.1.2', THIEF);
      await project.lock({ p: '1.1.2' });
      const one = await explained(project);
      expect(one.predecessor).toMatchObject({ version: '1.1.0', provenance: 'proven' });
      expect(commandsOf(one, 'stay')).toEqual(['npm install p@1.1.0 --save-exact --ignore-scripts']);
    });
  });

  it('gives nothing to stay on where the provenance before it does not verify', async () => {
    await withProject(async (project) => {
      const { lab, lock } = project;
      await publishStolen(lab);
      await lock({ p: '1.1.1' });
      lab.tamperAttestations('p', '1.1.0', (document) => {
        for (const { bundle } of document.attestations) {
          const payload = bundle.dsseEnvelope?.payload ?? '';
          if (bundle.dsseEnvelope !== undefined) bundle.dsseEnvelope.payload = `${payload.slice(0, -4)}AAAA`;
        }
        return document;
      });
      const one = await explained(project);
      expect(one.predecessor).toMatchObject({ version: '1.1.0', provenance: 'invalid', repository: null });
      expect(one.decisions.map(({ decision }) => decision)).toEqual(['accept']);
    });
  });

  it('of an old line is shown beside the line that has provenance, to go back on its own', async () => {
    await withProject(async (project) => {
      const { lab, lock } = project;
      await publish(lab, 'p@0.3.0', token({ user: 'maintainer' }));
      await publish(lab, 'p@1.0.0', TEAM);
      await publish(lab, 'p@0.3.1', THIEF);
      await lock({ p: '0.3.1' });
      const one = await explained(project);
      expect(one).toMatchObject({
        codes: ['provenance-lost'],
        predecessor: { version: '1.0.0', provenance: 'proven' },
        later: { state: 'proven', version: '1.0.0' },
      });
      expect(commandsOf(one, 'stay')).toEqual(['npm install p@0.3.0 --save-exact --ignore-scripts']);
    });
  });
});

describe('another builder', () => {
  it.each([
    ['a fork', FORK, 'identity-unexpected-repository', null],
    ['another workflow', OTHER_WORKFLOW, 'identity-unexpected-workflow', 'https://github.com/team/p/compare/'],
    ['a reusable workflow', REUSABLE, 'identity-unexpected-workflow', 'https://github.com/team/p/compare/'],
  ])('%s is shown, and expected once the policy has the lines given', async (_, by, code, compare) => {
    await withProject(async (project) => {
      const { lab, lock, edit } = project;
      await publish(lab, 'p@1.0.0', TEAM);
      await publish(lab, 'p@1.0.1', by);
      await lock({ p: '1.0.1' });
      const one = await explained(project, '--enforce', 'all');
      expect(one).toMatchObject({
        codes: [code],
        expectedBy: 'history',
        later: null,
        predecessor: { version: '1.0.0', provenance: 'proven', repository: 'https://github.com/team/p' },
        current: { version: '1.0.1', provenance: 'proven' },
      });
      expect(one.diff.url?.startsWith('https://github.com/team/p/compare/') ?? null).toBe(
        compare === null ? null : true,
      );
      writeFileSync(join(project.folder, 'assay.yml'), `${policyOf(one)}\n`);
      expect(await audit(project, '--enforce', 'all')).toMatchObject({ status: 0, codes: [], explanations: [] });
      edit('assay.yml', (text) => text.replace("'p'", "'q'"));
      expect((await audit(project, '--enforce', 'all')).codes).toEqual([code]);
    });
  });

  it('is held against the baseline, verified over the hash the baseline has', async () => {
    await withProject(async (project) => {
      const { lab, lock, run } = project;
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      await run('update');
      await publish(lab, 'p@1.0.1', OTHER_WORKFLOW);
      await publish(lab, 'p@1.0.2', OTHER_WORKFLOW);
      await lock({ p: '1.0.2' });
      expect(await explained(project)).toMatchObject({
        expectedBy: 'baseline',
        predecessor: { version: '1.0.0', provenance: 'proven', workflow: '.github/workflows/publish.yml' },
        current: { workflow: '.github/workflows/other.yml' },
      });
      // Whatever the registry says of it now, it is not what was seen.
      lab.tamper('p', '1.0.0', (manifest) => ({
        ...manifest,
        dist: { ...manifest.dist, integrity: `sha512-${Buffer.alloc(64).toString('base64')}` },
      }));
      const { predecessor } = await explained(project);
      expect(predecessor).toMatchObject({ version: '1.0.0', provenance: 'proven' });
      expect(project.read('assay.lock')).toContain(`npm:p@1.0.0 artifact ${predecessor?.['integrity'] ?? ''}\n`);
      lab.behave(/^\/-\/npm\/v1\/attestations\/p@1\.0\.0$/, { status: 404 });
      expect((await explained(project)).predecessor).toMatchObject({
        version: '1.0.0',
        provenance: 'recorded',
        repository: 'https://github.com/team/p',
        workflow: '.github/workflows/publish.yml',
        commit: null,
      });
    });
  });

  it('is held against what the baseline remembers where the registry forgot the version, and of no version at all', async () => {
    await withProject(async (project) => {
      const { lab, lock, run, edit } = project;
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      await run('update');
      await publish(lab, 'p@1.0.1', OTHER_WORKFLOW);
      await lock({ p: '1.0.1' });
      lab.tamperPackument('p', (document) => {
        const { '1.0.0': gone, ...versions } = document.versions;
        expect(gone).toBeDefined();
        return { ...document, versions };
      });
      lab.behave(/^\/p\/1\.0\.0$/, { status: 404 });
      const one = await explained(project);
      expect(one.predecessor).toMatchObject({
        version: '1.0.0',
        provenance: 'recorded',
        published: '2026-04-01T00:00:00Z',
      });
      expect(one.manifestsKnown).toBe(false);
      edit('assay.lock', (text) => text.replaceAll(/^npm:p@1\.0\.0 .*\n/gm, ''));
      const remembered = await explained(project);
      expect(remembered.predecessor).toMatchObject({
        version: null,
        provenance: 'recorded',
        workflow: '.github/workflows/publish.yml',
      });
      expect(remembered.diff).toEqual({ command: null, url: null });
      const { stdout } = await run();
      expect(stdout).toContain('what changed in p@1.0.1 since what the baseline has');
    });
  });
});

describe('answers that are missing', () => {
  it('are shown as unknown, and change neither verdict nor exit status', async () => {
    await withProject(async (project) => {
      const { lab, lock, run } = project;
      await publishStolen(lab);
      // Found by the audit before: the dependency that is new is not locked here.
      await lock({ p: '1.1.1' });
      const whole = await audit(project, '--enforce', 'critical', '--omit', 'optional');
      lab.behave(/^\/-\/npm\/v1\/attestations\/p@1\.1\.0$/, { status: 403 });
      lab.tamper('p', '1.1.1', (manifest) => ({
        ...manifest,
        dependencies: { old: '1.0.0', nobody: '^1.0.0', odd: 'git+https://x.example/y.git' },
      }));
      lab.behave(/^\/nobody$/, { status: 403 });
      const partial = await audit(project, '--enforce', 'critical', '--omit', 'optional');
      // What the registry says now is not what the lockfile says, either.
      const codes = [...whole.codes, 'lockfile-entry-differs'].sort();
      expect([partial.status, partial.verdict]).toEqual([whole.status, whole.verdict]);
      expect([...partial.codes].sort()).toEqual(codes);
      const [one] = partial.explanations;
      expect(one?.predecessor).toMatchObject({ version: '1.1.0', provenance: 'unknown', repository: null });
      expect(one?.addedDependencies).toEqual([
        {
          name: 'nobody',
          spec: '^1.0.0',
          firstPublished: null,
          newest: null,
          unknown: expect.stringContaining('403') as string,
        },
        {
          name: 'odd',
          spec: 'git+https://x.example/y.git',
          firstPublished: null,
          newest: null,
          unknown: 'not a version range',
        },
      ]);
      expect((await run('--enforce', 'critical')).stdout).toMatch(
        /! new dependency nobody: \^1\.0\.0, age unknown \(.*403/,
      );
    });
  });

  it('leave a finding of the baseline explained by what it remembers', async () => {
    await withProject(async (project) => {
      const { lab, lock, run } = project;
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      await run('update');
      await publish(lab, 'p@1.0.1', THIEF);
      await lock({ p: '1.0.1' });
      lab.behave(/^\/p$/, { status: 403 });
      const { status, explanations } = await audit(project, '--enforce', 'critical');
      expect(status).toBe(1);
      expect(explanations).toMatchObject([
        {
          codes: ['provenance-lost'],
          manifestsKnown: false,
          later: { state: 'unknown' },
          predecessor: { version: '1.0.0' },
          current: { provenance: 'none' },
        },
      ]);
    });
  });
});

describe('what is asked', () => {
  it('is nothing more where there is nothing to decide', async () => {
    await withProject(async (project) => {
      const { lab, lock } = project;
      await publish(lab, 'gap@1.0.0', THIEF);
      await publish(lab, 'gap@1.0.1', THIEF);
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ gap: '1.0.1', p: '1.0.0' });
      lab.requests.length = 0;
      expect((await audit(project)).explanations).toEqual([]);
      expect(lab.requests.map(({ url }) => url).sort()).toEqual(['/-/npm/v1/attestations/p@1.0.0', '/gap', '/p']);
    });
  });

  it('is bounded however many there are, the gravest first', async () => {
    await withProject(async (project) => {
      const { lab, lock } = project;
      const names = Array.from({ length: 24 }, (_, i) => `p${String(i).padStart(2, '0')}`);
      for (const name of names) await lab.publish({ name, version: '1.0.0', by: TEAM });
      lab.clock.advance(DAY);
      for (const name of names) await lab.publish({ name, version: '1.0.1', by: name === 'p23' ? THIEF : FORK });
      const many = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`d${i}`, '^1.0.0']));
      lab.tamper('p23', '1.0.1', (manifest) => ({ ...manifest, dependencies: many }));
      await lock(Object.fromEntries(names.map((name) => [name, '1.0.1'])));
      lab.requests.length = 0;
      const { explanations } = await audit(project, '--enforce', 'all');
      expect(explanations).toHaveLength(20);
      expect(explanations[0]).toMatchObject({ name: 'p23', codes: ['provenance-lost'] });
      expect(lab.requests.filter(({ url }) => url.startsWith('/d')).length).toBe(10);
      expect(explanations[0]?.addedDependencies.filter(({ unknown }) => unknown === 'not asked')).toHaveLength(5);
    });
  });
});

describe('check', () => {
  it('says the same without a project, for either way of using it', async () => {
    await withProject(async ({ lab, run }) => {
      await publishStolen(lab);
      const { stdout, status } = await run('check', 'p@1.1.1', '--registry', lab.url, '--json');
      expect(status).toBe(1);
      const check = JSON.parse(stdout) as { comparisons: readonly Explanation[] };
      expect(ajv.validate('urn:assay:schema:check:1', check), JSON.stringify(ajv.errors)).toBe(true);
      const [one] = check.comparisons;
      expect(one).toMatchObject({ codes: ['provenance-lost'], direct: null, predecessor: { version: '1.1.0' } });
      expect(one?.addedDependencies).toMatchObject([{ name: 'dropper', newest: { version: '4.2.1' } }]);
      expect(one === undefined ? [] : commandsOf(one, 'stay')).toEqual([
        'npm install p@1.1.0 --save-exact --ignore-scripts',
        'npm pkg set "overrides[p]=1.1.0"',
        'npm update p --ignore-scripts',
      ]);
      const good = await run('check', 'p@1.1.0', '--registry', lab.url);
      expect(good.stdout).toContain('  diff    npm diff --diff=p@1.0.0 --diff=p@1.1.0');
      expect(good.stdout).not.toContain('accept');
    });
  });
});
