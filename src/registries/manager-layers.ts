import type { ConfigFile, PackageManager } from '../model/dependency.ts';
import { basicAuthorization } from './credentials.ts';
import { expand, layerOf, type Layer } from './npmrc-layers.ts';

type Setting = [key: string, value: unknown];
type Fields = Readonly<Record<string, unknown>>;

/** No registry has a longer one; bounds what is looked through. */
const MAX_ADDRESS = 2048;

/** The environment variables above a package manager's files: of its default registry, and of a token and a user for it. */
const VARIABLES: Readonly<
  Partial<Record<PackageManager, readonly [registry: string, token?: string, ident?: string]>>
> = {
  'yarn-classic': ['YARN_REGISTRY'],
  yarn: ['YARN_NPM_REGISTRY_SERVER', 'YARN_NPM_AUTH_TOKEN', 'YARN_NPM_AUTH_IDENT'],
  bun: ['BUN_CONFIG_REGISTRY'],
};

/**
 * Registries and credentials of a package manager's own files, in npm's words. They outrank .npmrc, but for Yarn 1's, which
 * .npmrc outranks. A credential counts only for the registry that the same place of the same file names: a file of the
 * project cannot lead what the user configured elsewhere.
 */
export function managerLayers(
  { name, files }: { readonly name: PackageManager; readonly files: readonly ConfigFile[] },
  env: NodeJS.ProcessEnv,
): { readonly stronger: readonly Layer[]; readonly weaker: readonly Layer[] } {
  const layers = [
    ...variablesLayer(name, env),
    ...files.map(({ path, content }) => layerOf(path, settingsOf(name, content, env), env)),
  ];
  return name === 'yarn-classic' ? { stronger: [], weaker: layers } : { stronger: layers, weaker: [] };
}

/** A token or user counts where the environment names the registry, too: else a file of the project would say where it goes. */
function variablesLayer(manager: PackageManager, env: NodeJS.ProcessEnv): readonly Layer[] {
  const [registry = '', token = '', ident = ''] = VARIABLES[manager] ?? [];
  const address = env[registry];
  if (address === undefined || address === '') return [];
  return [layerOf(registry, [['registry', address], ...credentials(address, env[token], env[ident], {})], {})];
}

function settingsOf(manager: PackageManager, content: unknown, env: NodeJS.ProcessEnv): Setting[] {
  const fields = fieldsOf(content);
  switch (manager) {
    case 'pnpm':
      return pnpmSettings(fields);
    case 'yarn-classic':
      return Object.entries(fields).filter(([key]) => /^(?:@[^/:]+:)?registry$|^\/\/.*:_/.test(key));
    case 'yarn':
      return yarnSettings(fields, env);
    case 'bun':
      return bunSettings(fieldsOf(fields['install']), env);
    case 'npm':
    case 'vlt':
      return [];
  }
}

/** `registries` of pnpm-workspace.yaml (https://pnpm.io/settings#registries). */
function pnpmSettings(fields: Fields): Setting[] {
  return Object.entries(fieldsOf(fields['registries'])).map(([scope, url]) => [
    scope === 'default' ? 'registry' : `${scope}:registry`,
    url,
  ]);
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
    const ident = typeof username === 'string' && typeof password === 'string' ? `${username}:${password}` : undefined;
    return [...named(key, withBraces(url)), ...credentials(withBraces(url), withBraces(token), withBraces(ident), env)];
  };
  return [
    ...registryAs('registry', fields['registry']),
    ...Object.entries(fieldsOf(fields['scopes'])).flatMap(([scope, value]) =>
      registryAs(`@${scope.replace(/^@/, '')}:registry`, value),
    ),
  ];
}

function withBraces(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\$(\w+)/g, '${$1}') : value;
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
  const text = expand(ident, env, (name) => unset.push(name));
  if (unset.length > 0 || !text.includes(':')) return unset.length > 0 ? ident : text;
  const at = text.indexOf(':');
  return basicAuthorization(text.slice(0, at), text.slice(at + 1)).replace(/^Basic /, '');
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
