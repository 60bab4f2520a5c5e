/**
 * Builds dist/: cli.js and index.js with everything they use inside, the licences of what is inside, and the types of
 * the public API (left out with --no-types). Files are replaced one by one and only where they change, so that a build
 * never disturbs a process that runs from dist/.
 */
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
const withTypes = !process.argv.includes('--no-types');

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const { files, packages } = await bundle(ROOT, version);
const outputs = new Map([...files, ['THIRD-PARTY-LICENSES', licences(packages)]]);
if (withTypes) for (const [path, text] of declarations(ROOT)) outputs.set(join('types', path), text);

for (const [path, text] of outputs) replace(join(DIST, path), text);
chmodSync(join(DIST, 'cli.js'), 0o755);
for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
  const path = relative(DIST, join(entry.parentPath, entry.name));
  const kept = outputs.has(path) || (!withTypes && path.startsWith('types'));
  if (entry.isFile() && !kept) rmSync(join(DIST, path), { force: true });
}

for (const path of process.argv.includes('--quiet') ? [] : ['cli.js', 'index.js']) {
  console.log(`dist/${path}  ${Math.round(outputs.get(path).length / 1024)} KiB`);
}

function replace(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
