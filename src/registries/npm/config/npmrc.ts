import { win32 } from 'node:path';
import { NPM_REGISTRY } from '../../../ecosystems/conventions/npm-names.ts';
import type { ConfigFile, NodeManager } from '../../../model/dependency.ts';
import { MAX_CONFIG_BYTES } from '../../../model/limits.ts';
import type { NetConfig } from '../../../net/config.ts';
import { basicAuthorization, type Credential } from '../../../net/credentials.ts';
import { readWithin } from '../../../store/read.ts';
import { bindCertificate, collectCredentials } from './credentials.ts';
import { managerLayers } from './manager-layers.ts';
import {
  exportedVariables,
  findProject,
  findSetting,
  loadLayers,
  resolvePath,
  settingKeys,
  type Layer,
} from './npmrc-layers.ts';
import {
  readCertificates,
  readHeader,
  readInteger,
  readKeyPair,
  readProxy,
  readSwitch,
  readAddress,
  readText,
  pemReader,
  type FoundValue,
  type PemReader,
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
  readonly manager?: { readonly name: NodeManager; readonly files: readonly ConfigFile[] };
  /** Settings of the command line; they outrank everything. */
  readonly overrides?: { readonly registry?: string };
  /** The running Node, beside which npm and its global configuration are. */
  readonly execPath?: string;
  /** Reads a text file; throws as fs does. */
  readonly readFile?: (path: string) => string;
  /** What reads certificates, where several configurations of a run share it. */
  readonly readPems?: PemReader;
}

/** The part of npm's configuration that decides what is asked where, and how. */
export interface NpmConfig extends NetConfig {
  /** Default registry: http(s), last slash, no credentials, no query. */
  readonly registry: string;
  /** Registries of scopes, by "@scope", of the same form. */
  readonly scopes: ReadonlyMap<string, string>;
  /** Who names them: the file, or another place of settings, by "registry" and "@scope". */
  readonly namedBy: ReadonlyMap<string, string>;
  /** What is wrong with the registries of other scopes, which must not be asked for elsewhere. */
  readonly unusable: ReadonlyMap<string, string>;
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
 * Reads npm's configuration with npm's precedence: command line, environment (`npm_config_*`), project, user, global
 * and built-in npmrc, defaults; and what the files of another package manager say of registries. Retry and connection
 * defaults are assay's own: npm waits 10 s before its first retry.
 *
 * @throws ConfigError for a value that cannot be used or a file that cannot be read.
 */
export function loadNpmConfig(input: NpmConfigInput): NpmConfig {
  const read = input.readFile ?? readBounded;
  const warnings: string[] = [];
  const readSetting = (path: string, source: string, key: string): string =>
    readIfThere(read, resolvePath(path, input)) ?? fail(source, key, `names a file that is not there: ${path}`);

  const own = npmLayers(input);
  const manager = input.manager ?? { name: 'npm', files: [] };
  const { variables, stronger, weaker } = managerLayers(manager, input.env);
  const [environment, ...files] = own;
  // Bun asks the environment before its own file.
  const above = manager.name === 'bun' && environment !== undefined ? [environment] : [];
  const layers = [...variables, ...above, ...stronger, ...(above.length > 0 ? files : own), ...weaker];
  const find = findIn(layers);

  const credentials = collectCredentials(settingKeys(layers), find, {
    warn: (line) => warnings.push(line),
    readFile: readSetting,
  });
  const registryOf = (
    url: string,
    { source, key, ofProject }: Pick<FoundValue, 'source' | 'key' | 'ofProject'>,
  ): string => registryUrl(url, ofProject, credentials, (reason) => fail(source, key, reason));

  const found = find('registry');
  const override = input.overrides?.registry;
  const registry =
    override !== undefined
      ? registryOf(override, { source: 'command line', key: '--registry', ofProject: false })
      : registryOf(readAddress(found) ?? NPM_REGISTRY, found);

  const scopes = new Map<string, string>();
  const namedBy = new Map([['registry', override === undefined ? found.source : 'command line']]);
  const unusable = new Map<string, string>();
  for (const key of settingKeys(layers)) {
    const scope = /^(@[^/:]+):registry$/.exec(key)?.[1];
    if (scope === undefined) continue;
    try {
      const url = readAddress(find(key));
      if (url === null) continue;
      scopes.set(scope, registryOf(url, find(key)));
      namedBy.set(scope, find(key).source);
    } catch (error) {
      // Only who asks for a package of this scope has to mend it.
      if (!(error instanceof ConfigError)) throw error;
      unusable.set(scope, error.message);
    }
  }
  const certificate = readKeyPair(find('cert'), find('key'));
  if (certificate !== null) bindCertificate(credentials, [registry, ...scopes.values()], certificate);
  const readPems = input.readPems ?? pemReader();
  const cafile = find('cafile');
  const cafilePath = readText(cafile);
  const ca =
    cafilePath === null
      ? readCertificates(find('ca'), readPems)
      : readCertificates({ ...cafile, value: readSetting(cafilePath, cafile.source, 'cafile') }, readPems);
  const strict = readSwitch(find('strict-ssl'), true);
  const { ofProject: isProjectsProxy, ...proxy } = readProxy(
    find('proxy'),
    find('https-proxy'),
    find('noproxy'),
    input.env,
  );
  // What such a proxy can read, the user has to have meant it to see.
  const isOpen = isProjectsProxy && (!strict || (ca !== null && (cafile.ofProject || find('ca').ofProject)));
  const plain = isProjectsProxy ? [registry, ...scopes.values()].filter((url) => url.startsWith('http:')) : [];
  const hosts = new Set(plain.map((url) => new URL(url).host));
  const isSeen = (place: string): boolean => isOpen || hosts.has(/^\/\/([^/]+)/.exec(place)?.[1] ?? '');
  const withheld = [...credentials]
    .filter(([place, { ofProject }]) => !ofProject && isSeen(place))
    .map(([place]) => place);
  const used = new Map([...credentials].filter(([place]) => !withheld.includes(place)));
  if (withheld.length > 0) {
    warnings.push(
      `credentials for ${withheld.join(', ')} are not sent: only the project names the proxy, which could read them`,
    );
  }
  const timeout = readInteger(find('fetch-timeout'), 0);

  return {
    registry,
    scopes,
    namedBy,
    unusable,
    credentials: used,
    proxy,
    tls: { ca, strict },
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
    manager: input.manager?.name ?? 'npm',
    execPath: input.execPath ?? process.execPath,
    readFile: (path) => readIfThere(read, path),
  });
}

/** The environment without the settings that a package manager only hands on to what it starts. Throws ConfigError. */
export function withoutExportedSettings(input: NpmConfigInput): NodeJS.ProcessEnv {
  const read = input.readFile ?? readBounded;
  const handedOn = exportedVariables({
    ...input,
    manager: input.manager?.name ?? 'npm',
    execPath: input.execPath ?? process.execPath,
    readFile: (path) => readIfThere(read, path),
  });
  return Object.fromEntries(Object.entries(input.env).filter(([name]) => !handedOn.includes(name)));
}

/** The folder that npm, Bun and Yarn 1 take for the project, in a folder below it. */
export function npmProject(cwd: string, manager: NodeManager): string {
  return findProject({ cwd, manager, platform: process.platform, readFile: (path) => readIfThere(readBounded, path) });
}

const NOWHERE = { value: null, source: 'defaults', ofProject: false, unset: null, blended: null };

function findIn(layers: readonly Layer[]): (key: string) => FoundValue {
  return (key) => ({ key, fail, ...(findSetting(layers, key) ?? NOWHERE) });
}

function fail(source: string, key: string, reason: string): never {
  throw new ConfigError(`${source}: ${key} ${reason}`);
}

/** Reads a text file of at most `MAX_CONFIG_BYTES`: a device in the place of one has no end. Throws as fs does. */
function readBounded(path: string): string {
  return readWithin(path, MAX_CONFIG_BYTES).toString('utf8');
}

function readIfThere(read: (path: string) => string, path: string): string | null {
  try {
    return read(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw new ConfigError(code === 'EFTYPE' ? `${path} is not a file` : `${path}: cannot be read (${code})`);
  }
}

function defaultCache({ env, platform }: NpmConfigInput): string {
  if (platform !== 'win32') return '~/.npm';
  return win32.join(env['LOCALAPPDATA'] ?? '~\\AppData\\Local', 'npm-cache');
}

/** Normalises a registry's address; credentials written into it are bound to it, unless the place has its own. */
function registryUrl(
  text: string,
  ofProject: boolean,
  credentials: Map<string, Credential>,
  refuse: (reason: string) => never,
): string {
  if (!URL.canParse(text)) refuse('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('is not an http or https URL');
  if (url.search !== '' || url.hash !== '') refuse('must have no query and no fragment');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const place = `//${url.host}${url.pathname}`;
  if ((url.username !== '' || url.password !== '') && !credentials.has(place)) {
    const authorization = basicAuthorization(decodeText(url.username, refuse), decodeText(url.password, refuse));
    credentials.set(place, { authorization, certificate: null, ofProject });
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
