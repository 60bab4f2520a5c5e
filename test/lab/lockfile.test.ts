import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, type LockfileOptions, type Roots, startLab, token } from '../../lab/index.ts';

interface Entry {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly [member: string]: unknown;
}

interface LockJson {
  readonly lockfileVersion: number;
  readonly packages?: Readonly<Record<string, Entry>>;
  readonly dependencies?: Readonly<Record<string, Entry & { readonly dependencies?: Readonly<Record<string, Entry>> }>>;
}

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
  const by = token({ user: 'someone' });
  const publish = (spec: string, dependencies: Roots = {}, optionalDependencies: Roots = {}): Promise<unknown> => {
    const at = spec.lastIndexOf('@');
    const manifest = { dependencies, optionalDependencies };
    return lab.publish({ name: spec.slice(0, at), version: spec.slice(at + 1), by, manifest });
  };
  await publish('leaf@1.0.0');
  await publish('leaf@1.5.0');
  await publish('leaf@2.0.0');
  await publish('inner@1.0.0', { leaf: '^2.0.0' });
  // outer relies on the leaf at the top: inner's own may not come between.
  await publish('outer@1.0.0', { inner: '1.0.0', leaf: '^1.0.0' });
  await publish('inner@0.9.0');
  await publish('extras@1.0.0', {}, { leaf: '^1.0.0', gone: 'github:lab/gone' });
});
afterAll(() => lab.close());

function lock(roots: Roots, options?: LockfileOptions): LockJson {
  return JSON.parse(lab.lockfile(roots, options)) as LockJson;
}

function paths({ packages = {} }: LockJson): string[] {
  return Object.entries(packages).map(([path, { version }]) => `${path} ${version}`);
}

describe('placement', () => {
  it('is flat where versions agree, and takes the newest that fits', () => {
    expect(paths(lock({ leaf: '^1.0.0' }))).toEqual([' 1.0.0', 'node_modules/leaf 1.5.0']);
  });

  it('nests where versions conflict, below whoever relies on another', () => {
    expect(paths(lock({ outer: '1.0.0', leaf: '1.0.0', inner: '0.9.0' }))).toEqual([
      ' 1.0.0',
      'node_modules/inner 0.9.0',
      'node_modules/leaf 1.0.0',
      'node_modules/outer 1.0.0',
      'node_modules/outer/node_modules/inner 1.0.0',
      'node_modules/outer/node_modules/inner/node_modules/leaf 2.0.0',
    ]);
  });

  it('marks what only development or only an option needs', () => {
    const { packages } = lock({ inner: '1.0.0' }, { dev: { extras: '1.0.0' } });
    expect(packages?.['node_modules/inner']).not.toHaveProperty('dev');
    expect(packages?.['node_modules/leaf']).not.toHaveProperty('dev');
    expect(packages?.['node_modules/extras']).toMatchObject({ dev: true });
    expect(packages?.['node_modules/extras/node_modules/leaf']).toMatchObject({ dev: true, optional: true });
    const both = lock({ extras: '1.0.0' }, { dev: { extras: '1.0.0' } }).packages;
    expect(both?.['node_modules/extras']).not.toHaveProperty('dev');
  });

  it('names the package behind an alias', () => {
    expect(lock({ nick: 'npm:leaf@^1.0.0' }).packages?.['node_modules/nick']).toMatchObject({
      name: 'leaf',
      version: '1.5.0',
    });
    expect(lock({ nick: 'npm:leaf@1.0.0' }, { version: 1 }).dependencies?.['nick']?.version).toBe('npm:leaf@1.0.0');
  });

  it('refuses what nobody published', () => {
    expect(() => lock({ leaf: '^3.0.0' })).toThrow('nothing published satisfies leaf@^3.0.0');
  });
});

describe('format', () => {
  it.each([1, 2, 3] as const)('version %i has the members of its time', (version) => {
    const document = lock({ outer: '1.0.0', inner: '0.9.0' }, { version });
    expect(document.lockfileVersion).toBe(version);
    expect(document.packages === undefined).toBe(version === 1);
    expect(document.dependencies === undefined).toBe(version === 3);
    if (version !== 3) expect(document.dependencies?.['outer']?.dependencies?.['inner']?.version).toBe('1.0.0');
  });

  it('says hashes and addresses as published, or as told', () => {
    const leaf = (options: LockfileOptions): Entry | undefined =>
      lock({ leaf: '1.0.0' }, options).packages?.['node_modules/leaf'];
    expect(leaf({})?.integrity).toMatch(/^sha512-/);
    expect(leaf({})?.resolved).toBe(`${lab.url}leaf/-/leaf-1.0.0.tgz`);
    expect(leaf({ integrity: { 'leaf@1.0.0': 'sha512-other' } })?.integrity).toBe('sha512-other');
    expect(leaf({ integrity: { 'leaf@1.0.0': null } })).not.toHaveProperty('integrity');
    expect(leaf({ resolved: false })).not.toHaveProperty('resolved');
    expect(leaf({ resolved: { 'leaf@1.0.0': 'https://other.test/x.tgz' } })?.resolved).toBe('https://other.test/x.tgz');
  });

  it('takes further entries as they are', () => {
    const git = { version: '1.0.0', resolved: 'git+ssh://git@github.com/a/b.git#0123' };
    const extra = { 'node_modules/git': git };
    expect(lock({}, { extra }).packages?.['node_modules/git']).toEqual(git);
    expect(lock({}, { extra, version: 1 }).dependencies?.['git']).toEqual(git);
  });
});
