import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withGoProject, type GoProject } from './go-project.ts';
import { CLI, configOf, environmentOf, start, type Run } from './run.ts';

/** Runs of one project with a cache, each with the paths that it asked for, without that of the database. */
function runsOf({
  lab,
  folder,
  runWith,
}: GoProject): (...args: string[]) => Promise<readonly [Run, readonly string[]]> {
  const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
  return async (...args) => {
    const before = lab.requests.length;
    const ran = await runWith(env, 'audit', ...args);
    return [ran, lab.requests.slice(before).map(({ url }) => url.replace('/sumdb/sum.lab.example/', ''))];
  };
}

const FIRST = 'lookup/a.example/one@v1.0.0';

describe('what a Go project is asked about', () => {
  it('is one record where a run of this hour asked before, and what is new of the tree', () =>
    withGoProject(async (project) => {
      const { lab } = project;
      const run = runsOf(project);
      expect((await run())[1].length).toBeGreaterThan(10);
      const [warm, asked] = await run();
      expect(warm.status).toBe(0);
      expect(asked).toEqual([FIRST]);
      lab.grow(1);
      const [grown, more] = await run();
      expect(grown.status).toBe(0);
      expect(grown.stdout).toContain('a tree of 309 entries');
      expect(more).toEqual([FIRST, 'tile/8/0/001.p/53']);
      expect((await run())[1]).toEqual([FIRST]);
    }));

  it('is asked anew where a kept way has no answer: what passes nothing on knows of no absence', () =>
    withGoProject(async (project) => {
      const { lab, edit } = project;
      const run = runsOf(project);
      await run();
      edit('go.sum', (text) => text + lab.publish('a.example/one', 'v1.9.0', { logged: false }));
      const [unlogged, asked] = await run();
      expect(unlogged.status).toBe(1);
      expect(unlogged.stdout).toContain('log-record-missing');
      expect(asked).toContain('supported');
      expect(asked.filter((path) => path.includes('one@v1.9.0'))).toHaveLength(1);
      lab.behave(/supported$/, { status: 403 });
      const [refused] = await run();
      expect(refused.status).toBe(3);
      expect(refused.stdout).not.toContain('log-record-missing');
    }));

  it('goes no way that was kept under other settings', () =>
    withGoProject(async ({ lab, folder, runWith }) => {
      const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
      await runWith(env, 'audit');
      const before = lab.requests.length;
      await runWith({ ...env, GOPROXY: `${lab.url}other|${lab.url.slice(0, -1)}` }, 'audit');
      expect(lab.requests[before]?.url).toMatch(/^\/other\//);
      expect(lab.requests.slice(before).map(({ url }) => url)).toContain('/other/sumdb/sum.lab.example/supported');
    }));

  it('does not wait for what is retracted before it is held to the tree', () =>
    withGoProject(async ({ lab, run }) => {
      lab.behave(/@v\/list$/, { delayMs: 700 });
      expect((await run('audit')).status).toBe(0);
      const paths = lab.requests.map(({ url }) => url);
      const last = paths.findLastIndex((url) => url.includes('/tile/'));
      expect(last).toBeGreaterThan(0);
      expect(last).toBeLessThan(paths.findIndex((url) => url.endsWith('.mod')));
    }));

  it('starts no thread, as nothing is verified on one', () =>
    withGoProject(async ({ lab, folder, edit }) => {
      const sums = Array.from({ length: 80 }, (_, i) => lab.publish(`c.example/m${i}`, 'v1.0.0'));
      edit('go.sum', (text) => text + sums.join(''));
      const hook = join(folder, 'hook.cjs');
      writeFileSync(
        hook,
        `const threads = require('node:worker_threads');
        const { Worker } = threads;
        threads.Worker = class extends Worker { constructor(...all) { console.error('a thread'); super(...all); } };
        require('node:module').syncBuiltinESMExports();`,
      );
      const env = environmentOf(folder, { ...lab.env, NODE_OPTIONS: `--require ${JSON.stringify(hook)}` });
      const { status, stderr } = await start(process.execPath, [CLI, 'audit'], folder, env);
      expect(stderr).not.toContain('a thread');
      expect(status).toBe(0);
    }));
});
