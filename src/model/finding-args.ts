import type { RefusalReason } from './refusal-reason.ts';
import type { Instant } from './time.ts';

/** Where an expectation about the identity comes from, strongest first. */
export type ExpectationSource = 'policy' | 'baseline' | 'lockfile' | 'history' | 'manifest';

/** An identity that is not the expected one: `version` is the earlier version the expectation was read from. */
export interface IdentityArgs {
  readonly expected: string;
  readonly actual: string;
  readonly source: ExpectationSource;
  readonly version?: string;
  /** Of another repository: whether the owner's id is the same. Left out where it is not known. */
  readonly owner?: 'same' | 'other';
}

/**
 * What the project says of a package's install scripts. `unlisted`: nothing of it decides, so that it is up to the
 * version or the defaults of the package manager; `unknown`: there is no manifest, or no rule for what comes from
 * elsewhere.
 */
type ScriptPermission = 'allowed' | 'denied' | 'unlisted' | 'unknown';

export interface ScriptDecision {
  readonly permission: ScriptPermission;
  /** What says so, as "SETTING of FILE"; for `unlisted`, what does not. */
  readonly by?: string;
  /** For `unlisted`: who is kept from running them by that. */
  readonly stops?: string;
}

/** A declared dependency, and how old it is. Times are the registry's word; null where they are not known. */
export interface AddedDependencyAge {
  readonly name: string;
  readonly spec: string;
  /** When the first version of that package was published. */
  readonly firstPublished: Instant | null;
  /** The version that the lockfile has of it, and its time. */
  readonly version: string | null;
  readonly published: Instant | null;
  /** Another package of the lockfile, of nearly this name; left out where there is none, or it is not young. */
  readonly like?: string;
}

/** Files of an installed copy: the first of them, and how many there are. */
interface InstalledArgs {
  readonly path: string;
  readonly files: readonly string[];
  readonly total: number;
  /** What the package manager patches it with; left out where the lockfile names nothing. */
  readonly patches?: readonly string[];
  /** What the copy is held to; a tarball where left out. */
  readonly artifact?: 'zip' | 'wheel';
}

/** A tree of a transparency log, as `from` has it. */
export interface LogTree {
  readonly from: string;
  readonly size: number;
  /** SHA-256, hex. */
  readonly root: string;
  readonly note: string | null;
}

/** Typed arguments per finding code. Codes are stable; adding an argument is compatible, removing one is not. */
export interface FindingArgs {
  /**
   * `ids` are records (MAL-, RUSTSEC-) that say so; `from` the files and folders that have them. `whole`: one of them
   * says so of every version.
   */
  'advisory-malicious': { ids: readonly string[]; from: readonly string[]; whole: boolean };

  /**
   * `locked` is not what the registry serves (`source: registry`), or an attestation names (`attestation`). With
   * `basis` it is not the lockfile's hash but the one the registry gives, as the lockfile has none that can be used.
   * With `source: log` a transparency log has `actual` of it for good; `file` is which of several files it is. With
   * `source: bytes`, `cache` is the file of this machine that has them, where the package manager takes that unseen.
   */
  'integrity-mismatch': {
    locked: string;
    actual: string;
    source: 'registry' | 'attestation' | 'bytes' | 'lockfile' | 'log';
    file?: string;
    basis?: 'registry';
    cache?: string;
  };
  /**
   * `due`: the package manager always writes one, so that somebody took it out. `discarded`: what of the lockfile makes
   * the package manager discard the hash that stands there.
   */
  'integrity-missing': { resolved: string | null; due?: true; discarded?: string };
  /** `file` is what the lockfile calls it; null where it has hashes only. */
  'integrity-unknown-file': { locked: string; file: string | null };
  'integrity-weak': { algorithm: string };
  /** `source`: `locked` is what the registry serves, as the lockfile can lock none. */
  'integrity-rewritten': { baseline: string; locked: string; source?: 'registry' };

  /** Entries (`name@version`, or a name) that a change since `ref` brings, and no update would write. */
  'baseline-forged': { ref: string; entries: readonly string[] };

  'signature-invalid': { keyId: string };
  'signature-missing': { registry: string };
  'signature-key-unknown': { keyIds: readonly string[]; registry: string };
  /** `time` is the verified time the key was judged at; `basis` says whose word the time is. */
  'signature-key-expired': {
    keyId: string;
    expired: Instant;
    time: Instant | null;
    basis: 'log' | 'timestamp' | 'registry';
  };

  'provenance-invalid': { attestation: 'provenance' | 'publish'; reason: RefusalReason; detail: string };
  'provenance-subject-mismatch': {
    attestation: 'provenance' | 'publish';
    expected: string;
    actual: string;
  };
  /**
   * `earlier`: how many earlier versions were looked at; none of them claims provenance. `first` is the first version
   * that does, where one was published after this one: then the package began later.
   */
  'provenance-missing': { earlier: number; first?: string };
  'provenance-lost': { predecessor: string; published: Instant | null };
  /**
   * `publisher`: the account that published `version` and this one alike, with nothing new that is installed or run.
   */
  'provenance-lost-elsewhere': { version: string; sameLine: boolean; published: Instant | null; publisher?: string };
  /**
   * `files` are locked and have none, so many others (`attested`) have; `predecessor` is the last release before it
   * that had any.
   */
  'provenance-partial': { files: readonly string[]; attested: number; predecessor: string | null };
  /** Each of two locked `files` with its own of two `builders`. */
  'provenance-inconsistent': { files: readonly string[]; builders: readonly string[] };
  /**
   * The registry's manifest claims provenance and its attestations have none. `by`: it is the lockfile that claims it.
   */
  'provenance-advertised-absent': { url: string; by?: 'lockfile' };
  'publish-attestation-missing': { url: string };

  'identity-unexpected-repository': IdentityArgs;
  'identity-unexpected-workflow': IdentityArgs;
  'identity-unexpected-issuer': IdentityArgs;
  'identity-unexpected-ref': IdentityArgs;
  'identity-unexpected-trigger': IdentityArgs;
  /** A self-hosted build where a hosted one is expected is `identity-self-hosted-runner` instead. */
  'identity-unexpected-runner': IdentityArgs;
  /** `name` is the owner's address, the same before and after where only the id changed. */
  'identity-owner-changed': IdentityArgs & { name: string };
  'identity-self-hosted-runner': { run: string | null };
  'identity-predicate-disagrees': { field: string; certificate: string; predicate: string };
  /** `publisher` is the unsigned word of the index. */
  'identity-publisher-disagrees': { field: string; certificate: string; publisher: string };

  /** `version` is the earlier version that a release is compared with; `to` published others before this one. */
  'history-publisher-changed': { from: string; to: string; version: string };
  /** `from` published `version`, the last one before `to` began; `first` is the first version by `to`. */
  'history-publisher-new': { from: string; to: string; version: string; first: string };
  /** `approver` released `version`, an earlier one that was staged; nobody did so with this one. */
  'history-approval-lost': { version: string; approver: string };
  'history-too-new': { published: Instant; minimumHours: number };
  /**
   * `commands` belong to `scripts` by their place; empty where the registry's document does not have the text. So do
   * `was`, what ran under that name before: empty where nothing did, and left out where that holds for all.
   */
  'history-install-script-added': {
    scripts: readonly string[];
    commands: readonly string[];
    was?: readonly string[];
    version: string;
    permission: ScriptPermission;
    by?: string;
    stops?: string;
  };
  /** A package of which nothing older is known, neither to the registry nor to the baseline. */
  'history-new-package-script': {
    scripts: readonly string[];
    commands: readonly string[];
    permission: ScriptPermission;
    by?: string;
    stops?: string;
  };
  /**
   * `added` says more of the `dependencies`, in the same order; `published` is when this version was, and `provenance`
   * whether its own was proven, or lost with it.
   */
  'history-dependency-added': {
    dependencies: readonly string[];
    version: string;
    added: readonly AddedDependencyAge[];
    published: Instant | null;
    provenance: 'proven' | 'lost' | 'none';
  };
  /** Earlier releases that the registry says have provenance, and what shows who built `instead`; null for nothing. */
  'history-attestation-missing': { versions: readonly string[]; instead: string | null };
  /** `versions`: how many were published before it, all of which are yanked. */
  'history-mass-yank': { versions: number };
  'history-exotic-dependency': { name: string; spec: string };
  /** `latest` is lower and was published earlier, at `published`. */
  'history-dist-tag-moved-back': { latest: string; published: Instant };
  /** `firstPublished` is when the first file of the release was, and `published` when this one was. */
  'history-file-added-late': { file: string; published: Instant; firstPublished: Instant };
  'history-manifest-differs': { field: string; registry: string; tarball: string };

  'lockfile-not-registry': { kind: 'git' | 'http' | 'file' | 'other'; url: string };
  'lockfile-resolved-mismatch': { resolved: string; expected: string };
  /**
   * `since`: it is no disagreement with the settings, but a change. `packages` are from the index `resolved` now, and
   * were from `registry` at that revision.
   */
  'lockfile-unexpected-host': { resolved: string; registry: string; since?: string; packages?: readonly string[] };
  /** `isPackage`: the registry has the package, and not this version; `published` is when it once had. */
  'lockfile-version-unknown': { registry: string; isPackage: boolean; published: Instant | null };
  /** Its owners or its registry took the version back, which is still there; `reason` in their words. */
  'version-yanked': {
    reason: string | null;
    /** The version of the package that says so, where its owners say it in another one; left out elsewhere. */
    retractedIn?: string;
  };
  /**
   * The registry had it and serves it no more: the baseline knows it, or the whole project is in quarantine. `reason`
   * is the registry's, empty where it gives none.
   */
  'version-removed': { registry: string; quarantined: boolean; reason: string };
  /** `patch`: the file or the hash of the patch, as the lockfile names it. */
  'lockfile-patched': { patch: string };
  /** `names`: what the lockfile says is inside the tarball, and so has no hash; the registry says it is not. */
  'lockfile-bundle-mismatch': { names: readonly string[] };
  /** `asked` is what `by` asks a registry for, NAME or NAME@SPEC; `got` is what the lockfile puts there. */
  'lockfile-substituted': { asked: string; by: string; got: string };
  /** `field` of the entry is not what the published manifest says: what only the one, and only the other has. */
  'lockfile-entry-differs': { field: string; lockfile: string; registry: string };
  /** The entry asks for a package, under its own name, that the published manifest does not ask for. */
  'lockfile-dependency-added': { name: string };
  /** As one of the three before, where a hook of the project (`hook` is its file) could have changed it. */
  'lockfile-hook-changed': { field: string; lockfile: string; registry: string; hook: string };
  /** At `path`, one part of the lockfile says the one and another part the other; empty where it has no entry. */
  'lockfile-parts-differ': { path: string; packages: string; dependencies: string };
  /** `names`: what the package's own shrinkwrap, in its tarball, decides, as the lockfile has no entry for it. */
  'lockfile-unbound': { names: readonly string[] };
  /** Several indexes may answer for one name: their addresses, without credentials. */
  'lockfile-index-ambiguous': { indexes: readonly string[] };
  /**
   * `by` says that the package manager does not install from this file; `instead` is what it would, where that is
   * known.
   */
  'lockfile-not-used': { by: string; instead: string | null };
  /**
   * An installation also runs what `by` names, code of the repository or fetched; or what it adds is not known.
   * `vendored`: a build takes the copies in the folder `by`, which nothing has compared.
   */
  'lockfile-other-code': { by: string; code: 'repository' | 'fetched' | 'unknown' | 'vendored' };

  /** `path` is the folder of the copy; `files` are some of `total`. */
  'installed-modified': InstalledArgs & {
    /**
     * `files`: their content; `version`: all of it, as another version (`found`) is there; `link`: it leads elsewhere.
     * Where a build takes whatever is in a folder: `added` files that it has not, and `missing` ones.
     */
    what: 'files' | 'version' | 'link' | 'other' | 'added' | 'missing';
    found: string | null;
  };
  'installed-missing': InstalledArgs;
  /**
   * The zip of a module is not what the commit of its version has in the clone `checkout`: `files` of other content,
   * or `added` to the zip, or `missing` from it. `tag` is null where the version itself names the commit (hex).
   */
  'source-mismatch': {
    checkout: string;
    tag: string | null;
    commit: string;
    what: 'files' | 'added' | 'missing';
    files: readonly string[];
    total: number;
  };
  /** `scripts`: what the package itself runs at install, which may have made them. */
  'installed-added': InstalledArgs & { scripts: readonly string[] };

  /**
   * `known`: of the package the log has other versions (`package`), or the baseline has this one as logged
   * (`baseline`), or nothing is known to be logged at all (`nothing`).
   */
  'log-record-missing': { log: string; known: 'package' | 'baseline' | 'nothing' };
  /** What the log, or whoever answers for it, gave as a proof, and proves something else or nothing. */
  'log-proof-invalid': { log: string; reason: string };
  /**
   * Two trees of one log of which the smaller is no beginning of the larger one. A note is what the log signed; null
   * for a tree that only `from` names.
   */
  'log-inconsistent': {
    log: string;
    larger: LogTree;
    smaller: LogTree;
  };
  /** `setting` keeps the package from being asked for at `log`; null where it switches every check off. */
  'checks-disabled': { setting: string; log: string | null };

  /** `detail`: the verified time that this machine's clock has not reached, and what the clock says. */
  'clock-behind': { attestation: 'provenance' | 'publish'; detail: string };
  /**
   * `absent`: the registry answered, and says that there is no such thing. `setting`: what lets nobody be asked.
   */
  'evidence-unavailable': { evidence: EvidenceName; url: string; reason: string; absent?: true; setting?: string };
  /**
   * The registry serves no attestations at all: `packages` (`name@version`) are those that it announces with
   * provenance.
   */
  'evidence-not-served': { registry: string; packages: readonly string[] };
  'evidence-malformed': { evidence: EvidenceName; url: string; reason: string };
  /** `of`: what is left out, where that is not signatures of the registry. */
  'evidence-stripped': { registry: string; of?: 'attestations' };
}

/** Which piece of evidence a finding is about. */
export type EvidenceName =
  | 'manifest'
  | 'history'
  | 'attestations'
  | 'predecessor-attestations'
  | 'keys'
  /** Keys that the repository of trust may have beyond those that are known. */
  | 'newer-keys'
  | 'tarball'
  /** The zip or the go.mod of a Go module. */
  | 'zip'
  /** A file of a Python package. */
  | 'file'
  | 'installed'
  /** What a transparency log answers of a package. */
  | 'log'
  /** What the owners of a Go module have taken back. */
  | 'retractions'
  /** Who published a version. */
  | 'publisher'
  /** A record that names the package as malicious, in some versions. */
  | 'advisory';
