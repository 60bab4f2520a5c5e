#!/usr/bin/env node
import { VERSION } from '../version.ts';
import { optimiseLater } from './engine.ts';

const args = process.argv.slice(2);

// The commonest question of scripts is answered before anything else is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  optimiseLater();
  const { run } = await import('./main.ts');
  process.exitCode = await run(args);
}
