import { join } from 'node:path';
import { nodesUnderTest } from '../package/nodes.ts';
import { fromRegistry, notToBeHad } from './real.ts';

/** vlt from the configured registry, and the Node that runs it, or why there is none. */
export interface VltInUse {
  readonly obstacle: string | null;
  /** The folder of the package. */
  readonly folder: string;
  readonly node: string;
}

/** An environment in which vlt keeps everything below a folder. */
export function foldersIn(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, '.cache'),
    XDG_CONFIG_HOME: join(folder, '.config'),
  };
}

export function vltInUse(): VltInUse {
  // vlt needs a later Node than assay does.
  const newer = nodesUnderTest().at(-1);
  const node = newer?.binary ?? null;
  if (node === null) return { obstacle: newer?.name ?? 'no Node', folder: '', node: '' };
  // Of the versions that are published under this name, the one that is the package manager.
  const folder = fromRegistry('vlt@1.0.0-rc.23');
  return { obstacle: folder === null ? notToBeHad('vlt') : null, folder: folder ?? '', node };
}
