import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab, type Published } from '../../lab/index.ts';
import { chainOf, withProject, type AuditJson, type LabProject } from './lab-project.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });
const ACCOUNT = token({ user: 'account' });
const CHECKSUM = `10c0/${'ab'.repeat(64)}`;

/** yarn.lock as Yarn 1 writes it. */
function classic(packages: readonly Published[]): string {
  const entries = packages.map(
    ({ name, version, integrity, manifest }) =>
      `${name}@^${version}:\n  version "${version}"\n  resolved "${manifest.dist.tarball}#${manifest.dist.shasum}"\n  integrity ${integrity}\n`,
  );
  return ['# yarn lockfile v1\n\n', ...entries].join('\n');
}

/** yarn.lock as Yarn 4 writes it, with further lines for some entries. */
function berry(packages: readonly Published[], lines: Record<string, string> = {}): string {
  const entries = packages.map(({ name, version }) => {
    const rest = lines[name] ?? `  checksum: ${CHECKSUM}\n`;
    return `"${name}@npm:^${version}":\n  version: ${version}\n  resolution: "${name}@npm:${version}"\n${rest}  languageName: node\n  linkType: hard\n`;
  });
  const asked = packages.map(({ name, version }) => `    ${name}: "npm:^${version}"\n`).join('');
  const root = `"app@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "app@workspace:."\n  dependencies:\n${asked}  languageName: unknown\n  linkType: soft\n`;
  return [`__metadata:\n  version: 8\n  cacheKey: 10c0\n`, ...entries, root].join('\n');
}

/** Makes the project one of Yarn's: its package.json asks for all packages, for development where `dev` names them. */
function write(
  { folder, lab }: LabProject,
  packages: readonly Published[],
  lockfile: string,
  dev: string[] = [],
): void {
  const asked = (isDev: boolean): Record<string, string> =>
    Object.fromEntries(
      packages.filter(({ name }) => dev.includes(name) === isDev).map(({ name, version }) => [name, `^${version}`]),
    );
  const manifest = { name: 'app', dependencies: asked(false), devDependencies: asked(true) };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, '.npmrc'), `registry=${lab.url}\n`);
  // Yarn 2 and later read no .npmrc.
  writeFileSync(join(folder, '.yarnrc.yml'), `npmRegistryServer: ${lab.url}\n`);
  writeFileSync(join(folder, 'yarn.lock'), lockfile);
}

const codesOf = ({ findings }: AuditJson): string[] =>
  findings.filter(({ level }) => level !== 'note').map(({ name, code }) => `${name} ${code}`);

/** Makes the registry serve another hash for a version than it signed. */
function poison(lab: Lab, name: string): void {
  const integrity = `sha512-${Buffer.alloc(64, name).toString('base64')}`;
  lab.tamper(name, '1.0.0', (manifest) => ({ ...manifest, dist: { ...manifest.dist, integrity } }));
}

describe('a project of Yarn 1', () => {
  it('is verified, and a flipped hash is found in its line', async () => {
    await withProject(async (project) => {
      const { lab, report, run, edit, read } = project;
      const packages = [
        await lab.publish({ name: 'p', version: '1.0.0', by: TEAM }),
        await lab.publish({ name: 'q', version: '1.0.0', by: TEAM }),
      ];
      write(project, packages, classic(packages), ['q']);
      const good = await report();
      expect({ status: good.status, findings: codesOf(good) }).toEqual({ status: 0, findings: [] });
      expect(good.dependencies.map(({ proofs }) => !chainOf(proofs).includes(null))).toEqual([true, true]);
      expect((await report('--omit', 'dev')).dependencies.map(({ name }) => name)).toEqual(['p']);

      edit('yarn.lock', (text) =>
        text.replace(packages[1]?.integrity ?? '', `sha512-${Buffer.alloc(64).toString('base64')}`),
      );
      const bad = await report();
      expect({ status: bad.status, findings: codesOf(bad) }).toEqual({ status: 1, findings: ['q integrity-mismatch'] });
      const line = read('yarn.lock').split('\n').indexOf('q@^1.0.0:') + 1;
      expect(bad.findings[0]).toMatchObject({ location: { file: 'yarn.lock', line } });
      expect((await run()).stdout).toContain(`q@1.0.0  yarn.lock:${line}`);
    });
  });

  it("another package's address and a hash by SHA-1 alone are found", async () => {
    await withProject(async (project) => {
      const { lab, report, edit } = project;
      const good = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const evil = await lab.publish({ name: 'evil', version: '1.0.0', by: ACCOUNT });
      write(project, [good], classic([good]));
      edit('yarn.lock', (text) => text.replaceAll('/p/-/p-', '/evil/-/evil-').replace(good.integrity, evil.integrity));
      const swapped = await report();
      expect(swapped.status).toBe(1);
      expect(codesOf(swapped)).toContain('p lockfile-resolved-mismatch');
      expect(codesOf(swapped)).toContain('p integrity-mismatch');
      write(project, [good], classic([good]).replace(/\n {2}integrity .*/, ''));
      expect(codesOf(await report())).toEqual(['p integrity-weak']);
      write(project, [good], classic([good]).replace(/#[0-9a-f]{40}"\n {2}integrity .*/, `#${'0'.repeat(40)}"`));
      expect(codesOf(await report())).toEqual(['p integrity-mismatch']);
      write(project, [good], classic([good]).replace(/#[0-9a-f]{40}"\n {2}integrity .*/, '"'));
      expect(codesOf(await report())).toEqual(['p integrity-missing']);
    });
  });

  it("what workspaces ask for is the project's own", async () => {
    await withProject(async (project) => {
      const { lab, report, folder } = project;
      const p = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const q = await lab.publish({ name: 'q', version: '1.0.0', by: TEAM });
      write(project, [], classic([p, q]));
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', workspaces: ['packages/*'] }));
      mkdirSync(join(folder, 'packages/w'), { recursive: true });
      const manifest = { name: 'w', dependencies: { p: '^1.0.0' }, devDependencies: { q: '^1.0.0' } };
      writeFileSync(join(folder, 'packages/w/package.json'), JSON.stringify(manifest));
      const all = (await report()) as unknown as { readonly dependencies: readonly object[] };
      expect(all.dependencies).toMatchObject([
        { name: 'p', direct: true, dev: false },
        { name: 'q', direct: true, dev: true },
      ]);
    });
  });
});

describe('what Yarn would install besides', () => {
  it('fails in every phase: a folder, an edge, an entry that is missing; in Yarn 1', async () => {
    await withProject(async (project) => {
      const { lab, report, run, edit } = project;
      const p = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const evil = await lab.publish({ name: 'evil', version: '1.0.0', by: TEAM });
      const codes = async (change: (text: string) => string, ...packages: Published[]): Promise<unknown> => {
        write(project, [p], classic([p, ...packages]));
        edit('yarn.lock', change);
        const { status, findings } = await report('--enforce', 'observe');
        return [status, findings.filter(({ level }) => level === 'error').map(({ code }) => code)];
      };
      expect(await codes((text) => text)).toEqual([0, []]);
      expect(await codes((text) => text.replace(/resolved .*/, 'resolved "file:./evil.tgz"'))).toEqual([
        1,
        ['lockfile-substituted'],
      ]);
      const alias = (text: string): string =>
        text
          .replace(/(integrity .*\n)/, '$1  dependencies:\n    q "npm:evil@^1.0.0"\n')
          .replace('\nevil@^1.0.0:', '\n"q@npm:evil@^1.0.0":');
      expect(await codes(alias, evil)).toEqual([1, ['lockfile-entry-differs']]);
      const missing = (text: string): string => text.replace('p@^1.0.0:', 'p@~1.0.0:');
      expect(await codes(missing)).toEqual([1, []]);
      const { stdout } = await run('--enforce', 'observe');
      expect(stdout.replace(/\s+/g, ' ')).toContain('a missing entry: p@^1.0.0, which . asks for');
      const hidden = (text: string): string => text.replace('p@^1.0.0:\n', 'p@^1.0.0:\n#\n');
      write(project, [p], hidden(classic([p])));
      const refused = await run('--enforce', 'observe');
      expect(refused.status).toBe(2);
      expect(refused.stderr).toMatch(/yarn\.lock:5: .*after which Yarn 1 reads nothing more/);
    });
  });

  it('does not ask a registry for a folder that package.json links', async () => {
    await withProject(async (project) => {
      const { lab, folder, report } = project;
      const p = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      write(project, [p], `${classic([p])}\n"secret@link:../secret":\n  version "0.0.0"\n  uid ""\n`);
      const dependencies = { p: '^1.0.0', secret: 'link:../secret' };
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', dependencies }));
      const before = lab.requests.length;
      expect(await report()).toMatchObject({ status: 0, dependencies: [{ name: 'p' }] });
      const asked = lab.requests.slice(before).map((request) => JSON.stringify(request));
      expect(asked.filter((request) => request.includes('secret'))).toEqual([]);
    });
  });
});

describe('a project of Yarn 2 or later', () => {
  it('init writes what was verified where one dependency has no answer, and ends with 3', async () => {
    await withProject(async (project) => {
      const { lab, run, read, folder } = project;
      const p = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const none = { ...p, name: 'nosuch' };
      lab.behave(/^\/nosuch/, { status: 503 });
      write(project, [p, none], berry([p, none]));
      appendFileSync(join(folder, '.yarnrc.yml'), 'httpRetry: 0\n');
      const { status, stdout } = await run('init');
      expect({ status, stdout: stdout.includes('nothing is written') }).toEqual({ status: 3, stdout: false });
      expect(read('assay.lock')).toContain(`npm:p@1.0.0 artifact ${p.integrity}`);
      expect(read('assay.lock')).not.toContain('nosuch');
      expect(read('assay.yml')).toContain('enforce:');
      for (const file of ['assay.lock', 'assay.yml']) rmSync(join(folder, file));
      write(project, [none], berry([none]));
      appendFileSync(join(folder, '.yarnrc.yml'), 'httpRetry: 0\n');
      const nothing = await run('init');
      expect(nothing.status).toBe(3);
      expect(nothing.stderr).toContain('nothing is written');
    });
  });

  it('code of the project that takes part in installing is in the report', async () => {
    await withProject(async (project) => {
      const { lab, run, report, folder } = project;
      const p = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      write(project, [p], berry([p]));
      const registry = `npmRegistryServer: ${lab.url}\n`;
      writeFileSync(join(folder, '.yarnrc.yml'), `plugins:\n  - path: .yarn/plugins/x.cjs\n${registry}`);
      expect(await report()).toMatchObject({ status: 0 });
      const { stdout } = await run();
      expect(stdout.replace(/\s+/g, ' ')).toContain(
        'not covered: hooks of the project that take part in installing (plugins in .yarnrc.yml:1)',
      );
    });
  });

  it("is verified by the registry's signed hash, and says once that the lockfile does not lock it", async () => {
    await withProject(async (project) => {
      const { lab, report, run } = project;
      const packages = [
        await lab.publish({ name: 'p', version: '1.0.0', by: TEAM }),
        await lab.publish({ name: 'q', version: '1.0.0', by: TEAM }),
      ];
      write(project, packages, berry(packages));
      const good = await report();
      expect({ status: good.status, findings: codesOf(good) }).toEqual({ status: 0, findings: [] });
      for (const [i, { proofs, ...rest }] of good.dependencies.entries()) {
        expect(proofs).toMatchObject({ integrity: null, signature: { integrity: packages[i]?.integrity } });
        expect(proofs['publish'] !== null && proofs['provenance'] !== null).toBe(true);
        expect(rest).toMatchObject({ integrity: [], archive: { checksum: CHECKSUM, due: true } });
      }
      const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
      addFormats.default(ajv);
      const schema = readFileSync(resolve(import.meta.dirname, '../../docs/schemas/report-1.schema.json'), 'utf8');
      const validate = ajv.compile(JSON.parse(schema) as object);
      const { status, ...document } = good;
      expect({ status, valid: validate(document), errors: validate.errors }).toEqual({
        status: 0,
        valid: true,
        errors: null,
      });
      const { stdout } = await run();
      expect(stdout.match(/locks\s+no\s+tarball/g)).toHaveLength(1);
      expect(stdout).toMatch(
        /for\s+2\s+of\s+2\s+dependencies\s+the\s+hash\s+that\s+the\s+registry\s+signed\s+was\s+verified/,
      );
    });
  });

  it('a poisoned served hash is found by the signature, and by the attestations', async () => {
    await withProject(async (project) => {
      const { lab, report } = project;
      const packages = [
        await lab.publish({ name: 'signed', version: '1.0.0', by: ACCOUNT }),
        await lab.publish({ name: 'attested', version: '1.0.0', by: TEAM }),
      ];
      write(project, packages, berry(packages));
      poison(lab, 'signed');
      const bySignature = await report();
      expect(bySignature.status).toBe(1);
      expect(codesOf(bySignature)).toEqual(['signed provenance-missing', 'signed signature-invalid']);
      poison(lab, 'attested');
      const both = codesOf(await report());
      expect(both).toContain('attested provenance-subject-mismatch');
      expect(both).toContain('attested signature-invalid');
      lab.tamper('signed', '1.0.0', (manifest) => {
        const { integrity, ...dist } = manifest.dist;
        expect(integrity).toBeDefined();
        return { ...manifest, dist: dist };
      });
      expect(codesOf(await report())).toContain('signed signature-invalid');
    });
  });

  it('is asked about each time, and held to the hash in the baseline', async () => {
    await withProject(async (project) => {
      const { lab, report, run, read, edit, requestsOf } = project;
      const p = await lab.publish({ name: 'p', version: '1.0.0', by: ACCOUNT });
      write(project, [p], berry([p]));
      expect(await run('update')).toMatchObject({ status: 0 });
      expect(read('assay.lock')).toContain(`npm:p@1.0.0 artifact ${p.integrity}\n`);
      const again = await report();
      expect(again).toMatchObject({
        status: 0,
        baseline: { held: 0, uncovered: [] },
        dependencies: [{ baseline: 'known' }],
      });
      expect(await requestsOf(() => report())).toBeGreaterThan(0);
      expect((await run()).stdout).toMatch(/assay\.lock has the\s+same for 1 of them/);

      // As if the registry had signed something else under the same version.
      edit('assay.lock', (text) => text.replace(p.integrity, `sha512-${Buffer.alloc(64).toString('base64')}`));
      const other = await report();
      expect(other).toMatchObject({ status: 1, dependencies: [{ baseline: 'rewritten' }] });
      expect(codesOf(other)).toContain('p integrity-rewritten');
      expect((await run()).stdout).toContain('is served as');
      expect((await run('update')).stdout).toContain('integrity-rewritten');
    });
  });

  it('what is accepted is accepted of the hash that the registry signed', async () => {
    await withProject(async (project) => {
      const { lab, report, run, read } = project;
      const p = await lab.publish({ name: 'p', version: '1.0.0', by: ACCOUNT });
      const unsigned = await lab.publish({ name: 'unsigned', version: '1.0.0', by: ACCOUNT, signed: false });
      write(project, [p, unsigned], berry([p, unsigned]));
      expect(codesOf(await report())).toContain('p provenance-missing');
      expect(await run('accept', 'p@1.0.0', '--reason', 'ours', '--by', 'me')).toMatchObject({ status: 0, stderr: '' });
      expect(read('assay.lock')).toContain(`npm:p@1.0.0 accepted provenance-missing ${p.integrity} `);
      expect(codesOf(await report())).not.toContain('p provenance-missing');
      const refused = await run('accept', 'unsigned@1.0.0', '--reason', 'ours', '--by', 'me');
      expect(refused.status).toBe(2);
      expect(refused.stderr).toMatch(/^assay: unsigned@1\.0\.0 has no hash in yarn\.lock .*\n$/);
    });
  });

  it('an entry without a checksum where one is due, and an address elsewhere, are found', async () => {
    await withProject(async (project) => {
      const { lab, report } = project;
      const p = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      write(project, [p], berry([p], { p: '' }));
      expect(codesOf(await report())).toEqual(['p integrity-missing']);
      // Yarn writes a checksum of whatever is required, and none of what is optional and not for every machine.
      const q = await lab.publish({ name: 'q', version: '1.0.0', by: TEAM, manifest: { os: ['aix'] } });
      write(project, [q], berry([q], { q: '  conditions: os=aix\n' }));
      expect(codesOf(await report())).toEqual(['q integrity-missing']);
      project.edit('package.json', (text) => text.replace('"dependencies"', '"optionalDependencies"'));
      expect(codesOf(await report())).toEqual([]);
      expect((await project.run('audit')).stdout.replace(/\s+/g, ' ')).toContain('of 1 without a checksum');
      const elsewhere = encodeURIComponent('https://evil.example.com/p/-/p-1.0.0.tgz');
      write(project, [p], berry([p]).replace('"p@npm:1.0.0"', `"p@npm:1.0.0::__archiveUrl=${elsewhere}"`));
      const found = await report();
      expect({ status: found.status, codes: codesOf(found) }).toEqual({
        status: 1,
        codes: ['p lockfile-resolved-mismatch'],
      });
      write(project, [p], berry([p]).replace('resolution: "p@npm:1.0.0"', 'resolution: "evil@npm:1.0.0"'));
      await lab.publish({ name: 'evil', version: '1.0.0', by: TEAM });
      const other = await report('--enforce', 'observe');
      expect({ status: other.status, codes: codesOf(other) }).toEqual({
        status: 1,
        codes: ['evil lockfile-substituted'],
      });
    });
  });
});
