declare const ASSAY_VERSION: string | undefined;

/** The package's version; the build puts it in. Run from source it is "development". */
export const VERSION: string = typeof ASSAY_VERSION === 'string' ? ASSAY_VERSION : 'development';
