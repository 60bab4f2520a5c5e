/** What is installed by name: Go programs as package@version, and the npm client. */
export declare const VERSIONS: { readonly go: Readonly<Record<string, string>>; readonly npm: string };

/** Programs by name, or why they cannot be had on this machine. */
type Installed = { readonly programs: Readonly<Record<string, string>> } | { readonly missing: string };

/**
 * Installs what the table names and the cache does not have, one after the other and at low priority. Throws where a
 * program of the table cannot be built though it was obtained.
 */
export declare function install(say: (line: string) => void): Installed;
