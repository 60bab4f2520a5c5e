import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockfileError, parseLockfile, SUPPORTED_FORMATS } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { PYPI_FORMATS } from '../../src/lockfiles/pypi/index.ts';
import { SAMPLES, type Sample } from './samples.ts';

/** Pieces that mean something to a reader of some format, or to a terminal. */
const PIECES = [
  ...['null', 'true', '1', '-1', '1e999', '""', '"x"', '[]', '{}', '[[', '{"a":', ',', ':', '"', "'", '\\', '\\u0000'],
  ...[
    '&a',
    '*a',
    '<<: *a',
    '!!js/function x',
    '- ',
    '? ',
    '| ',
    '> ',
    '# ',
    '---\n',
    '...\n',
    '%YAML 9\n',
    '\t',
    '\n',
    '\r',
  ],
  ...[
    '__proto__',
    'constructor',
    '../',
    '\u001b[2J',
    '\u202e',
    '\ufeff',
    '\u0000',
    '//',
    '/*',
    'sha512-',
    '@',
    '~',
    '·',
  ],
];
const MEGABYTE = 1024 * 1024;

/** What is asked of many thousand texts: `expect` alone would take as long as reading them. */
function expectThat(holds: boolean, what: string): void {
  if (!holds) expect.fail(what);
}

const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]{1,2000}$/u;

/** Those of Python are read by themselves until there is a chain that their entries are held to. */
function parse(file: string, bytes: Buffer): Lockfile {
  const own = PYPI_FORMATS.find(({ fileNames }) => fileNames.includes(file));
  return own === undefined ? parseLockfile(file, bytes) : own.parse(file, bytes, new Map(), []);
}

/** Reads it, or null where it is refused: with one printable line, and with nothing but a LockfileError. */
function outcome(file: string, content: string | Uint8Array): Lockfile | null {
  let lockfile: Lockfile;
  try {
    lockfile = parse(file, Buffer.from(content));
  } catch (error) {
    if (!(error instanceof LockfileError)) throw error;
    expectThat(PRINTABLE.test(error.message), error.message);
    return null;
  }
  const places = lockfile.dependencies.reduce((sum, dependency) => sum + dependency.places.length, 0);
  expectThat(lockfile.entries === places + lockfile.skipped.length, `${lockfile.entries} entries`);
  expectThat(
    lockfile.dependencies.every((dependency) => dependency.places.length > 0),
    'a dependency at no place',
  );
  return lockfile;
}

function specsOf(lockfile: Lockfile): readonly string[] {
  return lockfile.dependencies.map(({ name, version }) => `${name}@${version}`).sort();
}

/** What is read has everything that the text still names; or it is refused. */
function expectNothingLost({ file, dependencies }: Sample, text: string): void {
  const lockfile = outcome(file, text);
  if (lockfile === null) return;
  const named = Object.keys(dependencies).filter((spec) => text.includes(dependencies[spec] ?? ''));
  const specs = new Set(specsOf(lockfile));
  expect(named.filter((spec) => !specs.has(spec))).toEqual([]);
}

/** Processor time in microseconds, the best of three: what else the machine does does not count. */
function costOf(work: () => void): number {
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}

describe('every supported format', () => {
  it.each([...new Set([...SUPPORTED_FORMATS, ...PYPI_FORMATS])].map(({ name }) => name))('%s has a sample', (name) => {
    expect(SAMPLES.map(({ format }) => format)).toContain(name);
  });
});

describe.each(SAMPLES)('$file of $format', (sample) => {
  const { file, text, dependencies } = sample;
  const lines = text.split('\n');
  const specs = Object.keys(dependencies).sort();
  const position = fc.nat({ max: text.length });

  it('names what it has', () => {
    const lockfile = outcome(file, text);
    expect(lockfile && specsOf(lockfile)).toEqual(specs);
    expect(lockfile?.dependencies.flatMap(({ places }) => places).every(({ line }) => lines[line - 1]?.trim())).toBe(
      true,
    );
  });

  it('cut off anywhere is refused, or loses nothing that it names', () => {
    for (let end = 0; end < text.length; end += 1) expectNothingLost(sample, text.slice(0, end));
  });

  it('with a line missing or twice is refused, or loses nothing that it names', () => {
    for (const [at, line] of lines.entries()) {
      expectNothingLost(sample, lines.toSpliced(at, 1).join('\n'));
      expectNothingLost(sample, lines.toSpliced(at, 0, line).join('\n'));
    }
  });

  it('with a line at another place is read with every entry accounted for, or refused', () => {
    for (const [at, line] of lines.entries()) {
      for (const to of lines.keys()) outcome(file, lines.toSpliced(at, 1).toSpliced(to, 0, line).join('\n'));
    }
  });

  it('with marks of a merge conflict is refused', () => {
    for (const at of lines.keys()) {
      const conflict = ['<<<<<<< HEAD', lines[at] ?? '', '=======', lines[at] ?? '', '>>>>>>> branch'];
      expect(outcome(file, lines.toSpliced(at, 1, ...conflict).join('\n'))).toBeNull();
    }
  });

  it('with other line ends or a byte order mark is the same, or refused', () => {
    for (const other of [text.replaceAll('\n', '\r\n'), `\ufeff${text}`, text.replaceAll('\n', '\r')]) {
      const lockfile = outcome(file, other);
      if (lockfile !== null) expect(specsOf(lockfile)).toEqual(specs);
    }
    expect(outcome(file, `\ufeff\ufeff${text}`)).toBeNull();
  });

  it('that is not UTF-8 is refused, wherever it is not', () => {
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(position, fc.constantFrom([0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]), (at, broken) => {
        const content = Buffer.concat([bytes.subarray(0, at), Buffer.from(broken), bytes.subarray(at)]);
        expect(outcome(file, content)).toBeNull();
      }),
    );
    expect(outcome(file, Buffer.from(text, 'utf16le'))).toBeNull();
  });

  it('with a NUL anywhere is refused, or loses nothing that it names', () => {
    for (let at = 0; at <= text.length; at += 1) expectNothingLost(sample, `${text.slice(0, at)}\0${text.slice(at)}`);
  });

  it('with anything in place of anything is read with every entry accounted for, or refused', () => {
    fc.assert(
      fc.property(position, fc.nat({ max: 60 }), fc.constantFrom(...PIECES), (at, length, piece) => {
        outcome(file, text.slice(0, at) + piece + text.slice(at + length));
      }),
      { numRuns: 1500 },
    );
  });

  it('with one word in place of another is read with every entry accounted for, or refused', () => {
    const words = [...new Set(text.match(/[\w@./^:~+-]+|[[\]{},]/g))];
    fc.assert(
      fc.property(
        fc.constantFrom(...words),
        fc.oneof(fc.constantFrom(...words), fc.constantFrom(...PIECES)),
        (word, other) => {
          outcome(
            file,
            text.replace(word, () => other),
          );
          outcome(
            file,
            text.replaceAll(word, () => other),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('nested without end is refused, alone and within', () => {
    const deep = 200_000;
    for (const opening of ['[', '{', '{"a":', '[{"a":', '- ', 'a: {', '? ', '"a":\n', '&a [', '!!a [', '(', '<']) {
      expect(outcome(file, opening.repeat(deep))).toBeNull();
      const within = lines.toSpliced(Math.floor(lines.length / 2), 0, opening.repeat(deep));
      expect(outcome(file, within.join('\n'))).toBeNull();
    }
    const indented = Array.from({ length: 3000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n');
    expect(outcome(file, indented)).toBeNull();
  });

  it('of anchors that stand for each other is refused', () => {
    const bomb = Array.from(
      { length: 30 },
      (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`,
    ).join('\n');
    expect(outcome(file, `${bomb}\n`)).toBeNull();
    expectNothingLost(sample, `${text}${bomb}\n`);
    expectNothingLost(sample, `${bomb}\n${text}`);
  });

  it.each([
    ['line breaks', '\n'],
    ['one word', 'x'],
    ['quotes', '"'],
    ['lists', '- - '],
    ['keys', 'a: 1\n'],
  ])('with 10 MB of %s behind it is refused, or loses nothing', (_what, unit) => {
    expectNothingLost(sample, text + unit.repeat((10 * MEGABYTE) / unit.length));
  });

  it('takes time in proportion to its size', { timeout: 300_000 }, () => {
    const [small, large] = [sample.many(500), sample.many(4000)] as const;
    const costOfReading = (count: number, content: string): number =>
      costOf(() => expect(outcome(file, content)?.dependencies).toHaveLength(count));
    const ratio = costOfReading(4000, large) / costOfReading(500, small);
    // Eight times the packages: what grows with the square of the size takes 64 times as long.
    expect(ratio).toBeLessThan(32);
  });
});
