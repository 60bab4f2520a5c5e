/**
 * `npm run bench [-- NAME... [OPTIONS]]` runs the measurements of bench/, all or the named ones, one after the other.
 * What begins with the first option is theirs.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const BENCH = join(ROOT, 'bench');

const all = readdirSync(BENCH).filter((file) => file.endsWith('.ts'));
const args = process.argv.slice(2);
const firstOption = args.findIndex((arg) => arg.startsWith('--'));
const options = firstOption === -1 ? [] : args.slice(firstOption);
const named = args.slice(0, args.length - options.length).map((name) => `${name}.ts`);
for (const file of named.length > 0 ? named : all) {
  const outfile = join(ROOT, 'node_modules/.cache/bench', `${basename(file, '.ts')}.mjs`);
  await build({
    entryPoints: [join(BENCH, file)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    define: { 'import.meta.dirname': JSON.stringify(BENCH) },
    logLevel: 'warning',
  });
  console.log(`== ${basename(file, '.ts')}`);
  if (spawnSync(process.execPath, [outfile, ...options], { stdio: 'inherit' }).status !== 0) process.exitCode = 1;
}
