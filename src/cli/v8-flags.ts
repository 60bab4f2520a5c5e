import { setFlagsFromString } from 'node:v8';

/**
 * How much code V8 runs of a function before it optimises it (65 thousand bytes, unless it is told otherwise). Most
 * runs are over before that pays: it took a third of the processor's time of an audit with a baseline.
 */
const INTERRUPT_BUDGET = 1_000_000;

/**
 * By how much the heap may grow before V8 collects what is not in use, in percent of what is. By itself it lets a small
 * heap grow to several times that. For 3,000 packages it was a third of the memory of a first audit; to collect sooner
 * takes a few percent of its time.
 */
const GROWTH_PERCENT = 50;

/** Has V8 optimise later, on Node 20: later versions say aloud that they do not know the flag. */
export function optimiseLater(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}

/** Has V8 collect sooner what is not in use: for a run that has much to ask. */
export function collectSooner(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
