type Table = Readonly<Record<string, string>>;

/** What is installed by name: Go programs as package@version with their build tags, and the npm client. */
export declare const VERSIONS: {
  readonly go: Table;
  readonly 'rekor-v1': Table;
  readonly tags: Table;
  readonly npm: string;
};

/** Programs by name and why Rekor v1 is not among them, or why none can be had on this machine. */
type Installed = { readonly programs: Table; readonly missingV1: string | null } | { readonly missing: string };

/**
 * Installs what the table names and the cache does not have, one after the other and at low priority; Rekor v1 only
 * where its database is, and only what is there already unless `buildV1`. Throws where a program of the table cannot
 * be built though it was obtained.
 */
export declare function install(say: (line: string) => void, options?: { readonly buildV1?: boolean }): Installed;
