import { closeSync, openSync, readSync } from 'node:fs';
import { win32 } from 'node:path';
import { NPM_REGISTRY } from '../model/address.ts';
import type { ConfigFile, PackageManager } from '../model/dependency.ts';
import { MAX_CONFIG_BYTES } from './bounds.ts';
import {
  basicAuthorization,
  bindCertificate,
  collectCredentials,
  type Credential,
  type Credentials,
} from './credentials.ts';
import { managerLayers } from './manager-layers.ts';
import { findProject, findSetting, loadLayers, resolvePath, settingKeys, type Layer } from './npmrc-layers.ts';
import {
  readCertificates,
  readHeader,
  readInteger,
  readKeyPair,
  readProxy,
  readSwitch,
  readText,
  type Found,
} from './npmrc-values.ts';

/** A setting that cannot be used. The message names the place and the key, never the value of a credential. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface NpmConfigInput {
  /** Absolute; the directory of the lockfile. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly homedir: string;
  readonly platform: NodeJS.Platform;
  /** Whose lockfile it is, and what its own configuration files say, the strongest first; npm has no others. */
  readonly manager?: { readonly name: PackageManager; readonly files: readonly ConfigFile[] };
  /** Settings of the command line; they outrank everything. */
  readonly overrides?: { readonly registry?: string };
  /** The running Node, beside which npm and its global configuration are. */
  readonly execPath?: string;
  /** Reads a text file; throws as fs does. */
  readonly readFile?: (path: string) => string;
}

/** The part of npm's configuration that decides what is asked where, and how. */
export interface NpmConfig {
  /** Default registry: http(s), last slash, no credentials, no query. */
  readonly registry: string;
  /** Registries of scopes, by "@scope", of the same form. */
  readonly scopes: ReadonlyMap<string, string>;
  readonly credentials: Credentials;
  /** Proxy URL per scheme of the target, with its own credentials if any. */
  readonly proxy: { readonly http: string | null; readonly https: string | null; readonly bypass: readonly string[] };
  readonly tls: {
    /** PEM; null for the roots of Node (and NODE_EXTRA_CA_CERTS). */
    readonly ca: readonly string[] | null;
    readonly strict: boolean;
  };
  readonly retry: { readonly retries: number; readonly factor: number; readonly minMs: number; readonly maxMs: number };
  /** Limit of one request with its redirects and retries. */
  readonly timeoutMs: number;
  /** Connections per host. */
  readonly maxSockets: number;
  /** Of a configuration file; null where none sets it. */
  readonly userAgent: string | null;
  /** npm's cache directory (that which holds `_cacache`). */
  readonly cache: string;
  /** "npmjs", "never", "always", a host name, or a URL prefix. */
  readonly replaceRegistryHost: string;
  /** Whether the project's .npmrc says that no install script is to run. */
  readonly ignoreScripts: boolean;
  /** Settings that were left out, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads npm's configuration with npm's precedence: command line, environment (`npm_config_*`), project, user, global and
 * built-in npmrc, defaults; and what the files of another package manager say of registries. Retry and connection defaults are assay's own: npm waits 10 s before its first retry.
 *
 * @throws ConfigError for a value that cannot be used or a file that cannot be read.
 */
export function loadNpmConfig(input: NpmConfigInput): NpmConfig {
  const read = input.readFile ?? readBounded;
  const warnings: string[] = [];
  const readSetting = (path: string, source: string, key: string): string =>
    readIfThere(read, resolvePath(path, input)) ?? fail(source, key, `names a file that is not there: ${path}`);

  const own = npmLayers(input);
  const { stronger, weaker } = managerLayers(input.manager ?? { name: 'npm', files: [] }, input.env);
  const layers = [...stronger, ...own, ...weaker];
  const find = findIn(layers);

  const credentials = collectCredentials(settingKeys(layers), find, {
    warn: (line) => warnings.push(line),
    readFile: readSetting,
  });
  const registryOf = (url: string, source: string, key: string): string =>
    registryUrl(url, credentials, (reason) => fail(source, key, reason));

  const found = find('registry');
  const override = input.overrides?.registry;
  const registry =
    override !== undefined
      ? registryOf(override, 'command line', '--registry')
      : registryOf(readText(found) ?? NPM_REGISTRY, found.source, 'registry');

  const scopes = new Map<string, string>();
  for (const key of settingKeys(layers)) {
    const scope = /^(@[^/:]+):registry$/.exec(key)?.[1];
    const url = scope === undefined ? null : readText(find(key));
    if (scope !== undefined && url !== null) scopes.set(scope, registryOf(url, find(key).source, key));
  }
  const certificate = readKeyPair(find('cert'), find('key'));
  if (certificate !== null) bindCertificate(credentials, [registry, ...scopes.values()], certificate);
  const cafile = find('cafile');
  const cafilePath = readText(cafile);
  const timeout = readInteger(find('fetch-timeout'), 0);

  return {
    registry,
    scopes,
    credentials,
    proxy: readProxy(find('proxy'), find('https-proxy'), find('noproxy'), input.env),
    tls: {
      ca:
        cafilePath === null
          ? readCertificates(find('ca'))
          : readCertificates({ ...cafile, value: readSetting(cafilePath, cafile.source, 'cafile') }),
      strict: readSwitch(find('strict-ssl'), true),
    },
    retry: {
      retries: Math.min(readInteger(find('fetch-retries'), 0) ?? 3, 10),
      factor: readInteger(find('fetch-retry-factor'), 1) ?? 3,
      minMs: readInteger(find('fetch-retry-mintimeout'), 0) ?? 500,
      maxMs: readInteger(find('fetch-retry-maxtimeout'), 0) ?? 15_000,
    },
    // npm's 0 means no limit; an audit always ends.
    timeoutMs: timeout === null ? 120_000 : Math.min(timeout === 0 ? Infinity : timeout, 600_000),
    maxSockets: readInteger(find('maxsockets'), 1) ?? 64,
    // npm puts its own user agent into the environment of what it starts; only a file is the user's word.
    userAgent: readHeader(findIn(layers.filter(({ file }) => file))('user-agent')),
    cache: resolvePath(readText(find('cache')) ?? defaultCache(input), input),
    replaceRegistryHost: readText(find('replace-registry-host')) ?? 'npmjs',
    ignoreScripts: readSwitch(findIn(own.filter(({ ofProject }) => ofProject))('ignore-scripts'), false),
    warnings,
  };
}

/** The settings of the environment and of every .npmrc, the strongest first. Throws ConfigError. */
export function npmLayers(input: NpmConfigInput): Layer[] {
  const read = input.readFile ?? readBounded;
  return loadLayers({
    ...input,
    execPath: input.execPath ?? process.execPath,
    readFile: (path) => readIfThere(read, path),
  });
}

/** The folder that npm, Bun and Yarn 1 take for the project, in a folder below it. */
export function npmProject(cwd: string): string {
  return findProject({ cwd, platform: process.platform, readFile: (path) => readIfThere(readBounded, path) });
}

function findIn(layers: readonly Layer[]): (key: string) => Found {
  return (key) => ({ key, fail, ...(findSetting(layers, key) ?? { value: null, source: 'defaults', unset: null }) });
}

function fail(source: string, key: string, reason: string): never {
  throw new ConfigError(`${source}: ${key} ${reason}`);
}

/** Reads a text file of at most `MAX_CONFIG_BYTES`: a device in the place of one has no end. Throws as fs does. */
function readBounded(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(64 * 1024);
    const chunks: Buffer[] = [];
    for (let total = 0; ;) {
      const size = readSync(file, bytes);
      if (size === 0) return Buffer.concat(chunks).toString('utf8');
      total += size;
      if (total > MAX_CONFIG_BYTES) throw Object.assign(new Error('too large'), { code: 'EFBIG' });
      chunks.push(Buffer.from(bytes.subarray(0, size)));
    }
  } finally {
    closeSync(file);
  }
}

function readIfThere(read: (path: string) => string, path: string): string | null {
  try {
    return read(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw new ConfigError(`${path}: cannot be read (${code})`);
  }
}

function defaultCache({ env, platform }: NpmConfigInput): string {
  if (platform !== 'win32') return '~/.npm';
  return win32.join(env['LOCALAPPDATA'] ?? '~\\AppData\\Local', 'npm-cache');
}

/** Normalises a registry's address; credentials written into it are bound to it, unless the place has its own. */
function registryUrl(text: string, credentials: Map<string, Credential>, refuse: (reason: string) => never): string {
  if (!URL.canParse(text)) refuse('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('is not an http or https URL');
  if (url.search !== '' || url.hash !== '') refuse('must have no query and no fragment');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const place = `//${url.host}${url.pathname}`;
  if ((url.username !== '' || url.password !== '') && !credentials.has(place)) {
    const authorization = basicAuthorization(decodeText(url.username, refuse), decodeText(url.password, refuse));
    credentials.set(place, { authorization, certificate: null });
  }
  return `${url.protocol}${place}`;
}

function decodeText(text: string, refuse: (reason: string) => never): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('has a user name or password that is not URL-encoded');
  }
}
