import type { Finding, ScriptDecision } from './finding.ts';
import type { Ecosystem } from './package.ts';

/** Hash functions of Subresource Integrity strings found in lockfiles, weakest first. */
export type HashAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** One hash of some bytes; `hex` is lower case and has the algorithm's exact length. */
export interface Digest {
  readonly algorithm: HashAlgorithm;
  readonly hex: string;
}

/**
 * Go's hash of the files in an archive (https://go.dev/ref/mod#go-sum-files): a SHA-256 over their names and hashes. It
 * is no hash of the archive's bytes, and nothing that takes one takes it.
 */
export interface DirHash {
  readonly algorithm: 'h1';
  readonly hex: string;
}

/**
 * Who writes a lockfile, and installs from it. Yarn 1 (`yarn-classic`) and later ones (`yarn`) have other commands and
 * other files of configuration.
 */
export type PackageManager = NodeManager | PythonManager | 'go' | 'cargo';

/** Those that install from a registry of npm's kind into node_modules. */
export const NODE_MANAGERS = ['npm', 'pnpm', 'yarn-classic', 'yarn', 'bun', 'vlt'] as const;
export type NodeManager = (typeof NODE_MANAGERS)[number];

/** Those that install from an index of PyPI's kind. */
export type PythonManager = 'pip' | 'uv' | 'poetry' | 'pdm' | 'pipenv';

/** A configuration file of a package manager that was read, as a plain value: hostile. */
export interface ConfigFile {
  /** Relative to the lockfile's folder for settings that a lockfile is read with. */
  readonly path: string;
  /** Whether it is the project's, and not the user's own. */
  readonly ofProject: boolean;
  readonly content: unknown;
}

/** Where a lockfile names a dependency. `line` is 1-based; `path` is the entry's own name for the place. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly path: string;
}

/** Where the bytes come from, as the lockfile says it. */
export type Source =
  /** A registry tarball; `resolved` is null where the lockfile leaves the address to the configuration. */
  | { readonly kind: 'registry'; readonly resolved: string | null }
  | { readonly kind: 'git'; readonly url: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string }
  /**
   * Something only the package manager's configuration knows: a registry by its name there, a resolver of the project.
   */
  | { readonly kind: 'other'; readonly locator: string };

/** A declared dependency whose range is not resolved by the registry (git, URL, path). */
export interface ExoticSpec {
  readonly name: string;
  readonly spec: string;
}

/**
 * How a lockfile locks a package by what the package manager makes of it, and not by the registry's tarball. Nobody
 * else has the archive that Yarn 2 and later make, so that its hash is comparable with nothing.
 */
export interface ArchiveLock {
  /** Of Yarn, its cache key, a slash, and a SHA-512 in hex; null where the entry has none. */
  readonly checksum: string | null;
  /** Whether it must have one: Yarn writes none of an optional package that is not for every machine. */
  readonly due: boolean;
  /**
   * The checksum is an SRI string, of the unpacked tarball (pnpm's integrityTarget: tar): whoever has the tarball can
   * compare it.
   */
  readonly unpacked?: true;
}

/**
 * What one place of a lockfile says of its package that the published manifest says, too. Whoever can edit the lockfile
 * wrote it, so it is held to that manifest. Left out is what the format does not have; a difference that the project
 * declares (an override, a package extension) is taken back, so that this is what the manifest must say.
 */
export interface EntryClaims {
  /** Name to specifier, of `dependencies` and `optionalDependencies` together. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** What the package manager itself adds to `dependencies` where the manifest has no such name. */
  readonly implied?: Readonly<Record<string, string>>;
  /** Name to specifier. Ranges of peers decide nothing; names and whatever is no range do. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** Peers of which the format has the name only: the manifest must have each. */
  readonly peers?: readonly string[];
  /** Command to the path of its file. */
  readonly bin?: Readonly<Record<string, string>>;
  /** Whether it has any command, where the format says no more. */
  readonly hasBin?: boolean;
  /** Whether it runs anything at install. */
  readonly installScripts?: boolean;
  /** Names of `dependencies` that it can do without. What is left out then, is not missed, and may not be verified. */
  readonly optional?: readonly string[];
  /** Where it is installed, as Yarn writes `os`, `cpu` and `libc`: `(os=darwin | os=linux) & cpu=x64`. */
  readonly conditions?: string;
  /**
   * Where a format has answers and no specifiers, or only those of what it found: the name it asks for to the name of
   * the package it gets, or to a locator (`link:PATH`, an address) where that is no package of a registry.
   */
  readonly answers?: Readonly<Record<string, string>>;
  /** Of these, what somebody beside the package asks for by that very name: a peer is answered by it. */
  readonly peerAnswers?: Readonly<Record<string, string>>;
  /**
   * What a hook of the project (a .pnpmfile.cjs) could have changed of it: the hook's file. Left out where there is
   * none.
   */
  readonly hook?: string;
}

/**
 * Somebody asks a registry for one package, and the lockfile puts this dependency in its place: another package, or
 * none of a registry. Nothing that the project declares explains it.
 */
export interface Substitution {
  /** What is asked for: `NAME`, or `NAME@SPEC` where the specifier is known. */
  readonly asked: string;
  /** Who asks: the folder of a project (`.` is the lockfile's own), or `name@version`. */
  readonly by: string;
  /** A hook of the project that could have done it; left out where there is none. */
  readonly hook?: string;
}

/**
 * A Trusted Publisher that a lockfile expects of a package (PEP 751, `packages.attestation-identities`). Whoever can
 * edit the lockfile wrote it.
 */
export interface AttestationIdentity {
  /** `GitHub`, `GitLab`, `Google` and others, as the index names it. */
  readonly kind: string;
  /** What the lockfile says beside it: `repository`, `workflow`, ... */
  readonly fields: Readonly<Record<string, string>>;
}

/** One file of a version, whose bytes a lockfile locks. */
export interface Artifact {
  /**
   * The name of the file; null where a version has one file only, as npm's has its tarball, or where a format has
   * hashes and no names (requirements.txt): then each hash is an artifact, and of some file of the version.
   */
  readonly file: string | null;
  /** Every hash the lockfile gives of it, in its order; empty where it gives none. */
  readonly digests: readonly (Digest | DirHash)[];
  readonly source: Source;
  /** Left out where `digests` are what locks the bytes. */
  readonly archive?: ArchiveLock;
}

/** What of an artifact is locked by hashes of its bytes. */
export function byteDigests({ digests }: Pick<Artifact, 'digests'>): readonly Digest[] {
  return digests.filter((digest) => digest.algorithm !== 'h1');
}

/** All files of a version that a lockfile locks, in its order. */
export type Artifacts = readonly [Artifact, ...Artifact[]];

/** A finding about the lockfile as a whole, or about something in it that is no dependency. */
export interface PlacedFinding {
  readonly place: Place;
  readonly finding: Finding;
}

/**
 * One version of a package with its locked artifacts, and every place of the lockfile that names it. Two places that
 * differ in the hashes or the source of an artifact are two dependencies; go.sum, which has a list of hashes and no
 * places, gives one with all of them.
 */
export interface Dependency {
  readonly ecosystem: Ecosystem;
  /** The registry's name, not the alias it is installed under. */
  readonly name: string;
  readonly version: string;
  /** What it is asked for as, and installed under, where that is another name; left out otherwise. */
  readonly alias?: string;
  readonly artifacts: Artifacts;
  /** At least one, in file order. */
  readonly places: readonly Place[];
  /** Named by the project itself or by one of its workspaces. */
  readonly direct: boolean;
  /** Only reachable through development dependencies, at every place. */
  readonly dev: boolean;
  readonly optional: boolean;
  readonly peer: boolean;
  /** Dependencies of this entry whose declared spec is git, a URL or a path. */
  readonly exotic: readonly ExoticSpec[];
  /** Names the lockfile says its tarball carries (bundled): skipped entries, which have no hash of their own. */
  readonly bundles: readonly string[];
  /**
   * What it asks for as the lockfile resolves it, as `name@version`; left out where that is not read. Decides nothing.
   */
  readonly requires?: readonly string[];
  /** Patches of the project or the package manager that change it once it is fetched; left out where there are none. */
  readonly patches?: readonly string[];
  /** What its places claim, each distinct claim once; left out where the format claims nothing. */
  readonly claims?: readonly EntryClaims[];
  /** Address of the index that the lockfile says it is from; left out where it says none. */
  readonly index?: string;
  /** Who the lockfile says has to have published it; left out where it says nothing. */
  readonly attestationIdentities?: readonly AttestationIdentity[];
  /** What it stands in for without anybody having asked for it; left out where there is nothing. */
  readonly substitutes?: readonly Substitution[];
  /** What is wrong with its entries as they stand, whatever they name; left out where nothing is. */
  readonly findings?: readonly Finding[];
}

/** An entry that names no package to fetch, with the reason it is not a dependency. */
export interface SkippedEntry {
  readonly place: Place;
  readonly reason: 'root' | 'workspace' | 'link' | 'bundled';
  /** For `bundled`: the entry whose tarball carries it; its bytes are proven by that tarball's hash. */
  readonly by?: string;
}

/** Whether the project lets the install scripts of a dependency run, as far as its files say. */
export type ScriptPermissions = (dependency: Pick<Dependency, 'name' | 'version' | 'artifacts'>) => ScriptDecision;

/** What one lockfile says. Every entry read is a place of a dependency or is skipped: `entries` counts both. */
export interface Lockfile {
  readonly file: string;
  /** For people: "package-lock v3", "npm-shrinkwrap v1", "hidden lockfile v3". */
  readonly format: string;
  readonly manager: PackageManager;
  readonly entries: number;
  readonly dependencies: readonly Dependency[];
  readonly skipped: readonly SkippedEntry[];
  /** Where it says that code of the project takes part in installing (a .pnpmfile.cjs); left out where it does not. */
  readonly hooks?: Place;
  /** What is wrong with the file as a whole; left out where nothing is. */
  readonly findings?: readonly PlacedFinding[];
  /** Whether the project has copies that a build takes in place of what is locked; left out where it has none. */
  readonly isVendored?: true;
  /** What the project says of install scripts; left out where there is no package.json. */
  readonly scripts?: ScriptPermissions;
}

/** What a lockfile says of what is installed into node_modules. */
export interface NodeLockfile extends Lockfile {
  readonly manager: NodeManager;
}

export function isNodeLockfile<L extends Lockfile>(lockfile: L): lockfile is L & NodeLockfile {
  return NODE_MANAGERS.some((manager) => manager === lockfile.manager);
}

/** A lockfile of a repository. */
export interface LocatedLockfile extends Lockfile {
  /** Its path from the root of the repository, with forward slashes; `file` where it is in none. */
  readonly path: string;
  /** SHA-256 of its bytes, hex. */
  readonly digest: string;
}
