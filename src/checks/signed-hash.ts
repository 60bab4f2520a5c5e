import { bytesOf } from '../model/locked-bytes.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Assessment } from '../model/verdict.ts';

/** The dependency with the hash that the registry signed, where the lockfile can lock none. */
export async function withSignedHash(dependency: Dependency, assessing: Promise<Assessment>): Promise<Dependency> {
  const [artifact] = dependency.artifacts;
  if (artifact.archive === undefined) return dependency;
  const [{ digests }] = bytesOf(await assessing).artifacts;
  return { ...dependency, artifacts: [{ ...artifact, digests }] };
}
