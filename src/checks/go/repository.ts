import { finding, type Finding } from '../../model/finding.ts';
import { establish, type BytesProof, type RepositoryPlace } from '../../model/proof.ts';
import { digestOf } from '../../readers/digest.ts';

/** A file of a repository at one commit. */
export interface RepositoryFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly isLink: boolean;
}

/** Files that a finding names. */
const MAX_NAMED = 5;

/**
 * The files that go puts into the zip of the module in `folder` ("" or ending in "/") by their path there, by the rules
 * of golang.org/x/mod/zip and of the go command: no links, no vendored packages, no modules in folders below, and the
 * LICENSE of the repository where the module has none. `isNew`: the module is of Go 1.24 or later.
 */
export function zippedFiles<F extends RepositoryFile>(
  files: readonly F[],
  folder: string,
  isNew: boolean,
): ReadonlyMap<string, F> {
  const within = files.filter(({ path }) => path.startsWith(folder));
  const named = within.map((file) => [file.path.slice(folder.length), file] as const);
  const modules = new Set(
    named.flatMap(([path, { isLink }]) => (!isLink && /\/go\.mod$/i.test(path) ? path.slice(0, -'go.mod'.length) : [])),
  );
  const isOfOther = (path: string): boolean => {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (modules.has(path.slice(0, end + 1))) return true;
    }
    return false;
  };
  const zipped = new Map(
    named.filter(
      ([path, { isLink }]) => !isLink && path !== '.hg_archival.txt' && !isVendored(path, isNew) && !isOfOther(path),
    ),
  );
  const license = files.find(({ path }) => path === 'LICENSE');
  if (license !== undefined && !named.some(([path]) => path === 'LICENSE')) zipped.set('LICENSE', license);
  return zipped;
}

/** Before Go 1.24 the go command counts from the wrong place, and what it hashed so stays so (golang/go#37397). */
function isVendored(path: string, isNew: boolean): boolean {
  if (isNew && path === 'vendor/modules.txt') return true;
  if (path.startsWith('vendor/')) return path.includes('/', 'vendor/'.length);
  const at = path.indexOf('/vendor/');
  return at !== -1 && path.includes('/', (isNew ? at : 0) + '/vendor/'.length);
}

/** Whether a .gitattributes asks git for CRLF line ends, which it then writes into every archive (gitattributes(5)). */
export function asksForCrlf(attributes: string): boolean {
  return /^[^#\r\n]*\seol=crlf(?:\s|$)/m.test(attributes);
}

/**
 * The digests that a file may have in a zip (SHA-256, hex): that of its content, which is all where no .gitattributes
 * for it `asksForCrlf` (the go command has git archive with core.autocrlf=input), and that with such line ends.
 */
export function zippedDigests(content: Buffer): readonly string[] {
  const digests = [digestOf(content)];
  if (content.includes(0) || !content.includes(0x0a)) return digests;
  const lines = content.toString('latin1').replace(/\r?\n/g, '\r\n');
  return [...digests, digestOf(Buffer.from(lines, 'latin1'))];
}

/** Holds the files of a zip to those of the commit that its version names. */
export function checkRepository(
  place: RepositoryPlace,
  zip: ReadonlyMap<string, { readonly digest: string }>,
  committed: ReadonlyMap<string, readonly string[]>,
): readonly Finding[] {
  const differing = [...zip].filter(([path, { digest }]) => committed.get(path)?.includes(digest) === false);
  const added = [...zip.keys()].filter((path) => !committed.has(path));
  const missing = [...committed.keys()].filter((path) => !zip.has(path));
  const all = { files: differing.map(([path]) => path), added, missing } as const;
  return (['files', 'added', 'missing'] as const).flatMap((what) => {
    const paths = all[what].toSorted();
    if (paths.length === 0) return [];
    return [finding('source-mismatch', { ...place, what, files: paths.slice(0, MAX_NAMED), total: paths.length })];
  });
}

/** The proof of bytes, with where a clone has the same files. */
export function inRepository(proof: BytesProof, repository: RepositoryPlace): BytesProof {
  return establish({ ...proof, repository });
}
