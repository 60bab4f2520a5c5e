import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './rounds.ts';

/** What V8 writes (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
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

/** Profiles assay's first run and the second, and returns the heaviest functions of each by their own time. */
export async function profile(bench: Bench, latencyMs: number, work: string, cli: string): Promise<string[]> {
  const folder = join(work, 'profiles');
  mkdirSync(folder, { recursive: true });
  const client = bench.assay('--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${folder}`);
  await bench.twice(client, latencyMs);
  const fileOf = sourceFiles(cli);
  const files = readdirSync(folder).sort();
  return ['first run', 'second run'].flatMap((run, i) => {
    const text = readFileSync(join(folder, files[i] ?? ''), 'utf8');
    return ['', `${run}, milliseconds of a function's own:`, ...heaviest(JSON.parse(text) as Profile, fileOf)];
  });
}

/** The heaviest functions, under the files they are in, the heaviest file first. */
function heaviest({ nodes, samples, timeDeltas }: Profile, fileOf: (url: string, line: number) => string): string[] {
  const own = new Map<number, number>();
  samples.forEach((id, i) => own.set(id, (own.get(id) ?? 0) + (timeDeltas[i] ?? 0) / 1000));
  const functions = new Map<string, Heavy>();
  for (const { id, callFrame } of nodes) {
    const file = fileOf(callFrame.url, callFrame.lineNumber);
    const name = callFrame.functionName || '(anonymous)';
    if (name === '(idle)' || name === '(root)') continue;
    const known = functions.get(`${file} ${name}`);
    functions.set(`${file} ${name}`, { file, name, ms: (known?.ms ?? 0) + (own.get(id) ?? 0) });
  }
  const total = [...functions.values()].reduce((sum, { ms }) => sum + ms, 0);
  const top = [...functions.values()].sort((a, b) => b.ms - a.ms).slice(0, SHOWN);
  const files = [...new Set(top.map(({ file }) => file))];
  return [
    `  ${total.toFixed(0)} in all`,
    ...files.flatMap((file) => [
      `  ${file}`,
      ...top
        .filter((heavy) => heavy.file === file)
        .map(
          ({ name, ms }) => `${ms.toFixed(0).padStart(8)}  ${((ms / total) * 100).toFixed(1).padStart(4)} %  ${name}`,
        ),
    ]),
  ];
}

/** The source file of a line of the bundle, which has a comment before each. */
function sourceFiles(cli: string): (url: string, line: number) => string {
  const starts: { line: number; file: string }[] = [];
  readFileSync(cli, 'utf8')
    .split('\n')
    .forEach((text, line) => {
      const file = /^(?: {2})?\/\/ ((?:src|node_modules)\/\S+)$/.exec(text)?.[1];
      if (file !== undefined) starts.push({ line, file });
    });
  return (url, line) => {
    if (!url.endsWith('/dist/cli.js')) return url === '' ? 'V8 and native code' : url;
    return starts.findLast((start) => start.line <= line)?.file ?? 'dist/cli.js';
  };
}
