/** The stable versions of every release line. No prerelease channel has this name, which has a capital letter. */
export const STABLE = 'Stable';
