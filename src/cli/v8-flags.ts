import { setFlagsFromString } from 'node:v8';

/**
 * How much code V8 runs of a function before it optimises it (65 thousand bytes, unless it is told otherwise). Most runs are
 * over before that pays: it took a third of the processor's time of an audit with a baseline.
 */
const INTERRUPT_BUDGET = 1_000_000;

/**
 * By how much the heap may grow before V8 collects what is not in use, in percent of what is; 0 leaves it to V8, which lets a small
 * heap grow to several times that. For 3,000 packages it was a third of the memory of a first audit; to collect sooner takes a few
 * percent of its time.
 */
const GROWTH_PERCENT = 50;
const growth = (percent: number): string => `--heap-growing-percent=${percent}`;

/** V8's flags for a run. With `keepsCode` it also keeps what it compiled until the end, however long ago that ran. */
export function flagsOf(node: string, keepsCode: boolean): readonly string[] {
  return [
    // Later versions of Node say aloud that they do not know the flag.
    ...(node.startsWith('20.') ? [`--interrupt-budget=${INTERRUPT_BUDGET}`] : []),
    growth(0),
    ...(keepsCode ? ['--no-flush-bytecode'] : []),
  ];
}

/** Sets V8's flags for this process, from now on; again for what is compiled to be of use to the next run, which begins with them. */
export function setEngine(keepsCode: boolean): void {
  for (const flag of flagsOf(process.versions.node, keepsCode)) setFlagsFromString(flag);
}

/** Has V8 collect sooner what is not in use: for a run that has much to ask. */
export function collectSooner(): void {
  setFlagsFromString(growth(GROWTH_PERCENT));
}
