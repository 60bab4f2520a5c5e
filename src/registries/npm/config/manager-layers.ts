import type { ConfigFile, NodeManager } from '../../../model/dependency.ts';
import { fieldsOf, type Fields } from '../../../model/value.ts';
import { basicAuthorization } from '../../../net/credentials.ts';
import { expand, layerOf, notationOf, type Layer } from './npmrc-layers.ts';

type Setting = [key: string, value: unknown];

/** No registry has a longer one; bounds what is looked through. */
const MAX_ADDRESS = 2048;

/**
 * The environment variables above a package manager's files: of its default registry, and of a token and a user for it.
 */
const VARIABLES: Readonly<Partial<Record<NodeManager, readonly [registry: string, token?: string, ident?: string]>>> = {
  pnpm: ['PNPM_CONFIG_REGISTRY'],
  'yarn-classic': ['YARN_REGISTRY'],
  yarn: ['YARN_NPM_REGISTRY_SERVER', 'YARN_NPM_AUTH_TOKEN', 'YARN_NPM_AUTH_IDENT'],
  bun: ['BUN_CONFIG_REGISTRY'],
};

/** Registries that package managers know by themselves: pnpm from version 10, Yarn from 4.9 on. */
const BUILT_IN: readonly Setting[] = [['@jsr:registry', 'https://npm.jsr.io/']];

/** Where a package manager's own settings stand beside .npmrc; each the strongest first. */
interface ManagerLayers {
  /** Above everything. */
  readonly variables: readonly Layer[];
  readonly stronger: readonly Layer[];
  readonly weaker: readonly Layer[];
}

/**
 * Registries and credentials of a package manager's own files, in npm's words. They outrank .npmrc, but for Yarn 1's
 * and the user's own of pnpm, which .npmrc outranks. A credential counts only for the registry that the same place of
 * the same file names: a file of the project cannot lead what the user configured elsewhere. Tried with pnpm 10 to 12,
 * Yarn 1 and 4, and Bun 1.4.
 */
export function managerLayers(
  { name, files }: { readonly name: NodeManager; readonly files: readonly ConfigFile[] },
  env: NodeJS.ProcessEnv,
): ManagerLayers {
  const inUse = files.filter((file) => name !== 'bun' || isOfMode(file, env));
  const own = variablesOf(inUse);
  // Bun's files do not replace what is in the environment; Yarn's do.
  const known = name === 'bun' ? { ...own, ...env } : name === 'yarn' ? { ...env, ...own } : env;
  const layers = inUse.map(({ path, content, ofProject }) =>
    layerOf(path, settingsOf(name, path, content, known), known, { ofProject, notation: notationOf(name) }),
  );
  const variables = variablesLayer(name, env);
  if (name === 'yarn-classic') return { variables, stronger: [], weaker: layers };
  if (name === 'yarn') return { variables, stronger: layers, weaker: [layerOf('yarn', BUILT_IN, {})] };
  if (name !== 'pnpm') return { variables, stronger: layers, weaker: [] };
  const isOfProject = ({ ofProject }: Layer): boolean => ofProject;
  const users = layers.filter((layer) => !isOfProject(layer));
  return { variables, stronger: layers.filter(isOfProject), weaker: [...users, layerOf('pnpm', BUILT_IN, {})] };
}

/** What files of variables say; the strongest file comes first. */
function variablesOf(files: readonly ConfigFile[]): NodeJS.ProcessEnv {
  const entries = files.filter(isVariables).map(({ content }) => Object.entries(fieldsOf(content)));
  const texts = entries.reverse().flat();
  return Object.fromEntries(texts.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

/** What NODE_ENV may say to Bun, which then reads other files of variables; the first where it says nothing else. */
export const BUN_MODES = ['production', 'development', 'test'] as const;

/** Whether Bun reads a file under this environment; files that are for no mode are read under all. */
function isOfMode({ path }: Pick<ConfigFile, 'path'>, env: NodeJS.ProcessEnv): boolean {
  const said = env['BUN_ENV'] ?? env['NODE_ENV'];
  const mode = BUN_MODES.find((one) => one === said) ?? BUN_MODES[0];
  const [, of = mode] = /[/\\]\.env\.(production|development|test)(?:\.local)?$/.exec(path) ?? [];
  return of === mode;
}

function isVariables({ path }: Pick<ConfigFile, 'path'>): boolean {
  return /[/\\]\.env[^/\\]*$/.test(path);
}

/**
 * A token or user counts where the environment names the registry, too: else a file of the project would say where it
 * goes.
 */
function variablesLayer(manager: NodeManager, env: NodeJS.ProcessEnv): readonly Layer[] {
  const [registry = '', token = '', ident = ''] = VARIABLES[manager] ?? [];
  const valueOf = (name: string): string | undefined => env[name] ?? env[name.toLowerCase()];
  const address = valueOf(registry);
  const named: Setting[] =
    address === undefined || address === ''
      ? []
      : [['registry', address], ...credentials(address, valueOf(token), valueOf(ident), {})];
  const network = manager === 'yarn' ? yarnNetwork((key) => valueOf(`YARN_${snakeCase(key)}`)) : [];
  const layers: [source: string, settings: Setting[]][] = [
    [registry, named],
    ['the YARN_* variables', network],
  ];
  return layers.flatMap(([source, settings]) => (settings.length === 0 ? [] : [layerOf(source, settings, {})]));
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function settingsOf(manager: NodeManager, path: string, content: unknown, env: NodeJS.ProcessEnv): Setting[] {
  const fields = fieldsOf(content);
  switch (manager) {
    case 'pnpm':
      return pnpmSettings(fields);
    case 'yarn-classic':
      return Object.entries(fields).filter(([key]) => /^(?:@[^/:]+:)?registry$|^\/\/.*:_/.test(key));
    case 'yarn':
      if (isVariables({ path })) return [];
      return [...yarnNetwork((key) => fields[key]), ...yarnSettings(fields, env)];
    case 'bun':
      return isVariables({ path }) ? bunVariables(fields) : bunSettings(fieldsOf(fields['install']), env);
    case 'npm':
    case 'vlt':
      return [];
  }
}

/**
 * `registries` and `registry` of pnpm-workspace.yaml and of the user's config.yaml
 * (https://pnpm.io/settings#registries).
 */
function pnpmSettings(fields: Fields): Setting[] {
  const scoped = Object.entries(fieldsOf(fields['registries'])).map(([scope, url]): Setting => [
    scope === 'default' ? 'registry' : `${scope}:registry`,
    url,
  ]);
  return [...named('registry', fields['registry']), ...scoped];
}

/** How Yarn reaches its registries, by npm's name for each setting. */
const YARN_NETWORK: Readonly<Record<string, string>> = {
  httpProxy: 'proxy',
  httpsProxy: 'https-proxy',
  caFilePath: 'cafile',
  httpsCaFilePath: 'cafile',
  enableStrictSsl: 'strict-ssl',
  httpRetry: 'fetch-retries',
  httpTimeout: 'fetch-timeout',
};

function yarnNetwork(valueOf: (key: string) => unknown): Setting[] {
  return Object.entries(YARN_NETWORK).flatMap(([key, name]) => named(name, valueOf(key)));
}

/** The first of them counts. */
function bunVariables(fields: Fields): Setting[] {
  const registry = ['BUN_CONFIG_REGISTRY', 'NPM_CONFIG_REGISTRY', 'npm_config_registry']
    .map((name) => fields[name])
    .find((value) => value !== undefined);
  return named('registry', registry);
}

/** https://yarnpkg.com/configuration/yarnrc#npmRegistryServer and what follows it there. */
function yarnSettings(fields: Fields, env: NodeJS.ProcessEnv): Setting[] {
  const server = fields['npmRegistryServer'];
  const credentialsAt = (url: unknown, { npmAuthToken, npmAuthIdent }: Fields): Setting[] =>
    credentials(url, npmAuthToken, npmAuthIdent, env);
  return [
    ...named('registry', server),
    ...Object.entries(fieldsOf(fields['npmScopes'])).flatMap(([scope, value]) => {
      const own = fieldsOf(value);
      const url = own['npmRegistryServer'];
      return [...named(`@${scope}:registry`, url), ...credentialsAt(url ?? server, own)];
    }),
    // What is said later counts: Yarn asks npmRegistries first.
    ...credentialsAt(server, fields),
    ...Object.entries(fieldsOf(fields['npmRegistries'])).flatMap(([url, value]) => credentialsAt(url, fieldsOf(value))),
  ];
}

/** https://bun.sh/docs/runtime/bunfig#install-registry; it writes variables as $NAME. */
function bunSettings(fields: Fields, env: NodeJS.ProcessEnv): Setting[] {
  const registryAs = (key: string, value: unknown): Setting[] => {
    const { url, token, username, password } = typeof value === 'string' ? { url: value } : fieldsOf(value);
    const [user, secret] = [withBraces(username), withBraces(password)];
    const ident = typeof user === 'string' && typeof secret === 'string' ? `${user}:${secret}` : undefined;
    return [...named(key, withBraces(url)), ...credentials(withBraces(url), withBraces(token), ident, env)];
  };
  return [
    ...registryAs('registry', fields['registry']),
    ...Object.entries(fieldsOf(fields['scopes'])).flatMap(([scope, value]) =>
      registryAs(`@${scope.replace(/^@/, '')}:registry`, value),
    ),
  ];
}

/** A text that is a variable and nothing else. */
function withBraces(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^\$(\w+)$/, '${$1}') : value;
}

function named(key: string, value: unknown): Setting[] {
  return value === undefined || value === null ? [] : [[key, value]];
}

/** A token, and a user with a password as "USER:PASSWORD" or that in base64, for one registry. */
function credentials(url: unknown, token: unknown, ident: unknown, env: NodeJS.ProcessEnv): Setting[] {
  const isAddress = typeof url === 'string' && url.length <= MAX_ADDRESS;
  const place = isAddress ? (/^(?:https?:)?(\/\/.+?)\/*$/i.exec(url)?.[1] ?? null) : null;
  const at = (key: string): string => (place === null ? key : `${place}/:${key}`);
  return [
    ...named(at('_authToken'), token),
    ...named(at('_auth'), typeof ident === 'string' ? encoded(ident, env) : ident),
  ];
}

/** What names a variable that is not set stays as it is, so that it is reported and not sent. */
function encoded(ident: string, env: NodeJS.ProcessEnv): string {
  const unset: string[] = [];
  const text = expand(ident, env, { onUnset: (name) => unset.push(name) });
  if (unset.length > 0 || !text.includes(':')) return unset.length > 0 ? ident : text;
  const at = text.indexOf(':');
  return basicAuthorization(text.slice(0, at), text.slice(at + 1)).replace(/^Basic /, '');
}
