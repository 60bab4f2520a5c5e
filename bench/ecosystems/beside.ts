import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LoggedRequest } from '../../lab/server.ts';
import { measure, run, type Measured, type Program } from '../audit/measure.ts';
import { median } from '../audit/results.ts';

const ROOT = join(import.meta.dirname, '..');

/** A program that does the same work. */
export interface Peer {
  readonly name: string;
  /** A program that has to be on the path; without it the peer is left out, which is said. */
  readonly needs: string;
  /** What a run begins with, in a folder of its own; `env` goes over an own PATH and HOME. */
  readonly program: (folder: string) => Pick<Program, 'command' | 'args'> & { readonly env?: Program['env'] };
  /** Exit statuses of a run that did its work. */
  readonly statuses?: readonly number[];
}

/** What is measured: assay in a folder with these files, beside peers that ask the same lab. */
export interface Beside {
  readonly title: string;
  /** Of the lab, with the last slash. */
  readonly url: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly requests: LoggedRequest[];
  readonly peers: readonly Peer[];
}

export interface Options {
  readonly count: number;
  readonly latencyMs: number;
  readonly rounds: number;
}

/** Options of a measurement, with the number of packages that it has where nobody says. */
export function readOptions(count: number): Options {
  const { values } = parseArgs({
    options: {
      packages: { type: 'string', default: String(count) },
      latency: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '5' },
    },
  });
  return { count: Number(values.packages), latencyMs: Number(values.latency), rounds: Number(values.rounds) };
}

interface Row {
  readonly run: string;
  readonly wallMs: number[];
  readonly requests: number[];
  readonly peakMb: number[];
  readonly cpuMs: number[];
  /** Of the lab, which answers in this process. */
  readonly labMs: number[];
}

/** The row of the same questions, asked without any work on the answers. */
const PLAIN = 'the same GETs alone';

/** Asks for the addresses of a file, 64 at a time, as assay does, and leaves it at that. */
const PLAIN_GETS = `const { Agent, get } = require('node:http');
const [base, ...paths] = require('node:fs').readFileSync(process.argv[2], 'utf8').split('\\n');
const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
const queue = paths.values();
const ask = (path) => new Promise((done, fail) => {
  get(new URL(path, base), { agent, headers: { 'accept-encoding': 'gzip' } }, (response) => {
    response.resume().on('end', done).on('error', fail);
  }).on('error', fail);
});
Promise.all(Array.from({ length: 64 }, async () => { for (const path of queue) await ask(path); }))
  .then(() => agent.destroy());
`;

/**
 * Runs assay cold and warm, what it asked cold without the rest, and each peer once in every round, in turn. Each has a
 * state of its own. Prints the medians and the ratio of each round.
 */
export async function besidePeers(
  { title, url, files, args, env, requests, peers }: Beside,
  rounds: number,
): Promise<void> {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--no-types', '--quiet'], { stdio: 'inherit' });
  const there = peers.filter(({ needs }) => spawnSync('sh', ['-c', `command -v ${needs}`]).status === 0);
  for (const { name } of peers.filter((one) => !there.includes(one))) print(`${name} is not on the path: left out`);
  const rows = ['assay cold', 'assay warm', PLAIN, ...there.map(({ name }) => name)].map((name): Row => {
    return { run: name, wallMs: [], requests: [], peakMb: [], cpuMs: [], labMs: [] };
  });
  const work = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  let lab = process.cpuUsage();
  const begin = (): void => {
    requests.splice(0);
    lab = process.cpuUsage();
  };
  const add = (name: string, wallMs: number, used: Pick<Measured, 'cpuMs' | 'peakBytes'> | null): void => {
    const row = rows.find((one) => one.run === name);
    const { user, system } = process.cpuUsage(lab);
    row?.wallMs.push(wallMs);
    row?.requests.push(requests.length);
    row?.labMs.push((user + system) / 1000);
    if (used === null) return;
    row?.cpuMs.push(used.cpuMs);
    row?.peakMb.push(used.peakBytes / 1e6);
  };
  writeFileSync(join(work, 'gets.cjs'), PLAIN_GETS);
  try {
    for (let round = 0; round < rounds; round += 1) {
      const own = async (): Promise<void> => {
        const folder = inFolder(join(work, `assay-${round}`), files);
        const state = { ASSAY_CACHE: join(work, `cache-${round}`), XDG_CONFIG_HOME: join(work, `config-${round}`) };
        for (const name of ['assay cold', 'assay warm']) {
          const program = { command: process.execPath, args: [join(ROOT, 'dist/cli.cjs'), 'audit', '--json', ...args] };
          begin();
          const came = await measure({ ...program, cwd: folder, env: { ...base(folder), ...state, ...env } }, work);
          if (came.status !== 0) throw new Error(`${name}: ${came.stdout}${came.stderr}`);
          add(name, came.wallMs, came);
          if (name === 'assay cold')
            writeFileSync(join(work, 'asked'), [url, ...requests.map((one) => one.url)].join('\n'));
        }
        const program = { command: process.execPath, args: [join(work, 'gets.cjs'), join(work, 'asked')] };
        begin();
        const came = await measure({ ...program, cwd: folder, env: base(folder) }, work);
        if (came.status !== 0) throw new Error(`${PLAIN}: ${came.stderr}`);
        add(PLAIN, came.wallMs, came);
      };
      const others = async (): Promise<void> => {
        for (const [i, { name, program, statuses = [0] }] of there.entries()) {
          const folder = inFolder(join(work, `peer-${i}-${round}`), files);
          const { env: more = {}, ...what } = program(folder);
          begin();
          const came = await run({ ...what, cwd: folder, env: { ...base(folder), ...more } }, ['ignore', 'ignore'], {});
          if (!statuses.includes(came.status ?? -1)) throw new Error(`${name}: exit status ${String(came.status)}`);
          add(name, came.wallMs, null);
        }
      };
      for (const part of round % 2 === 0 ? [own, others] : [others, own]) await part();
    }
  } finally {
    // The module cache of Go is read-only.
    spawnSync('chmod', ['-R', 'u+w', work]);
    rmSync(work, { recursive: true, force: true });
  }
  print(`${title}, Node ${process.version}, rounds: ${rounds}\n`);
  print('| run | wall s | CPU s | lab CPU s | peak MB | requests | beside assay cold, by round | median |');
  print('| --- | --- | --- | --- | --- | --- | --- | --- |');
  const [cold] = rows;
  for (const row of rows) {
    const ratios = row === cold ? [] : row.wallMs.map((ms, i) => ms / (cold?.wallMs[i] ?? NaN));
    const peak = row.peakMb.length === 0 ? '' : median(row.peakMb).toFixed(0);
    const cpu = row.cpuMs.length === 0 ? '' : (median(row.cpuMs) / 1000).toFixed(2);
    const shown = [ratios.map((one) => one.toFixed(2)).join(' '), ratios.length === 0 ? '' : median(ratios).toFixed(2)];
    const times = [(median(row.wallMs) / 1000).toFixed(2), cpu, (median(row.labMs) / 1000).toFixed(2)];
    const cells = [row.run, ...times, peak, String(median(row.requests)), ...shown];
    print(`| ${cells.join(' | ')} |`);
  }
}

function base(home: string): Readonly<Record<string, string>> {
  return { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'C.UTF-8' };
}

function inFolder(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries({ ...files, '.git/HEAD': '' })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
