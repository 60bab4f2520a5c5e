import type { TrustOptions } from '../audit/options.ts';
import type { RegistryKey } from '../model/evidence.ts';
import { digestOf } from '../readers/digest.ts';
import { parseKeysDocument } from '../registries/npm/keys.ts';
import { publicGoodRoot, PUBLIC_GOOD_ROOT_DIGEST } from '../sigstore/public-good.ts';
import { parseTrustedRoot } from '../sigstore/trusted-root.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { readUserFile, parseUserJson, shownPath, messageOf } from './user-files.ts';

export function loadRoot(path: string | undefined, io: Io): Omit<TrustOptions, 'keys'> {
  if (path === undefined) {
    return { root: publicGoodRoot(), rootName: 'public-good', rootDigest: PUBLIC_GOOD_ROOT_DIGEST };
  }
  const bytes = readUserFile(path, 'the trusted root', io);
  const json = parseUserJson(bytes, path, 'the trusted root');
  try {
    const rootDigest = digestOf(bytes);
    return { root: parseTrustedRoot(json), rootName: shownPath(path, io), rootDigest };
  } catch (error) {
    throw new UsageError(`the trusted root ${path} cannot be used: ${messageOf(error)}`);
  }
}

/** The keys of a keys document the user named. Throws UsageError with one line. */
export function loadKeys(path: string, io: Io): readonly RegistryKey[] {
  const json = parseUserJson(readUserFile(path, 'the registry keys', io), path, 'the registry keys');
  try {
    return parseKeysDocument(json, 'configured');
  } catch (error) {
    throw new UsageError(`the registry keys ${path} cannot be used: ${messageOf(error)}`);
  }
}
