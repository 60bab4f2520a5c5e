import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, type Lab } from '../../lab/index.ts';
import { serveLog } from '../../lab/logs.ts';
import { tufRepository, type TufRepository } from '../../lab/tuf.ts';
import { withLab } from '../support/lab.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { serveRepository, type ServedRepository } from '../support/serve-repository.ts';
import { configOf, type Run } from './run.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/private-sigstore.md'), 'utf8');
/** The YAML of the page, in order. */
const [POLICY = '', TUF = '', PUBLISHED = ''] = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, yaml]) => yaml ?? '',
);
const ISSUER = 'https://token.actions.githubusercontent.com';
const BY = ciWorkflow({ repository: 'team/p' });

interface Company extends LabProject {
  /** The company's registry and Sigstore; the project's own lab is the public one. */
  readonly company: Lab;
  readonly policy: (yaml: string) => void;
  readonly codes: (run: Run) => string[];
}

interface Judged {
  readonly dependencies: readonly { name: string; findings: readonly { code: string }[] }[];
}

/** A project with a package of each: p of the public registry, @company/q of the company's. */
function withCompany(work: (project: Company) => Promise<void>): Promise<void> {
  return withLab((company) =>
    withProject(async (project) => {
      const { lab, folder, lock, edit } = project;
      await lab.publish({ name: 'p', version: '1.0.0', by: BY });
      await lab.publish({ name: '@company/q', version: '1.0.0', by: BY });
      await company.publish({ name: '@company/q', version: '1.0.0', by: BY });
      await lock({ p: '1.0.0', '@company/q': '1.0.0' });
      edit('.npmrc', (text) => `${text}@company:registry=${company.url}\n`);
      edit('package-lock.json', (text) => {
        const own = company.lockfile({ '@company/q': '1.0.0' });
        const ofCompany = /"node_modules\/@company\/q": \{[^}]*\}/.exec(own)?.[0] ?? '';
        return text.replace(/"node_modules\/@company\/q": \{[^}]*\}/, () => ofCompany);
      });
      mkdirSync(join(folder, 'trust'));
      writeFileSync(join(folder, 'trust/company.json'), JSON.stringify(company.trustedRoot));
      writeFileSync(join(folder, 'company-keys.json'), JSON.stringify(company.keys));
      const registries = `registries:\n  private:\n    - url: ${company.url}\n      keys: company-keys.json\n`;
      await work({
        ...project,
        company,
        policy: (yaml) => {
          writeFileSync(join(folder, 'assay.yml'), yaml + registries);
        },
        codes: ({ stdout }) => {
          const { dependencies } = JSON.parse(stdout) as Judged;
          return dependencies.flatMap(({ name, findings }) => findings.map(({ code }) => `${name} ${code}`));
        },
      });
    }),
  );
}

/** The page's policy; the lab's instance logs what it signs. */
const LOGGED = POLICY.replace(/ +thresholds:\n +log: 0\n +sct: 0\n/, '');

describe('docs/private-sigstore.md', () => {
  it('two instances vouch for their own packages, with what the page writes into the policy', async () => {
    await withCompany(async ({ run, codes, policy }) => {
      for (const yaml of [POLICY, LOGGED]) {
        policy(yaml);
        const audit = await run('--json');
        expect(codes(audit)).toEqual([]);
        expect(audit).toMatchObject({ status: 0, stderr: '' });
        expect(JSON.parse(audit.stdout)).toMatchObject({
          trust: {
            ages: [
              { name: 'own', from: 'root.json', confirmed: null },
              { name: 'company', from: 'trust/company.json', confirmed: '2026-03-01T00:00:00Z' },
            ],
          },
        });
      }
      expect((await run()).stdout).toMatch(/the root of company \(trust\/company\.json\), the newest on 2026-03-01/);
    });
  });

  it('a private root does not vouch for what nothing says it should, nor the main one for what is private', async () => {
    await withCompany(async ({ run, codes, policy }) => {
      policy('');
      const unsaid = await run('--json');
      expect(codes(unsaid).filter((code) => code.endsWith('provenance-invalid'))).not.toEqual([]);
      expect(codes(unsaid).filter((code) => code.startsWith('p '))).toEqual([]);
      expect(unsaid.status).toBe(1);

      policy(LOGGED.replace("'@company/*'", "'@company/other'"));
      const other = await run('--json');
      expect(codes(other)).toContain('@company/q provenance-invalid');
      expect(other.stdout).toContain('issued by an authority of company, which does not vouch here: own does');

      policy(LOGGED.replace("'@company/*'", "'*'"));
      const everything = await run('--json');
      expect(codes(everything)).toContain('p provenance-invalid');
      expect(everything.stdout).toContain('issued by an authority of own, which does not vouch here: company does');
      expect(codes(everything).filter((code) => code.startsWith('@company/q'))).toEqual([]);

      // No level makes it less, and no run that was before makes it pass.
      policy(`${LOGGED.replace("'@company/*'", "'*'")}findings:
  - {code: provenance-invalid, level: note, reason: none}
`);
      expect((await run()).status).toBe(2);
    });
  });

  it('says before anything is asked what cannot be: no such instance, thresholds nobody could meet, one authority', async () => {
    await withCompany(async ({ run, policy, folder, company, lab, requestsOf }) => {
      const bare = { ...company.trustedRoot, tlogs: [], ctlogs: [] };
      const asked = await requestsOf(async () => {
        policy("expect:\n  '@company/*':\n    instance: company\n");
        expect(await run()).toMatchObject({ status: 2, stdout: '' });
      });
      expect(asked).toBe(0);
      policy("expect:\n  '@company/*':\n    instance: company\n");
      expect((await run()).stderr).toMatch(/assay\.yml:2: no Sigstore instance company is known here, only own/);
      writeFileSync(join(folder, 'trust/company.json'), JSON.stringify(bare));
      policy(LOGGED);
      expect((await run()).stderr).toMatch(/names no transparency log, and log is 1; state what its bundles show/);
      writeFileSync(join(folder, 'trust/company.json'), JSON.stringify(lab.trustedRoot));
      expect((await run()).stderr).toMatch(/the instances own and company have a certificate authority in common/);
    });
  });

  it('the logs of every instance are asked, and named as hosts; the roots are exported for verify-bundle', async () => {
    await withCompany(async ({ policy, company, folder, run }) => {
      policy(LOGGED);
      const v1 = await serveLog(company.sigstore.rekor.v1, 1);
      try {
        const at = ['--log', `rekor.lab.test=${v1.url}`, '--state', 'state', '--trusted-root', 'root.json'];
        const verified = await assayInside(['log', 'verify', '@company/q@1.0.0', ...at], folder);
        expect([verified.status, verified.stderr]).toEqual([0, '']);
        expect(verified.stdout).toMatch(/^held: /);
        // A log that was set up anew under its name has another key: the file is named that stands against it.
        for (const name of readdirSync(join(folder, 'state'))) {
          writeFileSync(join(folder, 'state', name), 'rekor.lab.test - 1\n1\nAAAA\n\n— rekor.lab.test AAAAAAAA\n');
        }
        const anew = await assayInside(['log', 'verify', '@company/q@1.0.0', ...at], folder);
        expect(anew.status).toBe(3);
        expect(anew.stdout.replace(/\s+/g, ' ')).toMatch(
          /state\/rekor\S+checkpoint\); where .* was set up anew, remove/,
        );
      } finally {
        await v1.close();
      }
      const named = JSON.stringify(company.trustedRoot).replaceAll(
        'https://rekor.lab.test',
        'https://rekor.company.test',
      );
      writeFileSync(join(folder, 'trust/company.json'), named);
      const hosts = (await run('trust', 'hosts')).stdout;
      for (const host of ['rekor.lab.test', 'rekor.company.test'])
        expect(hosts).toMatch(new RegExp(`^${host} https.*: transparency log`, 'm'));
      const shown = (await run('trust')).stdout;
      expect(shown).toMatch(
        /rekor\.lab\.test,[^]*\n +instance +company \(trust\/company\.json\)[^]*rekor\.company\.test,/,
      );
      const { parts } = JSON.parse((await run('trust', '--json')).stdout) as {
        parts: { name: string; instance: string | null }[];
      };
      const logs = parts
        .filter(({ name }) => name.startsWith('rekor.'))
        .map(({ name, instance }) => `${name} ${instance ?? '-'}`);
      expect(logs).toEqual(['rekor.lab.test -', 'rekor.company.test company']);

      writeFileSync(join(folder, 'trust/company.json'), JSON.stringify(company.trustedRoot));
      const roots = await run('trust', 'export');
      expect([roots.status, roots.stderr, roots.stdout.trimEnd().split('\n').length]).toEqual([0, '', 2]);
      writeFileSync(join(folder, 'roots.jsonl'), roots.stdout);
      const { identity } = BY;
      writeFileSync(join(folder, 'x'), 'x');
      const bundle = company.sigstore.signMessage(Buffer.from('x'), { identity }, { log: 'v1' });
      writeFileSync(join(folder, 'x.json'), JSON.stringify(bundle));
      const by = ['--certificate-identity-regexp', '.*', '--certificate-oidc-issuer', ISSUER];
      const verify = (...args: string[]): Promise<Run> =>
        assayInside(['verify-bundle', '--bundle', 'x.json', ...by, 'x', ...args], folder);
      expect((await verify('--trusted-root', 'roots.jsonl')).status).toBe(0);
      const without = await verify();
      expect(without.status).toBe(1);
      expect(without.stdout.replace(/\s+/g, ' ')).toContain('a Sigstore of your own: --trusted-root FILE');
    });
  });

  it('an age that is too old, or that nobody states, is no statement', async () => {
    await withCompany(async ({ run, policy, folder, lab }) => {
      const main = `trust:\n  root: root.json\n  as-of: ${new Date().toISOString().slice(0, 10)}\n`;
      const aged = (more: string): string => main + LOGGED.replace('trust:\n', more);
      const audit = (): Promise<Run> => assayInside(['--registry-keys', 'keys.json'], folder);
      writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
      policy(aged('  max-age: 2d\n'));
      const old = await audit();
      expect({ status: old.status, stdout: old.stdout }).toEqual({ status: 3, stdout: '' });
      expect(old.stderr).toMatch(
        /^assay: the trusted root of company was last known to be the newest at 2026-03-01T00:00:00Z, and trust\.max-age in assay\.yml is 48h: .*assay trust import.*\n$/,
      );
      policy(aged('  max-age: 2d\n').replace(/ +as-of: 2026-03-01\n/, ''));
      expect((await audit()).stderr).toMatch(/nobody says how old the trusted root of company is/);
      policy(aged('  max-age: 2d\n').replace('as-of: 2026-03-01', `as-of: ${new Date().toISOString().slice(0, 10)}`));
      expect((await audit()).status).toBe(0);
      policy(aged('  max-age: 2d\n').replace('as-of: 2026-03-01', 'as-of: 2999-01-01'));
      const ahead = await audit();
      expect({ status: ahead.status, stdout: ahead.stdout }).toEqual({ status: 3, stdout: '' });
      expect(ahead.stderr).toMatch(
        /^assay: the trusted root of company is said to be the newest at 2999-.*mend as-of\n$/,
      );
      expect((await run()).stderr).toMatch(/nobody says how old the trusted root of own is \(root\.json\)/);
    });
  });

  it('a mirror in a folder is verified as one on the network is, from its root with its checksum', async () => {
    await withProject(async ({ lab, folder, lock }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: BY });
      await lock({ p: '1.0.0' });
      const targets = { 'trusted_root.json': lab.trustedRoot, 'registry.npmjs.org/keys.json': lab.tufKeys };
      const repository = tufRepository({ targets });
      const put = (files: ReadonlyMap<string, Buffer>): void => {
        for (const [path, body] of files) {
          const to = join(folder, 'trust/mirror', decodeURIComponent(path));
          mkdirSync(resolve(to, '..'), { recursive: true });
          writeFileSync(to, body);
        }
      };
      put(repository.files);
      writeFileSync(join(folder, 'trust/tuf-root.json'), repository.root);
      const digest = createHash('sha256').update(repository.root).digest('hex');
      writeFileSync(join(folder, 'assay.yml'), TUF.replace(/0{64}/, digest));
      const audit = (...args: string[]): Promise<Run> => assayInside(['--json', '--no-cache', ...args], folder);
      const run = await audit();
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(JSON.parse(run.stdout)).toMatchObject({
        trust: { repository: { state: 'current', origin: 'repository' }, ages: [{ name: 'own' }] },
      });
      const options = ['--tuf', 'trust/mirror', '--tuf-root', 'trust/tuf-root.json'];
      expect((await audit(...options, '--tuf-root-sha256', digest)).status).toBe(0);
      const wrong = await audit(...options, '--tuf-root-sha256', 'ab'.repeat(32));
      expect(wrong.stderr).toMatch(/the TUF root trust\/tuf-root\.json cannot be used: its SHA-256 is /);
      writeFileSync(join(folder, 'assay.yml'), TUF);
      expect((await audit()).stderr).toMatch(/its SHA-256 is [0-9a-f]{64} instead of 0{64}/);
      expect((await audit('--tuf', 'nowhere', '--tuf-root', 'trust/tuf-root.json')).status).toBe(2);
      writeFileSync(join(folder, 'trust/mirror/timestamp.json'), '{}');
      expect((await audit(...options)).status).toBe(3);
    });
  });

  it('an instance beside the main one whose root a repository of its own publishes', async () => {
    await withPublished(async ({ audit, url, repository, lab, run }) => {
      const first = await audit();
      expect(first).toMatchObject({ status: 0, stderr: '' });
      const of = ({ stdout }: Run): unknown => (JSON.parse(stdout) as Report).trust.ages[1];
      const repositoryOf = { url, state: 'current', origin: 'repository', versions: { root: 1, timestamp: 1 } };
      expect(of(first)).toMatchObject({ name: 'company', from: url, repository: repositoryOf });
      expect((await run('trust', 'hosts')).stdout).toContain(
        `${new URL(url).host} http: TUF repository of the trusted root of company`,
      );

      // What was verified is used at once; a newer root counts in the same run.
      repository.publish({ 'trusted_root.json': { ...company(repository), certificateAuthorities: [] } });
      const withdrawn = await audit();
      expect(withdrawn.status).toBe(1);
      expect(withdrawn.stdout).toContain('provenance-invalid');
      repository.publish({ 'trusted_root.json': lab.trustedRoot });
      const shared = await audit();
      expect(shared).toMatchObject({ status: 2, stdout: '' });
      expect(shared.stderr).toMatch(/own and company have a certificate authority in common/);
    });
  });

  it('the root of any repository is held to the same as a file: authorities of its own, which can show what must be', async () => {
    await withCompany(async ({ company: other, policy, folder, lab }) => {
      const { trustedRoot } = lab;
      const publish = async (root: object, work: (audit: () => Promise<Run>) => Promise<void>): Promise<void> => {
        const targets = { 'trusted_root.json': root, 'registry.npmjs.org/keys.json': lab.tufKeys };
        const repository = tufRepository({ targets });
        const server = await serveRepository(repository);
        writeFileSync(join(folder, 'tuf-root.json'), repository.root);
        const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
        try {
          await work(() => assayInside(['--tuf', server.url, '--tuf-root', 'tuf-root.json'], folder, env));
          // What was kept and cannot be used does not stand in the way of what is published now.
          repository.publish({ 'trusted_root.json': lab.trustedRoot });
          expect((await assayInside(['--tuf', server.url, '--tuf-root', 'tuf-root.json'], folder, env)).stderr).toBe(
            '',
          );
        } finally {
          await server.close();
        }
      };
      policy(LOGGED);
      const certificateAuthorities = [trustedRoot, other.trustedRoot].flatMap((one) => one.certificateAuthorities);
      await publish({ ...trustedRoot, certificateAuthorities }, async (audit) => {
        for (const run of [await audit(), await audit()]) {
          expect(run).toMatchObject({ status: 2, stdout: '' });
          expect(run.stderr).toMatch(
            /^assay: the instances own and company have a certificate authority in common .*\n$/,
          );
        }
      });
      const lacking = [
        [{ ctlogs: [] }, 'names no certificate-transparency log, and sct is 1'],
        [{ tlogs: [] }, 'names no transparency log, and log is 1'],
        [{ tlogs: [], timestampAuthorities: [] }, 'names no transparency log, and log is 1'],
      ] as const;
      for (const [change, words] of lacking) {
        await publish({ ...trustedRoot, ...change }, async (audit) => {
          for (const run of [await audit(), await audit()]) {
            expect(run).toMatchObject({ status: 2, stdout: '' });
            expect(run.stderr).toMatch(/^assay: the trusted root http:\S+ cannot be used: it names .*\n$/);
            expect(run.stderr).toContain(words);
          }
        });
      }
    });
  });

  it('the repository of such an instance is refused, unreachable or unknown by itself', async () => {
    await withPublished(async ({ audit, human, url, repository, run, server }) => {
      expect((await run('trust', 'refresh')).status).toBe(0);
      const { files } = repository;
      const timestamp = files.get('timestamp.json') ?? Buffer.alloc(0);
      repository.touch();
      expect((await run('trust', 'refresh')).status).toBe(0);
      files.set('timestamp.json', timestamp);
      expect((await run('trust', 'refresh')).status).toBe(3);
      expect(await human()).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`WARNING: what ${url}`) as string,
      });
      await server.close();
      expect(await human()).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`whether there is a newer root could not be asked of ${url}`) as string,
      });
      expect((await audit('--no-cache')).status).toBe(3);
    });
  });

  it('the repository of such an instance says nothing of keys, and is held to the checksum of its root', async () => {
    await withPublished(async ({ audit, run, edit, repository, company: { tufKeys } }) => {
      repository.publish({ 'registry.npmjs.org/keys.json': tufKeys });
      expect((await audit()).status).toBe(0);
      const { stdout } = await run('trust', 'refresh', '--json');
      expect(stdout).toContain('registry key');
      for (const { keyId } of tufKeys.keys) expect(stdout).not.toContain(keyId);
      edit('assay.yml', (text) => text.replace(/sha256: '[0-9a-f]{8}/, "sha256: '00000000"));
      const wrong = await audit();
      expect(wrong.status).toBe(2);
      expect(wrong.stderr).toMatch(/the TUF root trust\/company-tuf\.json cannot be used: its SHA-256 is /);
      edit('assay.yml', (text) => text.replace(/tuf:\n.*url: .*\n/, 'tuf:\n'));
      expect((await audit()).stderr).toMatch(/a TUF repository needs url or folder, and root/);
    });
  });
});

interface Report {
  readonly trust: { readonly ages: readonly unknown[] };
}

/** The trusted root that a repository publishes now. */
function company({ files }: TufRepository): object {
  const target = [...files].filter(([path]) => /^targets\/[0-9a-f]+\.trusted_root\.json$/.test(path)).at(-1);
  return JSON.parse(target?.[1].toString() ?? '') as object;
}

interface Published extends Company {
  readonly repository: TufRepository;
  readonly server: ServedRepository;
  readonly url: string;
  readonly audit: (...args: string[]) => Promise<Run>;
  readonly human: () => Promise<Run>;
}

/** The page's third policy, with a repository that is there, and a cache. */
function withPublished(work: (project: Published) => Promise<void>): Promise<void> {
  return withCompany(async (project) => {
    const { folder, policy } = project;
    const repository = tufRepository({ targets: { 'trusted_root.json': project.company.trustedRoot } });
    const server = await serveRepository(repository);
    writeFileSync(join(folder, 'trust/company-tuf.json'), repository.root);
    const digest = createHash('sha256').update(repository.root).digest('hex');
    policy(PUBLISHED.replace('https://tuf.company.example/', server.url).replace(/0{64}/, digest));
    const options = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
    const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder), npm_config_fetch_retries: '0' };
    const run = (...args: string[]): Promise<Run> => assayInside([...args, ...options], folder, env);
    try {
      await work({
        ...project,
        ...{ repository, server, url: server.url, run },
        audit: (...args) => run('audit', '--json', ...args),
        human: () => run('audit'),
      });
    } finally {
      await server.close().catch(() => undefined);
    }
  });
}
