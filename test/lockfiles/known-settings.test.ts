import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { nameOf } from '../../src/lockfiles/settings/names.ts';
import { isKnown, TABLES, type Table } from '../../src/lockfiles/settings/tables.ts';
import type { NodeManager } from '../../src/model/dependency.ts';
import { bunInUse } from './bun-in-use.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { vltInUse } from './vlt-in-use.ts';

/** Of these settings, those that no row of the table is about. */
function missing(manager: NodeManager, keys: Iterable<string>): readonly string[] {
  return [...new Set(keys)].filter((key) => !isKnown(manager, nameOf(manager, key)));
}

function namesOf({ lockfile, bytes, installed, code, elsewhere, nothing }: Table): readonly string[] {
  return [...[lockfile, bytes, code].flatMap((rules) => Object.keys(rules)), ...installed, ...elsewhere, ...nothing];
}

/** What stands between a bracket at the end of `start` and the one that closes it. */
function blockAfter(text: string, start: string): string {
  const begin = text.indexOf(start) + start.length;
  expect(begin, start).toBeGreaterThanOrEqual(start.length);
  for (let at = begin, depth = 1; at < text.length; at++) {
    if ('{['.includes(text[at] ?? '')) depth++;
    if ('}]'.includes(text[at] ?? '') && --depth === 0) return text.slice(begin, at);
  }
  throw new Error(`${start} does not end`);
}

function namesIn(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}

const KEYS = /^\s+"?([\w.-]+)"?(?::|,?$)/gm;

const SLOW = { timeout: 200_000 };

describe('the table of each package manager has every setting that the real one knows', () => {
  it.for(['npm@8.19.4', 'npm@10.9.4', 'npm@11.21.2', 'npm@12.2.2'])('%s', SLOW, (spec, { skip }) => {
    const folder = fromRegistry(spec);
    if (folder === null) return skip(notToBeHad(spec));
    const { definitions, shorthands } = createRequire(`${folder}/`)(
      spec.startsWith('npm@8') ? './lib/utils/config/index.js' : '@npmcli/config/lib/definitions',
    ) as Record<'definitions' | 'shorthands', Readonly<Record<string, unknown>>>;
    expect(Object.keys(definitions).length).toBeGreaterThan(100);
    expect(Object.keys(shorthands)).toContain('g');
    expect(missing('npm', Object.keys(definitions))).toEqual([]);
  });

  it.for(['pnpm@8.15.9', 'pnpm@10.34.8'])('%s', SLOW, (spec, { skip }) => {
    const folder = fromRegistry(spec);
    if (folder === null) return skip(notToBeHad(spec));
    const text = readFileSync(join(folder, 'dist/pnpm.cjs'), 'utf8');
    const at = text.lastIndexOf('exports2.types = Object.assign({', text.indexOf('"store-dir": String'));
    const names = namesIn(blockAfter(text.slice(at), 'exports2.types = Object.assign({'), KEYS);
    expect(names.length).toBeGreaterThan(80);
    expect(missing('pnpm', names)).toEqual([]);
  });

  it('pnpm@11.28.11, which also names what later versions add', SLOW, ({ skip }) => {
    const folder = fromRegistry('pnpm@11.28.11');
    if (folder === null) return skip(notToBeHad('pnpm@11.28.11'));
    const text = readFileSync(join(folder, 'dist/pnpm.mjs'), 'utf8');
    const names = [
      'pnpmTypes = {',
      'npmConfigTypes = {',
      'TYPED_WORKSPACE_MANIFEST_KEYS = [',
      'CONFIG_ONLY_SETTING_KEYS = [',
      'UNTYPED_WORKSPACE_SETTING_KEYS = [',
      'SETTINGS_OF_OTHER_PNPM_VERSIONS = {',
    ].map((start) => namesIn(blockAfter(text, start), KEYS));
    expect(Math.min(...names.map(({ length }) => length))).toBeGreaterThan(4);
    expect(missing('pnpm', names.flat())).toEqual([]);
  });

  it('Yarn 1, as it asks for them and as options', SLOW, ({ skip }) => {
    const folder = fromRegistry('yarn@1.22.22');
    if (folder === null) return skip(notToBeHad('yarn@1.22.22'));
    const text = readFileSync(join(folder, 'lib/cli.js'), 'utf8');
    const asked = namesIn(text, /getOption\('([\w-]+)'/g);
    expect(asked.length).toBeGreaterThan(50);
    const options = namesIn(text, /default\.option\('(?:-\w, )?--(?:no-)?([\w-]+)/g);
    expect(options).toContain('modules-folder');
    expect(missing('yarn-classic', [...asked, ...options])).toEqual([]);
  });

  it('Yarn 4, as `yarn config` lists them', SLOW, ({ skip }) => {
    const folder = fromRegistry('@yarnpkg/cli-dist@4.18.1');
    if (folder === null) return skip(notToBeHad('yarn@4.18.1'));
    const cwd = mkdtempSync(join(tmpdir(), 'assay-known-'));
    try {
      writeFileSync(join(cwd, 'package.json'), '{}');
      writeFileSync(join(cwd, 'yarn.lock'), '');
      const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, YARN_ENABLE_TELEMETRY: '0' };
      const list = execFileSync(process.execPath, [join(folder, 'bin/yarn.js'), 'config', '--json'], { cwd, env });
      const names = namesIn(list.toString(), /^\{"key":"(\w+)"/gm);
      expect(names.length).toBeGreaterThan(100);
      expect(missing('yarn', names)).toEqual([]);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });

  it('Bun, as its documentation and its binary name them', SLOW, ({ skip }) => {
    const [docs, bun] = [fromRegistry('bun-types@1.4.5'), bunInUse()];
    if (docs === null || bun === null) return skip(notToBeHad('bun@1.4.5'));
    const read = (path: string): string => readFileSync(join(docs, 'docs', path), 'utf8');
    const inFile = namesIn(read('runtime/bunfig.mdx'), /`(install\.[\w.]+)`/g);
    expect(inFile.length).toBeGreaterThan(25);
    const heads = namesIn(read('pm/npmrc.mdx'), /^### (`.*`.*):/gm);
    const inNpmrc = heads.flatMap((head) => namesIn(head, /`([a-z-]+)`/g));
    expect(inNpmrc).toContain('cache');
    expect(missing('bun', [...inFile, ...inNpmrc])).toEqual([]);
    // In the binary, texts stand behind one another without a mark between them.
    const variables = [
      ...namesOf(TABLES.bun)
        .filter((name) => name.startsWith('bun-'))
        .map((name) => name.toUpperCase().replaceAll('-', '_')),
      'BUN_CONFIG_SKIP_LOAD_LOCKFILE',
      'BUN_CONFIG_SKIP_SAVE_LOCKFILE',
      'BUN_CONFIG_NO_VERIFY',
      'BUN_INSTALL_CACHE_DIR',
    ];
    const found = namesIn(readFileSync(bun, 'latin1'), /(BUN_(?:CONFIG_|INSTALL)[A-Z_]*)/g);
    expect(found.length).toBeGreaterThan(20);
    const isNamed = (text: string): boolean =>
      /^BUN_INSTALL(?!_)/.test(text) ||
      variables.some((name) => name.startsWith(text) || (name !== 'BUN_INSTALL' && text.startsWith(name)));
    expect([...new Set(found)].filter((text) => !isNamed(text))).toEqual([]);
  });

  it('vlt, as it defines its options', SLOW, ({ skip }) => {
    const { obstacle, folder, node } = vltInUse();
    if (obstacle !== null) return skip(obstacle);
    const file = readdirSync(folder).find((name) => {
      return name.endsWith('.js') && readFileSync(join(folder, name), 'utf8').includes('envPrefix: "VLT"');
    });
    const url = pathToFileURL(join(folder, file ?? '')).href;
    const code = `const { definition } = await import(${JSON.stringify(url)});
      console.log(JSON.stringify(Object.keys(definition.toJSON())));`;
    const names = JSON.parse(execFileSync(node, ['--input-type=module', '-e', code]).toString()) as string[];
    expect(names.length).toBeGreaterThan(40);
    expect(missing('vlt', names)).toEqual([]);
  });

  it.each(Object.entries(TABLES))('%s: no setting is in it twice', (_, table) => {
    const names = namesOf(table);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});
