import type { OptionName } from '../options.ts';

/** The options that say what to verify with. */
export const TRUST_OPTIONS = [
  'trusted-root',
  'tuf',
  'tuf-root',
  'tuf-root-sha256',
  'thresholds',
] as const satisfies OptionName[];

/** The options of `reportOptions`. */
export const SHOWN_OPTIONS = ['all', 'quiet', 'verbose'] as const satisfies OptionName[];

/** The options of `withProject` and `withProjects`. */
export const PROJECT_OPTIONS = [
  'registry',
  ...TRUST_OPTIONS,
  'registry-keys',
  'policy',
  'advisories',
  'evidence',
  'no-cache',
] as const satisfies OptionName[];
