/**
 * An audit from a pack beside the same audit over the network, in turn, several rounds: the first, where nothing is
 * known, and the next. Prints medians, the ratios of each round, and whether the audit from the pack is at least as
 * fast.
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { assayClient, isolatedWithTrust } from './audit/clients.ts';
import type { Measured } from './audit/measure.ts';
import { median, verdict } from './audit/results.ts';
import { serveTree, TUF_HOST, type Command, type Served } from './audit/server.ts';
import { generatedTree, readTree } from './audit/tree.ts';

const ROOT = join(import.meta.dirname, '..');
const CLI = join(ROOT, 'dist/cli.cjs');
const RUNS = ['network first', 'network next', 'pack first', 'pack next'] as const;
type Run = (typeof RUNS)[number];

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      packages: { type: 'string', default: '1000' },
      latency: { type: 'string', default: '0' },
      rounds: { type: 'string', default: '5' },
    },
  });
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--no-types', '--quiet'], { stdio: 'inherit' });
  const cache = join(ROOT, 'node_modules/.cache/bench');
  mkdirSync(cache, { recursive: true });
  const folder = generatedTree(cache, Number(values.packages), print);
  const work = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const server = fork(fileURLToPath(import.meta.url), ['serve', folder], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const [served] = (await once(server, 'message')) as [Served];
    server.send({ latencyMs: Number(values.latency) } satisfies Command);
    const rounds = await measured(folder, work, served, Number(values.rounds));
    report(rounds, Number(values.packages), Number(values.latency), statSync(join(work, 'evidence.tar')).size);
  } finally {
    server.kill();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measured(folder: string, work: string, served: Served, count: number): Promise<Record<Run, Measured>[]> {
  const tree = readTree(folder);
  const file = (name: string, content: string): string => {
    writeFileSync(join(work, name), content);
    return join(work, name);
  };
  const outputs = join(work, 'outputs');
  mkdirSync(outputs);
  const project = join(work, 'project');
  cpSync(join(folder, 'project'), project, { recursive: true });
  const trust = [
    ...['--trusted-root', file('trusted-root.json', JSON.stringify(tree.trustedRoot))],
    ...['--registry-keys', file('keys.json', JSON.stringify(tree.keys))],
    ...['--tuf', `https://${TUF_HOST}/`, '--tuf-root', file('tuf-root.json', served.tufRoot)],
  ];
  const pack = join(work, 'evidence.tar');
  const env = isolatedWithTrust(join(work, 'packing'), served);
  const began = performance.now();
  execFileSync(process.execPath, [CLI, 'pack', '--output', pack, ...trust], { cwd: project, env });
  print(`packed in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const clients = {
    network: assayClient(served, outputs, [CLI], trust),
    pack: assayClient(served, outputs, [CLI], [...trust, '--evidence', pack]),
  };
  const { packages, attested } = tree;
  const expected = { packages, attested, held: 0 };
  const rounds: Record<Run, Measured>[] = [];
  for (let i = 0; i < count; i++) {
    const twice = async (name: keyof typeof clients): Promise<readonly [Measured, Measured]> => {
      const state = join(work, `state-${i}-${name}`);
      const run = (): Promise<Measured> => clients[name](state, project, expected);
      return [await run(), await run()];
    };
    const early = i % 2 === 0 ? await twice('network') : null;
    const [first, next] = await twice('pack');
    const [networkFirst, networkNext] = early ?? (await twice('network'));
    rounds.push({
      'network first': networkFirst,
      'network next': networkNext,
      'pack first': first,
      'pack next': next,
    });
  }
  return rounds;
}

function report(rounds: readonly Record<Run, Measured>[], packages: number, latency: number, bytes: number): void {
  print(
    `${packages} packages, latency ${latency} ms, rounds: ${rounds.length}, pack of ${(bytes / 1e6).toFixed(1)} MB\n`,
  );
  print('| run | wall s | CPU s | peak MB |\n| --- | --- | --- | --- |');
  for (const run of RUNS) {
    const of = (value: (sample: Measured) => number): number => median(rounds.map((round) => value(round[run])));
    const seconds = [of(({ wallMs }) => wallMs), of(({ cpuMs }) => cpuMs)].map((ms) => (ms / 1000).toFixed(2));
    print(`| ${[run, ...seconds, (of(({ peakBytes }) => peakBytes) / 1e6).toFixed(0)].join(' | ')} |`);
  }
  for (const [ours, theirs] of [
    ['pack first', 'network first'],
    ['pack next', 'network next'],
  ] as const) {
    const ratios = rounds.map((round) => round[ours].cpuMs / round[theirs].cpuMs);
    const shown = `${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')})`;
    print(verdict(`CPU of ${ours}: at most that of ${theirs}`, shown, median(ratios) <= 1));
  }
}

const [role, folder] = process.argv.slice(2);
const work = role === 'serve' && folder !== undefined ? serveTree(folder) : main();
work.catch((error: unknown) => {
  process.stderr.write(`bench/evidence: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
