import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withProject } from './lab-project.ts';
import { CLI, inFolder, NO_NETWORK, start, type Run } from './run.ts';

const EXPLAIN = ['explain', 'provenance-lost'];
const isThere = 'enableCompileCache' in module;
const WITHOUT = isThere ? '' : ' (skipped: this Node has no compile cache)';
const ofPosix = process.platform !== 'win32';

/** Runs assay with its cache in `folder`, which is the home. */
function assayAt(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const own = { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_CACHE_HOME: join(folder, 'kept'), LANG: 'C.UTF-8' };
  return start(process.execPath, [CLI, ...args], folder, { ...own, ...NO_NETWORK, ...env });
}

const compiledIn = (folder: string): string => join(folder, 'kept/assay/compiled');

/** Every file that is kept, with the time of its writing. */
function keptIn(folder: string): ReadonlyMap<string, number> {
  const root = compiledIn(folder);
  if (!existsSync(root)) return new Map();
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map(({ parentPath, name }) => [join(parentPath, name), statSync(join(parentPath, name)).mtimeMs]),
  );
}

describe.skipIf(!isThere)(`what Node compiled${WITHOUT}`, () => {
  it('is kept for the next run, in a folder that nobody else can open, and not written again', async () => {
    await inFolder(async (folder) => {
      const first = await assayAt(folder, EXPLAIN);
      expect(first).toMatchObject({ status: 0, stderr: '' });
      const kept = keptIn(folder);
      expect([...kept.keys()]).not.toEqual([]);
      for (const path of ['kept/assay', 'kept/assay/compiled']) {
        if (ofPosix) expect(statSync(join(folder, path)).mode & 0o077, path).toBe(0);
      }
      expect(await assayAt(folder, EXPLAIN)).toEqual(first);
      expect(keptIn(folder)).toEqual(kept);
    });
  });

  it.each([
    ['in a pipeline', EXPLAIN, { CI: 'true' }],
    ['without a cache', [...EXPLAIN, '--no-cache'], {}],
    ['with an empty ASSAY_CACHE', EXPLAIN, { ASSAY_CACHE: '' }],
    ['where ASSAY_CACHE names a folder, which may come from anywhere', EXPLAIN, { ASSAY_CACHE: 'kept/assay' }],
    ['without a home', EXPLAIN, { HOME: '', XDG_CACHE_HOME: '', LOCALAPPDATA: '' }],
    ['for the version', ['--version'], {}],
  ])('is not kept %s', async (_, args, env) => {
    await inFolder(async (folder) => {
      await assayAt(folder, args, env);
      expect([...keptIn(folder).keys()]).toEqual([]);
    });
  });

  it.skipIf(!ofPosix).each<readonly [string, (path: string) => void]>([
    ['others can write', (path) => chmodSync(path, 0o777)],
    ['its group can write', (path) => chmodSync(path, 0o770)],
    [
      'is a link',
      (path) => {
        rmSync(path, { recursive: true });
        mkdirSync(`${path}-elsewhere`, { mode: 0o700 });
        symlinkSync(`${path}-elsewhere`, path);
      },
    ],
    [
      'is a file',
      (path) => {
        rmSync(path, { recursive: true });
        writeFileSync(path, '');
      },
    ],
  ])('is not used where the folder %s', async (_, change) => {
    await inFolder(async (folder) => {
      mkdirSync(compiledIn(folder), { recursive: true, mode: 0o700 });
      change(compiledIn(folder));
      expect(await assayAt(folder, EXPLAIN)).toMatchObject({ status: 0, stderr: '' });
      for (const place of ['compiled', 'compiled-elsewhere']) {
        const path = join(folder, 'kept/assay', place);
        if (existsSync(path) && statSync(path).isDirectory()) expect(readdirSync(path), place).toEqual([]);
      }
    });
  });

  it.each(['.git', 'package.json'])('is neither kept nor used in a project, which has %s', async (mark) => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, mark), '');
      expect(await assayAt(folder, EXPLAIN)).toMatchObject({ status: 0, stderr: '' });
      expect(existsSync(join(folder, 'kept'))).toBe(false);
      // A relative folder would be one of the project that a run is about.
      await assayAt(folder, EXPLAIN, { XDG_CACHE_HOME: 'kept' });
      expect(existsSync(join(folder, 'kept'))).toBe(false);
    });
  });

  it('is kept as the next run begins, also where the run changed how V8 works', async () => {
    await withProject(async ({ folder }) => {
      const entry = (n: number): object => ({
        [`node_modules/p${n}`]: { version: '1.0.0', resolved: `file:p${n}.tgz` },
      });
      const entries = Array.from({ length: 2100 }, (_, n) => entry(n));
      const packages = Object.assign({ '': { name: 'large' } }, ...entries) as object;
      writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ name: 'large', lockfileVersion: 3, packages }));
      const audit = (): Promise<Run> => assayAt(folder, ['audit', '--trusted-root', 'root.json']);
      const first = await audit();
      expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining('2100 dependencies') as string });
      const kept = keptIn(folder);
      expect([...kept.keys()]).not.toEqual([]);
      expect(await audit()).toEqual(first);
      expect(keptIn(folder)).toEqual(kept);
    });
  });
});
