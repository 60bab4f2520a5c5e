/**
 * Prints the path of a Node 24 binary: $ASSAY_NODE24, this Node where it is one, or the `node-<platform>-<arch>`
 * package of the npm registry, kept under node_modules/.cache. Exits 1, saying why, where none can be had.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const CACHE = join(import.meta.dirname, '../node_modules/.cache/node24');

/** Returns the path of a Node 24 binary. Throws where none can be had. */
export function node24() {
  const given = process.env.ASSAY_NODE24;
  if (given) return checked(given);
  if (process.versions.node.startsWith('24.')) return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const binary = join(CACHE, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    mkdirSync(CACHE, { recursive: true });
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    execFileSync(npm, ['install', '--prefix', CACHE, '--no-save', '--ignore-scripts', '--no-audit', `${name}@24`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 180_000,
      shell: process.platform === 'win32',
    });
  }
  return checked(binary);
}

function checked(binary) {
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  if (!version.startsWith('v24.')) throw new Error(`${binary} is Node ${version}, not 24`);
  return binary;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    console.log(node24());
  } catch (error) {
    console.error(`node24: ${error.message}`);
    process.exitCode = 1;
  }
}
