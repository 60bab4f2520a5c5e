import { describe, expect, it } from 'vitest';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';
import { sha512 } from './support.ts';

const A = sha512('a');
const LOCK = "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n";
const ENV = `---\nlockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    configDependencies:\n      c:\n        specifier: 1.0.0\n        version: 1.0.0\n\npackages:\n\n  c@1.0.0:\n    resolution: {integrity: ${A}}\n\nsnapshots:\n\n  c@1.0.0: {}\n\n---\n`;

function read(text: string, workspace: object, manifest: object = { name: 'app' }): Lockfile {
  const settings = [{ path: 'pnpm-workspace.yaml', ofProject: true, content: workspace }];
  return parseLockfile('pnpm-lock.yaml', Buffer.from(text), new Map([['', JSON.stringify(manifest)]]), settings);
}
const shown = ({ dependencies }: Lockfile): string[] =>
  dependencies.map(({ name, version, artifacts: [{ digests: integrity, source }], direct }: Dependency) =>
    [
      `${name}@${version}`,
      integrity.map(({ algorithm }) => algorithm).join(),
      source.kind === 'registry' ? (source.resolved ?? 'registry') : source.kind,
      direct,
    ].join(' '),
  );

describe('what runs in every installation', () => {
  it('is a dependency where pnpm-workspace.yaml names it, with or without a hash', () => {
    const configDependencies = {
      c: `1.0.0+${A}`,
      '@pnpm/plugin-x': '2.0.0',
      t: { integrity: `1.0.0+${A}`, tarball: 'https://x.example/t.tgz' },
    };
    const lockfile = read(LOCK, { configDependencies });
    expect(shown(lockfile)).toEqual([
      'c@1.0.0 sha512 registry true',
      '@pnpm/plugin-x@2.0.0  registry true',
      't@1.0.0 sha512 https://x.example/t.tgz true',
    ]);
    expect(lockfile.hooks?.file).toBe('pnpm-lock.yaml');
    expect(read(LOCK, {}).hooks).toBeUndefined();
  });

  it('is one with what the lockfile has of it, and another where they differ', () => {
    expect(shown(read(ENV + LOCK, { configDependencies: { c: '1.0.0' } }))).toEqual(['c@1.0.0 sha512 registry true']);
    expect(shown(read(ENV + LOCK, { configDependencies: { c: `1.0.0+${A}` } }))).toEqual([
      'c@1.0.0 sha512 registry true',
    ]);
    expect(shown(read(ENV + LOCK, { configDependencies: { c: `1.0.0+${sha512('b')}` } }))).toHaveLength(2);
    expect(shown(read(ENV + LOCK, { configDependencies: { c: '2.0.0' } }))).toHaveLength(2);
  });

  it('is what pnpm-workspace.yaml names, whatever the lockfile says was asked for', () => {
    const evil = ENV.replaceAll('c@1.0.0', 'evil@1.0.0')
      .replace('specifier: 1.0.0', 'specifier: npm:evil@1.0.0')
      .replace('version: 1.0.0', 'version: evil@1.0.0');
    const lockfile = read(evil + LOCK, { configDependencies: { c: '1.0.0' } });
    expect(
      lockfile.dependencies.flatMap(({ name, substitutes = [] }) => substitutes.map(({ asked }) => [name, asked])),
    ).toEqual([['evil', 'c@1.0.0']]);
  });

  it('is refused where it cannot be read', () => {
    for (const c of ['1.0.0+sha512-AAAA', 'latest', '', `+${A}`, {}, 1]) {
      expect(() => read(LOCK, { configDependencies: { c } })).toThrow(LockfileError);
    }
    expect(() => read(LOCK, { configDependencies: { '../c': `1.0.0+${A}` } })).toThrow(
      /is not VERSION\+INTEGRITY of a package/,
    );
  });

  it('is the pnpm that package.json names with its hash', () => {
    const named = (packageManager: unknown): string[] => shown(read(LOCK, {}, { name: 'app', packageManager }));
    expect(named(`pnpm@9.1.0+sha512.${'ab'.repeat(64)}`)).toEqual(['pnpm@9.1.0 sha512 registry true']);
    expect(named(`pnpm@9.1.0+sha1.${'ab'.repeat(20)}`)).toEqual(['pnpm@9.1.0 sha1 registry true']);
    for (const other of ['pnpm@9.1.0', 'yarn@4.0.0', `pnpm@9.1.0+sha512.${'ab'.repeat(20)}`, 'pnpm', 1]) {
      expect(named(other)).toEqual([]);
    }
  });
});
