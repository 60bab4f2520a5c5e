import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Bench } from './rounds.ts';

/** What V8 writes (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
}

interface Heavy {
  readonly file: string;
  readonly name: string;
  readonly ms: number;
}

const SHOWN = 15;

/**
 * Profiles the main thread of assay's first run and of the second. Returns the heaviest functions of each by their own
 * time, and the heaviest files with what they had Node do.
 */
export async function profile(bench: Bench, latencyMs: number, work: string, cli: string): Promise<string[]> {
  const folder = join(work, 'profiles');
  mkdirSync(folder, { recursive: true });
  const client = bench.assay('--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${folder}`);
  await bench.twice(client, latencyMs);
  const fileOf = sourceFiles(cli);
  // CPU.DATE.TIME.PROCESS.THREAD.NUMBER.cpuprofile; the main thread is 0.
  const files = readdirSync(folder)
    .filter((file) => /\.0\.\d+\.cpuprofile$/.test(file))
    .sort();
  return ['first run', 'second run'].flatMap((run, i) => {
    const text = readFileSync(join(folder, files[i] ?? ''), 'utf8');
    const profiled = JSON.parse(text) as Profile;
    return [
      ...['', `${run}, milliseconds of a function's own:`, ...heaviestFunctions(profiled, fileOf)],
      ...['', `${run}, milliseconds of a file with what it called of Node:`, ...heaviestFiles(profiled, fileOf)],
    ];
  });
}

type FileOf = (url: string, line: number) => string;

/** Milliseconds that were spent in each node itself, without those that are no work. */
function ownTimes({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<number, number> {
  const own = new Map<number, number>();
  samples.forEach((id, i) => own.set(id, (own.get(id) ?? 0) + (timeDeltas[i] ?? 0) / 1000));
  for (const { id, callFrame } of nodes) if (/^\((?:idle|root)\)$/.test(callFrame.functionName)) own.delete(id);
  return own;
}

/** Files of ours and of bundled packages; what Node does is counted for the nearest that called it. */
function heaviestFiles(profiled: Profile, fileOf: FileOf): string[] {
  const own = ownTimes(profiled);
  const callers = new Map(profiled.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const files = new Map(profiled.nodes.map(({ id, callFrame }) => [id, fileOf(callFrame.url, callFrame.lineNumber)]));
  const responsible = (id: number | undefined): string => {
    if (id === undefined) return 'Node alone';
    const file = files.get(id) ?? '';
    return /^(?:src|node_modules)\//.test(file) ? file : responsible(callers.get(id));
  };
  const times = new Map<string, number>();
  for (const [id, ms] of own) times.set(responsible(id), (times.get(responsible(id)) ?? 0) + ms);
  const total = sum(times.values());
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([file, ms]) => `${share(ms, total)}  ${file}`);
}

function share(ms: number, total: number): string {
  return `${ms.toFixed(0).padStart(8)}  ${((ms / total) * 100).toFixed(1).padStart(4)} %`;
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

/** The heaviest functions, under the files they are in, the heaviest file first. */
function heaviestFunctions(profiled: Profile, fileOf: FileOf): string[] {
  const own = ownTimes(profiled);
  const functions = new Map<string, Heavy>();
  for (const { id, callFrame } of profiled.nodes) {
    const file = fileOf(callFrame.url, callFrame.lineNumber);
    const name = callFrame.functionName || '(anonymous)';
    const known = functions.get(`${file} ${name}`)?.ms ?? 0;
    functions.set(`${file} ${name}`, { file, name, ms: known + (own.get(id) ?? 0) });
  }
  const total = sum(own.values());
  const top = [...functions.values()].sort((one, other) => other.ms - one.ms).slice(0, SHOWN);
  const files = [...new Set(top.map(({ file }) => file))];
  return [
    `  ${total.toFixed(0)} in all`,
    ...files.flatMap((file) => [
      `  ${file}`,
      ...top.filter((heavy) => heavy.file === file).map(({ name, ms }) => `${share(ms, total)}  ${name}`),
    ]),
  ];
}

/** The source file of a line of a part of the bundle, which has a comment before each. */
function sourceFiles(cli: string): FileOf {
  const folder = dirname(cli);
  const parts = readdirSync(folder).filter((name) => /\.c?js$/.test(name));
  const starts = new Map(parts.map((name) => [name, startsOf(readFileSync(join(folder, name), 'utf8'))]));
  return (url, line) => {
    const part = basename(url);
    const known = url.includes('/dist/') ? starts.get(part) : undefined;
    if (known === undefined) return url === '' ? 'V8 and native code' : url;
    return known.findLast((start) => start.line <= line)?.file ?? `dist/${part}`;
  };
}

function startsOf(text: string): readonly { readonly line: number; readonly file: string }[] {
  return text.split('\n').flatMap((content, line) => {
    const file = /^(?: {2})?\/\/ ((?:src|node_modules)\/\S+)$/.exec(content)?.[1];
    return file === undefined ? [] : [{ line, file }];
  });
}
