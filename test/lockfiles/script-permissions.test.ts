import { describe, expect, it } from 'vitest';
import { scriptPermissions } from '../../src/lockfiles/script-permissions.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import { dependency } from '../report/fixtures.ts';

function permissionOf(
  manifest: object | string | null,
  change: Partial<Dependency> = {},
  file = 'package-lock.json',
): string {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  const source = { kind: 'registry', resolved: 'https://registry.npmjs.org/sharp/-/sharp-0.34.5.tgz' } as const;
  const about = dependency('sharp', '0.34.5', { source, ...change });
  return scriptPermissions(file, manifest === null ? new Map() : new Map([['', text]]))(about);
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
    expect(permissionOf({ allowScripts }, {}, 'sub/npm-shrinkwrap.json')).toBe(permission);
  });

  it('names scoped packages as the registry does', () => {
    const scoped = { name: '@a/b', version: '1.0.0' };
    expect(permissionOf({ allowScripts: { '@a/b@1.0.0': true } }, scoped)).toBe('allowed');
    expect(permissionOf({ allowScripts: { b: true, '@a': true } }, scoped)).toBe('unlisted');
  });

  it('knows no version where the lockfile has no address: a denial holds, an approval does not', () => {
    const source = { kind: 'registry', resolved: null } as const;
    expect(permissionOf({ allowScripts: { 'sharp@0.34.5': true } }, { source })).toBe('unlisted');
    expect(permissionOf({ allowScripts: { 'sharp@1.0.0': false } }, { source })).toBe('denied');
    expect(permissionOf({ allowScripts: { sharp: true } }, { source })).toBe('allowed');
  });

  it('is not there: unlisted beside a manifest, unknown without one or with one that cannot be read', () => {
    expect(permissionOf({})).toBe('unlisted');
    expect(permissionOf({ allowScripts: ['sharp'] })).toBe('unlisted');
    expect(permissionOf(`\uFEFF${JSON.stringify({ allowScripts: { sharp: true } })}`)).toBe('allowed');
    for (const broken of [null, '[]', 'null', '{']) expect(permissionOf(broken)).toBe('unknown');
  });

  it('says nothing of what does not come from a registry', () => {
    const source = { kind: 'git', url: 'git+ssh://git@github.com/a/sharp.git' } as const;
    expect(permissionOf({ allowScripts: { sharp: true } }, { source })).toBe('unknown');
  });

  it("is npm's alone", () => {
    expect(permissionOf({ allowScripts: { sharp: true } }, {}, 'pnpm-lock.yaml')).toBe('unknown');
  });
});

describe("Bun's trustedDependencies", () => {
  const bun = (manifest: object): string => permissionOf(manifest, {}, 'bun.lock');

  it('is all that runs where it is there; without it, what Bun knows', () => {
    expect(bun({ trustedDependencies: ['sharp'] })).toBe('allowed');
    expect(bun({ trustedDependencies: ['esbuild', 3] })).toBe('denied');
    expect(bun({ trustedDependencies: [] })).toBe('denied');
    expect(bun({ allowScripts: { sharp: true } })).toBe('unknown');
  });
});
