import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReadForCapabilities, readCapabilities } from '../../src/checks/npm/capabilities.ts';
import { sightings } from '../../src/checks/npm/capability-tokens.ts';
import type { CapabilityPlace } from '../../src/model/capability.ts';
import { startCpu } from '../support/cpu.ts';

/** "capability line text" of everything a text shows. */
function shown(source: string): string[] {
  return [...sightings(source)].map(({ capability, line, text }) => `${capability} ${line} ${text}`);
}

function places(files: Readonly<Record<string, string | object>>): readonly CapabilityPlace[] {
  const all = { 'package.json': {}, ...files };
  return readCapabilities(
    Object.entries(all).map(([path, content]) => ({
      path,
      bytes: isReadForCapabilities(path)
        ? Buffer.from(typeof content === 'string' ? content : JSON.stringify(content, null, 2))
        : null,
    })),
  );
}

describe('what JavaScript shows', () => {
  it.each([
    ["const fs = require('node:fs')", "filesystem 1 require('node:fs')"],
    ['\n\nimport { readFile } from "fs/promises"', 'filesystem 3 from "fs/promises"'],
    ["import 'http'", "network 1 import 'http'"],
    ["export * from 'node:https'", "network 1 from 'node:https'"],
    ["await import('http2')", "network 1 import('http2')"],
    ['require(`net`)', 'network 1 require(`net`)'],
    ["var a=1,b=require('tls');b()", "network 1 require('tls')"],
    ["__require('dns')", "network 1 __require('dns')"],
    ["createRequire(import.meta.url)('child_process')", "process 1 )('child_process')"],
    ["process.getBuiltinModule('node:dgram')", "network 1 getBuiltinModule('node:dgram')"],
    ["require('undici/lib/fetch')", "network 1 require('undici/lib/fetch')"],
    ["require('@mapbox/node-pre-gyp')", "native 1 require('@mapbox/node-pre-gyp')"],
    ['const { spawn } = require("cross-spawn")', 'process 1 require("cross-spawn")'],
    ['fetch(url)', 'network 1 fetch(url'],
    ['const get = options.fetch ?? fetch;', 'network 1 ?? fetch'],
    ['globalThis.fetch', 'network 1 globalThis.fetch'],
    ['window?.fetch', 'network 1 window?.fetch'],
    ["new WebSocket('wss://a')", 'network 1 new WebSocket'],
    ['new globalThis.XMLHttpRequest', 'network 1 globalThis.XMLHttpRequest'],
    ['navigator.sendBeacon(a, b)', 'network 1 navigator.sendBeacon'],
    ['send(process.env)', 'environment 1 process.env'],
    ['process.env.NPM_TOKEN', 'environment 1 process.env.NPM_TOKEN'],
    ["process['env']['A']", "environment 1 process['env']"],
    ['process?.env', 'environment 1 process?.env'],
    ['globalThis.process.env', 'environment 1 process.env'],
    ['const { env } = process;', 'environment 1 } = process'],
    ['const { argv, env: { A }, exit } = process', 'environment 1 } = process'],
    ['({ env: e } = process)', 'environment 1 } = process'],
    ["import { argv, env } from 'node:process'", "environment 1 from 'node:process'"],
    ["const { env } = require('process')", "environment 1 require('process'"],
    ["require('process').env", "environment 1 require('process')."],
    ['process.loadEnvFile()', 'environment 1 process.loadEnvFile'],
    ['process.dlopen(module, path)', 'native 1 process.dlopen'],
    ["process.binding('fs')", 'native 1 process.binding'],
    ["require('./build/Release/addon.node')", "native 1 require('./build/Release/addon.node')"],
    ['require(`@img/sharp-${platform}/sharp.node`)', 'native 1 }/sharp.node`'],
    ['process.kill(1)', 'process 1 process.kill'],
    ['/* a\n b */ `\n${require("fs")}`', 'filesystem 3 require("fs")'],
    ['x = a / b; require("fs") / 1', 'filesystem 1 require("fs")'],
    ['if (a) /["]/.test(b); require("fs")', 'filesystem 1 require("fs")'],
    ['function f( { require("fs")', 'filesystem 1 require("fs")'],
    ['"open\nrequire("fs")', 'filesystem 2 require("fs")'],
  ])('%s', (source, place) => {
    expect(shown(source)).toEqual([place]);
  });

  it.each([
    ["// require('fs')"],
    ["/* import 'http' */"],
    ['"require(\'fs\')"'],
    ["`require('fs') process.env`"],
    ["/require('fs')/.test(a)"],
    ["log('http')"],
    ["emit('net', a)"],
    ["Array.from('fs')"],
    ["require('./fs')"],
    ["require('fs.js')"],
    ["import x from './http'"],
    ["require('constructor')"],
    ['cache.fetch(key)'],
    ['class Cache { async fetch(key, { a = 1 } = {}) { return key } }'],
    ['({ fetch(a) { return a } })'],
    ['function fetch(a) {}'],
    ['const { fetch } = options'],
    ['typeof WebSocket'],
    ['class WebSocket {}'],
    ["process.env.NODE_ENV !== 'production'"],
    ['process.env["NODE_ENV"]'],
    ['process.env && process.env.NODE_ENV'],
    ['process.platform'],
    ['options.process.env'],
    ['const { argv } = process'],
    ['const { a: { env } } = process'],
    ['const { env } = process.versions'],
    ['const { env } = options; f(process)'],
    ["import { argv } from 'process'"],
    ['import.meta.env.MODE'],
    ['"/a.node"'],
    [''],
  ])('nothing: %s', (source) => {
    expect(shown(source)).toEqual([]);
  });

  it('shortens code and gives the line of its start', () => {
    const [one] = [...sightings(`\n\nfetch(\n'${'a'.repeat(5000)}')`)];
    expect(one).toMatchObject({ capability: 'network', line: 3 });
    expect(one?.text.length).toBeLessThanOrEqual(80);
    expect(one?.text).toMatch(/^fetch\( 'aaa/);
  });

  it('finds the last thing of a long line', () => {
    expect(shown(`${'var a=b?c/d:e;f(g);'.repeat(50_000)}require("https")`)).toEqual(['network 1 require("https")']);
  });
});

describe('whatever the text is', () => {
  const piece = fc.oneof(
    fc.constantFrom(...Array.from('(){}[]/\\`\'"$;.,=*#\n\r\0')),
    fc.constantFrom(
      '${',
      '//',
      '/*',
      '*/',
      'fetch',
      'process',
      'env',
      'require',
      'import',
      'from',
      'new',
      'fs',
      '<!--',
    ),
    fc.constantFrom('"fs"', "'http'", '.node`', '\ud800', '\u2028', '😀', ' '),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );

  it('it is read without error, and places are inside of it', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const source = pieces.join('');
        const lines = source.split('\n').length;
        for (const { line, text } of sightings(source)) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(text.length).toBeLessThanOrEqual(80);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('what stands before and is complete does not hide what follows', () => {
    const before = fc.array(
      fc.constantFrom(
        'a();',
        'x = a / b;',
        '/* " */',
        "// '\n",
        's = "/*";',
        'r = /"/;',
        '`${a}`;',
        '{ b }\n',
        'fetch;',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(before, (statements) => {
        expect(shown(`${statements.join('')}\nrequire("fs")`)).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['one long text', (n: number) => `"${'a'.repeat(n)}"`],
    ['escapes', (n: number) => `'${'\\x41'.repeat(n / 4)}'`],
    ['an open text', (n: number) => `'${'\\'.repeat(n)}`],
    ['parentheses', (n: number) => '('.repeat(n)],
    ['braces', (n: number) => '{'.repeat(n)],
    ['templates', (n: number) => '`${'.repeat(n / 3)],
    ['slashes', (n: number) => '/['.repeat(n / 2)],
    ['comments', (n: number) => '/*'.repeat(n / 2)],
    ['calls', (n: number) => 'fetch('.repeat(n / 6)],
    ['destructuring', (n: number) => '{env}=process;'.repeat(n / 14)],
    ['closing braces', (n: number) => '}=process'.repeat(n / 9)],
    ['zeros', (n: number) => '\0'.repeat(n)],
    ['line ends', (n: number) => '\n'.repeat(n)],
  ])('time grows with length only: %s', (_, make) => {
    const cpu = startCpu();
    let first = 1;
    for (const { line } of sightings(make(2_500_000))) first = Math.min(first, line);
    expect(first).toBe(1);
    // Seconds at most; anything quadratic takes hours.
    expect(cpu()).toBeLessThan(20_000);
  });
});

describe('what a package shows', () => {
  it('the first place of each capability, in one order', () => {
    const found = places({
      'b.js': 'process.env.A; fetch(a)',
      'a/c.cjs': "\nrequire('fs'); require('http')",
      'd.mjs': "import { spawn } from 'child_process'",
    });
    expect(found.map(({ capability, file, line }) => `${capability} ${file}:${line}`)).toEqual([
      'network b.js:1',
      'filesystem a/c.cjs:2',
      'process d.mjs:1',
      'environment b.js:1',
    ]);
  });

  it.each(['preinstall', 'install', 'postinstall'])('%s is an install script', (script) => {
    expect(places({ 'package.json': { name: 'a', scripts: { [script]: 'node x.js' } } })).toEqual([
      { capability: 'install-script', file: 'package.json', line: 4, text: `"${script}": "node x.js"` },
    ]);
  });

  it.each([
    [{ scripts: { prepare: 'a', test: 'b' } }],
    [{ scripts: { install: '' } }],
    [{ scripts: ['install'] }],
    [[]],
  ])('no install script: %j', (manifest) => {
    expect(places({ 'package.json': manifest })).toEqual([]);
  });

  it('binding.gyp alone is native and is built at installation, unless the package says no', () => {
    expect(places({ 'binding.gyp': '{}' }).map(({ capability }) => capability)).toEqual(['native', 'install-script']);
    const without = places({ 'binding.gyp': '{}', 'package.json': { gypfile: false } });
    expect(without.map(({ capability }) => capability)).toEqual(['native']);
    expect(places({ 'src/binding.gyp': '{}' })).toEqual([]);
    // macOS and Windows find it by this name, too, and one package.json in place of the other.
    expect(places({ 'Binding.GYP': '{}' }).map(({ file }) => file)).toEqual(['Binding.GYP', 'Binding.GYP']);
    expect(() => places({ 'Package.json': '{}' })).toThrow('more than one package.json');
  });

  it('native parts are files of that kind, and packages that load them', () => {
    expect(places({ 'prebuilds/linux-x64/a.node': '\u007fELF' })).toMatchObject([
      { capability: 'native', file: 'prebuilds/linux-x64/a.node' },
    ]);
    expect(places({ 'package.json': { dependencies: { 'node-gyp-build': '4' } } })).toMatchObject([
      { capability: 'native', file: 'package.json', line: 3 },
    ]);
  });

  it('scripts without an extension count where node runs them', () => {
    expect(places({ 'bin/cli': "#!/usr/bin/env node\nrequire('fs')" })).toMatchObject([{ file: 'bin/cli', line: 2 }]);
    expect(places({ 'bin/cli': "#!/bin/sh\nrequire('fs')", LICENSE: "require('fs')" })).toEqual([]);
  });

  it.each([
    'test/a.js',
    'tests/a.js',
    '__tests__/a.js',
    'docs/a.js',
    'examples/a.js',
    'benchmark/a.js',
    'a.d.ts',
    'a.json',
    'README.md',
  ])('%s does not count', (path) => {
    expect(places({ [path]: "require('fs')" })).toEqual([]);
  });

  it.each(['lib/test/a.js', 'testing/a.js', 'node_modules/b/a.js'])('%s counts', (path) => {
    expect(places({ [path]: "require('fs')" })).toHaveLength(1);
  });

  it.each([
    ['no manifest', []],
    ['a manifest that is not JSON', [{ path: 'package.json', bytes: Buffer.from('{') }]],
  ])('%s is no reading', (_, files) => {
    expect(() => readCapabilities(files)).toThrow(/package\.json/);
  });

  it('bytes that are no text are read as far as they are', () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0xc3]), Buffer.from(";require('fs')")]);
    const manifest = { path: 'package.json', bytes: Buffer.from('{}') };
    expect(readCapabilities([manifest, { path: 'a.js', bytes }])).toMatchObject([{ capability: 'filesystem' }]);
  });
});
