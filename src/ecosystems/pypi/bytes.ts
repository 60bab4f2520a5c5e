import { checkBytes } from '../../checks/pypi/bytes.ts';
import { lockedFiles } from '../../checks/pypi/chain.ts';
import { checkIndex, type FilesCheck } from '../../checks/pypi/files.ts';
import { withoutAnswer } from '../../checks/unanswered.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Finding } from '../../model/finding.ts';
import type { GatheredBytes } from '../../model/gathered.ts';
import type { IndexProject } from '../../model/pypi-index.ts';
import type { PypiIndex } from '../../registries/pypi/index.ts';

const NO_FILES: FilesCheck = { locked: [], findings: [], isWhole: false };

/**
 * Hashes each locked file, from where the index has it. `seen` is what the index said when the dependency was assessed,
 * null where it was not asked. Installers keep no archives in their caches, so that none is read.
 */
export async function gatherBytes(
  dependency: Dependency,
  index: PypiIndex,
  seen: Evidence<IndexProject> | null,
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
  const fetched = await Promise.all(
    locked.map(async (one) => ({ locked: one, answer: await index.hash(name, one.file) })),
  );
  const { proof, findings } = checkBytes(fetched);
  return { proofs: { bytes: isWhole ? proof : null, installed: null }, findings };
}

function without(...findings: readonly Finding[]): GatheredBytes {
  return { proofs: { bytes: null, installed: null }, findings };
}
