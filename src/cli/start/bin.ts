#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { run } from './main.ts';
import type { run as verifyBundle } from './verify-bundle.ts';
import { VERSION } from '../../model/version.ts';
import { useCompileCache } from './compile-cache.ts';
import { optimiseLater } from '../v8-flags.ts';

const args = process.argv.slice(2);

// The commonest question of scripts is answered before anything else is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  // Beside this file itself: with --preserve-symlinks-main, beside a link to it is what others put there.
  const here = realpathSync(__filename);
  useCompileCache(args);
  const ended = args[0] === 'verify-bundle' ? aloneFrom(here) : mainFrom(here);
  void ended.then((status) => {
    process.exitCode = status;
  });
}

/** A script, which Node starts faster than modules; `node:module` would have it load what it runs those with. */
function aloneFrom(here: string): Promise<number> {
  const alone = module.require(join(dirname(here), 'verify-bundle.cjs')) as { readonly run: typeof verifyBundle };
  return alone.run(args.slice(1));
}

async function mainFrom(here: string): Promise<number> {
  optimiseLater();
  const main = pathToFileURL(join(dirname(here), 'main.js')).href;
  return ((await import(main)) as { readonly run: typeof run }).run(args);
}
