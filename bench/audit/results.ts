import type { OwnRun, Pair, Round, RunName, Sample } from './rounds.ts';

/** Rounds over one tree at one latency. */
export interface Result {
  readonly packages: number;
  readonly latencyMs: number;
  readonly rounds: readonly Round[];
}

interface Row {
  readonly run: RunName;
  /** What npm has to be compared with: it knows no baseline. */
  readonly against: 'npm cold' | 'npm warm' | null;
}

const ROWS: readonly Row[] = [
  { run: 'npm cold', against: null },
  { run: 'npm warm', against: null },
  { run: 'first', against: 'npm cold' },
  { run: 'baseline', against: 'npm cold' },
  { run: 'changed', against: 'npm warm' },
  { run: 'warm', against: 'npm warm' },
];

/** How many times as fast as npm each run is to be, by packages, at the latency of the targets. */
const TARGET_LATENCY_MS = 20;
const SPEED: Readonly<Record<number, Readonly<Partial<Record<RunName, number>>>>> = {
  500: { first: 5, baseline: 12, changed: 12, warm: 25 },
  1000: { first: 6, baseline: 15, changed: 15, warm: 40 },
  3000: { first: 7, baseline: 18, changed: 18, warm: 50 },
};
/** The most memory, in megabytes. */
const MEMORY: Readonly<Record<number, Readonly<Partial<Record<RunName, number>>>>> = {
  1000: { baseline: 120 },
  3000: { first: 220 },
};
/** The part of npm's processor time that a run with a baseline may take. */
const CPU_SHARE = 0.1;
/** How far the cost of a package in one tree may be from that in another. */
const COST_SPREAD = 0.15;
/** `assay --version` against `node -e 0`. */
export const STARTUP_RATIO = 1.6;

/** A table in Markdown: medians, and the ratios to npm's wall time in the same round. */
export function table({ rounds }: Result): string[] {
  const head = ['run', 'wall s', 'CPU s', 'peak MB', 'requests', 'MB', 'against', 'times as fast, by round', 'median'];
  const rows = ROWS.map(({ run, against }) => {
    const of = (value: (sample: Sample) => number): number => median(rounds.map((round) => value(round[run])));
    const ratios = against === null ? null : ratiosOf(rounds, run, against);
    return [
      against === null ? run : `assay ${run}`,
      (of(({ wallMs }) => wallMs) / 1000).toFixed(2),
      (of(({ cpuMs }) => cpuMs) / 1000).toFixed(2),
      (of(({ peakBytes }) => peakBytes) / 1e6).toFixed(0),
      of(({ requests }) => requests).toFixed(0),
      (of(({ bytes }) => bytes) / 1e6).toFixed(1),
      against ?? '',
      ratios === null ? '' : ratios.map((ratio) => ratio.toFixed(1)).join(' '),
      ratios === null ? '' : median(ratios).toFixed(1),
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** A table in Markdown: what this build takes of the time and memory of the one before, by round; the medians last. */
export function comparison(pairs: readonly Pair[]): string[] {
  const head = ['run', 'wall, by round', 'wall', 'CPU', 'peak', 'requests before', 'requests now'];
  const runs: readonly OwnRun[] = ['first', 'baseline', 'changed', 'warm'];
  const rows = runs.map((run) => {
    const ratios = (value: (sample: Sample) => number): number[] =>
      pairs.map(({ now, before }) => value(now[run]) / value(before[run]));
    const wall = ratios(({ wallMs }) => wallMs);
    return [
      `assay ${run}`,
      wall.map((ratio) => ratio.toFixed(2)).join(' '),
      median(wall).toFixed(3),
      median(ratios(({ cpuMs }) => cpuMs)).toFixed(3),
      median(ratios(({ peakBytes }) => peakBytes)).toFixed(3),
      median(pairs.map(({ before }) => before[run].requests)).toFixed(0),
      median(pairs.map(({ now }) => now[run].requests)).toFixed(0),
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** What the requests of each run were for, in the first round. */
export function traffic({ rounds }: Result): string[] {
  return ROWS.map(({ run }) => {
    const kinds = Object.entries(rounds[0]?.[run].kinds ?? {});
    const parts = kinds.map(([kind, { requests, bytes }]) => `${requests} ${kind} (${(bytes / 1e6).toFixed(2)} MB)`);
    return `${run}: ${parts.join(', ') || 'no requests'}`;
  });
}

/** Each target that one of the results can meet, with what was measured. */
export function targets(results: readonly Result[]): string[] {
  return [
    ...results.filter(({ latencyMs }) => latencyMs === TARGET_LATENCY_MS).flatMap(targetsOf),
    ...costTargets(results),
  ];
}

function targetsOf({ packages, rounds }: Result): string[] {
  const speed = ROWS.flatMap(({ run, against }) => {
    const wanted = SPEED[packages]?.[run];
    if (wanted === undefined || against === null) return [];
    const ratio = median(ratiosOf(rounds, run, against));
    return [
      verdict(`${packages} packages, ${run}: at least ${wanted} times as fast`, ratio.toFixed(1), ratio >= wanted),
    ];
  });
  const memory = ROWS.flatMap(({ run }) => {
    const wanted = MEMORY[packages]?.[run];
    if (wanted === undefined) return [];
    const peak = median(rounds.map((round) => round[run].peakBytes)) / 1e6;
    return [verdict(`${packages} packages, ${run}: at most ${wanted} MB`, `${peak.toFixed(0)} MB`, peak <= wanted)];
  });
  const share = median(rounds.map((round) => round.baseline.cpuMs / round['npm cold'].cpuMs));
  const cpu = verdict(
    `${packages} packages, baseline: at most ${CPU_SHARE} of npm's CPU`,
    share.toFixed(3),
    share <= CPU_SHARE,
  );
  return [...speed, ...memory, ...(packages in SPEED ? [cpu] : [])];
}

/** Whether a package costs the same in every tree. */
function costTargets(results: readonly Result[]): string[] {
  return [...new Set(results.map(({ latencyMs }) => latencyMs))].flatMap((latencyMs) => {
    const same = results.filter((result) => result.latencyMs === latencyMs);
    if (same.length < 2) return [];
    return ROWS.filter(({ against }) => against !== null).map(({ run }) => {
      const costs = same.map(({ packages, rounds }) => median(rounds.map((round) => round[run].wallMs)) / packages);
      const spread = Math.max(...costs) / Math.min(...costs) - 1;
      const each = same.map(({ packages }, i) => `${packages}: ${(costs[i] ?? 0).toFixed(2)}`).join(', ');
      return verdict(
        `${run} at ${latencyMs} ms: ms per package within ${COST_SPREAD * 100} %`,
        `${(spread * 100).toFixed(0)} % (${each})`,
        spread <= COST_SPREAD,
      );
    });
  });
}

export function verdict(target: string, measured: string, met: boolean): string {
  return `${met ? 'met   ' : 'missed'} ${target}: ${measured}`;
}

function ratiosOf(rounds: readonly Round[], run: RunName, against: RunName): number[] {
  return rounds.map((round) => round[against].wallMs / round[run].wallMs);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
