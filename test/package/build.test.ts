import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeFolder } from '../support/remove-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const SCRIPTS = pathToFileURL(join(ROOT, 'scripts/build')).href;
const BIN = '#!/usr/bin/env node\n';

let folder: string;
let projects = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-build-'));
});

afterAll(() => {
  removeFolder(folder);
});

/** A project to build, from its files. */
function project(files: Readonly<Record<string, string>>): string {
  const root = join(folder, String(projects++));
  const config =
    '{"compilerOptions":{"module":"NodeNext","allowImportingTsExtensions":true,"noEmit":true,"types":["node"],"skipLibCheck":true,"lib":["ES2022"]}}';
  const names = [
    ...['src/cli/start/main.ts', 'src/cli/start/verify-bundle.ts', 'src/index.ts', 'src/audit/threads/thread.ts'],
    ...['early', 'page'].map((name) => `src/report/html/client/${name}.ts`),
  ];
  const empty = Object.fromEntries(names.map((name) => [name, 'export {};']));
  const all = { 'src/cli/start/bin.ts': BIN, ...empty, 'tsconfig.json': config, ...files };
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...all })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** A package of `node_modules` as files of a project. */
function dependency(name: string, code: string, license = 'MIT', text = 'the licence'): Record<string, string> {
  const manifest = JSON.stringify({ name, version: '1.2.3', license, main: 'main.js' });
  return {
    [`node_modules/${name}/package.json`]: manifest,
    [`node_modules/${name}/main.js`]: code,
    ...(text === '' ? {} : { [`node_modules/${name}/LICENSE`]: text }),
  };
}

/** Evaluates an expression over the parts of the build and prints its value. */
function run(root: string, expression: string): { status: number | null; stdout: string; stderr: string } {
  const program = `
    const { bundle } = await import('${SCRIPTS}/bundle.mjs');
    const load = (name) => import('${SCRIPTS}/' + name + '.mjs');
    const root = ${JSON.stringify(root)};
    console.log(${expression});`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
}

const BUNDLE = "(await bundle(root, '9.8.7')).files.find(([path]) => path === 'cli.cjs')[1]";
const LICENCES = "(await load('licences')).licences((await bundle(root, '9.8.7')).packages)";

describe('the bundle', () => {
  test('carries the version and what it imports, and runs on its own', () => {
    const root = project({
      'src/cli/start/bin.ts': `${BIN}import { twice } from 'twice';\ndeclare const ASSAY_VERSION: string;\nconsole.log(twice(ASSAY_VERSION));`,
      ...dependency('twice', "const path = require('path'); exports.twice = (text) => path.join(text, text);"),
    });
    const { status, stdout } = run(root, BUNDLE);
    expect(status).toBe(0);
    writeFileSync(join(folder, 'alone.cjs'), stdout);
    expect(spawnSync(process.execPath, [join(folder, 'alone.cjs')], { encoding: 'utf8' }).stdout).toBe('9.8.7/9.8.7\n');
  });

  test('has what runs in the browser as text, compiled and with what it imports', () => {
    const root = project({
      'src/report/html/client/early.ts': "document.title = '</script>' as string;",
      'src/report/html/client/page.ts': "import { size } from './size.ts';\nconst all: number = size + 1;\nalert(all);",
      'src/report/html/client/size.ts': 'export const size = 41;',
      'src/cli/start/bin.ts': `${BIN}declare const ASSAY_EARLY_SCRIPT: string;\ndeclare const ASSAY_PAGE_SCRIPT: string;\nconst shown: unknown[] = [];\nFunction('alert', ASSAY_PAGE_SCRIPT)((all: unknown) => shown.push(all));\nconsole.log(shown, ASSAY_EARLY_SCRIPT.includes('document.title ='), /<\\/script/.test(ASSAY_EARLY_SCRIPT));`,
    });
    const { stdout } = run(root, BUNDLE);
    writeFileSync(join(folder, 'browser.cjs'), stdout);
    const printed = spawnSync(process.execPath, [join(folder, 'browser.cjs')], { encoding: 'utf8' });
    expect(printed).toMatchObject({ stderr: '', stdout: '[ 42 ] true false\n' });
  });

  test('loads what is imported lazily when it is asked for, and not before', () => {
    const root = project({
      'src/cli/start/main.ts': "console.log('first'); void import('../late.ts').then(({ last }) => console.log(last));",
      'src/cli/late.ts':
        "import { sep } from 'node:path';\nimport { half as part } from './shared.ts';\nconsole.log('second');\nexport const last = [typeof sep, part(4)].join(' ');",
      'src/cli/shared.ts': 'export const half = (n: number) => n / 2;',
      'src/index.ts':
        "export { half as halve } from './cli/shared.ts';\nexport type { A } from './a.ts';\nexport const isStrict = (function (this: unknown) { return this === undefined; })();",
      'src/a.ts': 'export type A = string;',
    });
    const { stdout } = run(root, 'JSON.stringify((await bundle(root, "9.8.7")).files)');
    const dist = join(root, 'dist');
    mkdirSync(dist);
    for (const [path, text] of JSON.parse(stdout) as [string, string][]) {
      expect(text).not.toMatch(/\brequire\(/);
      writeFileSync(join(dist, path), text);
    }
    const { stdout: printed } = spawnSync(process.execPath, [join(dist, 'main.js')], { encoding: 'utf8' });
    expect(printed).toBe('first\nsecond\nstring 2\n');
    const use = `import { halve, isStrict } from '${pathToFileURL(join(dist, 'index.js')).href}'; console.log(halve(6), isStrict);`;
    const library = spawnSync(process.execPath, ['--input-type=module', '-e', use], { encoding: 'utf8' });
    expect(library).toMatchObject({ stdout: '3 true\n', stderr: '' });
  });

  test('reads a package that few runs call when something of it is used, from a file of its own', () => {
    const root = project({
      'src/cli/start/main.ts': "import { size } from 'yaml';\nconsole.log('first');\nconsole.log(size());",
      ...dependency('yaml', "console.log('read'); exports.size = () => 3;"),
    });
    const { stdout } = run(root, 'JSON.stringify((await bundle(root, "9.8.7")).files)');
    const dist = join(root, 'dist');
    mkdirSync(dist);
    const files = new Map(JSON.parse(stdout) as [string, string][]);
    for (const [path, text] of files) writeFileSync(join(dist, path), text);
    expect([...files.keys()]).toContain('yaml.cjs');
    const { stdout: printed } = spawnSync(process.execPath, [join(dist, 'main.js')], { encoding: 'utf8' });
    expect(printed).toBe('first\nread\n3\n');
    expect(run(root, "(await load('licences')).licences((await bundle(root, '9.8.7')).packages)").stdout).toContain(
      'yaml 1.2.3 (MIT)',
    );
  });

  test('has a command of its own in one script, which modules read as well, and which is there once', () => {
    const root = project({
      'src/cli/start/main.ts':
        "import { load } from './commands.ts';\nconsole.log('first');\nvoid load().then(({ command }) => console.log(command(4)));",
      'src/cli/start/commands.ts': "export const load = () => import('./verify-bundle.ts');",
      'src/cli/start/verify-bundle.ts':
        "import { sep } from 'node:path';\nimport { half } from '../half.ts';\nimport { size } from 'yaml';\nconsole.log('read');\nexport const command = (n: number) => [typeof sep, half(n), n > 9 ? size() : 0].join(' ');",
      'src/cli/half.ts': "export const half = (n: number) => n / 2;\nexport const unused = 'not in it';",
      ...dependency('yaml', "console.log('rare'); exports.size = () => 3;"),
    });
    const { stdout } = run(root, 'JSON.stringify((await bundle(root, "9.8.7")).files)');
    const dist = join(root, 'dist');
    mkdirSync(dist);
    const files = new Map(JSON.parse(stdout) as [string, string][]);
    for (const [path, text] of files) writeFileSync(join(dist, path), text);
    expect([...files].filter(([, text]) => text.includes("'read'") || text.includes('"read"')).length).toBe(1);
    expect(files.get('verify-bundle.cjs')).not.toContain('not in it');
    const { stdout: printed } = spawnSync(process.execPath, [join(dist, 'main.js')], { encoding: 'utf8' });
    expect(printed).toBe('first\nread\nstring 2 0\n');
    const script = JSON.stringify(join(dist, 'verify-bundle.cjs'));
    const alone = spawnSync(process.execPath, ['-p', `require(${script}).command(10)`], { encoding: 'utf8' });
    expect(alone).toMatchObject({ stdout: 'read\nrare\nstring 5 3\n', stderr: '' });
  });

  test.each([
    ['a package that is not there', "import 'nowhere';", {}, /Could not resolve "nowhere"/],
    [
      'a package that may be missing',
      "import 'wants';",
      dependency('wants', "try { require('nowhere') } catch {}"),
      /nowhere/,
    ],
    [
      'a package that computes what it requires',
      "import 'wants';",
      dependency('wants', 'require(process.argv[2])'),
      /known at build time/,
    ],
  ])('is refused with %s', (_, code, files, reason) => {
    const { status, stderr } = run(project({ 'src/cli/start/bin.ts': BIN + code, ...files }), BUNDLE);
    expect(stderr).toMatch(reason);
    expect(status).not.toBe(0);
  });

  test('is refused without a #! line', () => {
    const { status, stderr } = run(project({ 'src/cli/start/bin.ts': 'console.log(1);' }), BUNDLE);
    expect(stderr).toContain('cli.cjs has no #! line');
    expect(status).not.toBe(0);
  });
});

describe('the licences', () => {
  const using = { 'src/cli/start/bin.ts': `${BIN}import 'used';` };
  const code = 'console.log(1);';

  test('of what is bundled are listed, and of nothing else', () => {
    const root = project({ ...using, ...dependency('used', code), ...dependency('unused', code) });
    const { stdout } = run(root, LICENCES);
    expect(stdout).toContain('used 1.2.3 (MIT)\n\nthe licence');
    expect(stdout).not.toContain('unused');
  });

  test('that do not allow bundling are refused', () => {
    const { status, stderr } = run(project({ ...using, ...dependency('used', code, 'GPL-3.0-only') }), LICENCES);
    expect(stderr).toContain('used@1.2.3 is licensed GPL-3.0-only');
    expect(status).not.toBe(0);
  });

  test('must come with their text', () => {
    const { status, stderr } = run(project({ ...using, ...dependency('used', code, 'MIT', '') }), LICENCES);
    expect(stderr).toContain('used@1.2.3 (MIT) has no licence file');
    expect(status).not.toBe(0);
  });
});

describe('the declarations', () => {
  const DECLARATIONS = "JSON.stringify([...(await load('declarations')).declarations(root)])";
  const withNodeTypes = (files: Readonly<Record<string, string>>): string => {
    const root = project(files);
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules/@types'), join(root, 'node_modules/@types'), 'junction');
    return root;
  };

  test('are those the library reaches, and name files that exist', () => {
    const root = withNodeTypes({
      'src/index.ts':
        "import { hidden } from './hidden.ts';\nexport type { A } from './a/a.ts';\nexport const b: number = hidden;",
      'src/hidden.ts': 'export const hidden = 1;',
      'src/a/a.ts': "export interface A { b: import('../b.ts').B; c: import('node:stream').Readable }",
      'src/b.ts': 'export type B = string;',
    });
    const files = new Map(JSON.parse(run(root, DECLARATIONS).stdout) as [string, string][]);
    expect([...files.keys()].sort()).toEqual(['a/a.d.ts', 'b.d.ts', 'index.d.ts']);
    expect(files.get('index.d.ts')).toContain("from './a/a.js'");
    expect(files.get('a/a.d.ts')).toMatch(/import\(['"]\.\.\/b\.js['"]\)/);
  });

  test.each([
    ['that need a package', "export type { A } from 'typed';", /index\.d\.ts of the public API needs typed/],
    ['with type errors', 'export const a: string = 1;', /TS2322|not assignable/],
  ])('%s are refused', (_, code, reason) => {
    const root = withNodeTypes({
      'src/index.ts': code,
      'node_modules/typed/package.json': '{"name":"typed","version":"1.0.0","types":"main.d.ts"}',
      'node_modules/typed/main.d.ts': 'export interface A { a: string }',
    });
    const { status, stderr } = run(root, DECLARATIONS);
    expect(stderr).toMatch(reason);
    expect(status).not.toBe(0);
  });
});
