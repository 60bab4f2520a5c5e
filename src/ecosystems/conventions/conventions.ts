/** A version, as its ecosystem reads it. */
export interface Version {
  /** As the ecosystem writes it: of several ways to write one version, the one that registries take. */
  readonly text: string;
  /** The releases that replace each other without breaking: "1", or "0.3" where a minor may break. */
  readonly line: string;
  /** The channel it is released on: `STABLE` (model/channel.ts), or the name of a prerelease channel. */
  readonly channel: string;
  /** Its place among the versions of its ecosystem, for `compareVersions`. */
  readonly order: readonly (number | bigint | string)[];
}

/**
 * How an ecosystem writes versions, orders them, and asks for them. `parse` is the whole of it but for ranges: what
 * reads many versions of a package parses each once, and compares what was parsed.
 */
export interface Versions {
  /** Null for what is no version. */
  readonly parse: (text: string) => Version | null;
  /** Below zero where `a` is lower; what is no version is lower than what is. */
  readonly compare: (a: string, b: string) => number;
  /** Whether a text asks for versions. A version alone is a range, too: of itself. */
  readonly isRange: (text: string) => boolean;
  /** Whether a range allows a version; what is no range allows none. */
  readonly satisfies: (version: string, range: string) => boolean;
  /** The highest version that a range allows; null where it allows none of these. */
  readonly highest: (versions: readonly string[], range: string) => string | null;
}

/** What a release asks for by name and specifier, as its registry would answer. */
export interface Target {
  readonly name: string;
  readonly range: string;
}

/** How an ecosystem names packages, and where it has them from. */
export interface Names {
  /** Whether a registry of the ecosystem could have a package of this name. */
  readonly isName: (text: string) => boolean;
  /** The name that is meant: of several ways to write one name, the one that stands in identities and addresses. */
  readonly normalise: (name: string) => string;
  /**
   * Whether a policy can select packages by a text: a name in which `*` may stand for characters, of one part of it
   * where "/" divides names.
   */
  readonly isSelector: (text: string) => boolean;
  /** The package URL of one version (https://github.com/package-url/purl-spec). */
  readonly purl: (name: string, version: string) => string;
  /** Whether an address is the ecosystem's own registry, where anybody can publish under any name that is free. */
  readonly isPublicRegistry: (address: string) => boolean;
  /** What a declared dependency is resolved to at a registry; null for one from elsewhere. */
  readonly target: (name: string, specifier: string) => Target | null;
}

/** What an ecosystem writes in its own way, without a network or a file: asked by every stage. */
export interface Conventions {
  readonly versions: Versions;
  readonly names: Names;
}
