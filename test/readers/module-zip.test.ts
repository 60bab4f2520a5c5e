import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { goModHashOf, readModuleZip } from '../../src/readers/module-zip.ts';
import { ZipError } from '../../src/readers/zip.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { zipOf, type Part } from './zip-archive.ts';

const MODULE = 'a.b/c@v1.0.0';
const files = (...names: readonly string[]): readonly Part[] =>
  names.map((name) => ({ name: `${MODULE}/${name}`, content: `of ${name}` }));
const h1 = (hex: string): string => `h1:${Buffer.from(hex, 'hex').toString('base64')}`;
/** The hash of what is read; the problem of what is not. */
const answerOf = (archive: Buffer): string => {
  try {
    return h1(readModuleZip(archive, MODULE).hash);
  } catch (error) {
    if (error instanceof ZipError) return error.message;
    throw error;
  }
};

describe('the zip of a Go module', () => {
  it('gives its files by their paths in the module', () => {
    const shown = new Map<string, string>();
    const look = (path: string, content: Buffer): void => void shown.set(path, content.toString());
    const { files: read } = readModuleZip(zipOf(files('go.mod', 'x/y.go', 'LICENSE')), MODULE, look);
    expect([...read.keys()]).toEqual(['go.mod', 'x/y.go', 'LICENSE']);
    expect(shown.get('x/y.go')).toBe('of x/y.go');
    expect([...shown.keys()]).toEqual([...read.keys()]);
    expect(read.get('x/y.go')?.size).toBe(9);
  });

  it('has a hash that knows no order, no times and no compression', () => {
    const parts = files('a', 'B', 'é', '\u{20000}', '\uf9d8');
    const hash = answerOf(zipOf(parts));
    expect(hash).toMatch(/^h1:/);
    expect(answerOf(zipOf([...parts].reverse().map((part) => ({ ...part, method: 'stored' }))))).toBe(hash);
    expect(answerOf(zipOf(files('a', 'B', 'é', '\u{20000}')))).not.toBe(hash);
  });

  it.each<[string, readonly Part[]]>([
    ['outside of its module', [{ name: 'a.b/c@v1.0.1/x' }]],
    ['outside of its module', [...files('x'), { name: 'x' }]],
    ['a name that Go refuses', files('a:b')],
    ['a name that Go refuses', files('a*')],
    ['a name that Go refuses', files('a.')],
    ['a name that Go refuses', files('x/.../y')],
    ['a name that Go refuses', files('nul.txt')],
    ['a name that Go refuses', files('COM1/x')],
    ['a name that Go refuses', files('a\u200b')],
    ['not that of the module', files('x/go.mod')],
    ['not that of the module', files('GO.MOD')],
    ['two folders whose names', files('x/a', 'X/b')],
    ['of more bytes than Go reads', [{ name: `${MODULE}/go.mod`, content: Buffer.alloc(16 * 1024 * 1024 + 1) }]],
    ['of more bytes than Go reads', [{ name: `${MODULE}/LICENSE`, content: Buffer.alloc(16 * 1024 * 1024 + 1) }]],
  ])('is refused: %s (%#)', (problem, parts) => {
    expect(answerOf(zipOf(parts))).toContain(problem);
  });

  it('may have these', () => {
    const names = ['.hidden', 'a b', 'console.txt', 'x/LICENSE', '..x', 'com0', '#!$%&()+,-.=@[]^_{}~'];
    expect(answerOf(zipOf(files(...names)))).toMatch(/^h1:/);
  });
});

describe.skipIf(!hasSharedData)('recorded modules (skipped where there is no recorded data)', () => {
  const folder = sharedData('ecosystems/go/zips');
  const zips = hasSharedData ? readdirSync(folder).filter((name) => name.endsWith('.zip')) : [];

  it.each(zips)('%s has the hashes of its record', (zip) => {
    const module = zip.replace(/\.zip$/, '').replaceAll('__', '/');
    const [path = '', version = ''] = module.split('@');
    const escaped = module.replace(/[A-Z]/g, (capital) => `!${capital.toLowerCase()}`);
    const lookup = sharedData(`ecosystems/go/sumdb/lookup/${escaped}`);
    // Of some there is no record, but the line of a project.
    const record = readFileSync(existsSync(lookup) ? lookup : sharedData('ecosystems/go/projects/cli/go.sum'), 'utf8');
    const { hash } = readModuleZip(readFileSync(join(folder, zip)), module);
    expect(record).toContain(`\n${path} ${version} ${h1(hash)}\n`);
    const mod = readFileSync(join(folder, zip.replace(/zip$/, 'mod')));
    expect(record).toContain(`\n${path} ${version}/go.mod ${h1(goModHashOf(mod))}\n`);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'assay-module-zip-'));
afterAll(() => removeFolder(folder));
const hasGo = spawnSync('go', ['version']).status === 0;

/** What the go command says of many zips, each served as another version: its hash, or null where it refuses one. */
function goSays(archives: readonly ((version: string) => Buffer)[]): readonly (string | null)[] {
  const proxy = join(folder, 'proxy/a.b/c/@v');
  mkdirSync(proxy, { recursive: true });
  const versions = archives.map((archive, i) => {
    const version = `v1.0.${i}`;
    writeFileSync(join(proxy, `${version}.zip`), archive(version));
    writeFileSync(join(proxy, `${version}.mod`), 'module a.b/c\n');
    writeFileSync(join(proxy, `${version}.info`), JSON.stringify({ Version: version }));
    return version;
  });
  const { stdout } = spawnSync('go', ['mod', 'download', '-json', ...versions.map((one) => `a.b/c@${one}`)], {
    encoding: 'utf8',
    cwd: folder,
    env: {
      ...process.env,
      ...{ GOPROXY: `file://${join(folder, 'proxy')}`, GONOSUMDB: '*', GOFLAGS: '-modcacherw', GOWORK: 'off' },
      ...{ GOMODCACHE: join(folder, 'cache'), GOTOOLCHAIN: 'local' },
    },
  });
  const answers = JSON.parse(`[${stdout.replaceAll('\n}\n{', '\n},\n{')}]`) as readonly {
    readonly Version: string;
    readonly Sum?: string;
    readonly Error?: string;
  }[];
  const byVersion = new Map(answers.map(({ Version, Sum, Error }) => [Version, Error === undefined ? Sum : null]));
  return versions.map((version) => byVersion.get(version) ?? null);
}

describe.skipIf(!hasGo)('the zip of a module as the go command reads it (skipped where there is none)', () => {
  it('has the same hash there, and nothing is read here that is refused there', () => {
    const name = fc
      .array(fc.constantFrom('a', 'B', 'go.mod', '/', '.', '..', ' ', 'é', ':', '~1', 'con', '\u{20000}', 'x/y'), {
        minLength: 1,
        maxLength: 3,
      })
      .map((some) => some.join(''));
    const part = fc.record({
      name,
      content: fc.constantFrom('', 'x', 'y'.repeat(100)),
      method: fc.constantFrom('stored' as const, 'deflated' as const),
      flip: fc.option(fc.nat(120), { freq: 5 }),
    });
    const samples = fc.sample(fc.array(part, { maxLength: 4 }), { numRuns: 300, seed: 20261130 });
    const archives = samples.map((parts) => (version: string): Buffer => {
      const archive = zipOf(parts.map((one) => ({ ...one, name: `a.b/c@${version}/${one.name}` })));
      const flip = parts.find((one) => one.flip !== null)?.flip;
      const at = archive.length - 1 - (flip ?? 0);
      if (flip !== undefined && flip !== null && at >= 0) archive[at] = (archive[at] ?? 0) ^ 1;
      return archive;
    });
    const expected = goSays(archives);
    let read = 0;
    for (const [i, archive] of archives.entries()) {
      const version = `v1.0.${i}`;
      let hash: string | null = null;
      try {
        hash = h1(readModuleZip(archive(version), `a.b/c@${version}`).hash);
      } catch (error) {
        if (!(error instanceof ZipError)) throw error;
      }
      if (hash === null) continue;
      read += 1;
      expect(hash, JSON.stringify(samples[i])).toBe(expected[i]);
    }
    expect(read).toBeGreaterThan(50);
    expect(expected.filter((one) => one === null).length).toBeGreaterThan(50);
  }, 120_000);
});
