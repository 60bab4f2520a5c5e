import type { GoProxy } from '../../registries/goproxy/index.ts';

/** Who is asked about Go modules, and what this machine has seen of the checksum database. */
export interface GoSource {
  readonly proxy: GoProxy;
  /** The newest head that the go command has kept here, with the file it is in; null where there is none. */
  readonly machine: { readonly file: string; readonly note: string } | null;
  /** The folder of the module cache; null where the go command would have none. */
  readonly moduleCache: string | null;
  /** Whether bytes that are in the module cache are asked of nobody. */
  readonly readsCache: boolean;
}
