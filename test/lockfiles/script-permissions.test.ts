import { describe, expect, it } from 'vitest';
import { scriptPermissions } from '../../src/lockfiles/settings/install-scripts.ts';
import type { Dependency, NodeManager } from '../../src/model/dependency.ts';
import type { ScriptDecision } from '../../src/model/finding.ts';
import { dependency, lockedBy } from '../report/fixtures.ts';

interface Asked {
  readonly manager?: NodeManager;
  readonly format?: string;
  readonly change?: Partial<Dependency>;
  /** The package manager's own file, of the project unless said otherwise. */
  readonly config?: object;
  readonly ofProject?: boolean;
  readonly ignoredByNpmrc?: boolean;
}

function decide(manifest: object | string | null, asked: Asked = {}): ScriptDecision {
  const { manager = 'npm', format = 'x v8', change = {}, config, ofProject = true, ignoredByNpmrc = false } = asked;
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  const source = { kind: 'registry', resolved: 'https://registry.npmjs.org/sharp/-/sharp-0.34.5.tgz' } as const;
  const files = config === undefined ? [] : [{ path: 'x', ofProject, content: config }];
  const manifests = manifest === null ? new Map<string, string>() : new Map([['', text]]);
  return scriptPermissions({ manager, format }, manifests, { files, ignoredByNpmrc })(
    dependency('sharp', '0.34.5', { artifacts: lockedBy({ source }), ...change }),
  );
}

function permissionOf(manifest: object | string | null, change: Partial<Dependency> = {}): string {
  return decide(manifest, { change }).permission;
}

/** "PERMISSION by WHAT". */
function said(manifest: object | string | null, asked: Asked): string {
  const { permission, by } = decide(manifest, asked);
  return by === undefined ? permission : `${permission} by ${by}`;
}

describe("npm's allowScripts", () => {
  it.each([
    ['the name', { sharp: true }, 'allowed'],
    ['the name, with any version', { 'sharp@*': true }, 'allowed'],
    ['the version', { 'sharp@0.34.5': true }, 'allowed'],
    ['one of several versions', { 'sharp@0.34.4 || 0.34.5': true }, 'allowed'],
    ['another version', { 'sharp@0.34.4': true }, 'unlisted'],
    ['another name', { sharp2: true, shar: true }, 'unlisted'],
    ['the name, denied', { sharp: false }, 'denied'],
    ['a denial beside an approval', { sharp: true, 'sharp@0.34.5': false }, 'denied'],
    ['a denial of another version beside an approval', { sharp: true, 'sharp@0.34.4': false }, 'allowed'],
    // npm leaves these out with a warning.
    ['a range', { 'sharp@^0.34.0': true }, 'unlisted'],
    ['a tag', { 'sharp@latest': true }, 'unlisted'],
    ['what is neither true nor false', { sharp: 'true' }, 'unlisted'],
    ['nothing', {}, 'unlisted'],
  ])('%s', (_, allowScripts, permission) => {
    expect(permissionOf({ allowScripts })).toBe(permission);
  });

  it('names scoped packages as the registry does', () => {
    const scoped = { name: '@a/b', version: '1.0.0' };
    expect(permissionOf({ allowScripts: { '@a/b@1.0.0': true } }, scoped)).toBe('allowed');
    expect(permissionOf({ allowScripts: { b: true, '@a': true } }, scoped)).toBe('unlisted');
  });

  it('knows no version where the lockfile has no address: a denial holds, an approval does not', () => {
    const source = { kind: 'registry', resolved: null } as const;
    expect(permissionOf({ allowScripts: { 'sharp@0.34.5': true } }, { artifacts: lockedBy({ source }) })).toBe(
      'unlisted',
    );
    expect(permissionOf({ allowScripts: { 'sharp@1.0.0': false } }, { artifacts: lockedBy({ source }) })).toBe(
      'denied',
    );
    expect(permissionOf({ allowScripts: { sharp: true } }, { artifacts: lockedBy({ source }) })).toBe('allowed');
  });

  it('is not there: unlisted beside a manifest, unknown without one or with one that cannot be read', () => {
    expect(permissionOf({})).toBe('unlisted');
    expect(permissionOf({ allowScripts: ['sharp'] })).toBe('unlisted');
    expect(permissionOf(`\uFEFF${JSON.stringify({ allowScripts: { sharp: true } })}`)).toBe('allowed');
    for (const broken of [null, '[]', 'null', '{']) expect(permissionOf(broken)).toBe('unknown');
  });

  it('says nothing of what does not come from a registry', () => {
    const source = { kind: 'git', url: 'git+ssh://git@github.com/a/sharp.git' } as const;
    expect(permissionOf({ allowScripts: { sharp: true } }, { artifacts: lockedBy({ source }) })).toBe('unknown');
  });

  it('counts for nothing where .npmrc ignores scripts, and for no other package manager', () => {
    const manifest = { allowScripts: { sharp: true } };
    expect(said(manifest, { ignoredByNpmrc: true })).toBe('denied by ignore-scripts of .npmrc');
    expect(said(manifest, { manager: 'pnpm' })).toBe('unlisted by pnpm-workspace.yaml');
  });
});

describe("pnpm's lists", () => {
  const pnpm = (config: object, manifest: object = {}): string => said(manifest, { manager: 'pnpm', config });

  it.each([
    [{ onlyBuiltDependencies: ['sharp'] }, 'allowed by onlyBuiltDependencies'],
    [{ onlyBuiltDependencies: ['sharp@0.34.4 || 0.34.5'] }, 'allowed by onlyBuiltDependencies'],
    [{ onlyBuiltDependencies: ['sh*'] }, 'allowed by onlyBuiltDependencies'],
    [{ onlyBuiltDependencies: ['sharp@0.34.4'] }, 'denied by onlyBuiltDependencies'],
    [{ onlyBuiltDependencies: [] }, 'denied by onlyBuiltDependencies'],
    [{ neverBuiltDependencies: ['sharp'] }, 'denied by neverBuiltDependencies'],
    [{ neverBuiltDependencies: ['esbuild'] }, 'allowed by neverBuiltDependencies'],
    [{ ignoredBuiltDependencies: ['sharp'] }, 'denied by ignoredBuiltDependencies'],
    [{ allowBuilds: { sharp: true } }, 'allowed by allowBuilds'],
    [{ allowBuilds: { sharp: true, 'sharp@0.34.5': false } }, 'denied by allowBuilds'],
    [{ dangerouslyAllowAllBuilds: true }, 'allowed by dangerouslyAllowAllBuilds'],
    [{ ignoreScripts: true, dangerouslyAllowAllBuilds: true }, 'denied by ignoreScripts'],
  ])('%j', (config, decision) => {
    expect(pnpm(config)).toBe(`${decision} of pnpm-workspace.yaml`);
    if (!('ignoreScripts' in config)) expect(pnpm({}, { pnpm: config })).toBe(`${decision} of package.json`);
  });

  it('are those of pnpm-workspace.yaml where both files have one', () => {
    const manifest = { pnpm: { onlyBuiltDependencies: ['sharp'] } };
    expect(pnpm({ onlyBuiltDependencies: [] }, manifest)).toBe(
      'denied by onlyBuiltDependencies of pnpm-workspace.yaml',
    );
  });

  it('leave it to the version of pnpm where none decides', () => {
    expect(decide({}, { manager: 'pnpm' })).toEqual({
      permission: 'unlisted',
      by: 'pnpm-workspace.yaml',
      stops: 'pnpm from version 10 on',
    });
    expect(pnpm({ allowBuilds: { esbuild: true, sharp: 'warn' } })).toBe(
      'unlisted by allowBuilds of pnpm-workspace.yaml',
    );
    expect(pnpm({ onlyBuiltDependenciesFile: 'list.json' })).toBe('unknown');
  });
});

describe("Yarn's settings", () => {
  const yarn = (config: object, manifest: object = {}, format = 'yarn.lock v8'): string =>
    said(manifest, { manager: 'yarn', format, config });

  it('of 2 and later: built of the package, else enableScripts, else what the version does', () => {
    expect(yarn({})).toBe("allowed by Yarn's default");
    expect(yarn({}, {}, 'yarn.lock v9')).toBe("denied by Yarn's default");
    expect(yarn({ enableScripts: true }, {}, 'yarn.lock v9')).toBe('allowed by enableScripts of .yarnrc.yml');
    expect(yarn({ enableScripts: false })).toBe('denied by enableScripts of .yarnrc.yml');
    const built = (isBuilt: boolean, key = 'sharp'): object => ({ dependenciesMeta: { [key]: { built: isBuilt } } });
    const by = 'by dependenciesMeta of package.json';
    expect(yarn({ enableScripts: false }, built(true))).toBe(`allowed ${by}`);
    expect(yarn({}, built(false))).toBe(`denied ${by}`);
    expect(yarn({}, built(false, 'sharp@0.34.5'))).toBe(`denied ${by}`);
    expect(yarn({}, built(false, 'sharp@0.34.4'))).toBe("allowed by Yarn's default");
  });

  it('of 1: all or none', () => {
    const classic = (asked: Asked): string => said({}, { manager: 'yarn-classic', ...asked });
    expect(classic({})).toBe('allowed by Yarn 1');
    expect(classic({ config: { 'ignore-scripts': 'true' } })).toBe('denied by ignore-scripts of .yarnrc');
    expect(classic({ ignoredByNpmrc: true })).toBe('denied by ignore-scripts of .npmrc');
  });

  it("of the user's own file decide nothing of the project", () => {
    const config = { enableScripts: false };
    expect(said({}, { manager: 'yarn', config, ofProject: false })).toBe("allowed by Yarn's default");
  });
});

describe('vlt', () => {
  it('runs none before it is asked to', () => {
    expect(decide({}, { manager: 'vlt' })).toMatchObject({ permission: 'unlisted', stops: 'vlt until vlt build' });
  });
});

describe("Bun's trustedDependencies", () => {
  const bun = (manifest: object, asked: Asked = {}): string => said(manifest, { manager: 'bun', ...asked });
  const by = 'by trustedDependencies of package.json';

  it('is all that runs where it is there; without it, what Bun knows', () => {
    expect(bun({ trustedDependencies: ['sharp'] })).toBe(`allowed ${by}`);
    expect(bun({ trustedDependencies: ['esbuild', 3] })).toBe(`denied ${by}`);
    expect(bun({ trustedDependencies: [] })).toBe(`denied ${by}`);
    expect(bun({ allowScripts: { sharp: true } })).toBe(`unlisted ${by}`);
  });

  it('counts for nothing where scripts are ignored', () => {
    const manifest = { trustedDependencies: ['sharp'] };
    const config = { install: { ignoreScripts: true } };
    expect(bun(manifest, { config })).toBe('denied by install.ignoreScripts of bunfig.toml');
    expect(bun(manifest, { ignoredByNpmrc: true })).toBe('denied by ignore-scripts of .npmrc');
  });
});
