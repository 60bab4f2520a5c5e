/**
 * Builds dist/: cli.js, index.js and their parts with everything they use inside, the licences of what is inside, the
 * manual page, and the types of the public API (left out with --no-types). Says what it built, but for --quiet.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bundle } from './build/bundle.mjs';
import { declarations } from './build/declarations.mjs';
import { licences } from './build/licences.mjs';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
/** What the commands that were built say of themselves. */
const MANUAL = 'assay.1';
const withTypes = !process.argv.includes('--no-types');
const quiet = process.argv.includes('--quiet');

try {
  const outputs = await build();
  update(outputs);
  replace(
    join(DIST, MANUAL),
    execFileSync(process.execPath, [join(DIST, 'cli.cjs'), 'help', '--man'], { encoding: 'utf8' }),
  );
  const scripts = [...outputs].filter(([path]) => /\.c?js$/.test(path));
  const bytes = scripts.reduce((sum, [, text]) => sum + text.length, 0);
  if (!quiet) console.log(`dist/cli.cjs, dist/index.js and their parts: ${Math.round(bytes / 1024)} KiB`);
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}

/** Every file of dist/ by its path there. */
async function build() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { files, packages } = await bundle(ROOT, version);
  const types = withTypes ? declarations(ROOT) : new Map();
  return new Map([
    ...files,
    ['THIRD-PARTY-LICENSES', licences(packages)],
    ...[...types].map(([path, text]) => [join('types', path), text]),
  ]);
}

/** Makes dist/ hold the outputs. Files are replaced whole and only where they change: a process may run from there. */
function update(outputs) {
  for (const [path, text] of outputs) replace(join(DIST, path), text);
  for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    const path = relative(DIST, join(entry.parentPath, entry.name));
    const kept = outputs.has(path) || path === MANUAL || (!withTypes && dirname(path).startsWith('types'));
    if (entry.isFile() && !kept) rmSync(join(DIST, path), { force: true });
  }
}

function replace(path, text) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, text);
    if (path === join(DIST, 'cli.cjs')) chmodSync(temporary, 0o755);
    renameSync(temporary, path);
  }
}
