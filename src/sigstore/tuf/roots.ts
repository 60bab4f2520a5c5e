import { bodyOf, refused, type Ask } from './answer.ts';
import { demandVersion } from './demands.ts';
import { isSignedBy, parseRoot, parseSigned, type Root, type TopRole } from './metadata.ts';

/** Sigstore's own have 5 KiB. */
const MAX_BYTES = 512 * 1024;
/** Roots that one run follows; Sigstore's changes about thrice a year. */
const MAX_ROTATIONS = 64;

/** The newest root and the files that lead to it. */
export interface Followed {
  readonly root: Root;
  readonly files: ReadonlyMap<string, Buffer>;
  /** Whether timestamps or snapshots have other keys by now. */
  readonly isNew: boolean;
}

/** Newer roots, one version after the other, each signed by the keys before it and by its own (5.3). */
export async function followRoots(before: Pick<Followed, 'root' | 'files'>, ask: Ask): Promise<Followed> {
  let { root } = before;
  let isNew = false;
  const files = new Map(before.files);
  for (let rotations = 0; rotations < MAX_ROTATIONS; rotations++) {
    const version = root.version + 1;
    const path = `${version}.root.json`;
    const answer = await ask(path, MAX_BYTES, null);
    if (answer.kind === 'absent') return { root, files, isNew };
    const bytes = bodyOf(answer, path);
    const signed = parseSigned(bytes, 'root');
    if (!isSignedBy(signed, root.roles.root)) throw refused(`${path} is not signed by enough keys of the root before`);
    const next = parseRoot(signed);
    if (!isSignedBy(signed, next.roles.root)) throw refused(`${path} is not signed by enough of its own keys`);
    demandVersion(next, version, path);
    isNew ||= hasOtherKeys(root, next, 'timestamp') || hasOtherKeys(root, next, 'snapshot');
    files.set(path, bytes);
    root = next;
  }
  throw refused(`more than ${MAX_ROTATIONS} new roots`);
}

function hasOtherKeys(a: Root, b: Root, role: TopRole): boolean {
  const text = (root: Root): string =>
    [...root.roles[role].keys.values()]
      .map(({ spki }) => spki.toString('hex'))
      .sort()
      .join();
  return text(a) !== text(b);
}
