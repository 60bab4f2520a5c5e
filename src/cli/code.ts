import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import type { Cache } from '../store/store.ts';

/** assay's own code, of which V8's work is kept between runs. */
export interface Code {
  /** What the file of that name exports. It is run once. */
  readonly load: (name: string) => unknown;
  /** Keeps what V8 has compiled of the files that it knew nothing of. */
  readonly keep: () => void;
}

/** What Node gives CommonJS modules (https://nodejs.org/docs/latest-v20.x/api/modules.html#the-module-wrapper). */
const WRAPPER = '(function (exports, require, module, __filename, __dirname) { ';

type Wrapped = (
  exports: unknown,
  require: (name: string) => unknown,
  module: { exports: unknown },
  filename: string,
  folder: string,
) => void;

/**
 * Runs the CommonJS files of a folder, which load each other by name and nothing else. What V8 compiled in an earlier run is
 * taken from `cache`, where it is of exactly this text and this Node; it is code, so whoever opens the cache must know who
 * wrote it. V8 refuses what another version of it or other flags made.
 */
export function openCode(folder: string, cache: Pick<Cache, 'get' | 'put'> | null): Code {
  const modules = new Map<string, { exports: unknown }>();
  const compiled = new Map<string, Script>();
  const load = (name: string): unknown => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const filename = join(folder, name);
    const text = readFileSync(filename);
    const id = createHash('sha256').update(`${process.version} ${process.arch}\n`).update(text).digest('hex');
    const cachedData = cache?.get(id) ?? undefined;
    const script = new Script(`${WRAPPER}${text.toString('utf8')}\n})`, {
      filename,
      columnOffset: -WRAPPER.length,
      ...(cachedData === undefined ? {} : { cachedData }),
    });
    if (cachedData === undefined || script.cachedDataRejected === true) compiled.set(id, script);
    const module = { exports: {} };
    modules.set(name, module);
    const wrapped = script.runInThisContext() as Wrapped;
    wrapped(module.exports, (path) => load(path.replace(/^\.\//, '')), module, filename, folder);
    return module.exports;
  };
  return {
    load,
    keep: () => {
      // At the end, when the functions that were used are compiled, too.
      for (const [id, script] of compiled) cache?.put(id, script.createCachedData());
    },
  };
}
