import { describe, expect, it } from 'vitest';
import type { NodeManager } from '../../src/model/dependency.ts';
import { credentialFor } from '../../src/net/credentials.ts';
import { ConfigError, loadNpmConfig, type NpmConfig } from '../../src/registries/npm/config/npmrc.ts';

/** A project in /p with a package manager's files, the strongest first, and perhaps a .npmrc. */
function load(
  name: NodeManager,
  contents: readonly object[],
  { npmrc = '', env = {} }: { readonly npmrc?: string; readonly env?: NodeJS.ProcessEnv } = {},
): NpmConfig {
  return loadNpmConfig({
    cwd: '/p',
    env,
    homedir: '/h',
    platform: 'linux',
    execPath: '/n/bin/node',
    readFile: (path) => {
      if (path === '/p/.npmrc') return npmrc;
      throw Object.assign(new Error('not there'), { code: 'ENOENT' });
    },
    manager: { name, files: contents.map((content, i) => ({ path: `file ${i}`, ofProject: true, content })) },
  });
}

/** The files of an imagined machine. */
function machine(files: Readonly<Record<string, string>>): Parameters<typeof loadNpmConfig>[0] {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('not there'), { code: 'ENOENT' });
    return text;
  };
  return { cwd: '/p', env: {}, homedir: '/h', platform: 'linux', execPath: '/n/bin/node', readFile };
}
const MACHINE = machine({});

const authorization = (config: NpmConfig, url: string): string | null =>
  credentialFor(config.credentials, new URL(url))?.authorization ?? null;
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

const NPMRC = 'registry=https://npmrc/\n@s:registry=https://npmrc-s/\n@only:registry=https://only/';

describe("registries of a package manager's own files", () => {
  it.each([
    ['pnpm', { registries: { default: 'https://own', '@s': 'https://own-s/' } }],
    ['bun', { install: { registry: 'https://own', scopes: { s: 'https://own-s' } } }],
    ['bun', { install: { registry: { url: 'https://own' }, scopes: { '@s': { url: 'https://own-s' } } } }],
  ] as const)('of %s outrank .npmrc, which holds for the rest', (name, content) => {
    const config = load(name, [content], { npmrc: NPMRC });
    expect(config.registry).toBe('https://own/');
    expect(Object.fromEntries(config.scopes)).toMatchObject({ '@s': 'https://own-s/', '@only': 'https://only/' });
    expect(load(name, [{}], { npmrc: NPMRC }).registry).toBe('https://npmrc/');
  });

  it('of Yarn 2 and later are all there are: neither .npmrc nor npm_config_* is read', () => {
    const content = { npmRegistryServer: 'https://own', npmScopes: { s: { npmRegistryServer: 'https://own-s' } } };
    const env = { npm_config_registry: 'https://env', npm_config_userconfig: '/p/.npmrc' };
    const config = load('yarn', [content], { npmrc: `${NPMRC}\nhttps-proxy=http://proxy\nstrict-ssl=false`, env });
    expect(config.registry).toBe('https://own/');
    expect(Object.fromEntries(config.scopes)).toEqual({ '@s': 'https://own-s/', '@jsr': 'https://npm.jsr.io/' });
    expect([config.proxy.https, config.tls.strict]).toEqual([null, true]);
    expect(load('yarn', [{}], { npmrc: NPMRC, env }).registry).toBe('https://registry.npmjs.org/');
  });

  it('of Yarn 2 and later say how registries are reached, and so do its variables', () => {
    const content = { httpsProxy: 'http://proxy:1', enableStrictSsl: false, httpRetry: '0', httpTimeout: '5000' };
    const config = load('yarn', [content]);
    expect([config.proxy.https?.url, config.tls.strict, config.retry.retries]).toEqual(['http://proxy:1/', false, 0]);
    expect(config.timeoutMs).toBe(5000);
    const env = { YARN_HTTPS_PROXY: 'http://mine:2' };
    expect(load('yarn', [content], { env }).proxy.https).toEqual({
      url: 'http://mine:2/',
      namedBy: 'https-proxy of the YARN_* variables',
    });
  });

  it('of JSR are known to pnpm and Yarn 2 by themselves, unless something else is said', () => {
    for (const name of ['pnpm', 'yarn'] as const)
      expect(load(name, [{}]).scopes.get('@jsr')).toBe('https://npm.jsr.io/');
    for (const name of ['npm', 'yarn-classic', 'bun'] as const) expect(load(name, [{}]).scopes.has('@jsr')).toBe(false);
    const npmrc = '@jsr:registry=https://mine/';
    expect(load('pnpm', [{}], { npmrc }).scopes.get('@jsr')).toBe('https://mine/');
    const scoped = { npmScopes: { jsr: { npmRegistryServer: 'https://mine' } } };
    expect(load('yarn', [scoped]).scopes.get('@jsr')).toBe('https://mine/');
  });

  it('of Bun are below BUN_CONFIG_REGISTRY, NPM_CONFIG_REGISTRY and what its files of variables say', () => {
    const bunfig = { path: '/p/bunfig.toml', ofProject: true, content: { install: { registry: 'https://own' } } };
    const file = (content: object): typeof bunfig => ({ path: '/p/.env', ofProject: true, content }) as typeof bunfig;
    const of = (files: readonly (typeof bunfig)[], env: NodeJS.ProcessEnv = {}): string =>
      loadNpmConfig({ ...MACHINE, env, manager: { name: 'bun', files } }).registry;
    expect(of([bunfig], { NPM_CONFIG_REGISTRY: 'https://env' })).toBe('https://env/');
    expect(of([bunfig], { NPM_CONFIG_REGISTRY: 'https://env', BUN_CONFIG_REGISTRY: 'https://b' })).toBe('https://b/');
    expect(of([file({ NPM_CONFIG_REGISTRY: 'https://file' }), bunfig])).toBe('https://file/');
    expect(of([file({ BUN_CONFIG_REGISTRY: 'https://f', NPM_CONFIG_REGISTRY: 'https://g' }), bunfig])).toBe(
      'https://f/',
    );
    const named = { ...bunfig, content: { install: { registry: '$REG' } } };
    expect(of([file({ REG: 'https://file' }), named])).toBe('https://file/');
    expect(of([file({ REG: 'https://file' }), named], { REG: 'https://env' })).toBe('https://env/');
    // Of the files for one NODE_ENV, those that it names; else those of production.
    const ofMode = ['test', 'development', 'production'].map((mode) => {
      return { ...file({ BUN_CONFIG_REGISTRY: `https://${mode}` }), path: `/p/.env.${mode}` };
    });
    for (const NODE_ENV of ['test', 'development']) expect(of(ofMode, { NODE_ENV })).toBe(`https://${NODE_ENV}/`);
    expect(of(ofMode, { NODE_ENV: 'test', BUN_ENV: 'development' })).toBe('https://development/');
    expect([of(ofMode), of(ofMode, { NODE_ENV: 'staging' })]).toEqual(['https://production/', 'https://production/']);
  });

  it('of Yarn have the variables of .env.yarn, above those of the environment, and nothing else of it', () => {
    const rc = { path: '/p/.yarnrc.yml', ofProject: true, content: { npmRegistryServer: '${REG:-https://none}' } };
    const content = { REG: 'https://file', npmRegistryServer: 'https://stranger' };
    const files = [{ path: '/p/.env.yarn', ofProject: true, content }, rc];
    const of = (env: NodeJS.ProcessEnv): string =>
      loadNpmConfig({ ...MACHINE, env, manager: { name: 'yarn', files } }).registry;
    expect(of({})).toBe('https://file/');
    expect(of({ REG: 'https://env' })).toBe('https://file/');
  });

  it("of pnpm's user are below .npmrc of the project, and its variable above everything", () => {
    const user = { path: '/h/.config/pnpm/config.yaml', ofProject: false, content: { registry: 'https://user' } };
    const of = (npmrc: string, env: NodeJS.ProcessEnv = {}): string =>
      loadNpmConfig({ ...machine({ '/p/.npmrc': npmrc }), env, manager: { name: 'pnpm', files: [user] } }).registry;
    expect(of('')).toBe('https://user/');
    expect(of(NPMRC)).toBe('https://npmrc/');
    expect(of(NPMRC, { pnpm_config_registry: 'https://env' })).toBe('https://env/');
    const own = { '/h/.npmrc': 'registry=https://npmrc', '/h/.config/pnpm/auth.ini': 'registry=https://ini' };
    const rc = { '/h/.config/pnpm/rc': 'registry=https://rc' };
    const from = (files: Readonly<Record<string, string>>, name: NodeManager = 'pnpm'): string =>
      loadNpmConfig({ ...machine(files), manager: { name, files: [] } }).registry;
    expect(from({ ...own, ...rc })).toBe('https://ini/');
    expect(from(rc)).toBe('https://rc/');
    expect(from({ ...own, ...rc }, 'npm')).toBe('https://npmrc/');
  });

  it('of Yarn 1 are outranked by .npmrc', () => {
    const content = { registry: 'https://own', '@s:registry': 'https://own-s', '@t:registry': 'https://own-t' };
    const config = load('yarn-classic', [content], { npmrc: NPMRC });
    expect(config.registry).toBe('https://npmrc/');
    expect(config.scopes.get('@s')).toBe('https://npmrc-s/');
    expect(config.scopes.get('@t')).toBe('https://own-t/');
    expect(load('yarn-classic', [content]).registry).toBe('https://own/');
    const env = { YARN_REGISTRY: 'https://env' };
    expect(load('yarn-classic', [content], { npmrc: NPMRC, env }).registry).toBe('https://env/');
  });

  it('count in their order, below what the environment says', () => {
    const files = [{ npmRegistryServer: 'https://near' }, { npmRegistryServer: 'https://far' }];
    expect(load('yarn', files).registry).toBe('https://near/');
    expect(load('yarn', files, { env: { YARN_NPM_REGISTRY_SERVER: 'https://env' } }).registry).toBe('https://env/');
    const bun = [{ install: { registry: 'https://own' } }];
    expect(load('bun', bun, { env: { BUN_CONFIG_REGISTRY: 'https://env' } }).registry).toBe('https://env/');
  });

  it('of the environment have its credentials, and no other has', () => {
    const env = { YARN_NPM_REGISTRY_SERVER: 'https://env/npm', YARN_NPM_AUTH_TOKEN: 'T', YARN_NPM_AUTH_IDENT: 'u:p' };
    const files = [{ npmRegistryServer: 'https://evil' }];
    expect(authorization(load('yarn', files, { env }), 'https://env/npm/p')).toBe('Bearer T');
    const ident = load('yarn', files, { env: { ...env, YARN_NPM_AUTH_TOKEN: '' } });
    expect(authorization(ident, 'https://env/npm/p')).toBe(basic('u:p'));
    expect(authorization(ident, 'https://evil/p')).toBeNull();
    for (const YARN_NPM_REGISTRY_SERVER of [undefined, '']) {
      const config = load('yarn', files, { env: { ...env, YARN_NPM_REGISTRY_SERVER } });
      expect(config.registry).toBe('https://evil/');
      expect(authorization(config, 'https://evil/p')).toBeNull();
      expect(authorization(config, 'https://env/npm/p')).toBeNull();
    }
    expect(
      authorization(load('bun', [], { env: { ...env, BUN_CONFIG_REGISTRY: 'https://env' } }), 'https://env/p'),
    ).toBeNull();
  });

  it("are not read from another package manager's words", () => {
    const content = { registries: { default: 'https://a' }, npmRegistryServer: 'https://b', registry: 'https://c' };
    for (const name of ['npm', 'vlt', 'bun'] as const) {
      expect(load(name, [content]).registry).toBe('https://registry.npmjs.org/');
    }
  });

  it('may be variables of the environment, and name none within an address of their own', () => {
    const env = { REG: 'https://reg/npm', SECRET: 'hush', EMPTY: '' };
    const of = (text: string): string => load('yarn', [{ npmRegistryServer: text }], { env }).registry;
    expect(of('${REG}')).toBe('https://reg/npm/');
    expect(of('${REG}/team')).toBe('https://reg/npm/team/');
    expect(of('${REG:-https://other}')).toBe('https://reg/npm/');
    expect(of('${UNSET-https://d}')).toBe('https://d/');
    expect(of('https://${EMPTY:-d}/')).toBe('https://d/');
    expect(() => of('https://${UNSET}/')).toThrow(ConfigError);
    expect(() => of('https://${UNSET}/')).toThrow('file 0: registry names the environment variable UNSET');
    expect(load('bun', [{ install: { registry: '$REG' } }], { env }).registry).toBe('https://reg/npm/');
    for (const text of ['https://x/${SECRET}/', 'https://${SECRET}.x/', '${REG}/${SECRET}', 'https://u:${SECRET}@x/']) {
      expect(() => of(text)).toThrow('would send the environment variable SECRET');
      expect(() => load('npm', [], { npmrc: `registry=${text}`, env })).toThrow('/p/.npmrc: registry would send');
      const proxy = { httpsProxy: text };
      if (text.startsWith('https:')) expect(() => load('yarn', [proxy], { env })).toThrow('https-proxy would send');
    }
  });

  it.each([['ftp://h/'], ['no address'], [['https://h/']], [{ url: 'https://h/' }], [7]])(
    'of %j are refused with the file, or say nothing',
    (value) => {
      const refused = (): string => load('yarn', [{ npmRegistryServer: value }]).registry;
      if (typeof value === 'string' || Array.isArray(value)) expect(refused).toThrow(/^file 0: registry/);
      else expect(refused()).toBe('https://registry.npmjs.org/');
    },
  );
});

describe("credentials of a package manager's own files", () => {
  it('go to the registry that stands beside them', () => {
    const config = load('yarn', [
      {
        npmRegistryServer: 'https://main/npm',
        npmAuthToken: 'M',
        npmScopes: { s: { npmRegistryServer: 'https://scoped', npmAuthIdent: 'user:pa:ss' }, t: { npmAuthToken: 'T' } },
        npmRegistries: { '//other/path': { npmAuthToken: 'O' }, 'https://ident': { npmAuthIdent: 'dXNlcjpw' } },
      },
    ]);
    expect(authorization(config, 'https://main/npm/p')).toBe('Bearer M');
    expect(authorization(config, 'https://main/')).toBeNull();
    expect(authorization(config, 'https://scoped/p')).toBe(basic('user:pa:ss'));
    expect(authorization(config, 'https://other/path/p')).toBe('Bearer O');
    expect(authorization(config, 'https://ident/')).toBe(basic('user:p'));
  });

  it("of the user's own file never follow a registry that a file of the project names", () => {
    const project = { npmRegistryServer: 'https://evil', npmScopes: { s: { npmRegistryServer: 'https://evil-s' } } };
    const home = {
      npmRegistryServer: 'https://mine',
      npmAuthToken: 'SECRET',
      npmScopes: { s: { npmRegistryServer: 'https://mine-s', npmAuthToken: 'SECRET' } },
    };
    const config = load('yarn', [project, home]);
    expect(config.registry).toBe('https://evil/');
    expect([...config.credentials.keys()].sort()).toEqual(['//mine-s/', '//mine/']);
    expect(authorization(config, 'https://evil/p')).toBeNull();
    expect(authorization(config, 'https://evil-s/p')).toBeNull();
  });

  it('that name no registry are not sent, and said so', () => {
    const config = load('yarn', [{ npmRegistryServer: 'https://evil' }, { npmAuthToken: 'SECRET' }]);
    expect(config.credentials.size).toBe(0);
    expect(config.warnings.join()).toMatch(/^file 1: _authToken names no registry and is not sent/);
    expect(config.warnings.join()).not.toContain('SECRET');
  });

  it('may name variables, and are not sent where one is not set', () => {
    const content = {
      npmRegistries: { '//a': { npmAuthToken: '${TOKEN}' }, '//b': { npmAuthIdent: '${USER}:${PASS}' } },
    };
    const env = { TOKEN: 'T', USER: 'u', PASS: 'p' };
    const config = load('yarn', [content], { env });
    expect(authorization(config, 'https://a/')).toBe('Bearer T');
    expect(authorization(config, 'https://b/')).toBe(basic('u:p'));
    const without = load('yarn', [content], { env: { USER: 'u' } });
    expect(without.credentials.size).toBe(0);
    expect(without.warnings).toHaveLength(2);
  });

  it('are those of Bun', () => {
    const content = {
      install: {
        registry: { url: 'https://main', token: '$TOKEN' },
        scopes: { s: { url: 'https://s', username: 'u', password: '$PASS' }, t: 'https://u:p@t/' },
      },
    };
    const config = load('bun', [content], { env: { TOKEN: 'T', PASS: 'p' } });
    expect(authorization(config, 'https://main/')).toBe('Bearer T');
    expect(authorization(config, 'https://s/')).toBe(basic('u:p'));
    expect(authorization(config, 'https://t/')).toBe(basic('u:p'));
    expect(config.scopes.get('@t')).toBe('https://t/');
  });
});
