import { basicAuthorization, credentialFor, type Credential } from '../../../net/credentials.ts';
import { readKeyPair, readText, type FoundValue } from './npmrc-values.ts';

export interface CredentialInput {
  /** Told of a credential that is left out: one line without its value. */
  readonly warn: (line: string) => void;
  readonly readFile: (path: string, source: string, key: string) => string;
}

const FIELDS = ['_authToken', '_auth', 'username', '_password', 'certfile', 'keyfile'] as const;
type Field = (typeof FIELDS)[number];
type Fields = Partial<Record<Field, FoundValue & { readonly value: string }>>;

/**
 * Collects what the configuration binds to a host and path (`//host/path/:field`). Keys without a host are never used.
 */
export function collectCredentials(
  keys: Iterable<string>,
  find: (key: string) => FoundValue,
  { warn, readFile }: CredentialInput,
): Map<string, Credential> {
  const byPlace = new Map<string, Fields>();
  for (const key of keys) {
    const [, place = '', name] = /^(\/\/.+?)\/?:([^:/]+)$/.exec(key) ?? [];
    const field = FIELDS.find((candidate) => candidate === name);
    const found = find(key);
    if (/^(?:_authToken|_auth|_password)$/i.test(key)) {
      warn(`${found.source}: ${key} names no registry and is not sent; write //HOST/PATH/:${key} instead`);
    } else if (field !== undefined && found.unset !== null) {
      warn(`${found.source}: ${key} is not sent: the environment variable ${found.unset} is not set`);
    } else if (field !== undefined) {
      const value = readCredential(found, field);
      if (value !== null) byPlace.set(`${place}/`, { ...byPlace.get(`${place}/`), [field]: { ...found, value } });
    }
  }
  const credentials = new Map<string, Credential>();
  for (const [place, fields] of byPlace) {
    const authorization = authorizationOf(fields);
    const certificate = certificateOf(fields, readFile);
    if (authorization === null && certificate === null) continue;
    // A token that the project names by a variable is the user's.
    const ofProject = Object.values(fields).every((field) => field.ofProject && field.blended === null);
    credentials.set(place, { authorization, certificate, ofProject });
  }
  return credentials;
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
      ofProject: false,
    });
  }
}

/** What goes into a header must be able to end neither the header nor the request. */
function readCredential(found: FoundValue, field: Field): string | null {
  const text = readText(found);
  if (text === null) return null;
  if (field === '_authToken' && !/^[\x21-\x7e]+$/.test(text)) found.fail(found.source, found.key, 'is not a token');
  if (field === '_auth' && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) found.fail(found.source, found.key, 'is not base64');
  return text;
}

/** npm's order: token, then ready-made basic authorization, then user name and (base64) password. */
function authorizationOf({ _authToken, _auth, username, _password }: Fields): string | null {
  if (_authToken) return `Bearer ${_authToken.value}`;
  if (_auth) return `Basic ${_auth.value}`;
  if (!username || !_password) return null;
  return basicAuthorization(username.value, Buffer.from(_password.value, 'base64').toString('utf8'));
}

function certificateOf(
  { certfile, keyfile }: Fields,
  readFile: CredentialInput['readFile'],
): Credential['certificate'] {
  if (!certfile || !keyfile) return null;
  const load = (file: typeof certfile): FoundValue => ({ ...file, value: readFile(file.value, file.source, file.key) });
  return readKeyPair(load(certfile), load(keyfile));
}
