/** Package ecosystems assay has words for. */
export type Ecosystem = 'npm' | 'go' | 'pypi' | 'cargo';

/** The ecosystem that is meant where a file or a command names a package without one. */
export const DEFAULT_ECOSYSTEM: Ecosystem = 'npm';

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

/** A package as people write it: `name` of npm, `ecosystem:name` of any other. No two packages are written alike. */
export function nameOf({ ecosystem, name }: PackageRef): string {
  return ecosystem === DEFAULT_ECOSYSTEM ? name : packageId({ ecosystem, name });
}

/** One version of it: `name@version`, or `ecosystem:name@version`. */
export function specOf({ version, ...one }: VersionRef): string {
  return `${nameOf(one)}@${version}`;
}

/** Whether a text that somebody wrote names this version, or its package: with the ecosystem, or as `specOf` does. */
export function isNamedBy(text: string, one: VersionRef): boolean {
  return [nameOf(one), specOf(one), packageId(one), versionId(one)].includes(text);
}

/** What a package's identity names. */
export function packageRef(id: PackageId): PackageRef {
  const at = id.indexOf(':');
  return { ecosystem: id.slice(0, at) as Ecosystem, name: id.slice(at + 1) };
}
