import type { PackageManager } from '../../model/dependency.ts';

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

/** How records of the Open Source Vulnerability format write what is of the ecosystem (https://ossf.github.io/osv-schema/). */
interface OsvWords {
  readonly ecosystem: string;
  /** The one form of all names that the registry takes for the same. */
  readonly name: (name: string) => string;
  /** A version of a record, as the ecosystem writes it. */
  readonly version: (text: string) => string;
}

/** A command, in words none of which a shell takes apart. */
export type Command = readonly string[];

/** Lines to put into a file of the project. */
export interface Edit {
  readonly file: string;
  readonly lines: readonly string[];
}

/** What to do, in this order: the edit, then the commands. Names and versions in it must mean nothing to a shell. */
export interface Steps {
  readonly edit: Edit | null;
  readonly commands: readonly Command[];
  /** What to know about it; null where the steps say it. */
  readonly note: string | null;
}

/** How a package manager is told which version to install. None of it runs a script of a package. */
export interface ManagerCommands {
  /** Installs exactly this version of what the project itself asks for; keeps it a development dependency. */
  readonly pin: (spec: string) => Command;
  /** Puts a version in place of whatever the tree asks for under a name. */
  readonly override: (name: string, version: string) => Steps;
  /** Brings what other packages ask for to the newest version they allow; null where that cannot be said by name. */
  readonly update: ((name: string) => Command) | null;
  /** Installs what the lockfile says, or fails: for pipelines. */
  readonly frozen: Command;
  /** Writes a lockfile where there is none. */
  readonly lock: Command;
}

/** Two versions of a package whose files are to be shown side by side, each as `name@version`. */
export interface DiffRequest {
  readonly name: string;
  readonly before: string;
  readonly now: string;
  /** Where the package is asked for, and by whom, as far as that is known. */
  readonly registry: string | null;
  readonly manager: PackageManager | null;
}

/** What people type to do something about a package. */
export interface Commands {
  readonly byManager: Readonly<Partial<Record<PackageManager, ManagerCommands>>>;
  /** Of the ecosystem's own package manager. */
  readonly own: ManagerCommands;
  /** How a package is asked for under another name; null where it cannot be. */
  readonly underAlias: ((alias: string, spec: string) => string) | null;
  /** Shows what differs between two versions; null where no command does. */
  readonly diff: (request: DiffRequest) => Command | null;
}

/** What an ecosystem writes in its own way, without a network or a file: asked by every stage. */
export interface Conventions {
  readonly versions: Versions;
  readonly names: Names;
  readonly commands: Commands;
  readonly osv: OsvWords;
  /** Whether a release can have provenance: whether anybody signs who built one. */
  readonly hasProvenance: boolean;
  /** Whether registries of it sign releases, and say which account published one. */
  readonly isSignedByRegistry: boolean;
  /** What a version is packed in, for people. */
  readonly archive: string;
  /** What of these is unpacked where a version is installed, for people. */
  readonly unpacked: string;
}
