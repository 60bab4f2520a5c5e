/** What to show one registry: an Authorization header, a client certificate (PEM), or both. */
export interface Credential {
  readonly authorization: string | null;
  readonly certificate: { readonly cert: string; readonly key: string } | null;
  /** Whether the project itself has all of it. */
  readonly ofProject: boolean;
}

/** By "//host[:port]/path/" without scheme, always with the last slash. */
export type Credentials = ReadonlyMap<string, Credential>;

/**
 * The credential for a URL: of the longest configured place that is the URL's host (with port) and a prefix of its path
 * in whole segments, or null.
 */
export function credentialFor(credentials: Credentials, url: URL): Credential | null {
  if (credentials.size === 0) return null;
  let path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  for (;;) {
    const found = credentials.get(`//${url.host}${path}`);
    if (found !== undefined) return found;
    if (path === '/') return null;
    path = path.slice(0, path.lastIndexOf('/', path.length - 2) + 1);
  }
}

/** `Basic` for a user name and password. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
