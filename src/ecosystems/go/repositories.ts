import { asksForCrlf, checkRepository, inRepository, zippedDigests, zippedFiles } from '../../checks/go/repository.ts';
import type { Checkout, CommittedFile } from '../../git/checkout.ts';
import { readGoMod } from '../../lockfiles/go/mod.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { RepositoryPlace } from '../../model/proof.ts';
import { LockfileError } from '../../readers/error.ts';
import { MAX_LONE_BYTES } from '../../readers/module-zip.ts';
import type { ReadModule } from './bytes.ts';

/** A version without a tag names its commit (https://go.dev/ref/mod#pseudo-versions). */
const PSEUDO = /[-.]\d{14}-([0-9a-f]{12})(?:\+incompatible)?$/;
/** The major version at the end of a module's path, which is in no name of a tag. */
const MAJOR = /\/v[1-9]\d*$|\.v\d+$/;

/**
 * Holds the zip of a module version to the clones that have its commit; the module of a clone is what go.mod says.
 * Returns what was read of it, with what came of that.
 */
export async function compareWithRepositories(
  { name, version }: Pick<Dependency, 'name' | 'version'>,
  read: ReadModule,
  checkouts: readonly Checkout[],
): Promise<ReadModule> {
  let { proof, findings } = read;
  if (read.files === null) return read;
  for (const checkout of checkouts) {
    const found = await placeIn(checkout, name, version);
    if (found === null) continue;
    const { place, files, folder, isNew } = found;
    const digests = new Map<string, readonly string[]>();
    const zipped = zippedFiles(files, folder, isNew);
    await checkout.read([...zipped.values()], (id, content) => void digests.set(id, zippedDigests(content)));
    const mayBeCrlf = await crlfFolders(checkout, files);
    const committed = new Map(
      [...zipped].map(([path, file]) => {
        const all = digests.get(file.id) ?? [];
        return [path, mayBeCrlf.some((folder) => file.path.startsWith(folder)) ? all : all.slice(0, 1)];
      }),
    );
    const differing = checkRepository(place, read.files, committed);
    checkout.compared.push(`${name}@${version}`);
    findings = [...findings, ...differing];
    if (proof !== null) proof = differing.length > 0 ? null : inRepository(proof, place);
  }
  return { ...read, proof, findings };
}

/** The folders of a repository whose .gitattributes asks for CRLF line ends somewhere below; "" or ending in "/". */
async function crlfFolders(checkout: Checkout, files: readonly CommittedFile[]): Promise<readonly string[]> {
  const all = files.filter(
    ({ path, isLink, size }) => /(?:^|\/)\.gitattributes$/.test(path) && !isLink && size <= MAX_LONE_BYTES,
  );
  const asking = new Set<string>();
  await checkout.read(all, (id, content) => {
    if (asksForCrlf(content.toString('latin1'))) asking.add(id);
  });
  return all.filter(({ id }) => asking.has(id)).map(({ path }) => path.slice(0, -'.gitattributes'.length));
}

interface Found {
  readonly place: RepositoryPlace;
  readonly files: readonly CommittedFile[];
  /** That of the module; "" or ending in "/". */
  readonly folder: string;
  readonly isNew: boolean;
}

/** A module may be in any folder that its path ends with, whose name is then part of that of its tags. */
async function placeIn(checkout: Checkout, name: string, version: string): Promise<Found | null> {
  const [, prefix] = PSEUDO.exec(version) ?? [];
  const named = prefix === undefined ? null : await checkout.commitOf(prefix);
  if (prefix !== undefined && named === null) return null;
  const path = name.replace(MAJOR, '').split('/');
  const major = /\/(v[1-9]\d*)$/.exec(name)?.[1];
  for (let from = path.length; from > 0; from -= 1) {
    const folder = path
      .slice(from)
      .map((part) => `${part}/`)
      .join('');
    const tag = prefix === undefined ? `${folder}${version.replace(/\+incompatible$/, '')}` : null;
    const commit = tag === null ? named : await checkout.commitOfTag(tag);
    if (commit === null) continue;
    const files = await checkout.filesOf(commit);
    for (const one of major === undefined ? [folder] : [folder, `${folder}${major}/`]) {
      const mod = await modIn(checkout, files, one);
      if (mod?.module !== name) continue;
      const place = { checkout: checkout.shown, tag, commit };
      return { place, files, folder: one, isNew: isOfGo124(mod.go) };
    }
  }
  return null;
}

async function modIn(
  checkout: Checkout,
  files: readonly CommittedFile[],
  folder: string,
): Promise<{ readonly module: string; readonly go: string | null } | null> {
  const file = files.find(({ path, isLink, size }) => path === `${folder}go.mod` && !isLink && size <= MAX_LONE_BYTES);
  if (file === undefined) return null;
  let text = '';
  await checkout.read([file], (_, content) => (text = content.toString('utf8')));
  try {
    return readGoMod(file.path, text);
  } catch (error) {
    if (!(error instanceof LockfileError)) throw error;
    return null;
  }
}

function isOfGo124(go: string | null): boolean {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(go ?? '') ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 24);
}
