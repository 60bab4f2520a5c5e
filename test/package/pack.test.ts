import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeFolder } from '../support/remove-folder.ts';
import { nodesUnderTest } from './nodes.ts';

const ROOT = join(import.meta.dirname, '../..');
const VERSION = (readJson(join(ROOT, 'package.json')) as { version: string }).version;

/** Files a user gets, and nothing else. */
const INTENDED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/((?:cli|verify-bundle|yaml|toml|weierstrass)\.cjs|(?:index|main|thread|[a-z-]+-[A-Z0-9]{8})\.js|THIRD-PARTY-LICENSES|assay\.1|types\/.+\.d\.ts)|docs\/(findings\/([a-z-]+|README)\.md|schemas\/[a-z0-9.-]+\.json))$/;
const REQUIRED = [
  'package.json',
  'LICENSE',
  'dist/cli.cjs',
  'dist/verify-bundle.cjs',
  'dist/main.js',
  'dist/index.js',
  'dist/thread.js',
  'dist/THIRD-PARTY-LICENSES',
  'dist/assay.1',
  'dist/types/index.d.ts',
];

/** Ends the process at the first connection to anything but this machine. */
const LOOPBACK_ONLY = `
import net from 'node:net';
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  const host = typeof options === 'object' ? options.host ?? 'localhost' : typeof args[1] === 'string' ? args[1] : 'localhost';
  if (!/^(localhost|127\\.|::1$)/.test(host)) {
    process.stderr.write('connected to ' + host);
    process.exit(99);
  }
  return connect.apply(this, args);
};
`;
/** Writes the names of Node's modules that were loaded, as JSON, to stderr at the end. */
const LIST_MODULES = 'process.on("exit", () => process.stderr.write(JSON.stringify(process.moduleLoadList)));';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

let folder: string;
let packed: Packed;
let installed: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-pack-'));
  // A release gives the tarball that it is about to publish.
  const what = process.env['ASSAY_TARBALL'] ?? ROOT;
  const output = npm(ROOT, ['pack', what, '--json', '--ignore-scripts', '--pack-destination', folder]);
  packed = (JSON.parse(output) as [Packed])[0];
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}');
  writeFileSync(join(folder, 'loopback-only.mjs'), LOOPBACK_ONLY);
  writeFileSync(join(folder, 'list-modules.cjs'), LIST_MODULES);
  writeFileSync(join(folder, 'hello.cjs'), 'process.stdout.write("hello\\n");');
  // An empty cache and no network: whatever the package needs, it must carry.
  const cache = join(folder, 'cache');
  npm(project, ['install', '--ignore-scripts', '--offline', '--cache', cache, join(folder, packed.filename)]);
  installed = join(project, 'node_modules/assay');
});

afterAll(() => {
  removeFolder(folder);
});

describe('the packed files', () => {
  test('are the intended ones and no others', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !INTENDED.test(path))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(REQUIRED));
  });

  test('stay small', () => {
    // The YAML reader is the largest library inside. What verify-bundle uses is there twice, so that it starts at once.
    expect(packed.size).toBeLessThan(1_050_000);
    expect(packed.unpackedSize).toBeLessThan(3_900_000);
  });

  test('declare no dependencies and no scripts that run at installation', () => {
    const manifest = readJson(join(installed, 'package.json')) as Record<string, unknown>;
    for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies']) {
      expect(manifest).not.toHaveProperty(field);
    }
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) {
      expect(manifest['scripts']).not.toHaveProperty(script);
    }
  });

  test('name no folder of the machine that built them', () => {
    const telling = packed.files.filter(({ path }) => readFileSync(join(installed, path), 'utf8').includes(ROOT));
    expect(telling).toEqual([]);
  });

  test('carry the licence of every package inside', () => {
    const scripts = packed.files.filter(({ path }) => /\.c?js$/.test(path));
    const sources = scripts.map(({ path }) => readFileSync(join(installed, path), 'utf8')).join('\n');
    const names = new Set(
      [...sources.matchAll(/^(?: {2})?\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map((match) => match[1]),
    );
    const notices = readFileSync(join(installed, 'dist/THIRD-PARTY-LICENSES'), 'utf8');
    expect(names.size).toBeGreaterThan(0);
    for (const name of names) expect(notices).toMatch(new RegExp(`^${String(name)} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
  });

  test('have types that need no package but those of Node', () => {
    const project = join(folder, 'project');
    const typeRoots = [join(ROOT, 'node_modules/@types')];
    const options = {
      strict: true,
      skipLibCheck: false,
      typeRoots,
      types: ['node'],
      lib: ['ES2023'],
      module: 'NodeNext',
      noEmit: true,
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['use.ts'] }));
    writeFileSync(
      join(project, 'use.ts'),
      "import * as assay from 'assay';\nexport const names: string[] = Object.keys(assay);\n",
    );
    const tsc = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], {
      encoding: 'utf8',
    });
    expect({ stdout: tsc.stdout, status: tsc.status }).toEqual({ stdout: '', status: 0 });
  });

  test('run under the name assay', () => {
    const bin = join(folder, 'project/node_modules/.bin/assay');
    const output = execFileSync(bin, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
    expect(output).toBe(`${VERSION}\n`);
  });
});

for (const { name, binary } of nodesUnderTest()) {
  describe.skipIf(binary === null)(`installed, on ${name}`, () => {
    const node = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
      spawnSync(binary ?? '', args, { encoding: 'utf8', cwd: join(folder, 'project'), timeout: 50_000 });
    const assay = (...args: string[]) => node(join(installed, 'dist/cli.cjs'), ...args);

    test('assay --version prints the version and nothing else', () => {
      expect(assay('--version')).toMatchObject({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
    });

    test('assay --version loads no more of Node than a program that prints a line', () => {
      const loaded = (...args: string[]): string[] =>
        JSON.parse(node('--require', join(folder, 'list-modules.cjs'), ...args).stderr) as string[];
      const least = new Set(loaded(join(folder, 'hello.cjs')));
      const more = loaded(join(installed, 'dist/cli.cjs'), '--version').filter((module) => !least.has(module));
      expect(more).toEqual([]);
      expect(loaded(join(installed, 'dist/cli.cjs'), 'demo').length).toBeGreaterThan(least.size);
    });

    test('assay --help names every command', () => {
      const { status, stdout, stderr } = assay('--help');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const command of ['audit', 'check', 'verify-bundle', 'explain', 'demo']) {
        expect(stdout).toContain(`assay ${command} `);
      }
    });

    test.each([
      ['npm', 'provenance-lost', '1.14.1'],
      ['pypi', 'provenance-lost', '8.3.46'],
      ['go', 'integrity-mismatch', 'all modules verified'],
      ['cargo', 'history-mass-yank', 'arrayref'],
    ])('assay demo %s replays the attack without any network', (name, code, shown) => {
      const { status, stdout, stderr } = node(
        '--import',
        join(folder, 'loopback-only.mjs'),
        join(installed, 'dist/cli.cjs'),
        ...(name === 'npm' ? ['demo'] : ['demo', name]),
      );
      expect(stderr).not.toMatch(/connected to|Warning/);
      expect(status).toBe(0);
      expect(stdout).toContain(code);
      expect(stdout).toContain(shown);
    });

    test('the library is importable', () => {
      const { status, stdout, stderr } = node(
        '-e',
        "import('assay').then((all) => console.log(Object.keys(all).length))",
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(Number(stdout)).toBeGreaterThan(0);
    });
  });
}

function npm(cwd: string, args: string[]): string {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  return execFileSync('npm', [...args, ...quiet], { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
