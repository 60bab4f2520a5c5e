/** What a package's code can reach, as far as its own files show. */
export const CAPABILITIES = ['network', 'filesystem', 'process', 'environment', 'native', 'install-script'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** The first place of a package that shows a capability. `file` is relative to the package; `text` is code of it, shortened. */
export interface CapabilityPlace {
  readonly capability: Capability;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/**
 * What is known of a version's capabilities, and from where. What was read shows at most one place for each; what is
 * unknown counts as all of them.
 */
export type CapabilityReading =
  | { readonly source: 'tarball'; readonly places: readonly CapabilityPlace[] }
  | { readonly source: 'baseline'; readonly capabilities: readonly Capability[] }
  | { readonly source: 'policy'; readonly capabilities: readonly Capability[] }
  | { readonly source: 'unknown'; readonly reason: string };

/** The capabilities a reading gives, in the order of `CAPABILITIES`. */
export function capabilitiesOf(reading: CapabilityReading): readonly Capability[] {
  switch (reading.source) {
    case 'tarball':
      return CAPABILITIES.filter((word) => reading.places.some(({ capability }) => capability === word));
    case 'baseline':
    case 'policy':
      return CAPABILITIES.filter((word) => reading.capabilities.includes(word));
    case 'unknown':
      return CAPABILITIES;
  }
}

/** One file of a package. `path` is relative to the package's root; `bytes` is null where its content was not asked for. */
export interface PackageFile {
  readonly path: string;
  readonly bytes: Uint8Array | null;
}
