import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { credentialFor } from '../../src/net/credentials.ts';
import {
  ConfigError,
  loadNpmConfig,
  type NpmConfig,
  type NpmConfigInput,
} from '../../src/registries/npm/config/npmrc.ts';
import { testConfig } from '../net/servers.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** Files of an imagined machine: project in /p, home /h, Node in /n. */
function load(files: Record<string, string>, input: Partial<NpmConfigInput> = {}): NpmConfig {
  return loadNpmConfig({
    cwd: '/p',
    env: {},
    homedir: '/h',
    platform: 'linux',
    execPath: '/n/bin/node',
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('not there'), { code: 'ENOENT' });
      return text;
    },
    ...input,
  });
}

const reg = (name: string): string => `registry=https://${name}/`;

describe('precedence', () => {
  const places = {
    '/p/package.json': '{}',
    '/p/.npmrc': reg('project'),
    '/h/.npmrc': reg('user'),
    '/n/etc/npmrc': reg('global'),
    '/n/lib/node_modules/npm/npmrc': reg('builtin'),
  };

  it('is command line, environment, project, user, global, built-in, default', () => {
    const files: Record<string, string> = { ...places };
    const env = { npm_config_registry: 'https://env/' };
    expect(load(files, { env, overrides: { registry: 'https://cli' } }).registry).toBe('https://cli/');
    expect(load(files, { env }).registry).toBe('https://env/');
    for (const name of ['project', 'user', 'global', 'builtin']) {
      expect(load(files).registry).toBe(`https://${name}/`);
      const strongest = Object.entries(files).find(([, text]) => text === reg(name))?.[0] ?? '';
      files[strongest] = '';
    }
    expect(load(files).registry).toBe('https://registry.npmjs.org/');
  });

  it('holds for each key by itself', () => {
    const config = load({
      ...places,
      '/p/.npmrc': 'fetch-retries=7',
      '/h/.npmrc': 'fetch-retries=1\n@s:registry=https://s/\n//s/:_authToken=U',
      '/n/etc/npmrc': '@s:registry=https://global-s/\n@g:registry=https://g/\n//s/:_authToken=G\n//g/:_authToken=G',
    });
    expect(config.retry.retries).toBe(7);
    expect(Object.fromEntries(config.scopes)).toEqual({ '@s': 'https://s/', '@g': 'https://g/' });
    expect(credentialFor(config.credentials, new URL('https://s/'))?.authorization).toBe('Bearer U');
    expect(credentialFor(config.credentials, new URL('https://g/'))?.authorization).toBe('Bearer G');
  });

  it('reads the environment in any case, and empty text as not set', () => {
    for (const key of ['npm_config_registry', 'NPM_CONFIG_REGISTRY', 'NPM_config_Registry']) {
      expect(load(places, { env: { [key]: 'https://env/' } }).registry).toBe('https://env/');
      expect(load(places, { env: { [key]: '' } }).registry).toBe('https://project/');
    }
    expect(load(places, { env: { NPM_CONFIG_FETCH_RETRIES: '4' } }).retry.retries).toBe(4);
    expect(load({ ...places, '/p/.npmrc': 'registry=' }).registry).toBe('https://user/');
  });

  it('takes credentials and scopes of the environment as they are written', () => {
    const env = { 'npm_config_//r/Path_x/:_authToken': 'T', 'npm_config_@s:registry': 'https://s/' };
    const config = load(places, { env });
    expect(credentialFor(config.credentials, new URL('https://r/Path_x/a'))?.authorization).toBe('Bearer T');
    expect(config.scopes.get('@s')).toBe('https://s/');
  });
});

describe('where the files are', () => {
  it('is what userconfig, globalconfig and prefix say, of the environment or of a stronger file', () => {
    const files = {
      '/p/package.json': '{}',
      '/other/user': 'fetch-retries=1\nglobalconfig=/other/global',
      '/other/global': 'maxsockets=2',
      '/prefix/etc/npmrc': 'maxsockets=3',
      '/h/.npmrc': 'fetch-retries=9',
    };
    const config = load(files, { env: { NPM_CONFIG_USERCONFIG: '/other/user' } });
    expect([config.retry.retries, config.maxSockets]).toEqual([1, 2]);
    expect(load(files, { env: { npm_config_globalconfig: '/other/global' } }).maxSockets).toBe(2);
    expect(load({ ...files, '/h/.npmrc': 'prefix=/prefix' }).maxSockets).toBe(3);
    expect(load(files, { env: { PREFIX: '/prefix' } }).maxSockets).toBe(3);
    expect(load({ '/dest/n/etc/npmrc': 'maxsockets=4' }, { env: { DESTDIR: '/dest' } }).maxSockets).toBe(4);
  });

  it('takes ~ and HOME', () => {
    const files = { '/home/.npmrc': 'maxsockets=2', '/home/x': 'maxsockets=3' };
    expect(load(files, { env: { HOME: '/home' } }).maxSockets).toBe(2);
    expect(load(files, { env: { HOME: '/home', npm_config_userconfig: '~/x' } }).maxSockets).toBe(3);
  });

  it('is beside node.exe on Windows', () => {
    const files = {
      'C:\\p\\package.json': '{}',
      'C:\\p\\.npmrc': 'fetch-retries=1',
      'C:\\h\\.npmrc': 'fetch-retry-factor=2',
      'C:\\node\\node_modules\\npm\\npmrc': 'prefix=${APPDATA}\\npm',
      'C:\\roaming\\npm\\etc\\npmrc': 'maxsockets=5',
    };
    const config = load(files, {
      cwd: 'C:\\p',
      homedir: 'C:\\h',
      platform: 'win32',
      execPath: 'C:\\node\\node.exe',
      env: { APPDATA: 'C:\\roaming', LOCALAPPDATA: 'C:\\local' },
    });
    expect([config.retry.retries, config.retry.factor, config.maxSockets]).toEqual([1, 2, 5]);
    expect(config.cache).toBe('C:\\local\\npm-cache');
  });

  it('reads the one file of a project in the home directory', () => {
    const config = load({ '/h/package.json': '{}', '/h/.npmrc': '//r/:_authToken=T' }, { cwd: '/h' });
    expect(config.credentials.size).toBe(1);
  });

  it('looks upwards for the package', () => {
    const files = { '/p/package.json': '{}', '/p/.npmrc': reg('project'), '/p/a/.npmrc': reg('ignored') };
    expect(load(files, { cwd: '/p/a/b' }).registry).toBe('https://project/');
    expect(load({ '/p/.npmrc': reg('here') }).registry).toBe('https://here/');
  });

  it('stops at a directory with node_modules', () => {
    const root = mkdtempSync(join(tmpdir(), 'assay-npmrc-'));
    onTestFinished(() => removeFolder(root));
    const files = { 'package.json': '{}', '.npmrc': reg('outer'), 'in/.npmrc': reg('inner'), 'in/node_modules/x': '' };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const at = (cwd: string): string =>
      loadNpmConfig({ cwd, env: {}, homedir: join(root, 'home'), platform: process.platform, execPath: '/n/bin/node' })
        .registry;
    expect(at(join(root, 'in'))).toBe('https://inner/');
    rmSync(join(root, 'in/node_modules'), { recursive: true });
    expect(at(join(root, 'in'))).toBe('https://outer/');
  });

  it.each([
    ['["packages/*"]', true],
    ['["./packages/*/"]', true],
    ['["packages/a"]', true],
    ['["**"]', true],
    ['["**/a"]', true],
    ['["p*s/?"]', true],
    ['{"packages":["packages/*"]}', true],
    ['["packages/*","!packages/a"]', false],
    ['["packages"]', false],
    ['["*"]', false],
    ['["packages/a/*"]', false],
    ['["packages/ab"]', false],
  ])('takes the root for a member of workspaces %s: %s', (workspaces, isMember) => {
    const files = {
      '/p/package.json': `{"workspaces":${workspaces}}`,
      '/p/.npmrc': reg('root'),
      '/p/packages/a/package.json': '{}',
      '/p/packages/a/.npmrc': reg('member'),
    };
    const { registry } = load(files, { cwd: '/p/packages/a' });
    expect(registry).toBe(isMember ? 'https://root/' : 'https://member/');
  });

  it.each(['["!packages/a","packages/*"]', '"packages/*"', '[1,null]', '["packages/+(a)"]', '["packages/a"', '1'])(
    'takes neither folder where it cannot be said which counts: workspaces %s',
    (workspaces) => {
      const files = { '/p/package.json': `{"workspaces":${workspaces}}`, '/p/packages/a/package.json': '{}' };
      const input = { cwd: '/p/packages/a' };
      expect(() => load(files, input)).toThrow(/^\/p\/package\.json/);
      // pnpm and Yarn 2 and later do not read them.
      for (const name of ['pnpm', 'yarn'] as const)
        expect(load(files, { ...input, manager: { name, files: [] } }).registry).toBe('https://registry.npmjs.org/');
      expect(load({ ...files, '/p/packages/a/x/package.json': '{}' }, { cwd: '/p/b' }).registry).toBe(
        'https://registry.npmjs.org/',
      );
    },
  );

  it('is not delayed by a hostile pattern', () => {
    const pattern = `${'**/'.repeat(300)}${'*a'.repeat(300)}b`;
    const files = { '/p/package.json': JSON.stringify({ workspaces: [pattern] }), '/p/a/b/c/d/e/f/package.json': '{}' };
    expect(load(files, { cwd: '/p/a/b/c/d/e/f' }).registry).toBe('https://registry.npmjs.org/');
  });
});

describe('variables', () => {
  const env = { HOST: 'h.example', REG: 'https://h.example', EMPTY: '', 'ODD-NAME': 'https://odd' };
  it.each([
    ['${REG}/', 'https://h.example/'],
    ['${REG?}/', 'https://h.example/'],
    ['https://a${NONE?}/', 'https://a/'],
    ['${ODD-NAME}/', 'https://odd/'],
  ])('%s is %s', (value, expected) => expect(testConfig(`registry=${value}`, env).registry).toBe(expected));

  it.each(['${NONE-https://other}', '${REG:-https://other}'])(
    '%s is not for npm, which takes it for a name',
    (value) => {
      expect(() => testConfig(`registry=${value}`, env)).toThrow('which is not set');
    },
  );

  it.each(['https://${HOST}/', 'https://x/${HOST?}/', '${REG}/${HOST}', 'https://u:${HOST}@x/'])(
    'of the environment are sent to no address that the project makes up: %s',
    (value) => {
      const refusal = /registry would send the environment variable HOST to an address that the project made up/;
      expect(() => testConfig(`registry=${value}`, env)).toThrow(refusal);
      expect(() => testConfig(`https-proxy=${value}`, env)).toThrow('https-proxy would send');
      const user = { '/h/.npmrc': `registry=${value}` };
      expect(load(user, { env }).registry).toContain('://');
    },
  );

  it('are replaced in keys too', () => {
    const { credentials } = testConfig('//${HOST}/:_authToken=${HOST}', env);
    expect(credentialFor(credentials, new URL('https://h.example/'))?.authorization).toBe('Bearer h.example');
  });

  it('stay when escaped', () => {
    expect(testConfig('replace-registry-host="\\\\${HOST}"', env).replaceRegistryHost).toBe('${HOST}');
  });

  it('that are not set are named', () => {
    expect(() => testConfig('registry=https://${NONE}/', env)).toThrow(
      '/project/.npmrc: registry names the environment variable NONE, which is not set',
    );
    expect(() => testConfig('cache=${NONE}/x', env)).toThrow('NONE');
  });
});

describe('values', () => {
  it('have defaults', () => {
    expect(load({})).toMatchObject({
      registry: 'https://registry.npmjs.org/',
      proxy: { http: null, https: null, bypass: [] },
      tls: { ca: null, strict: true },
      maxSockets: 64,
      userAgent: null,
      cache: '/h/.npm',
      replaceRegistryHost: 'npmjs',
      warnings: [],
    });
  });

  it('are read', () => {
    const npmrc = ['; a comment', '[section]', 'registry=https://ignored/'].join('\n');
    expect(testConfig(npmrc).registry).toBe('https://registry.npmjs.org/');
    const config = testConfig(
      'fetch-retries = 1\nfetch-retry-factor=2\nfetch-timeout=5000\nmaxsockets=7\nuser-agent="x/1"\ncache=c\nstrict-ssl=false',
    );
    expect(config).toMatchObject({
      retry: { retries: 1, factor: 2, minMs: 1, maxMs: 2 },
      timeoutMs: 5000,
      maxSockets: 7,
      userAgent: 'x/1',
      cache: '/project/c',
      tls: { strict: false },
    });
  });

  it('always leave a request an end', () => {
    expect(testConfig('fetch-timeout=0').timeoutMs).toBe(600_000);
    expect(testConfig('fetch-timeout=999999999').timeoutMs).toBe(600_000);
    expect(testConfig('fetch-retries=1000').retry.retries).toBe(10);
  });

  it('do not take the user agent that npm gives its children', () => {
    expect(testConfig('', { npm_config_user_agent: 'npm/11' }).userAgent).toBeNull();
  });

  it.each([
    ['registry', 'registry=not a url'],
    ['registry', 'registry=ftp://r/'],
    ['registry', 'registry=https://r/?a'],
    ['registry', 'registry="https://r/#a"'],
    ['registry', 'registry=true'],
    ['fetch-retries', 'fetch-retries=many'],
    ['fetch-retries', 'fetch-retries=-1'],
    ['fetch-retries', 'fetch-retries=1.5'],
    ['fetch-retry-factor', 'fetch-retry-factor=0'],
    ['fetch-timeout', 'fetch-timeout=1e9'],
    ['maxsockets', 'maxsockets=0'],
    ['strict-ssl', 'strict-ssl=maybe'],
    ['user-agent', 'user-agent="a\\nb: c"'],
    ['cache', 'cache[]=a'],
  ])('%s that cannot be used are refused with file and key: %s', (key, npmrc) => {
    expect(() => testConfig(npmrc)).toThrow(ConfigError);
    expect(() => testConfig(npmrc)).toThrow(`/project/.npmrc: ${key} `);
  });

  it.each(['@s:registry=nowhere', '@s:registry=https://${NONE}/', '@s:registry=https://x/${HOME}/'])(
    'of a scope that cannot be used matter to who asks for that scope: %s',
    (npmrc) => {
      const config = testConfig(npmrc, { HOME: '/secret' });
      expect([config.registry, config.scopes.size]).toEqual(['https://registry.npmjs.org/', 0]);
      expect(config.unusable.get('@s')).toMatch(/^\/project\/\.npmrc: @s:registry /);
    },
  );

  it('of the command line and the environment name their place', () => {
    expect(() => load({}, { overrides: { registry: 'nowhere' } })).toThrow('command line: --registry is not a URL');
    expect(() => load({}, { env: { npm_config_maxsockets: 'x' } })).toThrow('environment: maxsockets must be');
    expect(() => load({}, { env: { HTTPS_PROXY: 'gopher://x' } })).toThrow('environment: HTTPS_PROXY must be');
  });

  it('refuses a file that is there and cannot be read', () => {
    const readFile = (): string => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    expect(() => load({}, { readFile })).toThrow(/cannot be read \(EACCES\)$/);
  });
});

describe('what a package manager exported for what it starts', () => {
  const files = {
    '/root/package.json': '{}',
    '/root/.npmrc': 'registry=https://root/\nstrict-ssl=false',
    '/p/package.json': '{}',
    '/p/.npmrc': reg('project'),
  };
  const npm = { npm_execpath: '/npm-cli.js', npm_config_local_prefix: '/root', INIT_CWD: '/root' };
  const yarn = { npm_execpath: '/yarn.js', INIT_CWD: '/root' };
  const registry = (env: NodeJS.ProcessEnv, extra: Record<string, string> = {}): string =>
    load({ ...files, ...extra }, { env }).registry;

  it('is not what the user set: the folder that is looked at says its own', () => {
    expect(registry({ ...npm, npm_config_registry: 'https://root/', npm_config_strict_ssl: '' })).toBe(
      'https://project/',
    );
    expect(registry({ ...yarn, npm_config_registry: 'https://registry.yarnpkg.com' })).toBe('https://project/');
    expect(registry({ ...yarn, npm_config_registry: 'https://registry.npmjs.org/' })).toBe('https://project/');
    const yarnrc = { '/root/.yarnrc': '# r\nregistry "https://yarnrc/"\n' };
    expect(registry({ ...yarn, npm_config_registry: 'https://yarnrc/' }, yarnrc)).toBe('https://project/');
    expect(
      registry({ ...npm, npm_config_registry: 'https://user/' }, { '/h/.npmrc': reg('user'), '/root/.npmrc': '' }),
    ).toBe('https://project/');
  });

  it('leaves what the user set for himself in force', () => {
    expect(registry({ npm_config_registry: 'https://root/' })).toBe('https://root/');
    expect(registry({ ...npm, npm_config_registry: 'https://mine/' })).toBe('https://mine/');
    expect(registry({ ...yarn, npm_config_registry: 'https://mine/' })).toBe('https://mine/');
    // npm exports no default, so that somebody wanted this one.
    expect(registry({ ...npm, npm_config_registry: 'https://registry.npmjs.org/' })).toBe(
      'https://registry.npmjs.org/',
    );
  });

  it('says all the same where the configuration of the user is', () => {
    const env = { ...npm, npm_config_userconfig: '/elsewhere' };
    expect(registry(env, { '/p/.npmrc': '', '/elsewhere': reg('mine') })).toBe('https://mine/');
  });
});

describe("a user's credentials", () => {
  const user = { '/h/.npmrc': '//r/:_authToken=SECRET\nregistry=https://r/' };
  const tokens = (npmrc: string, more: Record<string, string> = {}, env: NodeJS.ProcessEnv = {}): readonly string[] => {
    const { credentials } = load({ ...user, '/p/package.json': '{}', '/p/.npmrc': npmrc, ...more }, { env });
    return [...credentials.values()].map(({ authorization }) => authorization ?? '');
  };
  const proxy = 'https-proxy=http://evil:1\n';

  it('go through no proxy of a file of the repository that the project calls the user’s or the global one', () => {
    const secret = { '/n/etc/npmrc': '//r/:_authToken=SECRET' };
    const through = (npmrc: string, file: string, more: Record<string, string> = {}): readonly string[] =>
      tokens(npmrc, { '/h/.npmrc': '', ...secret, [file]: `registry=https://r/\n${proxy}strict-ssl=false`, ...more });
    expect(through('userconfig=rc', '/p/rc')).toEqual([]);
    expect(through('userconfig=/p/a/rc', '/p/a/rc')).toEqual([]);
    expect(through('userconfig=../rc', '/rc', { '/.git/HEAD': 'ref: x' })).toEqual([]);
    // What is outside of the repository was not written by who can change it.
    expect(through('userconfig=/elsewhere/rc', '/elsewhere/rc')).toEqual(['Bearer SECRET']);
    const user = { '/h/.npmrc': '//r/:_authToken=SECRET\nregistry=https://r/', '/n/etc/npmrc': '' };
    expect(through('globalconfig=./rc', '/p/rc', user)).toEqual([]);
    expect(through('prefix=x', '/p/x/etc/npmrc', user)).toEqual([]);
  });

  it('go through no proxy that only the project names and that could read them', () => {
    expect(tokens(`${proxy}strict-ssl=false`)).toEqual([]);
    expect(tokens(`${proxy}registry=http://r/`)).toEqual([]);
    expect(tokens(`${proxy}strict-ssl=false\n//r/:_authToken=\${T}`, {}, { T: 'SECRET' })).toEqual([]);
    const { warnings } = load({ ...user, '/p/.npmrc': `${proxy}strict-ssl=false` });
    expect(warnings.join()).toMatch(/^credentials for \/\/r\/ are not sent: only the project names the proxy/);
    expect(warnings.join()).not.toContain('SECRET');
  });

  it('go where nobody on the way can read them, and where the user said so', () => {
    const sent = ['Bearer SECRET'];
    expect(tokens('')).toEqual(sent);
    expect(tokens(proxy)).toEqual(sent);
    expect(tokens('strict-ssl=false')).toEqual(sent);
    const env = { npm_config_https_proxy: 'http://mine:1' };
    expect(tokens(`${proxy}strict-ssl=false`, {}, env)).toEqual(sent);
    expect(tokens(`${proxy}strict-ssl=false\n//r/:_authToken=OWN`)).toEqual(['Bearer OWN']);
  });
});
