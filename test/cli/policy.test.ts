import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, startLab, token, type Lab } from '../../lab/index.ts';
import { PHASES } from '../../src/model/verdict.ts';
import { withLab } from '../scenarios/harness.ts';
import { assayHere } from './in-process.ts';
import { assay, inFolder, type Run } from './run.ts';

const DAY = 86_400_000;
const SELF = 'https://github.com/team/p/.github/workflows/publish.yml@refs/heads/main';
const REUSABLE = 'team/shared/.github/workflows/release.yml@refs/tags/v2';
const IDS = { repository: 'team/p', repositoryId: '100', ownerId: '200' };
const TEAM = ciWorkflow(IDS);

interface Finding {
  readonly name: string;
  readonly version: string;
  readonly code: string;
  readonly level: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly message: string;
}

interface Result {
  readonly status: number | null;
  readonly stderr: string;
  readonly verdict: string;
  readonly policy: { readonly file: string; readonly digest: string; readonly unused: readonly unknown[] } | null;
  /** "level code" of every finding. */
  readonly found: readonly string[];
  readonly findings: readonly Finding[];
}

/** A project with p (and other roots) in a folder of its own, audited under a policy. */
async function audit(
  lab: Lab,
  policy: string | null,
  { args = [], roots = { p: '1.0.1' } }: { args?: readonly string[]; roots?: Record<string, string> } = {},
): Promise<Result> {
  return inProject(lab, policy, roots, async (folder) =>
    resultOf(await assayHere(['--json', ...TRUST, ...args], folder)),
  );
}

const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];

async function inProject<T>(
  lab: Lab,
  policy: string | null,
  roots: Record<string, string>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    await lab.writeProject(folder, roots);
    writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
    writeFileSync(join(folder, 'keys.json'), JSON.stringify(lab.keys));
    if (policy !== null) writeFileSync(join(folder, 'assay.yml'), policy);
    return work(folder);
  });
}

function resultOf({ status, stdout, stderr }: Run): Result {
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout) as Omit<Result, 'found' | 'status' | 'stderr'>;
  return { ...report, status, stderr, found: report.findings.map(({ level, code }) => `${level} ${code}`) };
}

type PublishSpec = Parameters<Lab['publish']>[0];

/** p@1.0.0 by the team and a day later p@1.0.1 as `spec` says. */
async function publishTwo(lab: Lab, spec: Partial<PublishSpec> = {}): Promise<void> {
  await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
  lab.clock.advance(DAY);
  await lab.publish({ name: 'p', version: '1.0.1', by: TEAM, ...spec });
}

/** p without provenance in any version. */
async function publishGap(lab: Lab, name = 'p'): Promise<void> {
  await lab.publish({ name, version: '1.0.0', by: token({ user: 'a' }) });
  lab.clock.advance(DAY);
  await lab.publish({ name, version: '1.0.1', by: token({ user: 'a' }) });
}

describe('each field of expect', () => {
  /** [field, exact, a pattern it fits, an exact value and a pattern it does not fit, the finding] */
  const FIELDS: readonly (readonly [string, string, string, string, string, string])[] = [
    [
      'repository',
      'https://github.com/team/p',
      'https://github.com/team/*',
      'https://github.com/team/q',
      'https://github.com/*',
      'identity-unexpected-repository',
    ],
    [
      'owner',
      'https://github.com/team',
      'https://github.com/te*',
      'https://github.com/tea',
      'https://*/eam',
      'identity-unexpected-repository',
    ],
    [
      'workflow',
      '.github/workflows/publish.yml',
      '.github/workflows/*.yml',
      'publish.yml',
      'workflows/*.yml',
      'identity-unexpected-workflow',
    ],
    [
      'signer',
      SELF,
      '**/team/p/**@refs/heads/main',
      `${SELF}2`,
      '**/team/p/**@refs/tags/*',
      'identity-unexpected-workflow',
    ],
    ['ref', 'refs/heads/main', 'refs/heads/m*', 'refs/heads/mai', 'refs/*', 'identity-unexpected-ref'],
    [
      'issuer',
      'https://token.actions.githubusercontent.com',
      'https://*.githubusercontent.com',
      'https://gitlab.com',
      'https://*.com.evil',
      'identity-unexpected-issuer',
    ],
    ['trigger', 'push', 'pu*', 'release', 'pus*t', 'identity-unexpected-trigger'],
  ];

  it.each(FIELDS)('%s', async (field, exact, pattern, other, otherPattern, code) => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const expecting = (value: string): Promise<Result> =>
        audit(lab, `enforce: all\nexpect:\n  p:\n    ${field}: ${value}\n`);
      for (const value of [exact, `{pattern: '${pattern}'}`]) {
        expect(await expecting(value), value).toMatchObject({ status: 0, found: [] });
      }
      for (const value of [other, `{pattern: '${otherPattern}'}`]) {
        const result = await expecting(value);
        expect(result, value).toMatchObject({ status: 1, found: [`error ${code}`] });
        expect(result.findings[0]?.args).toMatchObject({
          source: 'policy',
          expected: value.replace(/^{pattern: '|'}$/g, ''),
        });
        expect(result.findings[0]?.message).toContain('the policy expects');
      }
      const elsewhere = await audit(lab, `enforce: all\nexpect:\n  q:\n    ${field}: ${other}\n`);
      expect(elsewhere).toMatchObject({ status: 0, found: [] });
    });
  });

  it.each(FIELDS)('%s, as what it must not be', async (field, exact, pattern, other, otherPattern, code) => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const ruling = (value: string): Promise<Result> =>
        audit(lab, `enforce: all\nexpect:\n  p:\n    ${field}: {not: ${value}}\n`);
      for (const value of [other, `{pattern: '${otherPattern}'}`]) {
        expect(await ruling(value), value).toMatchObject({ status: 0, found: [] });
      }
      for (const value of [exact, `{pattern: '${pattern}'}`]) {
        const result = await ruling(value);
        expect(result, value).toMatchObject({ status: 1, found: [`error ${code}`] });
        expect(result.findings[0]?.args).toMatchObject({
          source: 'policy',
          expected: `anything but ${value.replace(/^{pattern: '|'}$/g, '')}`,
        });
        expect(result.findings[0]?.message).toContain('the policy expects anything but ');
      }
    });
  });

  it('what it must not be says nothing of what is expected: the version before still counts', async () => {
    await withLab(async (lab) => {
      const moved = { workflow: '.github/workflows/new.yml', runner: 'self-hosted' } as const;
      await publishTwo(lab, { by: ciWorkflow({ ...IDS, ...moved }) });
      const ruled = await audit(
        lab,
        `enforce: all
expect:
  p:
    workflow: {not: .github/workflows/test.yml}
    repository: {not: https://github.com/other/p}
    ref: {not: refs/heads/dev}
    owner: {not: https://github.com/other}
    issuer: {not: https://gitlab.com}
    signer: {not: {pattern: '**@refs/pull/**'}}
`,
      );
      expect([...ruled.found].sort()).toEqual([
        'error identity-self-hosted-runner',
        'error identity-unexpected-workflow',
      ]);
      // Ruled out, and not the one before: one cause, one finding, of the strongest source.
      const both = await audit(lab, 'expect: {p: {workflow: {not: .github/workflows/new.yml}}}\n');
      const workflows = both.findings.filter(({ code }) => code === 'identity-unexpected-workflow');
      expect(workflows).toMatchObject([{ args: { source: 'policy' } }]);
    });
  });

  it('runner', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const own = ciWorkflow({ ...IDS, runner: 'self-hosted' });
      await lab.publish({ name: 'p', version: '1.0.2', by: own });
      const old = ciWorkflow({ repository: 'team/p', extensions: 'deprecated' });
      await lab.publish({ name: 'old', version: '1.0.0', by: old });
      const roots = { old: '1.0.0', p: '1.0.2' };
      const hosted = await audit(lab, "enforce: all\nexpect: {'*': {runner: hosted}}\n", { roots });
      expect(hosted.found).toEqual(['error identity-unexpected-runner', 'error identity-self-hosted-runner']);
      const selfHosted = await audit(lab, 'enforce: all\nexpect: {p: {runner: self-hosted}}\n', {
        roots: { p: '1.0.2' },
      });
      expect(selfHosted).toMatchObject({ status: 0, found: [] });
      const moved = await audit(lab, 'enforce: all\nexpect: {p: {runner: self-hosted}}\n');
      expect(moved.found).toEqual(['error identity-unexpected-runner']);
      const notOwn = await audit(lab, "enforce: all\nexpect: {'*': {runner: {not: self-hosted}}}\n", { roots });
      expect(notOwn.found).toEqual(['error identity-unexpected-runner', 'error identity-self-hosted-runner']);
      expect(notOwn.findings[0]?.args).toMatchObject({ expected: 'anything but self-hosted', actual: 'none' });
      const notHosted = 'enforce: all\nexpect: {p: {runner: {not: hosted}}}\n';
      expect(await audit(lab, notHosted, { roots: { p: '1.0.2' } })).toMatchObject({ status: 0, found: [] });
      expect((await audit(lab, notHosted)).found).toEqual(['error identity-unexpected-runner']);
    });
  });

  it('signer of a reusable workflow', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab, { by: ciWorkflow({ ...IDS, reusableWorkflow: REUSABLE }) });
      expect((await audit(lab, 'enforce: all\n')).found).toEqual(['error identity-unexpected-workflow']);
      const policy = `enforce: all\nexpect: {p: {signer: 'https://github.com/${REUSABLE}'}}\n`;
      expect(await audit(lab, policy)).toMatchObject({ status: 0, found: [] });
    });
  });

  it('what the certificate does not say does not satisfy a rule', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: ciWorkflow({ ...IDS, extensions: 'deprecated' }) });
      const owner = await audit(lab, "expect: {p: {owner: {pattern: '**'}}}\n");
      expect(owner.found).toEqual(['error identity-unexpected-repository']);
      expect(owner.findings[0]?.args).toMatchObject({ actual: 'none' });
      const not = await audit(lab, 'expect: {p: {owner: {not: https://github.com/other}}}\n');
      expect(not.found).toEqual(['error identity-unexpected-repository']);
      expect(not.findings[0]?.args).toMatchObject({ actual: 'none' });
    });
  });

  it('outranks history and manifest, but not immutable ids', async () => {
    await withLab(async (lab) => {
      const moved = ciWorkflow({ repository: 'new/p', repositoryId: '101', ownerId: '201' });
      await publishTwo(lab, { by: moved, manifest: { repository: 'https://github.com/team/p' } });
      expect((await audit(lab, 'enforce: all\n')).found).toEqual(['error identity-unexpected-repository']);
      const policy = 'enforce: all\nexpect: {p: {repository: https://github.com/new/p}}\n';
      expect(await audit(lab, policy)).toMatchObject({ status: 0, found: [] });
    });
    await withLab(async (lab) => {
      await publishTwo(lab, { by: ciWorkflow({ ...IDS, repositoryId: '101' }) });
      const policy =
        'enforce: all\nexpect: {p: {repository: https://github.com/team/p, owner: https://github.com/team}}\n';
      expect((await audit(lab, policy)).found).toEqual(['error identity-unexpected-repository']);
    });
    await withLab(async (lab) => {
      await publishTwo(lab, { by: ciWorkflow({ ...IDS, ownerId: '999' }) });
      const policy = 'enforce: all\nexpect: {p: {owner: https://github.com/team}}\n';
      expect((await audit(lab, policy)).found).toEqual(['error identity-owner-changed']);
    });
  });

  it('is decided by the most specific rule, each field by itself', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const policy = `enforce: all
expect:
  '*': {trigger: release, runner: self-hosted, ref: refs/heads/main}
  'p*': {trigger: push, issuer: https://gitlab.com}
  p: {runner: hosted}
`;
      expect((await audit(lab, policy)).found).toEqual(['error identity-unexpected-issuer']);
    });
  });

  it('is a warning in observe, and an error from guard on, in the critical set or not', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const rule = 'expect: {p: {trigger: release}}\n';
      const observed = await audit(lab, `enforce: observe\n${rule}`);
      expect(observed).toMatchObject({ status: 0, found: ['warning identity-unexpected-trigger'] });
      for (const phase of ['', 'enforce: guard\n', 'enforce: critical\ncritical: [q]\n', 'enforce: all\n']) {
        const enforced = await audit(lab, `${phase}${rule}`);
        expect(enforced, phase).toMatchObject({ status: 1, found: ['error identity-unexpected-trigger'] });
      }
    });
  });
});

describe('provenance', () => {
  it('required: an error in every phase, whatever the reason it is missing', async () => {
    const required = "expect: {'*': {provenance: required}}\n";
    await withLab(async (lab) => {
      await publishGap(lab);
      await lab.publish({ name: 'lost', version: '1.0.0', by: TEAM });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'lost', version: '1.0.1', by: token({ user: 'thief' }) });
      await lab.publish({ name: 'good', version: '1.0.1', by: TEAM });
      const roots = { p: '1.0.1', lost: '1.0.1', good: '1.0.1' };
      for (const phase of PHASES) {
        const result = await audit(lab, required, { args: ['--enforce', phase], roots });
        expect(result).toMatchObject({
          status: 1,
          found: ['note history-publisher-new', 'error provenance-lost', 'error provenance-missing'],
        });
      }
      lab.tamperPackument('good', (document) => {
        for (const manifest of Object.values(document.versions)) {
          const dist = manifest.dist as unknown as Record<string, unknown>;
          delete dist['signatures'];
          delete dist['attestations'];
        }
        return document;
      });
      const stripped = await audit(lab, required, { roots: { good: '1.0.1' } });
      expect(stripped).toMatchObject({ status: 1, found: ['error evidence-stripped'] });
      await inProject(lab, required, { lost: '1.0.0' }, async (folder) => {
        const path = join(folder, 'package-lock.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace(/,\s*"integrity": "[^"]*"/g, ''));
        const unlocked = resultOf(await assayHere(['--json', ...TRUST], folder));
        expect(unlocked).toMatchObject({ status: 1, found: ['error integrity-missing'] });
      });
    });
  });

  it('required since a version or a date', async () => {
    await withLab(async (lab) => {
      await publishGap(lab);
      const date = (days: number): string => new Date(lab.clock.now() + days * DAY).toISOString().slice(0, 10);
      for (const [since, level] of [
        ['1.0.1', 'error'],
        ['1.0.0', 'error'],
        ['1.0.2', 'warning'],
        ['1.0.1-rc.1', 'error'],
        [date(0), 'error'],
        [date(1), 'warning'],
      ] as const) {
        const result = await audit(lab, `expect: {p: {provenance: required, since: ${since}}}\n`);
        expect(result.found, since).toEqual([`${level} provenance-missing`]);
      }
      const before = await audit(lab, 'enforce: critical\nexpect: {p: {provenance: expected, since: 2.0.0}}\n');
      expect(before.found).toEqual(['note provenance-missing']);
    });
  });

  it('optional: missing or lost is a note; expected: as without a policy', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab, { by: token({ user: 'a' }) });
      await publishGap(lab, 'gap');
      const roots = { p: '1.0.1', gap: '1.0.1' };
      const optional = await audit(lab, "enforce: all\nexpect: {'*': {provenance: optional}}\n", { roots });
      expect(optional).toMatchObject({ status: 0, verdict: 'pass' });
      expect(optional.found).toEqual(['note provenance-missing', 'note history-publisher-new', 'note provenance-lost']);
      const expected = await audit(lab, "enforce: all\nexpect: {'*': {provenance: expected}}\n", { roots });
      expect(expected.found).toEqual([
        'error provenance-missing',
        'note history-publisher-new',
        'error provenance-lost',
      ]);
    });
  });

  it('optional hides no attestation that does not hold', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      lab.tamperAttestations(
        'p',
        '1.0.1',
        (document) =>
          JSON.parse(JSON.stringify(document).replaceAll('"payload":"', '"payload":"AAAA')) as typeof document,
      );
      const result = await audit(lab, 'expect: {p: {provenance: optional}}\n');
      expect(result.status).toBe(1);
      expect(result.found).toContain('error provenance-invalid');
    });
  });
});

describe('phases and the critical set', () => {
  it('what never had provenance fails in critical where the set has it, and in all', async () => {
    await withLab(async (lab) => {
      await publishGap(lab);
      await publishGap(lab, '@team/q');
      const roots = { p: '1.0.1', '@team/q': '1.0.1' };
      const levels = async (policy: string, ...args: string[]): Promise<readonly string[]> =>
        (await audit(lab, policy, { args, roots })).findings.map(({ name, level }) => `${name} ${level}`);
      const [both, one] = [
        ['@team/q error', 'p error'],
        ['@team/q error', 'p warning'],
      ];
      expect(await levels('enforce: all\n')).toEqual(both);
      expect(await levels('enforce: guard\n')).toEqual(['@team/q warning', 'p warning']);
      expect(await levels('enforce: critical\n')).toEqual(both);
      expect(await levels("enforce: critical\ncritical: ['@team/*']\n")).toEqual(one);
      expect(await levels("enforce: all\ncritical: ['@team/*']\n")).toEqual(both);
      expect(await levels('enforce: all\ncritical: [direct]\n')).toEqual(both);
      expect(await levels("enforce: observe\ncritical: ['@team/*']\n")).toEqual(['@team/q warning', 'p warning']);
      expect(await levels('enforce: observe\n', '--enforce', 'critical')).toEqual(both);
      expect(await levels('enforce: critical\n', '--enforce', 'observe')).toEqual(['@team/q warning', 'p warning']);
    });
  });

  it('direct dependencies that the set leaves out, and rules that nothing meets, are named', async () => {
    await withLab(async (lab) => {
      await publishGap(lab);
      await publishGap(lab, '@team/q');
      const roots = { p: '1.0.1', '@team/q': '1.0.1' };
      const text = "critical: ['@team/*', typo]\n";
      await inProject(lab, text, roots, async (folder) => {
        const json = JSON.parse((await assayHere(['--json', ...TRUST], folder)).stdout) as { policy: object };
        expect(json.policy).toMatchObject({ outside: ['p@1.0.1'], unused: [{ text: 'typo', line: 1 }] });
        for (const args of [[], ['--output', 'markdown'], ['--output', 'html']]) {
          const { stdout } = await assayHere([...args, ...TRUST], folder);
          expect(stdout).toMatch(/direct, and not in the critical set: p@1\.0\.1/);
          expect(stdout).toMatch(/nothing in the lockfile is typo in line 1/);
        }
        writeFileSync(join(folder, 'assay.yml'), 'critical: [direct]\n');
        expect((await assayHere(TRUST, folder)).stdout).not.toContain('not in the critical set');
      });
    });
  });
});

describe('levels of findings', () => {
  it('for all packages, for some, and never below what is fixed', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab, { by: token({ user: 'a' }) });
      await lab.publish({ name: 'q', version: '1.0.0', by: TEAM });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'q', version: '1.0.1', by: token({ user: 'a' }) });
      const levels = async (policy: string): Promise<readonly string[]> =>
        (await audit(lab, policy, { roots: { p: '1.0.1', q: '1.0.1' } })).findings
          .filter(({ code }) => code === 'provenance-lost')
          .map(({ name, level }) => `${name} ${level}`);
      const rule = (level: string, packages = ''): string =>
        `  - {code: provenance-lost, level: ${level}, reason: known${packages}}\n`;
      expect(await levels(`findings:\n${rule('error')}`)).toEqual(['p error', 'q error']);
      expect(await levels(`enforce: all\nfindings:\n${rule('note', ', packages: [p]')}`)).toEqual([
        'p note',
        'q error',
      ]);
      const both = `findings:\n${rule('error')}${rule('note', ", packages: ['p*']")}${rule('warning', ', packages: [p]')}`;
      expect(await levels(both)).toEqual(['p warning', 'q error']);
    });
  });
});

describe('registries', () => {
  it('exempt packages need no provenance, nor a signature of a registry that signs nothing', async () => {
    await withLab(async (lab) => {
      await publishGap(lab, '@corp/a');
      await lab.publish({ name: '@corp/b', version: '1.0.1', by: token({ user: 'a' }), signatures: [] });
      await lab.publish({ name: 'c', version: '1.0.1', by: token({ user: 'a' }), signatures: [] });
      const roots = { '@corp/a': '1.0.1', '@corp/b': '1.0.1', c: '1.0.1' };
      const exempt = await audit(lab, "enforce: all\nregistries: {exempt: ['@corp/*']}\n", { roots });
      expect(exempt.found).toEqual(['note provenance-missing', 'error evidence-stripped', 'error evidence-stripped']);
      const unsigned = `enforce: all\nregistries: {private: [{url: "${lab.url}"}], exempt: ['@corp/*']}\n`;
      const result = await audit(lab, unsigned, { roots });
      expect(result.found).toEqual(['note provenance-missing', 'note evidence-stripped', 'error evidence-stripped']);
      const demanded = `${unsigned}expect: {'@corp/a': {provenance: required}}\n`;
      expect((await audit(lab, demanded, { roots })).found[0]).toBe('error provenance-missing');
    });
  });

  it('the keys of a private registry come from the policy, and it is not asked for its own', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const policy = (keys: string): string =>
        `trust: {root: conf/root.json}\nregistries: {private: [{url: "${lab.url}", keys: conf/${keys}}]}\n`;
      await inProject(lab, policy('keys.json'), { p: '1.0.1' }, async (folder) => {
        mkdirSync(join(folder, 'conf'));
        for (const name of ['root.json', 'keys.json']) renameSync(join(folder, name), join(folder, 'conf', name));
        expect(resultOf(await assayHere(['--json'], folder))).toMatchObject({ status: 0, found: [] });
        expect(lab.requests.some(({ url }) => url.endsWith('/keys'))).toBe(false);
        writeFileSync(join(folder, 'conf', 'none.json'), '{"keys":[]}');
        writeFileSync(join(folder, 'assay.yml'), policy('none.json'));
        const unknown = resultOf(await assayHere(['--json'], folder));
        expect(unknown.status).toBe(1);
        expect(unknown.found).toContain('error signature-key-unknown');
        expect(lab.requests.some(({ url }) => url.endsWith('/keys'))).toBe(false);
      });
    });
  });

  it('rules of registries that nobody asks, and times to come, are named; and keys given for one let no other vouch for itself', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const elsewhere = (url: string, more = ''): string =>
        `registries: {private: [{url: "${url}", keys: none.json}]${more}}\n`;
      const root = ['--trusted-root', 'root.json'];
      await inProject(lab, null, { p: '1.0.1' }, async (folder) => {
        writeFileSync(join(folder, 'none.json'), '{"keys":[]}');
        const judged = async (policy: string, ...args: string[]): Promise<Result> => {
          writeFileSync(join(folder, 'assay.yml'), policy);
          return resultOf(await assayHere(['--json', ...root, ...args], folder));
        };
        const unknown = 'error signature-key-unknown';
        const exact = await judged(elsewhere(lab.url));
        expect([exact.status, exact.policy?.unused]).toEqual([1, []]);
        expect(exact.found).toContain(unknown);
        for (const url of [`${lab.url}npm/`, 'https://other.example/']) {
          const typed = await judged(elsewhere(url));
          expect([typed.status, typed.policy?.unused]).toEqual([1, [{ text: url, line: 1 }]]);
          expect(typed.found).toEqual(exact.found);
          // Whose keys are known needs none of that.
          expect(await judged(elsewhere(url), '--registry-keys', 'keys.json')).toMatchObject({ status: 0, found: [] });
          const { stdout } = await assayHere(root, folder);
          expect(stdout).toContain(`policy: assay.yml; nothing in the lockfile is ${url} in line 1`);
        }
        expect(await judged('enforce: guard\n')).toMatchObject({ status: 0, policy: { unused: [] } });
        const of = 'https://registry.npmjs.org/';
        const mirror = (url: string): string => `registries: {mirrors: [{url: "${url}", of: "${of}"}]}\n`;
        expect((await judged(mirror('https://m.example/'))).policy?.unused).toEqual([
          { text: 'https://m.example/', line: 1 },
        ]);
        expect((await judged(mirror(lab.url))).policy?.unused).toEqual([]);
        const since = (day: string): string => `expect:\n  p:\n    provenance: required\n    since: ${day}\n`;
        expect((await judged(since('2099-01-01'))).policy?.unused).toEqual([
          { text: 'p since 2099-01-01T00:00:00Z', line: 2 },
        ]);
        for (const past of ['2020-01-01', '99.0.0']) {
          expect((await judged(since(past))).policy?.unused).toEqual([]);
        }
      });
    });
  });

  it('a mirror may serve the tarballs of what it stands for', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const mirrored = async (policy: string | null): Promise<readonly string[]> =>
        inProject(lab, policy, { p: '1.0.1' }, async (folder) => {
          const path = join(folder, 'package-lock.json');
          writeFileSync(path, readFileSync(path, 'utf8').replaceAll(lab.url, 'https://mirror.example/npm/'));
          return resultOf(await assayHere(['--json', ...TRUST], folder)).found;
        });
      const mirrors = (url: string, of: string): string => `registries: {mirrors: [{url: "${url}", of: "${of}"}]}\n`;
      expect(await mirrored(null)).toEqual(['warning lockfile-unexpected-host']);
      expect(await mirrored(mirrors('https://mirror.example/npm', lab.url))).toEqual([]);
      expect(await mirrored(mirrors(lab.url, 'https://mirror.example/npm/'))).toEqual([]);
      const other = mirrors('https://mirror.example/npm', 'https://registry.npmjs.org/');
      expect(await mirrored(other)).toEqual(['warning lockfile-unexpected-host']);
    });
  });
});

describe('release-age', () => {
  it('names what is too new, by the registry or by its attestations', async () => {
    const hours = (number: number): number => Date.now() - number * 3_600_000;
    const lab = await startLab({ now: hours(30) });
    try {
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
      expect((await audit(lab, 'release-age: 29\n')).found).toEqual([]);
      const young = await audit(lab, 'release-age: 31\n');
      expect(young).toMatchObject({ status: 0, found: ['warning history-too-new'] });
      expect(young.findings[0]?.args).toMatchObject({ minimumHours: 31 });
      const strict = 'release-age: 31\nfindings: [{code: history-too-new, level: error, reason: wait}]\n';
      expect((await audit(lab, strict)).status).toBe(1);
      lab.tamperPackument('p', (document) => ({
        ...document,
        time: { ...document.time, '1.0.1': new Date(hours(1000)).toISOString() },
      }));
      expect((await audit(lab, 'release-age: 31\n')).found).toEqual(['warning history-too-new']);
      await lab.publish({ name: 'q', version: '1.0.0', by: token({ user: 'a' }) });
      lab.tamperPackument('q', (document) => ({ ...document, time: {} }));
      const unknown = await audit(lab, 'release-age: 1\n', { roots: { q: '1.0.0' } });
      expect(unknown).toMatchObject({ status: 3, verdict: 'unverified' });
    } finally {
      await lab.close();
    }
  });
});

describe('which file is used', () => {
  it('the one beside the lockfile, else the nearest within the git repository, and the report says so', async () => {
    await withLab(async (lab) => {
      await publishGap(lab);
      await inProject(lab, null, { p: '1.0.1' }, async (folder) => {
        const project = join(folder, 'packages', 'web');
        await lab.writeProject(project, { p: '1.0.1' });
        const run = async (...args: string[]): Promise<Result> =>
          resultOf(await assayHere([project, '--json', ...TRUST, ...args], folder));
        writeFileSync(join(folder, 'assay.yml'), 'enforce: critical\nexpect: {pp: {runner: hosted}}\n');
        expect(await run()).toMatchObject({ status: 0, policy: null });
        mkdirSync(join(folder, '.git'));
        const found = await run();
        expect(found.status).toBe(1);
        expect(found.policy).toMatchObject({ file: 'assay.yml', unused: [{ text: 'pp', line: 2 }] });
        expect(found.policy?.digest).toMatch(/^[0-9a-f]{64}$/);
        writeFileSync(join(project, 'assay.yml'), 'enforce: observe\n');
        expect(await run()).toMatchObject({ status: 0, policy: { file: 'packages/web/assay.yml', unused: [] } });
        expect(await run('--policy', 'assay.yml')).toMatchObject({ status: 1, policy: { file: 'assay.yml' } });
        const { stdout } = await assayHere(['--policy', 'assay.yml', project, ...TRUST], folder);
        expect(stdout).toContain('policy: assay.yml; nothing in the lockfile is pp in line 2');
        renameSync(join(project, 'assay.yml'), join(project, 'assay.yaml'));
        const misnamed = await assayHere([project], folder);
        expect(misnamed).toMatchObject({
          status: 2,
          stderr: 'assay: packages/web/assay.yaml is not read: name it assay.yml\n',
        });
      });
    });
  });

  it('check applies it too', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      await inProject(lab, 'enforce: all\nexpect: {p: {trigger: release}}\n', {}, async (folder) => {
        const { status, stdout } = await assayHere(['check', 'p@1.0.1', '--json', ...TRUST], folder);
        expect(status).toBe(1);
        const { report } = JSON.parse(stdout) as { report: { policy: unknown } };
        expect(report.policy).toMatchObject({ file: 'assay.yml', unused: [] });
        expect(stdout).toContain('identity-unexpected-trigger');
      });
    });
  });

  it('the report with a policy is the published schema, and the built command line reads it', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      await inProject(lab, 'expect: {p: {trigger: release}}\n', { p: '1.0.1' }, async (folder) => {
        const { status, stdout, stderr } = await assay(['--json', ...TRUST], folder);
        expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
        const ajv = new Ajv2020({ allErrors: true });
        addFormats.default(ajv);
        const schema = join(import.meta.dirname, '../../docs/schemas/report-1.schema.json');
        const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
        expect(validate(JSON.parse(stdout)), JSON.stringify(validate.errors)).toBe(true);
      });
    });
  });
});

describe('a policy that cannot be used is one line and status 2', () => {
  it.each([
    ['a misspelt key', 'enforce: all\nexpct: {}\n', 'assay: assay.yml:2: unknown key "expct"; did you mean expect?\n'],
    [
      'a lowered contradiction',
      'findings:\n  - code: signature-invalid\n    level: note\n    reason: r\n',
      'assay: assay.yml:3: signature-invalid is a contradiction, which no policy can lower\n',
    ],
    ['nothing', '', 'assay: assay.yml: the policy says nothing; remove the file or write a rule\n'],
    [
      'keys that are not there',
      'registries: {private: [{url: "https://p.example", keys: k.json}]}\n',
      /^assay: assay\.yml:1: there is no file k\.json\n$/,
    ],
    [
      'a trusted root that is not there',
      'trust: {root: r.json}\n',
      /^assay: assay\.yml:1: there is no file r\.json\n$/,
    ],
    [
      'keys that are not there',
      'registries:\n  private:\n    - url: https://r.example/\n      keys: "keys/k.json" # ours\n',
      /^assay: assay\.yml:4: there is no file keys\/k\.json\n$/,
    ],
    [
      'a witness policy that is not there',
      'trust:\n  witness-policy: w\n',
      /^assay: assay\.yml:2: there is no file w\n$/,
    ],
    [
      'the root of an instance that is not there',
      'trust:\n  instances:\n    a:\n      root: a b.json\nexpect:\n  x:\n    instance: a\n',
      /^assay: assay\.yml: there is no file a b\.json\n$/,
    ],
  ])('%s', async (_, policy, line) => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), '{"lockfileVersion":3,"packages":{"":{}}}');
      writeFileSync(join(folder, 'assay.yml'), policy);
      const run = await assayHere([], folder);
      expect(run).toMatchObject({ status: 2, stdout: '' });
      if (typeof line === 'string') expect(run.stderr).toBe(line);
      else expect(run.stderr).toMatch(line);
      expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
    });
  });

  it('--policy names a file that is not there', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), '{"lockfileVersion":3,"packages":{"":{}}}');
      const { status, stderr } = await assayHere(['--policy', 'nowhere.yml'], folder);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: 'assay: cannot read the policy nowhere.yml: no such file\n',
      });
    });
  });
});

describe('with a baseline', () => {
  it('a held version is verified again where the policy names its builder, and judged by what is recorded elsewhere', async () => {
    const lab = await startLab({ now: Date.now() - 30 * 3_600_000 });
    try {
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
      await lab.publish({ name: 'gap', version: '1.0.0', by: token({ user: 'a' }) });
      await inProject(lab, null, { p: '1.0.1', gap: '1.0.0' }, async (folder) => {
        expect((await assayHere(['update', ...TRUST], folder)).status).toBe(0);
        const requests = lab.requests.length;
        const under = async (policy: string): Promise<Result> => {
          writeFileSync(join(folder, 'assay.yml'), policy);
          return resultOf(await assayHere(['--json', ...TRUST], folder));
        };
        expect((await under('enforce: guard\n')).found).toEqual(['warning provenance-missing']);
        expect((await under("expect: {'*': {provenance: required}}\n")).found).toEqual(['error provenance-missing']);
        const young = await under('release-age: 31\nexpect: {gap: {provenance: optional}}\n');
        expect(young.found).toEqual(['warning history-too-new', 'note provenance-missing', 'warning history-too-new']);
        expect(lab.requests).toHaveLength(requests);
        const builder = await under('expect: {p: {trigger: release}}\n');
        expect(builder.found).toEqual(['warning provenance-missing', 'error identity-unexpected-trigger']);
        expect(lab.requests.length).toBeGreaterThan(requests);
      });
    } finally {
      await lab.close();
    }
  });

  it('update takes in nothing that the policy does not expect', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      await inProject(lab, 'expect: {p: {trigger: release}}\n', { p: '1.0.1' }, async (folder) => {
        const { stdout } = await assayHere(['update', ...TRUST], folder);
        expect(stdout).toContain('identity-unexpected-trigger');
        expect(stdout).toContain('0 taken in');
      });
    });
  });
});
