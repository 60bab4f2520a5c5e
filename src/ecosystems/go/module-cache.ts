import { join } from 'node:path';
import { escapeCapitals } from '../conventions/go-modules.ts';
import { kindOf, readSmall } from '../../installed/read.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { ModuleVersion } from '../../registries/goproxy/index.ts';

/** The folder below the module cache that has a version unpacked (https://go.dev/ref/mod#module-cache). */
export function unpackedAt({ name, version }: ModuleVersion): string {
  return `${escapeCapitals(name)}@${escapeCapitals(version)}`;
}

/** Whether a build takes a version from the module cache: unpacked, or the zip, which is not hashed again either. */
export function isKept(folder: string | null, module: ModuleVersion): boolean {
  return (
    folder !== null &&
    [unpackedAt(module), downloadedAt(module, 'zip')].some((path) => kindOf(join(folder, path)) !== null)
  );
}

function downloadedAt({ name, version }: ModuleVersion, ending: 'zip' | 'mod'): string {
  return join('cache', 'download', escapeCapitals(name), '@v', `${escapeCapitals(version)}.${ending}`);
}

/**
 * The file that the go command keeps of what a proxy served; null where it has none. Nothing in the module cache is
 * ever written.
 */
export function readDownloaded(
  folder: string,
  module: ModuleVersion,
  ending: 'zip' | 'mod',
  maxBytes: number,
): { readonly path: string; readonly bytes: Evidence<Buffer> } | null {
  const path = join(folder, downloadedAt(module, ending));
  if (kindOf(path) === null) return null;
  const bytes = readSmall(path, maxBytes);
  if (bytes !== null) return { path, bytes: { state: 'present', value: bytes } };
  const reason = `it is no file of at most ${maxBytes} bytes that can be read`;
  return { path, bytes: { state: 'malformed', url: path, reason } };
}
