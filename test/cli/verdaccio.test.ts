import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { fromRegistry, notToBeHad } from '../lockfiles/real.ts';
import { withProject, type LabProject } from './lab-project.ts';

const VERDACCIO = 'verdaccio@6.8.0';
const TEAM = ciWorkflow({ repository: 'team/p' });
const NAMES = ['a', 'b', 'c'];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts the real mirror before the lab's registry; returns its address once it answers. */
async function mirror(verdaccio: string, { lab, folder }: LabProject): Promise<{ url: string; process: ChildProcess }> {
  const url = `http://127.0.0.1:${await freePort()}/`;
  const config = {
    storage: join(folder, 'storage'),
    uplinks: { lab: { url: lab.url } },
    packages: { '**': { access: '$all', proxy: 'lab' } },
    log: { type: 'stdout', level: 'fatal' },
    web: { enable: false },
  };
  const file = join(folder, 'verdaccio.yaml');
  writeFileSync(file, JSON.stringify(config));
  const args = [join(verdaccio, 'bin/verdaccio'), '--config', file, '--listen', url];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`${url}-/ping`).catch(() => null);
    if (answer?.ok === true) return { url, process: child };
    await wait(100);
  }
  child.kill();
  throw new Error('Verdaccio did not answer');
}

describe('behind the real Verdaccio, which serves no attestations', () => {
  it('an audit has one finding for the registry, which says what to do', { timeout: 300_000 }, async ({ skip }) => {
    // It asks for a tag of node-fetch that not every registry has.
    const verdaccio = fromRegistry(VERDACCIO, { 'node-fetch': '2.7.0' });
    if (verdaccio === null) return skip(notToBeHad(VERDACCIO));
    await withProject(async (project) => {
      const { lab, folder, run, report, lock, edit } = project;
      for (const name of NAMES) await lab.publish({ name, version: '1.0.0', by: TEAM });
      lab.clock.advance(86_400_000);
      await lock(Object.fromEntries(NAMES.map((name) => [name, '1.0.0'])));
      expect((await report('audit')).status).toBe(0);
      const { url, process: child } = await mirror(verdaccio, project);
      try {
        const through = (text: string): string => text.replaceAll(lab.url, url);
        for (const file of ['package-lock.json', '.npmrc']) edit(file, through);
        for (const enforce of ['observe', 'guard', 'all']) {
          const { status, findings } = await report('audit', '--enforce', enforce);
          expect([enforce, status, findings.filter(({ level }) => level !== 'note')]).toEqual([enforce, 3, []]);
        }
        const { stdout } = await run('audit');
        const said = stdout.match(/\[evidence-not-served\][^\n]*/g) ?? [];
        expect(said).toHaveLength(1);
        expect(stdout).toMatch(/a@1\.0\.0 .*\n.*b@1\.0\.0 .*\n.*c@1\.0\.0 /);
        expect(stdout).toContain('assay explain evidence-not-served');
        expect(stdout).not.toMatch(/next.*run the same command again/);

        // What its page says to do: the mirror stands for the registry behind it, which is asked.
        writeFileSync(join(folder, 'assay.yml'), `registries:\n  mirrors:\n    - url: ${url}\n      of: ${lab.url}\n`);
        const asked = await report('audit', '--registry', lab.url);
        expect([asked.status, asked.findings.filter(({ level }) => level !== 'note')]).toEqual([0, []]);
      } finally {
        child.kill();
        await once(child, 'exit');
      }
    });
  });
});
