import { hash } from 'node:crypto';
import { digestOf } from '../../readers/digest.ts';
import { parseLockfile, withScripts, type ProjectManifests, type ProjectSettings } from '../../lockfiles/index.ts';
import type { Store } from '../../model/store.ts';
import type { LocatedLockfile, Lockfile } from '../../model/dependency.ts';
import { VERSION } from '../../model/version.ts';

/** Less is read as quickly as it is given back. */
const MIN_BYTES = 16 * 1024;

/**
 * Reads a lockfile, or gives back what the store has of one with exactly these bytes, beside these manifests and
 * settings, under this name. Of each name the store has one, as it is large. Throws LockfileError.
 */
export function readLockfile(
  file: string,
  bytes: Uint8Array,
  manifests: ProjectManifests,
  settings: ProjectSettings,
  store: Store | null,
): Omit<LocatedLockfile, 'path'> {
  const digest = digestOf(bytes);
  if (store === null || bytes.length < MIN_BYTES) return { ...parseLockfile(file, bytes, manifests, settings), digest };
  const id = hash('sha256', JSON.stringify(['lockfile', file]));
  const decides = hash('sha256', JSON.stringify([VERSION, digest, [...manifests], settings]));
  const kept = store.get(id)?.toString('utf8');
  if (kept?.startsWith(decides) === true) {
    const lockfile = JSON.parse(kept.slice(decides.length)) as Lockfile;
    return { ...withScripts(lockfile, manifests), digest };
  }
  const lockfile = parseLockfile(file, bytes, manifests, settings);
  store.put(id, Buffer.from(`${decides}${JSON.stringify(lockfile)}`));
  return { ...lockfile, digest };
}
