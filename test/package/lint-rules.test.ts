import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const eslint = new ESLint({ cwd: ROOT });

/** Ids of the rules that refuse `code` at `path`. The file must exist: rules with type information read the project. */
async function refusals(path: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath: join(ROOT, path) });
  if (result === undefined) throw new Error(`${path} is not linted`);
  const fatal = result.messages.filter((message) => message.fatal === true || message.ruleId === null);
  if (fatal.length > 0) throw new Error(`${path}: ${JSON.stringify(fatal)}`);
  return [...new Set(result.messages.map((message) => String(message.ruleId)))].sort();
}

/** Some file of a folder of src/, by its path from the root. */
function fileOf(folder: string): string {
  const name = readdirSync(join(ROOT, folder)).find(
    (entry) => entry.endsWith('.ts') && entry !== 'time.ts' && entry !== 'proof.ts',
  );
  if (name === undefined) throw new Error(`${folder} has no files`);
  return `${folder}/${name}`;
}

/** A side-effect import of `to` as written in `from`; both are files in folders of src/. */
function importOf(from: string, to: string): string {
  const up = '../'.repeat(from.split('/').length - 2);
  return `import '${up}${to.replace(/^src\//, '')}';`;
}

const exists = (folder: string): boolean =>
  readdirSync(join(ROOT, 'src')).includes(folder) && readdirSync(join(ROOT, 'src', folder)).length > 0;
const PURE = ['model', 'lockfiles', 'sigstore', 'checks', 'policy', 'report'].filter(exists);
const STAGES = ['model', 'lockfiles', 'sigstore', 'registries', 'cache', 'checks', 'policy', 'report'].filter(exists);
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = { model: [], checks: ['model', 'sigstore'] };

beforeAll(async () => {
  await refusals(fileOf('src/model'), 'export const warm = true;');
}, 120_000);

describe.each(PURE)('src/%s', (folder) => {
  const path = fileOf(`src/${folder}`);

  test.each([
    ['fetch', 'export const x = fetch;'],
    ['globalThis.fetch', 'export const x = globalThis.fetch;'],
    ['process', 'export const x = process.env;'],
    ['the clock', 'export const x = Date.now();'],
    ['the clock behind globalThis', 'export const x = globalThis.Date.now();'],
    ['performance', 'export const x = performance.now();'],
    ['timers', 'setTimeout(() => 1, 1);'],
    ['ambient randomness', 'export const x = crypto.randomUUID();'],
  ])('has no %s', async (_, code) => {
    expect(await refusals(path, code)).toContain('no-restricted-globals');
  });

  test.each([
    "import { readFileSync } from 'node:fs'; export const x = readFileSync;",
    "import { readFile } from 'fs/promises'; export const x = readFile;",
    "import { request } from 'node:https'; export const x = request;",
    "import { connect } from 'tls'; export const x = connect;",
    "import { spawn } from 'node:child_process'; export const x = spawn;",
    "import { env } from 'node:process'; export const x = env;",
    "import { hostname } from 'node:os'; export const x = hostname;",
    "import { setTimeout } from 'node:timers/promises'; export const x = setTimeout;",
    "import { performance } from 'node:perf_hooks'; export const x = performance;",
    "import { randomBytes } from 'node:crypto'; export const x = randomBytes;",
    "import { Agent } from '@npmcli/agent'; export const x = Agent;",
    "export { readFileSync } from 'node:fs';",
  ])('refuses %s', async (code) => {
    expect(await refusals(path, code)).toContain('no-restricted-imports');
  });

  test('has no chance', async () => {
    expect(await refusals(path, 'export const x = Math.random();')).toContain('no-restricted-properties');
  });

  test('loads nothing lazily', async () => {
    expect(await refusals(path, "export const x = import('node:fs');")).toContain('no-restricted-syntax');
  });

  test('does not verify with the oracle of the tests', async () => {
    expect(await refusals(path, "import '@sigstore/verify';")).toContain('no-restricted-imports');
  });
});

test.each(PURE.filter((folder) => folder !== 'model'))('src/%s may compute', async (folder) => {
  const code =
    "import { createHash } from 'node:crypto';\nexport const x = createHash('sha512').update('a').digest('hex');";
  expect(await refusals(fileOf(`src/${folder}`), code)).toEqual([]);
});

test('src/model imports nothing', async () => {
  expect(await refusals(fileOf('src/model'), "import 'node:crypto';")).toContain('no-restricted-imports');
  expect(await refusals(fileOf('src/model'), "import 'semver';")).toContain('no-restricted-imports');
  expect(await refusals(fileOf('src/model'), "import './time.ts';")).toEqual([]);
});

describe('the direction of imports', () => {
  for (const folder of STAGES) {
    const from = fileOf(`src/${folder}`);
    const allowed = [folder, ...(MAY_IMPORT[folder] ?? ['model'])];
    for (const other of STAGES) {
      const to = fileOf(`src/${other}`);
      if (from === to) continue;
      test(`src/${folder} ${allowed.includes(other) ? 'may' : 'may not'} import src/${other}`, async () => {
        const refused = (await refusals(from, importOf(from, to))).includes('import-x/no-restricted-paths');
        expect(refused).toBe(!allowed.includes(other));
      });
    }
    test.each(['src/audit.ts', 'src/index.ts', 'src/cli/main.ts'])(`src/${folder} may not import %s`, async (to) => {
      expect(await refusals(from, importOf(from, to))).toContain('import-x/no-restricted-paths');
    });
  }

  test.each(['src/audit.ts', 'src/index.ts', 'src/cli/main.ts'])('%s may import every stage', async (from) => {
    const code = STAGES.map((stage) => importOf(from, fileOf(`src/${stage}`))).join('\n');
    expect(await refusals(from, code)).toEqual([]);
  });

  test('nothing but the command line imports the command line', async () => {
    expect(await refusals('src/audit.ts', "import './cli/main.ts';")).toContain('import-x/no-restricted-paths');
    expect(await refusals('src/cli/main.ts', "import './exit.ts';")).toEqual([]);
  });

  test('a lazy import counts as an import', async () => {
    const code = "export const load = () => import('../report/escape.ts');";
    expect(await refusals(fileOf('src/registries'), code)).toContain('import-x/no-restricted-paths');
  });

  test('a cycle is refused', async () => {
    // audit.ts is imported by the library's entry.
    expect(await refusals('src/audit.ts', "import * as all from './index.ts';\nexport const x = all;")).toContain(
      'import-x/no-cycle',
    );
  });

  test('the demo alone may start the lab', async () => {
    const lab = 'lab/sigstore/index.ts';
    expect(await refusals('src/cli/commands/demo.ts', `import '../../../${lab}';`)).toEqual([]);
    expect(await refusals('src/cli/commands/audit.ts', `import '../../../${lab}';`)).toContain(
      'import-x/no-restricted-paths',
    );
    expect(await refusals('src/cli/main.ts', `import '../../${lab}';`)).toContain('import-x/no-restricted-paths');
    expect(await refusals('src/audit.ts', `import '../${lab}';`)).toContain('import-x/no-restricted-paths');
    const check = fileOf('src/checks');
    expect(await refusals(check, `import '../../${lab}';`)).toContain('import-x/no-restricted-paths');
  });
});

describe('the network', () => {
  const others = STAGES.filter((stage) => stage !== 'registries').map((stage) => fileOf(`src/${stage}`));

  test.each(['src/audit.ts', 'src/index.ts', 'src/cli/main.ts', ...others])('is closed to %s', async (path) => {
    expect(await refusals(path, "await fetch('https://example.com/');")).toContain('no-restricted-globals');
    expect(await refusals(path, "import 'node:https';")).toContain('no-restricted-imports');
    expect(await refusals(path, "import '@npmcli/agent';")).toContain('no-restricted-imports');
  });

  test('is open to src/registries', async () => {
    const code = "import 'node:https';\nimport '@npmcli/agent';\nawait fetch('https://example.com/');";
    expect(await refusals(fileOf('src/registries'), code)).toEqual([]);
  });
});

describe('proofs', () => {
  const establishing = (from: string): string =>
    `${importOf(from, 'src/model/proof.ts').replace("import '", "import { establish } from '")}\nexport const x = establish({});`;

  test.each(['sigstore', 'checks'].filter(exists).map((stage) => `src/${stage}`))(
    '%s may establish them',
    async (folder) => {
      expect(await refusals(fileOf(folder), establishing(fileOf(folder)))).toEqual([]);
    },
  );

  test.each([
    ...STAGES.filter((stage) => !['sigstore', 'checks', 'model'].includes(stage)).map((stage) =>
      fileOf(`src/${stage}`),
    ),
    'src/audit.ts',
    'src/cli/main.ts',
  ])('%s may not', async (path) => {
    expect(await refusals(path, establishing(path))).toContain('no-restricted-syntax');
  });

  test.each([
    "import * as proof from './model/proof.ts';\nexport const x = proof;",
    "import { establish as e } from './model/proof.ts';\nexport const x = e;",
    "export { establish } from './model/proof.ts';",
    "export { establish as e } from './model/proof.ts';",
    "export * from './model/proof.ts';",
    "import type { Proven } from './model/proof.ts';\nexport const x = {} as unknown as Proven;",
  ])('cannot be had by the back door: %s', async (code) => {
    expect(await refusals('src/audit.ts', code)).toContain('no-restricted-syntax');
  });

  test('their types may be exported', async () => {
    expect(await refusals('src/index.ts', "export type { Proven } from './model/proof.ts';")).toEqual([]);
    expect(await refusals('src/index.ts', "export type * from './model/proof.ts';")).toEqual([]);
  });
});

describe('everywhere', () => {
  test.each([
    ['src/audit.ts', 'export function f(p: Promise<void>): void { p; }', '@typescript-eslint/no-floating-promises'],
    ['src/audit.ts', 'export function f(x: any): void { x.y(); }', '@typescript-eslint/no-explicit-any'],
    ['src/audit.ts', 'console.log(1);', 'no-console'],
    ['src/audit.ts', '// @ts-ignore\nexport const x = 1;', '@typescript-eslint/ban-ts-comment'],
    ['src/audit.ts', 'export const f = (x: string): boolean => x == "a";', 'eqeqeq'],
    [
      'src/audit.ts',
      "export function f(x: 'a' | 'b'): void { switch (x) { case 'a': break; } }",
      '@typescript-eslint/switch-exhaustiveness-check',
    ],
    ['src/audit.ts', 'export const x = /\\u0007/;', 'no-control-regex'],
  ])('%s: %s is %s', async (path, code, rule) => {
    expect(await refusals(path, code)).toContain(rule);
  });
});
