import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { credentialFor } from '../../src/registries/credentials.ts';
import { ConfigError, loadNpmConfig, type NpmConfig, type NpmConfigInput } from '../../src/registries/npmrc.ts';
import { testConfig } from './servers.ts';

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
    onTestFinished(() => rmSync(root, { recursive: true }));
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
    ['["!packages/a","packages/*"]', true],
    ['["packages"]', false],
    ['["*"]', false],
    ['["packages/a/*"]', false],
    ['["packages/ab"]', false],
    ['"packages/*"', false],
    ['[1,null]', false],
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

  it('is not delayed by a hostile pattern', () => {
    const pattern = `${'**/'.repeat(300)}${'*a'.repeat(300)}b`;
    const files = { '/p/package.json': JSON.stringify({ workspaces: [pattern] }), '/p/a/b/c/d/e/f/package.json': '{}' };
    expect(load(files, { cwd: '/p/a/b/c/d/e/f' }).registry).toBe('https://registry.npmjs.org/');
  });
});

describe('variables', () => {
  const env = { HOST: 'h.example', EMPTY: '', 'ODD-NAME': 'odd' };
  it.each([
    ['https://${HOST}/', 'https://h.example/'],
    ['https://${HOST?}/', 'https://h.example/'],
    ['https://a${NONE?}/', 'https://a/'],
    ['https://${NONE-other}/', 'https://other/'],
    ['https://${HOST-other}/', 'https://h.example/'],
    ['https://a${EMPTY-other}/', 'https://a/'],
    ['https://${EMPTY:-other}/', 'https://other/'],
    ['https://${ODD-NAME}/', 'https://odd/'],
    ['https://${HOST}/${HOST}', 'https://h.example/h.example/'],
  ])('%s is %s', (value, expected) => expect(testConfig(`registry=${value}`, env).registry).toBe(expected));

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
    ['@s:registry', '@s:registry=nowhere'],
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
