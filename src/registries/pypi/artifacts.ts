import type { Artifact, Artifacts } from '../../model/dependency.ts';
import type { IndexFile } from '../../model/pypi-index.ts';

/** What stands in for a lockfile's entry of a release: all of its files, with the hashes that the index gives. */
export function artifactsOf(files: readonly IndexFile[]): Artifacts {
  const [first, ...others] = files.map(({ name: file, sha256 }): Artifact => {
    const digests = sha256 === null ? [] : [{ algorithm: 'sha256' as const, hex: sha256 }];
    return { file, digests, source: { kind: 'registry', resolved: null } };
  });
  return [first ?? { file: null, digests: [], source: { kind: 'registry', resolved: null } }, ...others];
}
