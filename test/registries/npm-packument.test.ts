import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parsed } from '../../src/readers/untrusted-json.ts';
import { keyText, skipSpace, skipValue, walkObject } from '../../src/readers/json-walk.ts';
import { parsePackument, type NpmPackument } from '../../src/registries/npm/packument.ts';

const dist = {
  integrity: 'sha512-AAAA',
  shasum: 'a'.repeat(40),
  tarball: 'https://r/a.tgz',
  signatures: [{ keyid: 'k', sig: 's' }],
};
const manifest = { name: 'a', version: '1.0.0', dist };
const packument = {
  name: 'a',
  'dist-tags': { latest: '1.0.0' },
  versions: { '1.0.0': manifest },
  time: {
    created: '2020-01-01T00:00:00.000Z',
    modified: '2021-01-01T00:00:00.000Z',
    '1.0.0': '2020-01-01T00:00:00.000Z',
  },
};

function fromJson(json: unknown): Parsed<NpmPackument> {
  return parsePackument(Buffer.from(JSON.stringify(json)), 'a');
}

describe('a packument', () => {
  it('is read, with publish times of versions only', () => {
    const parsed = fromJson({ ...packument, readme: 'x' });
    expect(parsed).toMatchObject({ value: { name: 'a', distTags: { latest: '1.0.0' } } });
    if (!('value' in parsed)) return;
    expect([...parsed.value.versions.keys()]).toEqual(['1.0.0']);
    expect([...parsed.value.time]).toEqual([['1.0.0', Date.parse('2020-01-01T00:00:00Z')]]);
    expect(JSON.stringify(parsed.value)).not.toContain('readme');
  });

  it('in abbreviated form has no times', () => {
    const { name, versions } = packument;
    const parsed = fromJson({ name, versions, 'dist-tags': {}, modified: '2020-01-01T00:00:00.000Z' });
    expect('value' in parsed && [parsed.value.versions.size, parsed.value.time.size]).toEqual([1, 0]);
  });

  it('of a withdrawn package has no versions', () => {
    const time = { ...packument.time, unpublished: { name: 'u', time: 't', versions: ['1.0.0'] } };
    const parsed = fromJson({ name: 'a', time });
    expect('value' in parsed && [parsed.value.versions.size, parsed.value.time.size]).toEqual([0, 1]);
    expect(fromJson({ name: 'a', time: packument.time })).toHaveProperty('malformed');
  });

  it('sets a broken version aside, with its reason, and keeps the others', () => {
    const versions = {
      '1.0.0': manifest,
      '1.0.1': { ...manifest, version: '1.0.0' },
      '1.0.2': null,
      '1.0.3': { ...manifest, version: '1.0.3', dist: { ...dist, signatures: 'x' } },
      '1.0.4': { ...manifest, version: '1.0.4' },
    };
    const parsed = fromJson({ ...packument, versions });
    if (!('value' in parsed)) throw new Error(parsed.malformed);
    const { versions: read, broken } = parsed.value;
    expect([...read.keys()].filter((version) => read.get(version) !== undefined)).toEqual(['1.0.0', '1.0.4']);
    expect([...broken.keys()].sort()).toEqual(['1.0.1', '1.0.2', '1.0.3']);
  });

  it('takes no key for a version that could not be one', () => {
    const json = Buffer.from(
      `{"name":"a","versions":{"__proto__":{"name":"a","version":"__proto__","dist":{}},"../x":{"name":"a","version":"../x","dist":{}},"latest":{"name":"a","version":"latest","dist":{}}},"time":{"__proto__":"2020-01-01T00:00:00Z"}}`,
    );
    const parsed = parsePackument(json, 'a');
    expect('value' in parsed && [parsed.value.versions.size, parsed.value.time.size]).toEqual([0, 0]);
  });

  it('takes no time for one that is none', () => {
    const time = { '1.0.0': 'yesterday', '1.0.1': 1577836800000, '1.0.2': null, '1.0.3': '2020-01-01' };
    const parsed = fromJson({ ...packument, time });
    expect('value' in parsed && parsed.value.time.size).toBe(0);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['another name', { ...packument, name: 'b' }],
    ['no name', { ...packument, name: undefined }],
    ['no versions', { ...packument, versions: undefined }],
    ['versions that are a list', { ...packument, versions: [manifest] }],
    ['an error in place of a document', { error: 'not_found' }],
  ])('is refused: %s', (_name, json) => {
    expect(fromJson(json)).toHaveProperty('malformed');
  });

  it('is refused with too many versions', () => {
    const versions = Object.fromEntries(Array.from({ length: 50_001 }, (_, i) => [`1.0.${i}`, 0]));
    expect(fromJson({ ...packument, versions })).toEqual({
      malformed: 'versions is not an object of at most 50000 versions',
    });
  });
});

describe('which versions claim provenance', () => {
  const claiming = (version: string, claim: unknown): object => ({
    ...manifest,
    version,
    dist: { ...dist, attestations: claim },
  });
  const withProvenance = (text: string): string[] => {
    const parsed = parsePackument(Buffer.from(text), 'a');
    if (!('value' in parsed)) throw new Error(parsed.malformed);
    return [...parsed.value.withProvenance];
  };

  it('is what their manifests say', () => {
    const versions = {
      '1.0.0': manifest,
      '1.0.1': claiming('1.0.1', { url: 'u', provenance: { predicateType: 'p' } }),
      '1.0.2': claiming('1.0.2', { url: 'u' }),
      '1.0.3': claiming('1.0.3', null),
      '1.0.4': claiming('1.0.4', 'broken'),
    };
    expect(withProvenance(JSON.stringify({ ...packument, versions }))).toEqual(['1.0.1']);
  });

  it('is seen however the key is written, and not in other places', () => {
    const claim = '{"provenance":{"predicateType":"p"}}';
    const of = (member: string): string =>
      `{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0","attestations":${claim},"x":"\\"dist\\"","dist":{${member}}}}}`;
    expect(withProvenance(of(`"attestations":${claim}`))).toEqual(['1.0.0']);
    expect(withProvenance(of(`"\\u0061ttestations" : ${claim}`))).toEqual(['1.0.0']);
    expect(withProvenance(of(`"shasum":null,"more":{"attestations":${claim}}`))).toEqual([]);
  });

  it('is seen in every version, whatever stands between them', () => {
    const claim = '{"provenance":{"predicateType":"p"}}';
    const MEMBERS = fc.constantFrom(
      ['"shasum":null', false],
      [`"attestations":${claim}`, true],
      [`"\\u0061ttestations":${claim}`, true],
      ['"shasum":"\\u0061"', false],
      ['"more":"\\"attestations\\""', false],
      ['"attestations":null', false],
    ) as fc.Arbitrary<[string, boolean]>;
    const property = fc.property(fc.array(MEMBERS, { maxLength: 12 }), fc.boolean(), (members, isLast) => {
      const versions = members.map(([member], n) => `"1.0.${n}":{"name":"a","version":"1.0.${n}","dist":{${member}}}`);
      const readme = '"readme":"\\u0061 \\"attestations\\""';
      const all = `"versions":{${versions.join(',')}}`;
      const text = `{"name":"a",${isLast ? `${readme},${all}` : `${all},${readme}`}}`;
      expect(withProvenance(text)).toEqual(members.flatMap(([, claims], n) => (claims ? [`1.0.${n}`] : [])));
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe('a walk over JSON', () => {
  /**
   * The members of an object by their keys, each value parsed from its slice; null where the walk does not reach the
   * end.
   */
  const members = (text: string): Record<string, unknown> | null => {
    const json = Buffer.from(text);
    const found: [string, unknown][] = [];
    const end = walkObject(json, skipSpace(json, 0), (keyStart, keyEnd, start) => {
      const key = keyText(json, keyStart, keyEnd);
      const after = skipValue(json, start);
      if (key === null || after === -1) return -1;
      found.push([key, JSON.parse(json.toString('utf8', start, after)) as unknown]);
      return after;
    });
    return end !== -1 && skipSpace(json, end) === json.length ? Object.fromEntries(found) : null;
  };

  it('finds what JSON.parse reads, for any object and any white space', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 2, '\t'), (object, space) => {
        const text = JSON.stringify(object, null, space);
        expect(members(` ${text}\n`)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    '',
    ' ',
    '[]',
    '"a"',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1',
    '{"a":1,}',
    '{"a":1 "b":2}',
    '{a:1}',
    '{"a":"x}',
    '{"\\x":1}',
    '{} {}',
  ])('does not reach the end of %j', (text) => {
    expect(members(text)).toBeNull();
  });

  it('takes nesting of any depth', () => {
    const deep = Buffer.from(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`);
    expect(skipValue(deep, 0)).toBe(deep.length);
  });
});

describe('whatever is served', () => {
  it('is read or refused, without an error', () => {
    const piece = fc.oneof(
      fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', ' ', '1', '"versions"', '"dist"'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(Object.keys(parsePackument(Buffer.from(pieces.join('')), 'a'))).toHaveLength(1);
        expect(Object.keys(parsePackument(Buffer.from(`{"versions":{${pieces.join('')}}}`), 'a'))).toHaveLength(1);
      }),
    );
  });

  it('is refused where a key occurs twice', () => {
    for (const text of [
      '{"name":"b","name":"a","versions":{}}',
      '{"name":"a","versions":{},"versions":{}}',
      '{"name":"a","versions":{"1.0.0":{},"1.0.0":{}}}',
      '{"name":"a","versions":{"1.0.0":{},"1.0.\\u0030":{}}}',
    ]) {
      expect(parsePackument(Buffer.from(text), 'a')).toHaveProperty('malformed');
    }
  });
});
