/**
 * `assay` beside `npm audit signatures`: the same generated tree, server and trust, in turn, several rounds. Prints
 * medians, the ratio of each round, and which of the targets are met. Needs an npm that has `audit signatures` on the
 * path.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { profile } from './audit/profile.ts';
import { comparison, median, type Result, STARTUP_RATIO, table, targets, traffic, verdict } from './audit/results.ts';
import { type Bench, openBench, type Pair, type Round } from './audit/rounds.ts';
import { serveTree } from './audit/server.ts';
import { generatedTree } from './audit/tree.ts';

const ROOT = join(import.meta.dirname, '..');
const CLI = join(ROOT, 'dist/cli.cjs');
const CACHE = join(ROOT, 'node_modules/.cache/bench');
const STARTS = 11;

interface Options {
  readonly packages: readonly number[];
  readonly latencies: readonly number[];
  readonly rounds: number;
  readonly profile: boolean;
  /** The command line of another build: it is compared with that one, and npm not asked. */
  readonly before: string | null;
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--no-types', '--quiet'], { stdio: 'inherit' });
  const version = (command: string): string => execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
  print(
    `Node ${process.version}, npm ${version('npm')}, assay ${version(CLI)}, ${availableParallelism()} processors\n`,
  );
  mkdirSync(CACHE, { recursive: true });
  const { before } = options;
  if (before !== null) {
    for (const packages of options.packages) await compare(packages, before, options);
    return;
  }
  const results: Result[] = [];
  for (const packages of options.packages) results.push(...(await resultsFor(packages, options)));
  print('Targets:');
  for (const line of [...targets(results), startup()]) print(line);
}

/** Measures one tree at every latency. */
function resultsFor(packages: number, { latencies, rounds, profile: isProfiled }: Options): Promise<Result[]> {
  return withBench(packages, null, async (bench, work) => {
    const results: Result[] = [];
    for (const latencyMs of latencies) {
      const measured: Round[] = [];
      for (let i = 0; i < rounds; i++) measured.push(await bench.round(latencyMs, i % 2 === 0));
      const result = { packages, latencyMs, rounds: measured };
      print(heading(bench, latencyMs, rounds));
      print([...table(result), '', ...traffic(result)].join('\n'));
      if (isProfiled) print((await profile(bench, latencyMs, work, CLI)).join('\n'));
      print('');
      results.push(result);
    }
    return results;
  });
}

/** Measures one tree with two builds, in turn, at every latency. */
function compare(packages: number, before: string, { latencies, rounds }: Options): Promise<void> {
  return withBench(packages, before, async (bench) => {
    for (const latencyMs of latencies) {
      const pairs: Pair[] = [];
      for (let i = 0; i < rounds; i++) pairs.push(await bench.pair(latencyMs, i % 2 === 0));
      print(heading(bench, latencyMs, rounds));
      print(`${comparison(pairs).join('\n')}\n`);
    }
  });
}

function heading({ tree }: Bench, latencyMs: number, rounds: number): string {
  const { packages, attested, documents } = tree;
  return (
    `${packages} packages (${attested} attested, ${documents} documents), ` +
    `latency ${latencyMs} ms, rounds: ${rounds}\n`
  );
}

/** Nothing that was started or written outlives it but the tree. */
async function withBench<T>(
  packages: number,
  before: string | null,
  use: (bench: Bench, work: string) => Promise<T>,
): Promise<T> {
  const folder = generatedTree(CACHE, packages, print);
  const work = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const remove = (): void => rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  try {
    const bench = await openBench({ folder, work, cli: CLI, before, script: fileURLToPath(import.meta.url) });
    try {
      return await use(bench, work);
    } finally {
      bench.close();
    }
  } finally {
    remove();
    process.off('exit', remove);
  }
}

/** How long `assay --version` takes beside Node doing nothing. */
function startup(): string {
  const wall = (args: readonly string[]): number => {
    const started = performance.now();
    execFileSync(process.execPath, args);
    return performance.now() - started;
  };
  const ratios = Array.from({ length: STARTS }, () => {
    const nothing = wall(['-e', '0']);
    return wall([CLI, '--version']) / nothing;
  });
  const ratio = median(ratios);
  const target = `assay --version: at most ${STARTUP_RATIO} times node -e 0`;
  return verdict(target, ratio.toFixed(2), ratio <= STARTUP_RATIO);
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      packages: { type: 'string', default: '100,500,1000,3000' },
      latency: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '3' },
      profile: { type: 'boolean', default: false },
      before: { type: 'string' },
    },
  });
  const numbers = (name: string, text: string, least: number): number[] =>
    text.split(',').map((part) => {
      if (!/^\d{1,5}$/.test(part) || Number(part) < least) throw new Error(`--${name} takes numbers from ${least}`);
      return Number(part);
    });
  return {
    packages: numbers('packages', values.packages, 12),
    latencies: numbers('latency', values.latency, 0),
    rounds: numbers('rounds', values.rounds, 1)[0] ?? 1,
    profile: values.profile,
    before: values.before === undefined ? null : resolve(values.before),
  };
}

// So that what is to be done at the end is done.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const [role, folder] = process.argv.slice(2);
const work = role === 'serve' && folder !== undefined ? serveTree(folder) : main();
work.catch((error: unknown) => {
  process.stderr.write(`bench/audit: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
