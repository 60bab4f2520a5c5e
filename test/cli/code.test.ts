import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { partOfCache } from '../../src/store/place.ts';
import { openCache } from '../../src/store/store.ts';
import { openCode } from '../../src/cli/code.ts';
import { flagsOf } from '../../src/cli/v8-flags.ts';
import { withProject } from './lab-project.ts';
import { assay, CLI, inFolder, type Run } from './run.ts';

const FILES = {
  'main.cjs':
    "'use strict';\nconst { twice } = require('./part.cjs');\nmodule.exports = { run: () => twice(21), strict: !this };\n",
  'part.cjs': "'use strict';\nexports.twice = (n) => n * 2;\nexports.where = [__filename, __dirname];\n",
};

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** A cache of one process, which counts what is put into it. */
function counted(): {
  readonly get: (id: string) => Buffer | null;
  readonly put: (id: string, value: Buffer) => void;
  puts: number;
} {
  const values = new Map<string, Buffer>();
  return {
    puts: 0,
    get: (id) => values.get(id) ?? null,
    put(id, value) {
      this.puts += 1;
      values.set(id, value);
    },
  };
}

interface Main {
  readonly run: () => number;
}

describe('openCode', () => {
  it('runs files that load each other, each once', async () => {
    await inFolder((folder) => {
      write(folder, {
        ...FILES,
        'count.cjs': "globalThis.counted = (globalThis.counted ?? 0) + 1; require('./part.cjs');\n",
      });
      const code = openCode(folder, null);
      expect((code.load('main.cjs') as Main).run()).toBe(42);
      expect(code.load('part.cjs')).toMatchObject({ where: [join(folder, 'part.cjs'), folder] });
      expect([code.load('count.cjs'), code.load('count.cjs')]).toEqual([{}, {}]);
      expect((globalThis as { counted?: number }).counted).toBe(1);
      expect(() => code.load('none.cjs')).toThrow('ENOENT');
      code.keep();
    });
  });

  it('keeps what was compiled once, and takes it from then on', async () => {
    await inFolder((folder) => {
      write(folder, FILES);
      const cache = counted();
      for (const puts of [2, 2, 2]) {
        const code = openCode(folder, cache);
        expect((code.load('main.cjs') as Main).run()).toBe(42);
        code.keep();
        expect(cache.puts).toBe(puts);
      }
    });
  });

  it('compiles again what has another text', async () => {
    await inFolder((folder) => {
      write(folder, FILES);
      const cache = counted();
      const run = (): number => {
        const code = openCode(folder, cache);
        const result = (code.load('main.cjs') as Main).run();
        code.keep();
        return result;
      };
      expect([run(), cache.puts]).toEqual([42, 2]);
      write(folder, { 'part.cjs': FILES['part.cjs'].replace('* 2', '* 3') });
      expect([run(), cache.puts]).toEqual([63, 3]);
      expect([run(), cache.puts]).toEqual([63, 3]);
    });
  });
});

/** Runs the built assay with a home and a cache of its own. */
function assayAt(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  return assay(args, folder, { ASSAY_CACHE: join(folder, 'cache'), XDG_CONFIG_HOME: join(folder, 'config'), ...env });
}

function codeFiles(folder: string): readonly string[] {
  const kept = join(folder, 'cache/code/v1');
  return existsSync(kept) ? readdirSync(kept).map((name) => join(kept, name)) : [];
}

const EXPLAIN = ['explain', 'provenance-lost'];
const MAIN = readFileSync(join(dirname(CLI), 'main.cjs'));
const WRAPPER = '(function (exports, require, module, __filename, __dirname) { ';

/** What V8 compiles of a source in a process of its own that is set as assay's. */
function compiled(source: string): Buffer {
  const program = `
    const { Script } = await import('node:vm');
    let source = '';
    for await (const piece of process.stdin) source += piece;
    process.stdout.write(new Script(source).createCachedData());`;
  const flags = [...flagsOf(process.versions.node, true), '--input-type=module'];
  return execFileSync(process.execPath, [...flags, '-e', program], { input: source, maxBuffer: 16 * 1024 * 1024 });
}

/** Has the cache of that folder hold this for main.cjs, bound to the key in `keys`. */
function keep(folder: string, keys: string, value: Buffer): void {
  const id = createHash('sha256').update(`${process.version} ${process.arch}\n`).update(MAIN).digest('hex');
  const place = { folder: join(folder, 'cache'), keyFile: join(folder, keys, 'assay/cache.key') };
  const cache = openCache(partOfCache('code', place), 'code of explain', 0);
  cache?.put(id, value);
  cache?.close();
}

describe('the code of assay', () => {
  it('is kept for each command, and not written again', async () => {
    await inFolder(async (folder) => {
      const first = await assayAt(folder, EXPLAIN);
      expect(first).toMatchObject({ status: 0, stderr: '' });
      const [file = '', ...others] = codeFiles(folder);
      expect(others).toEqual([]);
      expect(statSync(file).mode & 0o077).toBe(0);
      const before = statSync(file).mtimeMs;
      expect(await assayAt(folder, EXPLAIN)).toEqual(first);
      expect(statSync(file).mtimeMs).toBe(before);
      await assayAt(folder, ['trust']);
      expect(codeFiles(folder)).toHaveLength(2);
    });
  });

  it.each([
    ['in a pipeline', EXPLAIN, { CI: 'true' }],
    ['without a cache', [...EXPLAIN, '--no-cache'], {}],
    ['with an empty ASSAY_CACHE', EXPLAIN, { ASSAY_CACHE: '' }],
    ['by the command that empties it', ['cache'], {}],
    ['for a page of help', ['explain', '--help'], {}],
    ['for the version', ['--version'], {}],
    ['for wrong usage', ['explain', 'nothing'], {}],
  ])('is not kept %s', async (_, args, env) => {
    await inFolder(async (folder) => {
      await assayAt(folder, args, env);
      expect(codeFiles(folder)).toEqual([]);
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
      const [file = ''] = codeFiles(folder);
      const before = statSync(file).mtimeMs;
      expect(await audit()).toEqual(first);
      expect(statSync(file).mtimeMs).toBe(before);
    });
  });

  it('is compiled again where one bit of what was kept differs, wherever', async () => {
    await inFolder(async (folder) => {
      const expected = await assayAt(folder, EXPLAIN);
      const [file = ''] = codeFiles(folder);
      const good = readFileSync(file);
      for (const at of [0, 31, 32, 64, 68, 1000, Math.floor(good.length / 2), good.length - 1]) {
        const changed = Buffer.from(good);
        changed[at] = (changed[at] ?? 0) ^ 1;
        writeFileSync(file, changed);
        expect(await assayAt(folder, EXPLAIN)).toEqual(expected);
        expect(readFileSync(file).equals(changed)).toBe(false);
      }
      for (const text of ['', good.subarray(0, 100), good.subarray(0, good.length - 1)]) {
        writeFileSync(file, text);
        expect(await assayAt(folder, EXPLAIN)).toEqual(expected);
      }
    });
  });

  // V8 itself takes compiled code of any source that is as long as the one it is asked for.
  it.each([
    ['of somebody else is not run', 'attacker', false],
    ['is run where this user has kept it', 'config', true],
  ])('%s', async (_, keys, isRun) => {
    await inFolder(async (folder) => {
      const expected = await assayAt(folder, EXPLAIN);
      const [file = ''] = codeFiles(folder);
      const length = `${WRAPPER}${MAIN.toString('utf8')}\n})`.length;
      // In parentheses, V8 compiles a function at once, and so never looks for its text.
      const other =
        "(function (exports, require, module) { module.exports = { run: (function () { console.log('other'); return Promise.resolve(0); }) };";
      keep(folder, keys, compiled(`${other.padEnd(length - 2)}})`));
      const before = readFileSync(file);
      expect(await assayAt(folder, EXPLAIN)).toEqual(isRun ? { status: 0, stdout: 'other\n', stderr: '' } : expected);
      expect(readFileSync(file).equals(before)).toBe(isRun);
    });
  });

  it('is compiled again where V8 refuses what was kept', async () => {
    await inFolder(async (folder) => {
      const expected = await assayAt(folder, EXPLAIN);
      const [file = ''] = codeFiles(folder);
      const good = compiled(`${WRAPPER}${MAIN.toString('utf8')}\n})`);
      for (const refused of [Buffer.from('not what V8 wrote'), Buffer.alloc(0), Buffer.from(good).fill(1, 0, 16)]) {
        keep(folder, 'config', refused);
        const before = readFileSync(file);
        expect(await assayAt(folder, EXPLAIN)).toEqual(expected);
        expect(readFileSync(file).equals(before)).toBe(false);
      }
    });
  });
});
