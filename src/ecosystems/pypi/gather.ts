import { expectedIdentity } from '../../checks/baseline.ts';
import type { Expectations } from '../../checks/known.ts';
import { measuresFor } from '../../checks/measures.ts';
import { lockedFiles } from '../../checks/pypi/chain.ts';
import { checkIndex } from '../../checks/pypi/files.ts';
import type { AskedFile, PypiEvidence } from '../../checks/pypi/provenance.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { Evidence, Validator } from '../../model/evidence.ts';
import type { IndexFile, IndexProject } from '../../model/pypi-index.ts';
import type { PypiIndex } from '../../registries/pypi/index.ts';
import { conventionsOf } from '../conventions/index.ts';

/** Asks the index what the checks need to know of one dependency, and no more. */
export async function gather(dependency: Dependency, index: PypiIndex, known: Expectations): Promise<PypiEvidence> {
  const { registry } = known;
  const project = withheld(dependency, registry, known) ?? (await index.project(dependency.name));
  if (project.state !== 'present') return { registry, project, files: [], others: [] };
  const version = project.value.spelling(dependency.version);
  const locked = lockedFiles(dependency, project.value).locked.flatMap(({ file }) =>
    file.provenance === null ? [] : [file],
  );
  const recorded = expectedIdentity(known.package, dependency);
  const asksHistory = locked.length > 0 && (recorded === null || recorded.otherChannel === true);
  const first = asksHistory && version !== null ? measuresFor(project.value, version, new Map()).ask : [];
  const [files, others] = await Promise.all([
    Promise.all(locked.map((file) => askFile(project.value, version ?? '', file, index))),
    askOthers(project, first, index),
  ]);
  return { registry, project, files, others };
}

/** What the lockfile has from an index of one's own may be private: its name is told to no public one. */
function withheld(dependency: Dependency, registry: string, { expectation }: Expectations): Evidence<never> | null {
  const { isPublicRegistry } = conventionsOf('pypi').names;
  const isOther = checkIndex(dependency, registry, expectation.addresses) !== null;
  if (!isOther || !isPublicRegistry(registry) || isPublicRegistry(dependency.index ?? '')) return null;
  const reason =
    'not asked, as the lockfile has it from an index that no setting names: name that index in the settings';
  return { state: 'unavailable', url: registry, reason };
}

/** Adds the attestations of more versions to the evidence. */
export async function gatherMore(
  evidence: PypiEvidence,
  versions: readonly string[],
  index: PypiIndex,
): Promise<PypiEvidence> {
  const more = await askOthers(evidence.project, versions, index);
  return { ...evidence, others: [...evidence.others, ...more] };
}

/** Of each version one file shows who built it. */
async function askOthers(
  project: Evidence<IndexProject>,
  versions: readonly string[],
  index: PypiIndex,
): Promise<readonly AskedFile[]> {
  if (project.state !== 'present') return [];
  const asked = versions.flatMap((version) => {
    const files = project.value.versions.get(version)?.files ?? [];
    const file = files.find(({ provenance, sha256 }) => provenance !== null && sha256 !== null);
    return file === undefined ? [] : [{ version, file }];
  });
  return Promise.all(asked.map(({ version, file }) => askFile(project.value, version, file, index)));
}

async function askFile({ name }: IndexProject, version: string, file: IndexFile, index: PypiIndex): Promise<AskedFile> {
  return { version, file, attestations: await index.attestations(name, version, file) };
}

/** The bundles that the checks verify, of the version and of others. */
export function bundlesIn({ files, others }: PypiEvidence): readonly unknown[] {
  return [...files, ...others].flatMap(({ attestations }) =>
    attestations.state === 'present' ? attestations.value.map(({ bundle }) => bundle) : [],
  );
}

/** How all of it is recognised when it is asked for again: by the project's document. */
export function validatorOf({ project }: PypiEvidence): Validator | null {
  return project.state === 'present' ? (project.value.validator ?? null) : null;
}
