import type { Layer, Setting } from './npmrc-layers.ts';
import { readKeyPair, type Found } from './npmrc-values.ts';

/** What to show one registry: an Authorization header, a client certificate (PEM), or both. */
export interface Credential {
  readonly authorization: string | null;
  readonly certificate: { readonly cert: string; readonly key: string } | null;
}

/** By "//host[:port]/path/" without scheme, always with the last slash. */
export type Credentials = ReadonlyMap<string, Credential>;

export interface CredentialProblems {
  /** A value nobody could use; ends the run. */
  readonly fail: (source: string, key: string, reason: string) => never;
  /** A credential that is left out; one line without its value. */
  readonly warn: (line: string) => void;
  readonly readFile: (path: string, source: string, key: string) => string;
}

const FIELDS = ['_authToken', '_auth', 'username', '_password', 'certfile', 'keyfile'] as const;
type Field = (typeof FIELDS)[number];
type Fields = Partial<Record<Field, { readonly text: string; readonly source: string; readonly key: string }>>;

/**
 * Collects what the layers bind to a host and path. A field of a stronger layer replaces the same field of a weaker one,
 * as in npm; keys without a host are never used.
 */
export function collectCredentials(layers: readonly Layer[], problems: CredentialProblems): Map<string, Credential> {
  const byPlace = new Map<string, Fields>();
  for (const { source, values } of layers.toReversed()) {
    for (const [key, value] of values) {
      const [, place, field] = /^(\/\/.+):([^:/]+)$/.exec(key) ?? [];
      if (place === undefined) warnUnbound(key, source, problems);
      else if (isField(field)) addField(byPlace, place, field, { value, source, key }, problems);
    }
  }
  const credentials = new Map<string, Credential>();
  for (const [place, fields] of byPlace) {
    const authorization = authorizationOf(fields);
    const certificate = certificateOf(fields, problems);
    if (authorization !== null || certificate !== null) credentials.set(place, { authorization, certificate });
  }
  return credentials;
}

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

/** Gives registries (addresses with the last slash) without a client certificate of their own this one. */
export function bindCertificate(
  credentials: Map<string, Credential>,
  registries: readonly string[],
  certificate: NonNullable<Credential['certificate']>,
): void {
  for (const registry of registries) {
    const url = new URL(registry);
    const own = credentialFor(credentials, url);
    credentials.set(`//${url.host}${url.pathname}`, {
      authorization: own?.authorization ?? null,
      certificate: own?.certificate ?? certificate,
    });
  }
}

/** `Basic` for a user name and password. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

function isField(name: string | undefined): name is Field {
  return (FIELDS as readonly (string | undefined)[]).includes(name);
}

function warnUnbound(key: string, source: string, { warn }: CredentialProblems): void {
  if (/^(?:_authToken|_auth|_password)$/i.test(key)) {
    warn(`${source}: ${key} names no registry and is not sent; write //HOST/PATH/:${key} instead`);
  }
}

function addField(
  byPlace: Map<string, Fields>,
  place: string,
  field: Field,
  { value, source, key }: { value: Setting; source: string; key: string },
  { fail, warn }: CredentialProblems,
): void {
  if (value === null || value === '') return;
  if (typeof value !== 'string') return fail(source, key, 'must be text');
  const unset = /\$\{([^}]*)\}/.exec(value);
  if (unset !== null) {
    warn(`${source}: ${key} is not sent: the environment variable ${unset[1] ?? ''} is not set`);
    return;
  }
  // What goes into a header must be able to end neither the header nor the request.
  if (field === '_authToken' && !/^[\x21-\x7e]+$/.test(value)) fail(source, key, 'is not a token');
  if (field === '_auth' && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) fail(source, key, 'is not base64');
  const fields = byPlace.get(slashed(place)) ?? {};
  fields[field] = { text: value, source, key };
  byPlace.set(slashed(place), fields);
}

function slashed(place: string): string {
  return place.endsWith('/') ? place : `${place}/`;
}

/** npm's order: token, then ready-made basic authorization, then user name and (base64) password. */
function authorizationOf({ _authToken, _auth, username, _password }: Fields): string | null {
  if (_authToken) return `Bearer ${_authToken.text}`;
  if (_auth) return `Basic ${_auth.text}`;
  if (!username || !_password) return null;
  return basicAuthorization(username.text, Buffer.from(_password.text, 'base64').toString('utf8'));
}

function certificateOf(
  { certfile, keyfile }: Fields,
  { readFile, fail }: CredentialProblems,
): Credential['certificate'] {
  if (!certfile || !keyfile) return null;
  const load = ({ text, source, key }: typeof certfile): Found => ({
    value: readFile(text, source, key),
    source,
    key,
    fail,
  });
  return readKeyPair(load(certfile), load(keyfile));
}
