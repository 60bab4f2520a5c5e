import { describe, expect, it } from 'vitest';
import { readPath } from '../../src/gate/cargo/asked.ts';
import { readIndexFile, withoutVersions } from '../../src/gate/cargo/index-file.ts';

const NOTHING = { kind: 'nothing' };

describe('what Cargo asks', () => {
  it.each([
    ['/config.json', { kind: 'config' }],
    ['/1/a', { kind: 'crate', path: '1/a' }],
    ['/2/ab', { kind: 'crate', path: '2/ab' }],
    ['/3/a/abc', { kind: 'crate', path: '3/a/abc' }],
    ['/se/rd/serde_json', { kind: 'crate', path: 'se/rd/serde_json' }],
    ['/crates/Inflector/0.11.4/download', { kind: 'file', name: 'Inflector', version: '0.11.4' }],
    ['/crates/a/1.0.0%2Bb/download', { kind: 'file', name: 'a', version: '1.0.0+b' }],
  ])('%s', (path, expected) => {
    expect(readPath(path)).toEqual(expected);
  });

  it.each([
    ...['/', '/se/rd/Serde', '/se/rd/other', '/2/a', '/../config.json', '/se/rd/serde/', '/api/v1/crates/new'],
    ...['/crates/a/1.0.0', '/crates/a/../download', '/crates/a%2fb/1.0.0/download', '/crates/a/1.0.0/download/x'],
    ...['/%', '/crates/a/1.0.0%00/download', '/1/_', '/1/é'],
  ])('nothing is at %s', (path) => {
    expect(readPath(path)).toEqual(NOTHING);
  });
});

const CKSUM = 'a'.repeat(64);

function lineOf(fields: object): string {
  return JSON.stringify({
    name: 'Serde',
    vers: '1.0.0',
    deps: [],
    cksum: CKSUM,
    features: {},
    yanked: false,
    ...fields,
  });
}

describe('the file of a crate', () => {
  const url = 'https://index.example/';
  const read = (...lines: readonly string[]): ReturnType<typeof readIndexFile> =>
    readIndexFile(Buffer.from(`${lines.join('\n')}\n`), 'se/rd/serde', url);

  it('has what is refused taken back, and all else byte by byte', () => {
    const other = '{ "name":"Serde", "vers":"1.0.0","deps":[],"cksum":"' + CKSUM + '","yanked":false,"new":1e2 }';
    const bad = lineOf({ vers: '1.1.0', rust_version: '1.60', __proto__: undefined, ['features2']: { a: ['dep:b'] } });
    const answer = read(other, bad);
    if (answer.state !== 'present') throw new Error(answer.state);
    expect(answer.value.name).toBe('Serde');
    expect(withoutVersions(answer.value, new Set())).toBe(answer.value.body);
    const changed = withoutVersions(answer.value, new Set(['1.1.0'])).toString();
    expect(changed).toBe(`${other}\n${bad.replace('"yanked":false', '"yanked":true')}\n`);
  });

  it.each([
    ['nothing', []],
    ['no JSON', ['{']],
    ['another crate', [lineOf({ name: 'other' })]],
    ['a crate beside the one', [lineOf({}), lineOf({ name: 'other', vers: '1.1.0' })]],
    ['the name written in another way', [lineOf({}), lineOf({ name: 'serde', vers: '1.1.0' })]],
    ['a version twice', [lineOf({}), lineOf({})]],
    ['no checksum', [lineOf({ cksum: 'b' })]],
    ['no list', ['[]']],
  ])('with %s is none', (_, lines) => {
    expect(read(...lines).state).toBe('malformed');
  });
});
