import { bodyOf, problemOf, refused, type Ask } from './answer.ts';
import { demandVersion, readSigned } from './demands.ts';
import { dropFile, keptFile, type Kept } from './kept.ts';
import { fileOf, isSignedBy, parseRoot, parseSigned, parseTargets, type Root, type TopRole } from './metadata.ts';

/** Sigstore's own have 5 KiB. */
const MAX_BYTES = 512 * 1024;
/** Roots that one run follows; Sigstore's changes about thrice a year. */
const MAX_ROTATIONS = 64;

/**
 * Newer roots, one version after the other, each signed by the keys before it and by its own (5.3). Each is kept as
 * soon as it holds, whatever comes after it (5.3.8). Throws `Unusable`.
 */
export async function followRoots(
  kept: Kept,
  ask: Ask,
  onRoot: () => void,
  max: number = MAX_ROTATIONS,
): Promise<void> {
  for (let rotations = 0; rotations < max; rotations++) {
    const { root } = kept;
    const version = root.version + 1;
    const path = `${version}.root.json`;
    const answer = await ask(path, MAX_BYTES, null);
    // A bucket that may not be listed answers 403 for what it does not have.
    if (answer.kind === 'absent' || answer.kind === 'denied') return;
    const bytes = bodyOf(answer, path);
    const signed = parseSigned(bytes, 'root');
    if (!isSignedBy(signed, root.roles.root)) throw refused(`${path} is not signed by enough keys of the root before`);
    const next = parseRoot(signed);
    if (!isSignedBy(signed, next.roles.root)) throw refused(`${path} is not signed by enough of its own keys`);
    demandVersion(next, version, path);
    kept.root = next;
    kept.files.set(path, bytes);
    dropRevoked(kept, root);
    onRoot();
  }
  throw refused(`more than ${max} new roots in one run`);
}

/** What keys said that count no more: versions may begin anew with others (5.3.11). */
function dropRevoked(kept: Kept, before: Root): void {
  const { root, roles, targets } = kept;
  if (hasOtherKeys(before, root, 'timestamp') || hasOtherKeys(before, root, 'snapshot')) {
    kept.timestamp = null;
    kept.snapshot = null;
    kept.etag = null;
    kept.floors.clear();
    dropFile(kept, 'timestamp.json');
    dropFile(kept, 'snapshot.json');
  }
  if (hasOtherKeys(before, root, 'targets') && !areSigned(kept)) {
    for (const name of roles.keys()) dropFile(kept, fileOf(name));
    roles.clear();
    targets.clear();
  }
}

function areSigned(kept: Kept): boolean {
  const file = keptFile(kept.files, 'targets.json');
  if (file === null) return false;
  try {
    readSigned(file.bytes, 'targets', kept.root.roles.targets, parseTargets, 'targets.json');
    return true;
  } catch (error) {
    problemOf(error);
    return false;
  }
}

/** Also where more of the same keys are needed. */
export function hasOtherKeys(a: Root, b: Root, name: TopRole): boolean {
  const text = ({ roles: { [name]: role } }: Root): string =>
    [String(role.threshold), ...[...role.keys.values()].map(({ identity }) => identity).sort()].join();
  return text(a) !== text(b);
}
