/** What a package's code can reach, as far as its own files show. */
export const CAPABILITIES = ['network', 'filesystem', 'process', 'environment', 'native', 'install-script'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/**
 * The first place of a package that shows a capability. `file` is relative to the package; `text` is code of it,
 * shortened.
 */
export interface CapabilityPlace {
  readonly capability: Capability;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/**
 * What is known of a version's capabilities, and from where. What was read shows at most one place for each; `before`
 * are those the baseline has of other versions of the package, which still count: no new version takes itself out of
 * the critical set. What is unknown counts as all.
 */
export type CapabilityReading =
  | { readonly source: 'tarball'; readonly places: readonly CapabilityPlace[]; readonly before: readonly Capability[] }
  | { readonly source: 'baseline'; readonly capabilities: readonly Capability[] }
  | { readonly source: 'policy'; readonly capabilities: readonly Capability[] }
  | { readonly source: 'unknown'; readonly reason: string };

/** Whether a capability counts as there. */
export function hasCapability(reading: CapabilityReading, capability: Capability): boolean {
  switch (reading.source) {
    case 'tarball':
      return placeOf(reading, capability) !== null || reading.before.includes(capability);
    case 'baseline':
    case 'policy':
      return reading.capabilities.includes(capability);
    case 'unknown':
      return true;
  }
}

/** The place that shows a capability, where one was read. */
export function placeOf(reading: CapabilityReading, capability: Capability): CapabilityPlace | null {
  if (reading.source !== 'tarball') return null;
  return reading.places.find((place) => place.capability === capability) ?? null;
}

/**
 * One file of a package. `path` is relative to the package's root; `bytes` is null where its content was not asked for.
 */
export interface PackageFile {
  readonly path: string;
  readonly bytes: Uint8Array | null;
}

/** Why it is not known what a package can reach where no files of its ecosystem are read for that. */
export const NOT_READ = 'nothing reads files of its ecosystem';
