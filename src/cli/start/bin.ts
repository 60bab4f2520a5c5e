#!/usr/bin/env node
import { VERSION } from '../../model/version.ts';
import { useCompileCache } from './compile-cache.ts';
import { optimiseLater } from '../v8-flags.ts';

const args = process.argv.slice(2);

// The commonest question of scripts is answered before anything else is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  optimiseLater();
  useCompileCache(args);
  void import('./main.ts')
    .then(({ run }) => run(args))
    .then((status) => {
      process.exitCode = status;
    });
}
