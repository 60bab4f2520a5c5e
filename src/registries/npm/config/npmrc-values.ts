import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { NamedProxy, NetConfig } from '../../../net/config.ts';
import type { FoundSetting } from './npmrc-layers.ts';

/** A setting with its place, and how to refuse it. `value` is null where nothing sets it. */
export interface FoundValue extends FoundSetting {
  readonly key: string;
  readonly fail: (source: string, key: string, reason: string) => never;
}

/** The source of what the environment sets. */
const ENVIRONMENT = 'environment';

/** Text, or null for "not set" (npm also takes the word null for it). */
export function readText({ key, value, source, unset, fail }: FoundValue): string | null {
  if (value === null || value === 'null') return null;
  if (typeof value !== 'string') return fail(source, key, 'must be text');
  if (unset !== null) return fail(source, key, `names the environment variable ${unset}, which is not set`);
  return value;
}

/**
 * Text that is an address. A file of the project may name a variable as the whole address, and put none into an address
 * that it makes up itself: what is in the environment may be a secret, and would be sent there.
 */
export function readAddress(found: FoundValue): string | null {
  const { key, source, ofProject, blended, fail } = found;
  const text = readText(found);
  if (text === null || !ofProject || blended === null) return text;
  return fail(
    source,
    key,
    `would send the environment variable ${blended} to an address that the project made up: write it out`,
  );
}

/** One or several texts; the environment separates them by an empty line. */
function readTexts(found: FoundValue): readonly string[] | null {
  if (Array.isArray(found.value)) return found.value.length === 0 ? null : (found.value as readonly string[]);
  const text = readText(found);
  return text === null ? null : text.split('\n\n');
}

/** Reads PEM certificates out of a text; null where there is none, or a broken one. */
export type PemReader = (text: string) => readonly string[] | null;

/**
 * A reader for one run, all of whose projects name the same authorities, as a rule: to read the 150 of a machine takes
 * 0.1 s, so the last text is remembered.
 */
export function pemReader(): PemReader {
  let last: { readonly text: string; readonly pems: readonly string[] | null } | null = null;
  return (text) => {
    if (last?.text !== text) last = { text, pems: readPems(text) };
    return last.pems;
  };
}

function readPems(text: string): readonly string[] | null {
  const pems = text.match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END \1CERTIFICATE-----/g) ?? [];
  return pems.length > 0 && pems.every((pem) => parses(() => new X509Certificate(pem))) ? pems : null;
}

/**
 * PEM certificates, as OpenSSL finds them: anything around them is a comment. A broken one is an error, because Node
 * would skip it and then accept no server at all.
 */
export function readCertificates(found: FoundValue, read: PemReader): readonly string[] | null {
  const text = readTexts(found)?.join('\n') ?? null;
  if (text === null) return null;
  return read(text) ?? found.fail(found.source, found.key, 'is not a certificate in PEM format');
}

/** A client certificate and its key, both PEM; null unless both are set. */
export function readKeyPair(cert: FoundValue, key: FoundValue): { readonly cert: string; readonly key: string } | null {
  const pair = { cert: readText(cert), key: readText(key) };
  if (pair.cert === null || pair.key === null) return null;
  const { cert: certPem, key: keyPem } = pair;
  if (!parses(() => new X509Certificate(certPem)))
    cert.fail(cert.source, cert.key, 'is not a certificate in PEM format');
  if (!parses(() => createPrivateKey(keyPem))) key.fail(key.source, key.key, 'is not a private key in PEM format');
  return { cert: certPem, key: keyPem };
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

export function readSwitch({ key, value, source, fail }: FoundValue, otherwise: boolean): boolean {
  if (value === null) return otherwise;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  return fail(source, key, 'must be true or false');
}

/** Text that can be a header's value. */
export function readHeader(found: FoundValue): string | null {
  const text = readText(found);
  if (text !== null && !/^[\x20-\x7e]*$/.test(text)) found.fail(found.source, found.key, 'must be printable ASCII');
  return text;
}

/** A whole number of at least `minimum`. */
export function readInteger(found: FoundValue, minimum: number): number | null {
  const text = readText(found);
  if (text === null) return null;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (number < minimum) return found.fail(found.source, found.key, `must be a whole number of at least ${minimum}`);
  return number;
}

/**
 * The proxies, as npm chooses them: `https-proxy`, else `proxy`, for every target; without either, the environment's
 * HTTPS_PROXY for https, and HTTPS_PROXY, HTTP_PROXY or PROXY for http.
 */
export function readProxy(
  proxy: FoundValue,
  httpsProxy: FoundValue,
  noproxy: FoundValue,
  env: NodeJS.ProcessEnv,
): NetConfig['proxy'] & { readonly ofProject: boolean } {
  const [named] = [httpsProxy, proxy].filter((found) => proxyUrl(found) !== null);
  const proxyOf = (found: FoundValue | undefined): NamedProxy | null => {
    const url = found === undefined ? null : proxyUrl(found);
    return url === null || found === undefined ? null : { url, namedBy: settingText(found) };
  };
  const fromEnv = (upper: string): NamedProxy | null => {
    const [key = upper] = [upper, upper.toLowerCase()].filter((name) => env[name] !== undefined);
    const value = env[key] ?? '';
    if (value === '') return null;
    return proxyOf({ ...proxy, key, source: ENVIRONMENT, ofProject: false, value, unset: null, blended: null });
  };
  const https = proxyOf(named) ?? fromEnv('HTTPS_PROXY');
  const http = https ?? fromEnv('HTTP_PROXY') ?? fromEnv('PROXY');
  const bypass = readTexts(noproxy) ?? [env['NO_PROXY'] ?? env['no_proxy'] ?? ''];
  return {
    http,
    https,
    ofProject: named?.ofProject === true,
    bypass: bypass
      .flatMap((text) => text.split(','))
      .map(normalHost)
      .filter(Boolean),
  };
}

/** A setting as people find it: a variable of the environment, or a key and its file. */
function settingText({ key, source }: FoundValue): string {
  if (source !== ENVIRONMENT) return `${key} of ${source}`;
  return /^[a-z-]+$/.test(key) && key.includes('-') ? `npm_config_${key.replaceAll('-', '_')}` : key;
}

function normalHost(text: string): string {
  return text.trim().toLowerCase();
}

function proxyUrl(found: FoundValue): string | null {
  if (found.value === false || found.value === 'false') return null;
  const text = readAddress(found);
  if (text === null) return null;
  // "host:port" is a common way to write a proxy.
  const full = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(full)) return found.fail(found.source, found.key, 'is not a URL');
  const { protocol, href, username, password } = new URL(full);
  if (!parses(() => decodeURIComponent(username + password))) {
    found.fail(found.source, found.key, 'has a user name or password that is not URL-encoded');
  }
  if (protocol === 'http:' || protocol === 'https:') return href;
  return found.fail(found.source, found.key, `must be an http or https proxy, not ${protocol.slice(0, -1)}`);
}
