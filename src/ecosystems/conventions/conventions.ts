/** A version, as its ecosystem reads it. */
export interface Version {
  readonly text: string;
  /** The releases that replace each other without breaking: "1", or "0.3" where a minor may break. */
  readonly line: string;
  /** The channel it is released on: `STABLE` (model/channel.ts), or the name of a prerelease channel. */
  readonly channel: string;
}

/** How an ecosystem writes versions and orders them. */
export interface Versions {
  /** Null for what is no version. */
  readonly parse: (text: string) => Version | null;
  /** Below zero where `a` is lower; what is no version is lower than what is. */
  readonly compare: (a: string, b: string) => number;
}

/** What an ecosystem writes in its own way, without a network or a file: asked by every stage. */
export interface Conventions {
  readonly versions: Versions;
}
