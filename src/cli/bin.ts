#!/usr/bin/env node
import { VERSION } from '../version.ts';

const args = process.argv.slice(2);

/**
 * How much code V8 runs of a function before it optimises it (65 thousand bytes, unless it is told otherwise). Most runs are
 * over before that pays: it took a third of the processor's time of an audit with a baseline.
 * Later versions of Node say aloud that they do not know the flag.
 */
const INTERRUPT_BUDGET = 1_000_000;

// The commonest question of scripts is answered before anything else is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  if (process.versions.node.startsWith('20.')) {
    process.getBuiltinModule('node:v8').setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
  }
  const { run } = await import('./main.ts');
  process.exitCode = await run(args);
}
