import { checkBytes } from '../../checks/pypi/bytes.ts';
import { lockedFiles } from '../../checks/pypi/chain.ts';
import { checkIndex, type FilesCheck, type LockedFile } from '../../checks/pypi/files.ts';
import { withoutAnswer } from '../../checks/unanswered.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { GatheredBytes } from '../../model/gathered.ts';
import type { HashedFile, IndexProject } from '../../model/pypi-index.ts';
import { MAX_WHEEL_BYTES, readWheel, type Wheel } from '../../readers/wheel.ts';
import { ZipError } from '../../readers/zip.ts';
import type { PypiIndex } from '../../registries/pypi/index.ts';
import type { PythonCopies } from './copies.ts';

const NO_FILES: FilesCheck = { locked: [], findings: [], isWhole: false };

/**
 * Hashes each locked file, from where the index has it. `seen` is what the index said when the dependency was assessed,
 * null where it was not asked. Installers keep no archives in their caches, so that none is read. Where `copies` are to
 * be compared, the wheels that were installed are read as well.
 */
export async function gatherBytes(
  dependency: Dependency,
  index: PypiIndex,
  seen: Evidence<IndexProject> | null,
  copies: PythonCopies | null,
): Promise<GatheredBytes> {
  const { name, artifacts } = dependency;
  if (artifacts.some(({ source }) => source.kind !== 'registry')) return without();
  const url = index.urlFor(name);
  // What may be private is asked of nobody, and was assessed.
  if (seen === null && checkIndex(dependency, url, []) !== null) return without();
  const project = seen ?? (await index.project(name));
  const isAsked = project.state === 'present' && project.value.quarantined === null;
  const { locked, isWhole } = isAsked ? lockedFiles(dependency, project.value) : NO_FILES;
  // What is not there of it is told by the assessment, where that asked.
  if (!isWhole && seen === null) {
    return without(withoutAnswer('file', { state: 'absent', url }, 'the index does not have all of its files'));
  }
  const names = locked.map(({ file }) => file.name);
  const installed = new Set(copies?.wheelsOf(dependency, names));
  const wheels = new Map<string, Wheel>();
  const unread: Finding[] = [];
  const hashed = async ({ file, digest }: LockedFile): Promise<Evidence<HashedFile>> => {
    if (!installed.has(file.name)) return index.hash(name, file);
    const answer = await index.read(name, file, MAX_WHEEL_BYTES);
    if (answer.state !== 'present') return answer;
    const { bytes, ...value } = answer.value;
    const wheel = value.sha256 === digest.hex ? wheelOf(bytes) : null;
    if (typeof wheel === 'string') {
      const reason = `${file.name} is not read: ${wheel}`;
      unread.push(finding('evidence-malformed', { evidence: 'file', url: file.url ?? url, reason }));
    } else if (wheel !== null) wheels.set(file.name, wheel);
    return { state: 'present', value };
  };
  const fetched = await Promise.all(locked.map(async (one) => ({ locked: one, answer: await hashed(one) })));
  const { proof, findings } = checkBytes(fetched);
  const copy = copies?.compare(dependency, names, wheels);
  return {
    proofs: { bytes: isWhole ? proof : null, installed: copy?.proof ?? null },
    findings: [...findings, ...unread, ...(copy?.findings ?? [])],
  };
}

/** What a wheel has; why it is not read, where it is not. */
function wheelOf(bytes: Buffer): Wheel | string {
  try {
    return readWheel(bytes);
  } catch (error) {
    if (error instanceof ZipError) return error.message;
    throw error;
  }
}

function without(...findings: readonly Finding[]): GatheredBytes {
  return { proofs: { bytes: null, installed: null }, findings };
}
