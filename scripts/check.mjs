// Runs everything that must hold of the files themselves: lint, which takes longest, beside the others one after the
// other. What a step said is shown once it ends, and what a failed one said at the end. The exit status is 1 where one
// failed; the others run all the same.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';

const LANES = [['lint'], ['format:check', 'map -- --check', 'typecheck', 'knip', 'build', 'check:package']];

/** @type {string[]} */
const failed = [];

/** @param {string} step @returns {Promise<void>} */
function run(step) {
  const started = Date.now();
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const said = [];
    // Every step is one of ours, and npm is a script of the shell on Windows.
    const child = spawn(`npm run --silent ${step}`, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    child.on('close', (status) => {
      const output = Buffer.concat(said).toString();
      const seconds = Math.round((Date.now() - started) / 1000);
      process.stdout.write(
        `${status === 0 ? output : ''}-- ${step}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`,
      );
      if (status !== 0) failed.push(`-- ${step} failed:\n${output}`);
      resolve();
    });
  });
}

await Promise.all(
  LANES.map(async (steps) => {
    for (const step of steps) await run(step);
  }),
);
process.stdout.write(failed.join(''));
process.exitCode = failed.length === 0 ? 0 : 1;
