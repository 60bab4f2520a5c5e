import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOsv } from '../../src/advisories/osv.ts';
import { skimOsv } from '../../src/advisories/skim.ts';
import type { PackageId } from '../../src/model/package.ts';
import { EVERY_VERSION, malicious } from './records.ts';

const WANTED = new Set<PackageId>([
  'npm:evil',
  'npm:@scope/evil',
  'pypi:foo-bar',
  'cargo:serde-json',
  'go:h.example/m',
]);
const FILE = 'MAL-2026-1.json';
const isParsed = (text: string, file = FILE): boolean => skimOsv(file, text, WANTED) === null;
const of = (ecosystem: string, name: string, more: object = {}): string =>
  malicious(ecosystem, name, EVERY_VERSION, more);

describe('a malicious record that is not parsed', () => {
  it('names no package of the run, and is counted as one that was', () => {
    const text = of('npm', 'other', { details: 'line\nline "evil"' });
    const modified = Date.parse('2026-08-20T00:00:00Z');
    expect(skimOsv(FILE, text, WANTED)).toEqual({ kind: 'skimmed', modified, ecosystems: ['npm'] });
    expect(readOsv(text)).toMatchObject({ kind: 'malicious', record: { modified, affected: [{ id: 'npm:other' }] } });
    expect(isParsed(of('PyPI', 'evil'))).toBe(false);
  });

  it.each([
    ['a wanted name', of('npm', 'evil')],
    ['in another spelling of its registry', of('PyPI', 'Foo_Bar')],
    ['of a crate', of('crates.io', 'Serde_JSON')],
    ['in a second member', of('npm', 'x').replace(']}]', ']},{"package":{"ecosystem":"npm","name" : "evil"}}]')],
    ['with spaces and lines', JSON.stringify(JSON.parse(of('npm', 'evil')), null, '\n \t')],
    ['with an escaped letter', of('npm', 'evil').replace('"evil"', String.raw`"\u0065vil"`)],
    ['with an escaped key', of('npm', 'evil').replace('"name"', String.raw`"n\u0061me"`)],
    ['with an escaped slash', of('npm', '@scope/evil').replace('/evil', String.raw`\/evil`)],
    ['withdrawn', of('npm', 'other', { withdrawn: '2026-01-01T00:00:00Z' })],
    ['of an unknown ecosystem', of('Packagist', 'other')],
    ['without a time', of('npm', 'other', { modified: 'soon' })],
    ['with two times', of('npm', 'other', { database_specific: { modified: '2025-01-01T00:00:00Z' } })],
    ['of another id than its file', of('npm', 'other', { id: 'MAL-2026-2' })],
    ['cut short', of('npm', 'other').slice(0, -1)],
    ['empty', '{}'],
    ['no object', '[]'],
  ])('is none that has to be: %s', (_, text) => {
    expect(isParsed(text)).toBe(true);
  });

  it('is none of another name', () => {
    for (const file of ['GHSA-1.json', 'RUSTSEC-2026-0001.json', 'MAL-2026-2.json', 'x.json'])
      expect(isParsed(of('npm', 'other'), file), file).toBe(true);
  });

  it('is never one in which parsing finds a package of the run, however it is written', () => {
    const word = fc.constantFrom(
      'evil',
      '@scope/evil',
      'Foo_Bar',
      'serde-json',
      'h.example/m',
      'other',
      'name',
      '"name":"x"',
    );
    const ecosystem = fc.constantFrom(
      'npm',
      'NPM',
      'PyPI',
      'crates.io',
      'Go',
      'Packagist',
      'npm:https://registry.npmjs.org/',
    );
    const member = fc.record({ package: fc.record({ ecosystem, name: word }), ...{ note: word } });
    const escaped = (text: string, places: readonly number[]): string =>
      places.reduce((from, place) => {
        const at = place % from.length;
        const letter = from.charAt(at);
        if (!/[a-z]/.test(letter)) return from;
        return `${from.slice(0, at)}\\u00${letter.charCodeAt(0).toString(16)}${from.slice(at + 1)}`;
      }, text);
    const record = fc.record({ affected: fc.array(member, { maxLength: 4 }), details: fc.string(), space: fc.nat(3) });
    fc.assert(
      fc.property(record, fc.array(fc.nat(), { maxLength: 3 }), ({ affected, details, space }, places) => {
        const whole = { id: 'MAL-2026-1', modified: '2026-08-20T00:00:00Z', details, affected };
        const text = escaped(JSON.stringify(whole, null, space), places);
        if (isParsed(text)) return;
        const read = readOsv(text);
        const ids = read.kind === 'malicious' ? read.record.affected.map(({ id }) => id) : [];
        expect(ids.filter((id) => WANTED.has(id))).toEqual([]);
        expect(read.kind).toBe('malicious');
      }),
    );
  });
});
