import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import ROOMS from '../../src/rooms.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../..');
const typed = new ESLint({ cwd: ROOT });
/** For rules that ask for no types: without them a snippet is linted a hundred times as fast. */
const untyped = new ESLint({ cwd: ROOT, overrideConfig: [tseslint.configs.disableTypeChecked] });

const rooms: Readonly<Record<string, readonly string[]>> = ROOMS;
/** Folders of src/ with files. */
const FOLDERS = Object.keys(rooms).filter((room) => room !== '.');
const topOf = (room: string): string => room.split('/')[0] ?? '';
const PURE = FOLDERS.filter((room) =>
  ['model', 'readers', 'lockfiles', 'sigstore', 'checks', 'policy', 'baseline', 'report'].includes(topOf(room)),
);
/** One of each kind of folder: every folder would take long. */
const SOME = FOLDERS.filter((room) => !room.includes('/') || /^(?:lockfiles|checks|registries)\/npm$/.test(room));
const OUTER = ['src/index.ts', 'src/cli/start/main.ts'];

function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.ts'));
}

/** Some file of a folder, by its path from the root. */
function fileOf(folder: string): string {
  const name = filesOf(folder).find((entry) => entry !== 'time.ts' && entry !== 'proof.ts');
  if (name === undefined) throw new Error(`${folder} has no files`);
  return `${folder}/${name}`;
}

/** How a file names another, both by their paths from the root. */
function specifier(from: string, to: string): string {
  return '../'.repeat(from.split('/').length - 1) + to;
}

/**
 * Lints one-line snippets as the content of the file at `path`. Returns those the rule does not refuse. The file must
 * exist, because rules with type information read the project.
 */
async function notRefused(path: string, rule: string, snippets: readonly string[], by = untyped): Promise<string[]> {
  const messages = await lint(path, snippets, by);
  return snippets.filter((_, index) => !messages.some(({ line, ruleId }) => line === index + 1 && ruleId === rule));
}

/** The same, but returns every refusal, as "rule: snippet". */
async function refused(path: string, snippets: readonly string[]): Promise<string[]> {
  const messages = await lint(path, snippets, untyped);
  return messages.map(({ line, ruleId }) => `${String(ruleId)}: ${snippets[line - 1] ?? ''}`);
}

async function lint(path: string, snippets: readonly string[], by: ESLint): Promise<ESLint.LintResult['messages']> {
  const code = snippets.map((snippet, index) => snippet.replaceAll('NAME', `name${index}`)).join('\n');
  const [result] = await by.lintText(`${code}\n`, { filePath: join(ROOT, path) });
  if (result === undefined) throw new Error(`${path} is not linted`);
  const fatal = result.messages.filter((message) => message.fatal === true || message.ruleId === null);
  if (fatal.length > 0) throw new Error(`${path}: ${JSON.stringify(fatal)}`);
  return result.messages;
}

describe.each(PURE.filter((room) => SOME.includes(room)))('src/%s is pure:', (stage) => {
  const path = fileOf(`src/${stage}`);

  test('no network, process, clock or timers among the globals', async () => {
    const snippets = [
      'export const NAME = fetch;',
      'export const NAME = globalThis.fetch;',
      'export const NAME = process.env;',
      'export const NAME = Date.now();',
      'export const NAME = new Date();',
      'export const NAME = globalThis.Date.now();',
      'export const NAME = performance.now();',
      'setTimeout(() => 1, 1);',
      'export const NAME = crypto.randomUUID();',
    ];
    expect(await notRefused(path, 'no-restricted-globals', snippets)).toEqual([]);
  });

  test('no input, output or clock among the imports', async () => {
    const snippets = [
      "import 'node:fs';",
      "import { readFile as NAME } from 'fs/promises';",
      "import NAME from 'node:https';",
      "import * as NAME from 'tls';",
      "import { spawn as NAME } from 'node:child_process';",
      "import { env as NAME } from 'node:process';",
      "import 'node:os';",
      "import 'node:timers/promises';",
      "import 'node:perf_hooks';",
      "import 'node:worker_threads';",
      "import { randomBytes as NAME } from 'node:crypto';",
      "import 'undici';",
      "export { readFileSync as NAME } from 'node:fs';",
      "import '@sigstore/verify';",
    ];
    expect(await notRefused(path, 'no-restricted-imports', snippets)).toEqual([]);
  });

  test('no chance', async () => {
    const snippets = ['export const NAME = Math.random();'];
    expect(await notRefused(path, 'no-restricted-properties', snippets)).toEqual([]);
  });

  test('nothing loaded lazily', async () => {
    expect(await notRefused(path, 'no-restricted-syntax', ["export const NAME = import('node:fs');"])).toEqual([]);
  });
});

test.each(['checks', 'report/words'])('src/%s may compute', async (stage) => {
  const snippets = [
    "import { createHash } from 'node:crypto';",
    "export const NAME = createHash('sha512').update('a').digest('hex');",
    'export const NAME = Math.max(1, 2);',
  ];
  expect(await refused(fileOf(`src/${stage}`), snippets)).toEqual([]);
});

test('src/model imports nothing but hashes', async () => {
  const path = fileOf('src/model');
  expect(await notRefused(path, 'no-restricted-imports', ["import 'node:fs';", "import 'semver';"])).toEqual([]);
  expect(await refused(path, ["import './time.ts';", "export { hash } from 'node:crypto';"])).toEqual([]);
});

describe('the direction of imports', () => {
  const rule = 'import-x/no-restricted-paths';

  describe.each(SOME)('from src/%s', (room) => {
    const from = fileOf(`src/${room}`);
    const allowed = [room, ...(rooms[room] ?? [])];
    const importOf = (to: string): string => `import '${specifier(from, to)}';`;

    test('leads where src/rooms.json says', async () => {
      const files = allowed.flatMap((other) => filesOf(`src/${other}`).map((name) => `src/${other}/${name}`));
      const snippets = files.filter((file) => file !== from).map(importOf);
      expect(await notRefused(from, rule, snippets)).toEqual(snippets);
    });

    test('leads nowhere else', async () => {
      const others = FOLDERS.filter((other) => !allowed.includes(other)).map((other) => fileOf(`src/${other}`));
      const snippets = [...others, ...OUTER, 'lab/index.ts', 'test/package/nodes.ts'].map(importOf);
      const lazy = `export const NAME = () => import('${specifier(from, 'src/cli/start/main.ts')}');`;
      expect(await notRefused(from, rule, [...snippets, lazy])).toEqual([]);
    });
  });

  test('the demo alone may start the lab', async () => {
    for (const path of [
      'src/cli/commands/demo.ts',
      'src/cli/exit.ts',
      'src/cli/start/main.ts',
      'src/audit/index.ts',
      'src/index.ts',
    ]) {
      expect(await notRefused(path, rule, [`import '${specifier(path, 'lab/index.ts')}';`])).toEqual([]);
    }
    const demo = 'src/cli/demo/npm.ts';
    expect(await refused(demo, [`import '${specifier(demo, 'lab/index.ts')}';`])).toEqual([]);
  });
});

describe('the network', () => {
  const snippets = ["import 'node:https';", "import 'undici';"];
  const request = "await fetch('https://example.com/');";
  const closed = SOME.filter((room) => room !== 'net').map((room) => fileOf(`src/${room}`));

  test.each([...OUTER, ...closed])('is closed to %s', async (path) => {
    expect(await notRefused(path, 'no-restricted-imports', snippets)).toEqual([]);
    expect(await notRefused(path, 'no-restricted-globals', [request])).toEqual([]);
  });

  test('is open to src/net', async () => {
    expect(await refused(fileOf('src/net'), [...snippets, request])).toEqual([]);
  });
});

describe('other programs', () => {
  const starts = ["import 'node:child_process';", "import 'child_process';"];

  test.each([...OUTER, ...SOME.filter((room) => room !== 'git').map((room) => fileOf(`src/${room}`))])(
    'are not started by %s',
    async (path) => {
      expect(await notRefused(path, 'no-restricted-imports', starts)).toEqual([]);
    },
  );

  test('are started by src/git', async () => {
    expect(await refused(fileOf('src/git'), starts)).toEqual([]);
  });
});

describe('proofs', () => {
  const establishing = (path: string): string[] => [
    `import { establish } from '${specifier(path, 'src/model/proof.ts')}';`,
    'export const NAME = establish({});',
  ];

  test.each(['src/sigstore', 'src/checks'])('%s may establish them', async (folder) => {
    expect(await refused(fileOf(folder), establishing(fileOf(folder)))).toEqual([]);
  });

  const others = SOME.filter((room) => !['sigstore', 'checks'].includes(topOf(room))).map((room) =>
    fileOf(`src/${room}`),
  );
  test.each([...others, ...OUTER])('%s may not', async (path) => {
    expect(await notRefused(path, 'no-restricted-syntax', establishing(path).slice(0, 1))).toEqual([]);
  });

  test('cannot be had by the back door', async () => {
    const snippets = [
      "import * as NAME from '../model/proof.ts';",
      "import { establish as NAME } from '../model/proof.ts';",
      "export { establish } from '../model/proof.ts';",
      "export { establish as NAME } from '../model/proof.ts';",
      "export * from '../model/proof.ts';",
      'export const NAME = {} as unknown as string;',
    ];
    expect(await notRefused('src/audit/index.ts', 'no-restricted-syntax', snippets)).toEqual([]);
    const forgery = ['export const NAME = {} as unknown as string;'];
    expect(await notRefused(fileOf('src/sigstore'), 'no-restricted-syntax', forgery)).toEqual([]);
  });

  test('may be named as types', async () => {
    const snippets = ["export type { Proven } from '../model/proof.ts';", "export type * from './model/verdict.ts';"];
    expect(await refused('src/index.ts', snippets)).toEqual([]);
  });
});

test.each([
  ['export function NAME(p: Promise<void>): void { p; }', '@typescript-eslint/no-floating-promises'],
  ['export function NAME(x: any): void { x.y(); }', '@typescript-eslint/no-explicit-any'],
  ['export const NAME = (x: string): boolean => x == "a";', 'eqeqeq'],
  ['export function NAME(x: 1 | 2): void { switch (x) { case 1: } }', '@typescript-eslint/switch-exhaustiveness-check'],
  ['export const NAME = /\\u0007/;', 'no-control-regex'],
  ['console.log(1);', 'no-console'],
  ['// @ts-ignore', '@typescript-eslint/ban-ts-comment'],
  [`// ${'word '.repeat(30)}`, 'max-len'],
])('everywhere: %s is %s', async (snippet, rule) => {
  expect(await notRefused('src/audit/index.ts', rule, [snippet], typed)).toEqual([]);
});
