/**
 * Reads a generated lockfile of each format, and one of npm's that is made to be slow, and prints how long that takes.
 * `--check` fails where the slow one takes a second of CPU or more.
 */
import { parseArgs } from 'node:util';
import { parseLockfile } from '../src/lockfiles/index.ts';
import { samples, type Sample } from './reading/generate.ts';

function main(): void {
  const { values } = parseArgs({
    options: { packages: { type: 'string', default: '10000' }, check: { type: 'boolean', default: false } },
  });
  process.stdout.write('| lockfile | MB | entries | CPU s | MB/s |\n| --- | --- | --- | --- | --- |\n');
  const times = samples(Number(values.packages)).map(report);
  if (values.check && (times[0] ?? 0) >= 1) throw new Error('the nested lockfile took a second or more');
}

/** CPU seconds of the fastest of three readings: others that use the machine do not count. */
function report({ what, file, text }: Sample): number {
  const bytes = Buffer.from(text);
  let entries = 0;
  const seconds = [1, 2, 3].map(() => {
    const start = process.cpuUsage();
    ({ entries } = parseLockfile(file, bytes));
    return process.cpuUsage(start).user / 1e6;
  });
  const fastest = Math.min(...seconds);
  const megabytes = bytes.length / 1e6;
  const numbers = [megabytes.toFixed(1), entries, fastest.toFixed(2), (megabytes / fastest).toFixed(0)];
  process.stdout.write(`| ${[what, ...numbers].join(' | ')} |\n`);
  return fastest;
}

main();
