/**
 * How much code V8 runs of a function before it optimises it (65 thousand bytes, unless it is told otherwise). Most runs are
 * over before that pays: it took a third of the processor's time of an audit with a baseline.
 * Later versions of Node say aloud that they do not know the flag.
 */
export const INTERRUPT_BUDGET = 1_000_000;

/** Has V8 optimise later, for this process and from now on. */
export function optimiseLater(): void {
  if (!process.versions.node.startsWith('20.')) return;
  process.getBuiltinModule('node:v8').setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}

/** Has V8 keep what it compiled, until the end of the process: by itself it forgets what has not run for a while. */
export function keepCompiled(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString('--no-flush-bytecode');
}
