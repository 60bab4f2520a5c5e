import { PYPI_INDEX } from '../../ecosystems/conventions/pypi-files.ts';
import { byteDigests, type Artifact, type Dependency, type Digest } from '../../model/dependency.ts';
import { isSameIndex, withoutCredentials } from '../../model/address.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { hashText } from '../../model/hash.ts';
import type { IndexFile } from '../../model/pypi-index.ts';

/** Where PyPI has the files of its index. */
const PYPI_FILES = 'files.pythonhosted.org';

/** A locked hash, with the file of the index that has it. */
export interface LockedFile {
  readonly file: IndexFile;
  readonly digest: Digest;
}

export interface FilesCheck {
  /** Each file once, in the order of the lockfile. */
  readonly locked: readonly LockedFile[];
  readonly findings: readonly Finding[];
  /** Whether every artifact is locked to a file of the index. */
  readonly isWhole: boolean;
}

/**
 * Is each locked hash that of a file which the index has of this version? Installers take whatever has one of the
 * hashes of a set, so each of them counts: one more opens a door.
 */
export function checkFiles(dependency: Dependency, files: readonly IndexFile[]): FilesCheck {
  const locked = new Map<string, LockedFile>();
  const findings: Finding[] = [];
  for (const artifact of fromIndex(dependency)) {
    for (const digest of sha256Of(artifact)) {
      const found = findFile(artifact, digest, files);
      if ('code' in found) findings.push(found);
      else locked.set(found.name, { file: found, digest });
    }
  }
  const isWhole = findings.length === 0 && fromIndex(dependency).every((one) => sha256Of(one).length > 0);
  return { locked: [...locked.values()], findings, isWhole: isWhole && locked.size > 0 };
}

/** What the lockfile has no hash of that an index could vouch for, whatever that index says; said once. */
export function checkHashes(dependency: Dependency): readonly Finding[] {
  const isSaid = dependency.findings?.some(({ code }) => code === 'integrity-missing') === true;
  const unlocked = isSaid ? [] : fromIndex(dependency).filter((one) => sha256Of(one).length === 0);
  return unlocked.map(withoutHash);
}

function fromIndex({ artifacts }: Dependency): readonly Artifact[] {
  return artifacts.filter(({ source }) => source.kind === 'registry');
}

/** SHA-256 is the hash that an index gives, and that attestations are of: another one can be held to nothing. */
function sha256Of(artifact: Artifact): readonly Digest[] {
  return byteDigests(artifact).filter(({ algorithm }) => algorithm === 'sha256');
}

function withoutHash({ source, file, ...artifact }: Artifact): Finding {
  const [other] = byteDigests(artifact);
  if (other !== undefined) return finding('integrity-weak', { algorithm: other.algorithm });
  const resolved = source.kind === 'registry' && source.resolved !== null ? withoutCredentials(source.resolved) : null;
  // A format with the names of files has their hashes: those of sets have neither.
  return finding('integrity-missing', { resolved, ...(file !== null && { due: true as const }) });
}

function findFile({ file }: Artifact, digest: Digest, files: readonly IndexFile[]): IndexFile | Finding {
  const named = file === null ? undefined : files.find(({ name }) => name === file);
  if (named?.sha256 === digest.hex) return named;
  const locked = hashText(digest);
  if (typeof named?.sha256 === 'string' && file !== null) {
    const actual = hashText({ algorithm: 'sha256', hex: named.sha256 });
    return finding('integrity-mismatch', { locked, actual, source: 'registry', file });
  }
  const other = file === null ? files.find(({ sha256 }) => sha256 === digest.hex) : undefined;
  return other ?? finding('integrity-unknown-file', { locked, file });
}

/**
 * Does an address in the lockfile lead to the file of the index? Installers fetch from there as it stands. `others` are
 * addresses that stand for the index. Another address where the index has its files is another file; on another host,
 * where the same name may be the same file, are other people.
 */
export function checkAddresses(
  { artifacts }: Dependency,
  files: readonly IndexFile[],
  registry: string,
  others: readonly string[],
): Finding | null {
  for (const { file, source, digests } of artifacts) {
    if (source.kind !== 'registry' || source.resolved === null) continue;
    const listed = files.find(({ name, sha256 }) =>
      file === null ? digests.some(({ hex }) => hex === sha256) : name === file,
    );
    const code = judgeAddress(webAddress(source.resolved), listed, registry, others);
    const resolved = withoutCredentials(source.resolved);
    if (code === 'lockfile-unexpected-host') return finding(code, { resolved, registry });
    if (code !== null) return finding(code, { resolved, expected: listed?.url ?? `a file of ${registry}` });
  }
  return null;
}

function judgeAddress(
  found: URL | null,
  listed: IndexFile | undefined,
  registry: string,
  others: readonly string[],
): 'lockfile-unexpected-host' | 'lockfile-resolved-mismatch' | null {
  if (found === null) return 'lockfile-resolved-mismatch';
  const expected = listed?.url === undefined || listed.url === null ? null : new URL(listed.url);
  const isExpectedHost = found.host === expected?.host && found.protocol === expected.protocol;
  if (isExpectedHost) return pathOf(found) === pathOf(expected) ? null : 'lockfile-resolved-mismatch';
  if (isKnownHost(found, registry, others)) return null;
  const isNamed = listed !== undefined && pathOf(found).endsWith(`/${listed.name}`);
  return isNamed ? 'lockfile-unexpected-host' : 'lockfile-resolved-mismatch';
}

/** Is the index that the lockfile names the one that is asked? */
export function checkIndex({ index }: Dependency, registry: string, others: readonly string[]): Finding | null {
  if (index === undefined || [registry, ...others].some((one) => isSameIndex(one, index))) return null;
  return finding('lockfile-unexpected-host', { resolved: withoutCredentials(index), registry });
}

/** Whether the lockfile may lead elsewhere, as far as that can be said without asking. */
export function leadsElsewhere(dependency: Dependency, registry: string, others: readonly string[]): boolean {
  if (checkIndex(dependency, registry, others) !== null) return true;
  return dependency.artifacts.some(({ source }) => {
    if (source.kind !== 'registry' || source.resolved === null) return false;
    const found = webAddress(source.resolved);
    return found === null || !isKnownHost(found, registry, others);
  });
}

function isKnownHost({ host, protocol }: URL, registry: string, others: readonly string[]): boolean {
  const addresses = [registry, ...others].map((address) => new URL(address));
  if (protocol === 'https:' && host === PYPI_FILES && [registry, ...others].includes(PYPI_INDEX)) return true;
  return addresses.some((one) => one.host === host && (one.protocol === protocol || protocol === 'https:'));
}

function webAddress(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : null;
}

/** With its query, decoded; what stands behind # is not sent. */
function pathOf({ pathname, search }: URL): string {
  try {
    return decodeURIComponent(pathname) + search;
  } catch {
    return pathname + search;
  }
}
