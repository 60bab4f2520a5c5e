import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import { refusal } from './support.ts';
import { startCpu } from '../support/cpu.ts';

const CLASSIC =
  'a@^1:\n  version "1.0.0"\n  resolved "https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#0"\n  dependencies:\n    b "^1"\n';
const METADATA = '__metadata:\n  version: 8\n  cacheKey: 10c0\n\n';
const BERRY = `${METADATA}"a@npm:^1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n  dependencies:\n    b: "npm:^1"\n  linkType: hard\n`;

const message = (text: string): string => refusal(text, 'yarn.lock').message;

/** Read, or refused by one printable line; anything else fails. */
function bytesAre(bytes: Uint8Array): 'read' | 'refused' {
  try {
    const { entries, dependencies, skipped } = parseLockfile('yarn.lock', bytes);
    expect(entries).toBe(dependencies.flatMap(({ places }) => places).length + skipped.length);
    return 'read';
  } catch (error) {
    if (!(error instanceof LockfileError)) throw error;
    expect(error.message).toMatch(/^yarn\.lock[^\p{C}\p{Zl}\p{Zp}]+$/u);
    return 'refused';
  }
}

describe('what Yarn does not write is refused, with its line', () => {
  it.each([
    ['an indentation of three spaces', CLASSIC.replace('  version', '   version'), 2, 'indented by 3 spaces'],
    ['a tab', CLASSIC.replace('  version', '\tversion'), 2, 'control characters'],
    ['NUL', CLASSIC.replace('1.0.0', '1.0\u00000'), 2, 'control characters'],
    ['a carriage return within a line', `#\ra@^2:\n${CLASSIC}`, 1, 'control characters'],
    ['the same descriptor twice', `${CLASSIC}\nb@^1, a@^1:\n  version "1.0.0"\n`, 7, 'stands twice'],
    ['the same field twice', CLASSIC.replace('  dep', '  version "2.0.0"\n  dep'), 4, 'stands twice'],
    ['an entry that is a text', 'a@^1 "1.0.0"\n', 1, 'not an entry'],
    ['an entry with nothing in it', `a@^1:\n\n${CLASSIC.replace('a@', 'b@')}`, 3, 'nothing stands below'],
    ['nothing below the last line', 'a@^1:\n', 1, 'nothing stands below'],
    [
      'lines below a value',
      CLASSIC.replace('  resolved', '    more "x"\n  resolved'),
      3,
      'below a line that has a value',
    ],
    [
      'deep nesting',
      `a@^1:\n${Array.from({ length: 6 }, (_, i) => `${'  '.repeat(i + 1)}a:\n`).join('')}`,
      6,
      'nested',
    ],
    ['an open string', CLASSIC.replace('"1.0.0"', '"1.0.0'), 2, 'not what Yarn 1 writes'],
    ['a bad escape', CLASSIC.replace('"1.0.0"', '"\\x"'), 2, 'not a valid string'],
    ['an escaped control character', CLASSIC.replace('"1.0.0"', '"1\\u0000"'), 2, 'control characters'],
    ['two values', CLASSIC.replace('"1.0.0"', '"1.0.0" "2.0.0"'), 2, 'the end of the line'],
    ['a value after a colon', CLASSIC.replace('version "', 'version: "'), 2, 'not what Yarn 1 writes'],
    ['no version', CLASSIC.replace('  version "1.0.0"\n', ''), 1, 'has no version'],
    ['a name with a path in it', CLASSIC.replace('a@^1', '"../a@^1"'), 1, 'not a package name'],
    ['a version that is none', CLASSIC.replace('"1.0.0"', '"$(id)"'), 2, 'not a version'],
    ['a broken hash', CLASSIC.replace('  dep', '  integrity sha512-abc\n  dep'), 4, 'integrity'],
    ['an address of another scheme', CLASSIC.replace('https:', 'javascript:'), 3, 'neither an address nor a path'],
  ])('Yarn 1: %s', (_what, text, line, problem) => {
    expect(message(text)).toMatch(new RegExp(`^yarn\\.lock:${line}: .*${problem}`));
  });

  it.each([
    ['an anchor', BERRY.replace('version: 1.0.0', 'version: &a 1.0.0'), 6],
    ['an alias', BERRY.replace('version: 1.0.0', 'version: *a'), 6],
    ['a tag', BERRY.replace('version: 1.0.0', 'version: !!str 1.0.0'), 6],
    ['a flow map', BERRY.replace('version: 1.0.0', 'version: {a: 1}'), 6],
    ['a flow list', BERRY.replace('version: 1.0.0', 'version: [1]'), 6],
    ['a block scalar', BERRY.replace('version: 1.0.0', 'version: |'), 6],
    ['single quotes', BERRY.replace('version: 1.0.0', "version: '1.0.0'"), 6],
    ['a list', BERRY.replace('    b: "npm:^1"', '    - b'), 9],
    ['a comment after a value', BERRY.replace('version: 1.0.0', 'version: 1.0.0 # no'), 6],
    ['a space at the end', BERRY.replace('version: 1.0.0', 'version: 1.0.0 '), 6],
    ['a document mark', `---\n${BERRY}`, 1],
    ['a merge key', BERRY.replace('    b: "npm:^1"', '    <<: *b'), 9],
    ['a line that goes on', BERRY.replace('version: 1.0.0', 'version: 1.0.0\n    and more'), 7],
    ['half a long key', `${METADATA}? "a@npm:^1"\n  version: 1.0.0\n`, 6],
    ['half a long key at the end', `${METADATA}? "a@npm:^1"\n`, 5],
    ['the same descriptor twice', `${BERRY}\n"b@npm:1, a@npm:^1":\n  version: 1.0.0\n`, 12],
    ['the same resolution twice', `${BERRY}\n${BERRY.slice(BERRY.indexOf('"a@')).replace('^1', '1')}`, 14],
    ['no resolution', BERRY.replace(/ {2}resolution.*\n/, ''), 5],
    ['a resolution that is none', BERRY.replace('a@npm:1.0.0', 'a'), 7],
    ['a version other than the resolution', BERRY.replace('version: 1.0.0', 'version: 1.0.1'), 6],
    ['a tag for a version', BERRY.replace('a@npm:1.0.0', 'a@npm:latest'), 6],
    ['a hostile name', BERRY.replaceAll('a@npm', '..@npm'), 5],
    ['a checksum that is none', BERRY.replace('  linkType', '  checksum: 10c0/abc\n  linkType'), 10],
    ['patches without end', BERRY.replace('a@npm:1.0.0', 'a@patch:'.repeat(20) + 'a@npm%3A1.0.0#x'), 7],
    ['a broken percent code', BERRY.replace('a@npm:1.0.0', 'a@patch:a@npm%3#x'), 7],
    ['the old version 3', BERRY.replace('version: 8', 'version: 3'), 1],
    ['a version of the future', BERRY.replace('version: 8', 'version: 99'), 1],
    ['no version', BERRY.replace('  version: 8\n', ''), 1],
  ])('Yarn 2 and later: %s', (_what, text, line) => {
    expect(message(text)).toMatch(new RegExp(`^yarn\\.lock:${line}: `));
  });

  it('marks of a merge conflict, even within strings: Yarn mends them by itself', () => {
    const conflict = '<<<<<<< HEAD\n=======\n>>>>>>> other\n';
    expect(message(`${CLASSIC}\n${conflict}`)).toMatch(/^yarn\.lock:7: has marks of a git merge conflict/);
    expect(message(`${BERRY}\n${conflict}`)).toMatch(/^yarn\.lock:12: has marks of a git merge conflict/);
    const within = CLASSIC.replace('b "^1"', 'b "<<<<<<< ======= >>>>>>>"');
    expect(message(within)).toMatch(/^yarn\.lock:5: has marks of a git merge conflict/);
  });

  it('what is not UTF-8; the two syntaxes in one file', () => {
    expect(bytesAre(Buffer.concat([Buffer.from(CLASSIC), Buffer.from([0xc0, 0xaf])]))).toBe('refused');
    expect(message(`${BERRY}\n${CLASSIC.replace('a@', 'c@')}`)).toContain('not what Yarn writes');
    expect(message(`${CLASSIC}\n${BERRY.replace('__metadata', '"__metadata"')}`)).toContain('not what Yarn 1 writes');
  });

  it('line ends of Windows, an empty file, and what Object knows are read', () => {
    for (const text of [CLASSIC, BERRY]) expect(bytesAre(Buffer.from(text.replaceAll('\n', '\r\n')))).toBe('read');
    expect(parseLockfile('yarn.lock', Buffer.from('')).entries).toBe(0);
    const names = ['constructor', 'toString', 'hasOwnProperty'];
    const text = names
      .map((name) => CLASSIC.replace('a@^1', `"${name}@^1"`).replace('    b', `    "${name}"`))
      .join('\n');
    expect(parseLockfile('yarn.lock', Buffer.from(text)).dependencies.map(({ name }) => name)).toEqual(names);
  });
});

describe('whatever the file', () => {
  const mutated = (text: string): fc.Arbitrary<Uint8Array> =>
    fc
      .record({
        at: fc.nat(text.length),
        cut: fc.nat(12),
        put: fc.oneof(
          fc.string({ maxLength: 6 }),
          fc.constantFrom('\u0000', '\n', '  ', ':', '"', '@', '\\', '\u202e', '::', '#'),
        ),
      })
      .map(({ at, cut, put }) => Buffer.from(text.slice(0, at) + put + text.slice(at + cut)));

  it.each([
    ['Yarn 1', CLASSIC],
    ['Yarn 2 and later', BERRY],
  ])('%s: changed anywhere, it is read with every entry accounted for, or refused', (_what, text) => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(mutated(text), (bytes) => void (outcomes[bytesAre(bytes)] += 1)),
      { numRuns: 2000 },
    );
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(50);
  });

  it('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void bytesAre(bytes)));
  });

  it.each([
    ['Yarn 1', CLASSIC],
    ['Yarn 2 and later', BERRY],
  ])('%s: cut off anywhere but at the end of a line, it is refused or has fewer entries', (_what, text) => {
    const whole = parseLockfile('yarn.lock', Buffer.from(text)).dependencies;
    for (let end = 1; end < text.length - 1; end += 1) {
      const cut = Buffer.from(text.slice(0, end));
      if (bytesAre(cut) === 'read')
        expect(parseLockfile('yarn.lock', cut).dependencies.length).toBeLessThanOrEqual(whole.length);
    }
  });
});

describe('in time linear in the size', () => {
  const MB = 1024 * 1024;
  const many = (count: number, make: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => make(i)).join('');
  it.each([
    ['50 MB of one line', () => `a@^1 ${'x'.repeat(50 * MB)}\n`],
    ['50 MB of one open string', () => `"${'\\"'.repeat(25 * MB)}`],
    ['50 MB of spaces', () => ' '.repeat(50 * MB)],
    ['50 MB of empty lines', () => '\n'.repeat(50 * MB)],
    ['50 MB of descriptors', () => `${many(4 * MB, (i) => `a@${i}, `)}a@^1:\n  version "1.0.0"\n`],
    ['50 MB of commas in a key', () => `${METADATA}"${','.repeat(50 * MB)}":\n  version: 1.0.0\n`],
    [
      'many of one name, that many ask for by a range nobody has',
      () => many(20_000, (i) => `"a@${i}.0.0":\n  version "${i}.0.0"\n  dependencies:\n    a "^${i}"\n`),
    ],
    [
      'many patches of one thing',
      () =>
        METADATA +
        many(
          20_000,
          (i) =>
            `"a@patch:a@npm%3A^1#${i}":\n  version: 1.0.0\n  resolution: "a@patch:a@npm%3A1.0.0#${i}"\n  dependencies:\n    a: "npm:^1"\n`,
        ),
    ],
    [
      'addresses made of what is looked for',
      () => many(2_000, (i) => `a@${i}:\n  version "1.0.0"\n  resolved "https://x.io/${'/-/a'.repeat(900)}.tgz"\n`),
    ],
    [
      'colons and hashes',
      () =>
        METADATA +
        many(2_000, (i) => `"a@npm:${i}":\n  version: 1.0.0\n  resolution: "a@patch:${'#:'.repeat(1900)}"\n`),
    ],
  ])('%s', { timeout: 60_000 }, (_what, make) => {
    const bytes = Buffer.from(make());
    const cpu = startCpu();
    bytesAre(bytes);
    // Linear work takes a few seconds on a busy machine; what grows faster takes minutes.
    expect(cpu()).toBeLessThan(30_000);
  });
});
