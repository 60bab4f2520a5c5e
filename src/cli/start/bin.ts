#!/usr/bin/env node
import { cachePlace, partOfCache } from '../../store/place.ts';
import { openCache, type Cache } from '../../store/store.ts';
import { VERSION } from '../../model/version.ts';
import { openCode } from '../code.ts';
import { setEngine } from '../v8-flags.ts';
import { EXIT } from '../exit.ts';
import type * as Main from './main.ts';
import { commandNamed } from '../names.ts';

const UNKEPT: readonly string[] = ['--no-cache', '--help', '-h', 'help'];

const args = process.argv.slice(2);

// The commonest question of scripts is answered before anything else is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const cache = codeCache();
  setEngine(cache !== null);
  const code = openCode(import.meta.dirname, cache);
  const { run } = code.load('main.cjs') as typeof Main;
  void run(args).then((status) => {
    process.exitCode = status;
    if (cache === null || status === EXIT.usage) return;
    setEngine(true);
    code.keep();
    cache.close();
  });
}

/**
 * What V8 compiled for the same command in earlier runs. Nothing is kept for a page of help, nor by the command that shows
 * and empties what is kept, nor in pipelines, whose machines forget it.
 */
function codeCache(): Cache | null {
  const { env, platform } = process;
  const command = commandNamed(args[0]) ?? 'audit';
  if (command === 'cache' || (env['CI'] ?? '') !== '' || args.some((arg) => UNKEPT.includes(arg))) return null;
  const place = cachePlace(env, env['HOME'] ?? '', platform);
  return place && openCache(partOfCache('code', place), `code of ${command}`, 0);
}
