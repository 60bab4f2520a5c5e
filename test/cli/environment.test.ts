import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { fromRegistry, notToBeHad } from '../lockfiles/real.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { CLI, inFolder, NO_NETWORK, start } from './run.ts';

const ONE_LINE = /^assay: [^\n]+\n$/;

/** A project whose one dependency holds. */
async function withSound(work: (project: LabProject) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    await project.lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    await project.lock({ p: '1.0.0' });
    await work(project);
  });
}

describe('a Node that is too old', () => {
  const check = (): string => /^'use strict';\n\(function[^]*?\}\)\(\);/m.exec(readFileSync(CLI, 'utf8'))?.[0] ?? '';

  it.each([
    ['18.20.8', 2],
    ['20.18.3', 2],
    ['20.19.0', null],
    ['24.0.0', null],
  ] as const)('is named before anything else runs: %s', (version, expected) => {
    const said: string[] = [];
    let status: number | null = null;
    const process = {
      version: `v${version}`,
      versions: { node: version },
      stderr: { write: (text: string) => said.push(text) },
      exit: (code: number) => (status = code),
    };
    expect(check()).toContain('needs Node.js');
    runInNewContext(check(), { process });
    expect(status).toBe(expected);
    expect(said.join('')).toMatch(expected === null ? /^$/ : ONE_LINE);
  });

  it.skipIf(process.platform === 'win32')('gets one line and exit status 2: Node 18', async ({ skip }) => {
    const name = `node-${process.platform}-${process.arch}@18`;
    const node = fromRegistry(name);
    if (node === null) return skip(notToBeHad(name));
    await inFolder(async (folder) => {
      const run = await start(join(node, 'bin/node'), [CLI, 'audit'], folder, {});
      expect([run.status, run.stdout]).toEqual([2, '']);
      expect(run.stderr).toMatch(ONE_LINE);
    });
  });
});

describe('what a machine or a project may lack', () => {
  const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];

  it('a home: the audit holds without one', async () => {
    await withSound(async ({ folder }) => {
      const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...NO_NETWORK };
      const run = await start(process.execPath, [CLI, 'audit', ...TRUST], folder, env);
      expect([run.status, run.stderr]).toEqual([0, '']);
    });
  });

  it.skipIf(process.platform === 'win32')('a home that is a file, or would be below one', async () => {
    await withSound(async ({ folder }) => {
      const homes = mkdtempSync(join(tmpdir(), 'assay-homes-'));
      writeFileSync(join(homes, 'file'), '');
      for (const home of ['/dev/null', join(homes, 'file'), join(homes, 'file/below')]) {
        const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...NO_NETWORK, HOME: home };
        const run = await start(process.execPath, [CLI, 'audit', ...TRUST], folder, env);
        expect([home, run.status, run.stderr]).toEqual([home, 0, '']);
        for (const args of [['cache'], ['trust'], ['trust', 'hosts'], ['update', ...TRUST]]) {
          const { status, stderr } = await start(process.execPath, [CLI, ...args], folder, env);
          expect([home, args, status, stderr]).toEqual([home, args, 0, '']);
        }
        const verify = await start(
          process.execPath,
          [CLI, 'log', 'verify', 'b.json', ...TRUST.slice(0, 2)],
          folder,
          env,
        );
        expect([home, verify.status, verify.stdout]).toEqual([home, 2, '']);
        expect(verify.stderr).toMatch(/^assay: cannot keep checkpoints in [^\n]*\n$/);
      }
      removeFolder(homes);
    });
  });

  it('a variable that only an unused scope names; one that is asked for is named in one line', async () => {
    await withSound(async ({ edit, run, lab }) => {
      edit('.npmrc', (text) => `${text}\n@acme:registry=\${ACME_REGISTRY}\n`);
      expect((await run('audit')).status).toBe(0);
      await lab.publish({ name: '@acme/q', version: '1.0.0', by: ciWorkflow({ repository: 'acme/q' }) });
      edit('.npmrc', (text) => text.replace(/^registry=.*$/m, 'registry=${NO_REGISTRY}'));
      const missing = await run('audit');
      expect([missing.status, missing.stdout]).toEqual([2, '']);
      expect(missing.stderr).toMatch(ONE_LINE);
      expect(missing.stderr).toContain('NO_REGISTRY');
    });
  });

  it.each(['dependencies', 'devDependencies', 'optionalDependencies'])(
    '%s of package.json that are a list: one line, and exit status 2',
    async (field) => {
      await withSound(async ({ edit, run }) => {
        edit('package.json', (text) => JSON.stringify({ ...(JSON.parse(text) as object), [field]: [] }));
        const { status, stdout, stderr } = await run('audit');
        expect([status, stdout]).toEqual([2, '']);
        expect(stderr).toMatch(ONE_LINE);
        expect(stderr).toContain(`${field} is not an object`);
      });
    },
  );

  it('comments in package.json that npm does not read: one line, and exit status 2', async () => {
    await withSound(async ({ folder, run }) => {
      writeFileSync(join(folder, 'package.json'), '{\n  // why\n  "name": "app"\n}\n');
      const { status, stdout, stderr } = await run('audit');
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(ONE_LINE);
      expect(stderr).toContain('package.json:2');
    });
  });
});
