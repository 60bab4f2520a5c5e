/**
 * `npm start` builds assay and audits the example project on the embedded registry; `npm start -- DIR [options]` audits
 * any project, as seen from where npm was called. The exit status is assay's.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const args = process.argv.slice(2);
const run = (script, ...rest) =>
  spawnSync(process.execPath, [join(import.meta.dirname, script), ...rest], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdio: 'inherit',
  }).status ?? 1;

const built = run('build.mjs', '--no-types', '--quiet');
process.exitCode = built === 0 ? run('../dist/cli.cjs', ...(args.length === 0 ? ['demo'] : ['audit', ...args])) : built;
