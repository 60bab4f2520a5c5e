import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/model/evidence.ts';
import { parseAttestations, parseManifest } from '../../src/registries/npm/documents.ts';
import { parsePackument } from '../../src/registries/npm/packument.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const dist = {
  integrity: 'sha512-AAAA',
  shasum: 'a'.repeat(40),
  tarball: 'https://r/a.tgz',
  signatures: [{ keyid: 'k', sig: 's' }],
};
const manifest = { name: 'a', version: '1.0.0', dist };
/** JSON as it arrives: only text can have `__proto__` as a plain key. */
const parse = (text: string): unknown => JSON.parse(text);

function read(json: unknown): Manifest {
  const parsed = parseManifest(json, 'a', '1.0.0');
  if ('malformed' in parsed) throw new Error(parsed.malformed);
  return parsed.value;
}

describe('a manifest', () => {
  it('is read', () => {
    expect(
      read({
        ...manifest,
        dist: {
          ...dist,
          attestations: { url: 'https://r/-/npm/v1/attestations/a@1.0.0', provenance: { predicateType: 'p' } },
        },
        _npmUser: { name: 'u', email: 'e', trustedPublisher: { id: 'github', oidcConfigId: 'oidc:1' } },
        repository: { type: 'git', url: 'git+https://github.com/o/r.git', directory: 'packages/a' },
        dependencies: { b: '^1.0.0', c: '2' },
        optionalDependencies: { c: '3', d: 'github:o/r' },
        scripts: { test: 'x', postinstall: 'node p.js', preinstall: '', prepare: 'y' },
        deprecated: 'use b',
        readme: 'long',
      }),
    ).toEqual({
      name: 'a',
      version: '1.0.0',
      integrity: 'sha512-AAAA',
      shasum: 'a'.repeat(40),
      tarball: 'https://r/a.tgz',
      signatures: [{ keyId: 'k', signature: 's' }],
      attestations: { url: 'https://r/-/npm/v1/attestations/a@1.0.0', provenance: true },
      publisher: { name: 'u', trustedPublisher: 'github' },
      repository: 'git+https://github.com/o/r.git',
      dependencies: { b: '^1.0.0', c: '3', d: 'github:o/r' },
      peerDependencies: {},
      bin: {},
      bundles: [],
      installScripts: { postinstall: 'node p.js' },
      optional: ['c', 'd'],
      deprecated: true,
    });
  });

  it('of the oldest kind is read', () => {
    expect(
      read({ name: 'a', version: '1.0.0', dist: {}, repository: 'o/r', scripts: [], dependencies: ['b'] }),
    ).toEqual({
      name: 'a',
      version: '1.0.0',
      integrity: null,
      shasum: null,
      tarball: null,
      signatures: [],
      attestations: null,
      publisher: null,
      repository: 'o/r',
      dependencies: {},
      peerDependencies: {},
      bin: {},
      bundles: [],
      installScripts: {},
      deprecated: false,
    });
  });

  it.each<[unknown, string | null]>([
    ['o/r', 'o/r'],
    [{ url: 'u' }, 'u'],
    [[{ url: 'u' }, { url: 'v' }], 'u'],
    [{ type: 'git' }, null],
    [{ url: 7 }, null],
    [null, null],
    ['x'.repeat(5000), null],
  ])('names its repository: %j', (repository, expected) => {
    expect(read({ ...manifest, repository }).repository).toBe(expected);
  });

  it.each<[object, Record<string, string>]>([
    [{ gypfile: true }, { install: 'node-gyp rebuild' }],
    [{ gypfile: true, scripts: { install: 'make' } }, { install: 'make' }],
    [{ gypfile: true, scripts: { preinstall: 'make' } }, { preinstall: 'make' }],
    [
      { gypfile: true, scripts: { postinstall: 'x' } },
      { postinstall: 'x', install: 'node-gyp rebuild' },
    ],
    [{ gypfile: false }, {}],
    [{ hasInstallScript: true }, { install: '' }],
    [{ hasInstallScript: true, scripts: { postinstall: 'x' } }, { postinstall: 'x' }],
    [{ scripts: { install: 7, postinstall: null } }, {}],
  ])('names what runs at install: %j', (fields, expected) => {
    expect(read({ ...manifest, ...fields }).installScripts).toEqual(expected);
  });

  it.each<[unknown, boolean]>([
    ['old', true],
    [true, true],
    ['', false],
    [false, false],
    [undefined, false],
  ])('is deprecated by %j: %s', (deprecated, expected) => {
    expect(read({ ...manifest, deprecated }).deprecated).toBe(expected);
  });

  it('keeps a dependency called __proto__ or constructor, and nothing but dependencies', () => {
    const json = parse(
      `{"name":"a","version":"1.0.0","dist":{},"dependencies":{"__proto__":"1","constructor":"2"},"scripts":{"__proto__":{"install":"x"}}}`,
    );
    const { dependencies, installScripts } = read(json);
    expect(Object.entries(dependencies)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
    expect(Object.keys(installScripts)).toEqual([]);
    expect('toString' in dependencies).toBe(false);
  });

  const withDist = (fields: object): unknown => ({ ...manifest, dist: { ...dist, ...fields } });
  it.each<[string, unknown]>([
    ['null', null],
    ['a list', [manifest]],
    ['text', '{}'],
    ['another name', { ...manifest, name: 'b' }],
    ['no name', { ...manifest, name: undefined }],
    ['another case of the name', { ...manifest, name: 'A' }],
    ['another version', { ...manifest, version: '1.0.1' }],
    ['a version that is a number', { ...manifest, version: 1 }],
    ['no dist', { ...manifest, dist: undefined }],
    ['a dist that is a list', { ...manifest, dist: [] }],
    ['an integrity that is no text', withDist({ integrity: ['sha512-AAAA'] })],
    ['an endless integrity', withDist({ integrity: 'sha512-A '.repeat(1000) })],
    ['a shasum that is none', withDist({ shasum: 'z'.repeat(40) })],
    ['a short shasum', withDist({ shasum: 'abc' })],
    ['a tarball that is no text', withDist({ tarball: {} })],
    ['signatures that are an object', withDist({ signatures: {} })],
    ['signatures that are text', withDist({ signatures: 'MEUC' })],
    ['a signature that is text', withDist({ signatures: ['MEUC'] })],
    ['a signature that is null', withDist({ signatures: [null] })],
    ['a signature without key id', withDist({ signatures: [{ sig: 's' }] })],
    ['a key id that is a number', withDist({ signatures: [{ keyid: 1, sig: 's' }] })],
    ['a good signature beside a broken one', withDist({ signatures: [...dist.signatures, { keyid: 'k' }] })],
    ['too many signatures', withDist({ signatures: Array.from({ length: 65 }, () => dist.signatures[0]) })],
    ['a claim that is a list', withDist({ attestations: [] })],
    ['a claim that is text', withDist({ attestations: 'yes' })],
    ['a claim with an address that is no text', withDist({ attestations: { url: 1 } })],
    ['a claim of provenance that is text', withDist({ attestations: { url: 'u', provenance: 'yes' } })],
    ['a claim of provenance that is false', withDist({ attestations: { url: 'u', provenance: false } })],
  ])('is refused: %s', (_name, json) => {
    expect(parseManifest(json, 'a', '1.0.0')).toEqual({ malformed: expect.stringMatching(/^[^\n]{1,80}$/) as string });
  });

  it('says nothing of hostile text in its reasons', () => {
    const evil = '\u001b[2Jevil\n';
    for (const json of [{ name: evil }, { ...manifest, version: evil }, withDist({ signatures: [evil] })]) {
      expect(JSON.stringify(parseManifest(json, 'a', '1.0.0'))).not.toContain('evil');
    }
  });
});

describe('attestations', () => {
  const entry = { predicateType: 'https://slsa.dev/provenance/v1', bundle: { mediaType: 'm' } };
  const nested = (depth: number): unknown => parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));

  it('are read in order, with their bundles as they are', () => {
    const second = { predicateType: 'p', bundle: { x: [1] }, bundle_url: 'u' };
    expect(parseAttestations({ attestations: [entry, second] })).toEqual({
      value: [entry, { predicateType: 'p', bundle: { x: [1] } }],
    });
    expect(parseAttestations({ attestations: [] })).toEqual({ value: [] });
  });

  it('may nest as deep as bundles do', () => {
    expect(parseAttestations({ attestations: [{ ...entry, bundle: nested(60) }] })).toHaveProperty('value');
    expect(parseAttestations({ attestations: [{ ...entry, bundle: nested(100_000) }] })).toEqual({
      malformed: 'bundle nests too deep',
    });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', [entry]],
    ['an object in place of the list', { attestations: { 0: entry } }],
    ['an entry that is null', { attestations: [null] }],
    ['a good entry beside a broken one', { attestations: [entry, {}] }],
    ['no predicate type', { attestations: [{ bundle: {} }] }],
    ['a long predicate type', { attestations: [{ ...entry, predicateType: 'x'.repeat(2000) }] }],
    ['a bundle that is text', { attestations: [{ ...entry, bundle: '{}' }] }],
    ['a bundle that is a list', { attestations: [{ ...entry, bundle: [] }] }],
    ['too many', { attestations: Array.from({ length: 65 }, () => entry) }],
  ])('are refused: %s', (_name, json) => {
    expect(parseAttestations(json)).toHaveProperty('malformed');
  });
});

describe.skipIf(!hasSharedData)(`recorded documents${hasSharedData ? '' : ' (skipped: no recorded data)'}`, () => {
  const filesIn = (folder: string): string[] =>
    readdirSync(sharedData(folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => sharedData(`${folder}/${name}`));
  const load = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

  it('of packages are all read, every version of them', () => {
    const files = filesIn('npm/packuments');
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      const json = load(file) as { name: string; versions: Record<string, { dist: { signatures: unknown[] } }> };
      const parsed = parsePackument(readFileSync(file), json.name);
      if ('malformed' in parsed) throw new Error(`${file}: ${parsed.malformed}`);
      const { versions, withProvenance, broken } = parsed.value;
      expect([...versions.keys()]).toEqual(Object.keys(json.versions));
      for (const [version, { dist: served }] of Object.entries(json.versions)) {
        const manifest = versions.get(version);
        expect(manifest?.signatures.length).toBe(served.signatures.length);
        expect(withProvenance.has(version)).toBe(manifest?.attestations?.provenance === true);
      }
      expect([...broken], file).toEqual([]);
    }
  });

  it('of packages say who published with a trusted publisher, and who claims provenance', () => {
    const all = filesIn('npm/packuments').flatMap((file) => {
      const json = load(file) as { name: string };
      const parsed = parsePackument(readFileSync(file), json.name);
      if ('malformed' in parsed) throw new Error(`${file}: ${parsed.malformed}`);
      const { versions } = parsed.value;
      return [...versions.keys()].flatMap((version) => versions.get(version) ?? []);
    });
    expect(all.filter(({ publisher }) => publisher?.trustedPublisher === 'github').length).toBeGreaterThan(50);
    expect(all.filter(({ attestations }) => attestations?.provenance === true).length).toBeGreaterThan(200);
  });

  it('of attestations are all read', () => {
    const files = filesIn('npm/attestations');
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const parsed = parseAttestations(load(file));
      expect('value' in parsed && parsed.value.length, file).toBeGreaterThan(0);
    }
  });
});

describe('what a tarball carries', () => {
  const manifest = { name: 'a', version: '1.0.0', dist: {}, dependencies: { b: '1', c: '1' } };
  it.each([
    [{ bundleDependencies: ['b'] }, ['b']],
    [{ bundledDependencies: ['b', 7, 'x'] }, ['b', 'x']],
    [{ bundleDependencies: true }, ['b', 'c']],
    [{ bundleDependencies: false }, []],
    [{ bundleDependencies: 'b' }, []],
    [{}, []],
  ])('%j', (fields, bundles) => {
    const parsed = parseManifest({ ...manifest, ...fields }, 'a', '1.0.0');
    expect(parsed).toMatchObject({ value: { bundles } });
  });
});
