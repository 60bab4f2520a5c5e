import { builtinModules } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { clientScripts } from './client.mjs';

/**
 * Bundles the command line and the library. Returns the files by name, and the folders of the packages that went into
 * them. Throws where a file needs anything that is neither inside nor part of Node.
 *
 * `cli.cjs` is only what starts a run: a script, as Node starts those faster, and so is a command that does little. The
 * rest are modules; `index.js` is the library.
 */
export async function bundle(root, version) {
  const options = {
    absWorkingDir: root,
    outdir: 'dist',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node20.19',
    define: { ASSAY_VERSION: JSON.stringify(version), ...(await clientScripts(root)) },
    // Not minified and without source maps: what is published can be read, and its stack traces too.
    legalComments: 'eof',
    logLevel: 'warning',
  };
  const script = { format: 'cjs', outExtension: { '.js': '.cjs' } };
  const start = await build({
    ...options,
    ...script,
    entryPoints: { cli: 'src/cli/start/bin.ts' },
    banner: { js: OLD_NODE },
    plugins: [lazyBuiltins],
  });
  const rare = new Set();
  const alone = await build({
    ...options,
    ...script,
    entryPoints: Object.fromEntries(ALONE.map((name) => [name, `src/cli/start/${name}.ts`])),
    // It needs all that it imports of Node, so that nothing is gained by asking for it later.
    external: ['node:*'],
    plugins: [lazyPackages(rare)],
  });
  const parts = await build({
    ...options,
    entryPoints: { main: 'src/cli/start/main.ts', index: 'src/index.ts', thread: 'src/audit/threads/thread.ts' },
    // What several need is there once, and what few runs want is apart. Beside each other, as explain finds docs/ from
    // there.
    format: 'esm',
    splitting: true,
    chunkNames: '[name]-[hash]',
    plugins: [lazyBuiltins, lazyPackages(rare), commandsAlone],
  });
  const lazy = await build({
    ...options,
    ...script,
    entryPoints: Object.fromEntries([...rare].map((name) => [RARE.get(name), name])),
    plugins: [lazyBuiltins],
  });
  return {
    files: [start, alone, parts, lazy].flatMap((built) => filesOf(root, built)),
    packages: [...new Set([start, alone, parts, lazy].flatMap(({ metafile }) => packagesOf(root, metafile)))].sort(),
  };
}

/** Says which Node is needed before anything is loaded that an older one lacks; in words that older ones can parse. */
const OLD_NODE = `'use strict';
(function () {
  var version = process.versions.node.split('.').map(Number);
  if (version[0] > 20 || (version[0] === 20 && version[1] >= 19)) return;
  process.stderr.write('assay: needs Node.js 20.19 or later, and this is ' + process.version + '\\n');
  process.exit(2);
})();`;

/** The files that a build made, by name. */
function filesOf(root, { warnings, outputFiles, metafile }) {
  if (warnings.length > 0) throw new Error('the bundle has warnings, see above');
  const files = outputFiles.map(({ path, text }) => [path.slice(join(root, 'dist/').length), text]);
  for (const [path, text] of files) assertSelfContained(path, text, metafile.outputs[`dist/${path}`]);
  return files;
}

/**
 * Static imports of a bundle are loaded before its first line runs, so each of Node's modules (TLS, HTTP, crypto: tens
 * of milliseconds) is fetched when something of it is first used: most runs use few of them. What esbuild makes of an
 * import asks the prototype for what it does not find. This serves the `require` calls of CommonJS packages as well.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const names = new Set(builtinModules);
    onResolve({ filter: /^(node:)?[a-z][a-z0-9_/]*$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return path.startsWith('node:') || names.has(name) ? { path: name, namespace: 'builtin' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = Object.create(new Proxy({}, {
        get: (_, name) => process.getBuiltinModule(${JSON.stringify(`node:${path}`)})[name],
      }));`,
      loader: 'js',
    }));
  },
};

/** Packages that most runs never call, by the name of their file. What is used of them has to be imported by name. */
const RARE = new Map([
  ['yaml', 'yaml'],
  ['smol-toml', 'toml'],
  ['@noble/curves/abstract/weierstrass.js', 'weierstrass'],
]);

/**
 * Does for packages what `lazyBuiltins` does for Node's modules: each is a file of its own, read when something of it
 * is first used. Adds those that are imported to `used`.
 */
const lazyPackages = (used) => ({
  name: 'lazy-packages',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      RARE.has(path) && kind !== 'entry-point' ? { path, namespace: 'rare' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'rare' }, ({ path }) => {
      used.add(path);
      const file = JSON.stringify(`./${RARE.get(path)}.cjs`);
      return {
        contents: `let loaded;
        module.exports = Object.create(new Proxy({}, {
          get: (_, name) => (loaded ??= require('beside').load(${file}))[name],
        }));`,
        loader: 'js',
      };
    });
    beside(build);
  },
});

/** Commands that are a script of their own, with everything they use; by the name of their file in src/cli/start. */
const ALONE = ['verify-bundle'];

/** Has the modules read these scripts, too: there is one of each. */
const commandsAlone = {
  name: 'commands-alone',
  setup(build) {
    build.onResolve({ filter: /^\.\/[a-z-]+\.ts$/ }, ({ path, importer }) => {
      const name = path.slice('./'.length, -'.ts'.length);
      const isOne = ALONE.includes(name) && importer.endsWith(join('src/cli/start/commands.ts'));
      return isOne ? { path: name, namespace: 'alone' } : undefined;
    });
    build.onLoad({ filter: /./, namespace: 'alone' }, ({ path }) => ({
      contents: `import { load } from 'beside'; export const { command } = load('./${path}.cjs');`,
      loader: 'js',
    }));
    beside(build);
  },
};

/** What reads a script beside the file; a module of its own, as that has import.meta and no module.exports. */
function beside({ initialOptions, onResolve, onLoad }) {
  const here = initialOptions.format === 'cjs' ? '__filename' : 'import.meta.url';
  onResolve({ filter: /^beside$/ }, ({ namespace }) =>
    ['rare', 'alone'].includes(namespace) ? { path: 'require', namespace: 'beside' } : undefined,
  );
  onLoad({ filter: /./, namespace: 'beside' }, () => ({
    contents: `export const load = process.getBuiltinModule('node:module').createRequire(${here});`,
    loader: 'js',
  }));
}

function assertSelfContained(path, text, { imports }) {
  const foreign = imports.filter((one) => one.external && !one.path.startsWith('node:')).map((one) => one.path);
  if (foreign.length > 0) throw new Error(`${path} imports what is not bundled: ${foreign.join(', ')}`);
  // Where a package computes what it requires, esbuild leaves this helper in a module, and the call in a script. The
  // `module` of a package gets another name, so that `module.require` is a call of the file itself.
  const left = path.endsWith('.cjs') ? /(?<!\bmodule\.)\brequire\((?!"node:)/ : /Dynamic require of/;
  if (left.test(text)) throw new Error(`${path} requires a module that is not known at build time`);
  if (path === 'cli.cjs' && !text.startsWith('#!/usr/bin/env node\n')) throw new Error('cli.cjs has no #! line');
}

/** Folders of the packages with at least one byte in an output. */
function packagesOf(root, { outputs }) {
  const folders = new Set();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput > 0 && path.includes('node_modules/')) folders.add(packageFolder(join(root, path)));
    }
  }
  return [...folders];
}

/** The folder of the package a file belongs to: the nearest one named after node_modules. */
function packageFolder(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const inModules = /node_modules\/(@[^/]+\/)?[^/@]+$/.test(folder.replaceAll('\\', '/'));
    if (inModules && existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`${file} belongs to no package`);
  }
}
