/** Package ecosystems assay has words for. */
export type Ecosystem = 'npm' | 'go';

/** The identity of a package: `ecosystem:name`, the name as its ecosystem's conventions normalise it. */
export type PackageId = `${Ecosystem}:${string}`;

/** The identity of one version of a package: `ecosystem:name@version`. */
export type VersionId = `${PackageId}@${string}`;

/** What identifies a package. */
export interface PackageRef {
  readonly ecosystem: Ecosystem;
  readonly name: string;
}

/** What identifies one version of a package. */
export interface VersionRef extends PackageRef {
  readonly version: string;
}

/** The key of everything that is said of a package. */
export function packageId({ ecosystem, name }: PackageRef): PackageId {
  return `${ecosystem}:${name}`;
}

/** The key of everything that is said of one version of a package. */
export function versionId({ ecosystem, name, version }: VersionRef): VersionId {
  return `${ecosystem}:${name}@${version}`;
}

/** What a package's identity names. */
export function packageRef(id: PackageId): PackageRef {
  const at = id.indexOf(':');
  return { ecosystem: id.slice(0, at) as Ecosystem, name: id.slice(at + 1) };
}
