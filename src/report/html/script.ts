// The programs of client/ as text, from scripts/build/client.mjs: for the build, and for tests.
declare const ASSAY_EARLY_SCRIPT: string;
declare const ASSAY_PAGE_SCRIPT: string;

/** Runs before the page is laid out. */
export const EARLY_SCRIPT = ASSAY_EARLY_SCRIPT;

/** Makes the page's tables, its tree and its map work. */
export const SCRIPT = ASSAY_PAGE_SCRIPT;
