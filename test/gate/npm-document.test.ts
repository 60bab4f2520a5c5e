import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedDocument, distOf, manifestIn, readDocument, type Changes } from '../../src/gate/npm/document.ts';

const NOTHING: Changes = { refused: new Map(), distTags: {}, addressOf: null };

function versionOf(name: string, version: string): object {
  const dist = { tarball: `https://registry.example/${name}/-/${name}-${version}.tgz`, integrity: 'sha512-AAAA' };
  return { name, version, dependencies: { b: '^1' }, dist };
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

const DOCUMENT = {
  name: 'a',
  'dist-tags': { latest: '1.1.0' },
  versions: { '1.0.0': versionOf('a', '1.0.0'), '1.1.0': versionOf('a', '1.1.0') },
  time: { '1.0.0': '2026-01-01T00:00:00Z', '1.1.0': '2026-01-02T00:00:00Z' },
  readme: 'text with "versions": {} and \u2028',
};

function read(value: unknown, name = 'a'): NonNullable<ReturnType<typeof readDocument>> {
  const document = readDocument(bytesOf(value), name);
  if (document === null) throw new Error('not read');
  return document;
}

function changed(value: unknown, changes: Partial<Changes>): Record<string, unknown> {
  return JSON.parse(changedDocument(read(value), { ...NOTHING, ...changes }).toString()) as Record<string, unknown>;
}

describe('a document through the gate', () => {
  it('keeps everything that is not decided, also what nobody here knows', () => {
    expect(changed(DOCUMENT, { distTags: DOCUMENT['dist-tags'] })).toEqual(DOCUMENT);
  });

  it('has no refused version, and says to npm why', () => {
    const served = changed(DOCUMENT, { refused: new Map([['1.1.0', 'why']]), distTags: { latest: '1.0.0' } });
    expect(Object.keys(served['versions'] as object)).toEqual(['1.0.0']);
    expect(served['dist-tags']).toEqual({ latest: '1.0.0' });
    expect(served['time']).toEqual(DOCUMENT.time);
    expect(served['policyRestrictions']).toMatchObject({ message: 'why', versions: { '1.1.0': { message: 'why' } } });
  });

  it('keeps the restrictions of the registry beside its own', () => {
    const policyRestrictions = { message: 'theirs', versions: { '0.9.0': { name: 'a' } } };
    const served = changed({ ...DOCUMENT, policyRestrictions }, { refused: new Map([['1.1.0', 'ours']]) });
    expect(served['policyRestrictions']).toMatchObject({
      message: 'ours\ntheirs',
      versions: { '0.9.0': { name: 'a' }, '1.1.0': { message: 'ours' } },
    });
  });

  it('names other addresses of tarballs, and changes nothing else of a manifest', () => {
    const addressOf = (version: string, tarball: string): string => `${version} ${tarball}`;
    const served = changed(DOCUMENT, { addressOf, distTags: DOCUMENT['dist-tags'] });
    const version = versionOf('a', '1.0.0') as { dist: { tarball: string } };
    version.dist.tarball = `1.0.0 ${version.dist.tarball}`;
    expect((served['versions'] as Record<string, unknown>)['1.0.0']).toEqual(version);
    expect(JSON.parse(String(manifestIn(read(DOCUMENT), '1.0.0', addressOf)))).toEqual(version);
    expect(JSON.parse(String(manifestIn(read(DOCUMENT), '1.0.0', null)))).toEqual(versionOf('a', '1.0.0'));
    expect(manifestIn(read(DOCUMENT), '2.0.0', null)).toBeNull();
  });

  it.each([
    ['another package', { ...DOCUMENT, name: 'b' }],
    ['no object', []],
    ['no name', { versions: {} }],
  ])('is none where it is of %s', (_, value) => {
    expect(readDocument(bytesOf(value), 'a')).toBeNull();
  });

  it.each([
    ['a name', '{"name":"a","name":"b","versions":{}}'],
    ['versions', '{"name":"a","versions":{},"versions":{}}'],
    ['a version', '{"name":"a","versions":{"1.0.0":{},"1.0.0":{}}}'],
    ['a version by an escape', '{"name":"a","versions":{"1.0.0":{},"\\u0031.0.0":{}}}'],
    ['its end', '{"name":"a","versions":{}'],
    ['something behind it', '{"name":"a","versions":{}} {}'],
  ])('is none where it has %s twice, or not', (_, text) => {
    expect(readDocument(Buffer.from(text), 'a')).toBeNull();
  });

  it('knows no hash of a manifest that has `dist` twice', () => {
    const text = '{"name":"a","versions":{"1.0.0":{"dist":{"integrity":"sha512-A"},"dist":{"integrity":"sha512-B"}}}}';
    const document = readDocument(Buffer.from(text), 'a');
    expect(document && distOf(document, '1.0.0')).toBeNull();
  });

  it('takes a SHA-1 where there is no other hash', () => {
    const dist = { shasum: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' };
    const document = read({ name: 'a', versions: { '1.0.0': { dist } } });
    expect(distOf(document, '1.0.0')?.integrity).toBe('sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=');
  });

  it('stays what it was but for the changes, whatever is in it', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', '\u2028', '"'));
    const values = fc.dictionary(key, fc.jsonValue(), { maxKeys: 5 });
    const versions = fc.dictionary(key, values, { maxKeys: 5 });
    fc.assert(
      fc.property(values, versions, fc.boolean(), (others, all, isSpaced) => {
        const value = { ...others, name: 'a', 'dist-tags': {}, versions: all };
        const text = Buffer.from(JSON.stringify(value, null, isSpaced ? 2 : 0));
        const document = readDocument(text, 'a');
        expect(document).not.toBeNull();
        if (document === null) return;
        const [refused] = Object.keys(all);
        const served = changedDocument(document, {
          ...NOTHING,
          refused: new Map(refused === undefined ? [] : [[refused, 'why']]),
        });
        const parsed = JSON.parse(served.toString()) as Record<string, unknown>;
        const expected = JSON.parse(JSON.stringify(value)) as typeof value;
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the property is the test's own
        if (refused !== undefined) delete expected.versions[refused];
        expect({ ...parsed, policyRestrictions: 0 }).toEqual({ ...expected, policyRestrictions: 0 });
      }),
    );
  });
});
