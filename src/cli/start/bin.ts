#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { run } from './main.ts';
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
  // Beside this file itself: with --preserve-symlinks-main, beside a link to it is what others put there.
  const main = pathToFileURL(join(dirname(realpathSync(__filename)), 'main.js')).href;
  void (import(main) as Promise<{ run: typeof run }>)
    .then(({ run }) => run(args))
    .then((status) => {
      process.exitCode = status;
    });
}
