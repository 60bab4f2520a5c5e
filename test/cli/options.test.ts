import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlain } from '../../src/cli/options.ts';

const CONFIG = {
  one: { type: 'string' },
  many: { type: 'string', multiple: true },
  flag: { type: 'boolean' },
  'no-flag': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What `parseArgs` makes of them; null where it refuses them. */
function officially(args: readonly string[]): object | null {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: CONFIG, allowPositionals: true });
    return { values: { ...values }, positionals };
  } catch {
    return null;
  }
}

describe('arguments that can be read in one way only', () => {
  const pieces = ['', '-', '--', '=', 'x', '-x', '-h', '--one', '--many', '--flag', '--no-flag', '--help', '--o'];
  const argument = fc.array(fc.constantFrom(...pieces, '--no-one', '__proto__', '--__proto__', 'a b', 'ä'), {
    maxLength: 3,
  });

  it('are read as Node reads them, in its order; the others are left to it', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 6 }), (parts) => {
        const args = parts.map((part) => part.join(''));
        const plain = parsePlain(args, CONFIG);
        if (plain === null) return;
        read += 1;
        const values = { ...plain.values };
        expect({ values, positionals: plain.positionals }).toEqual(officially(args));
        expect(Object.keys(values)).toEqual(Object.keys((officially(args) as { values: object }).values));
      }),
      { numRuns: 5000 },
    );
    expect(read).toBeGreaterThan(500);
  });

  it('are those of a common call', () => {
    const args = ['--many', 'a', '--one=b=c', 'file', '--flag', '--many', 'd'];
    expect(parsePlain(args, CONFIG)).toEqual({
      values: { many: ['a', 'd'], one: 'b=c', flag: true },
      positionals: ['file'],
    });
    for (const other of [['--'], ['-h'], ['--flag=1'], ['--one'], ['--one', '-x'], ['--none'], ['--one', '--flag']]) {
      expect(parsePlain(other, CONFIG), other.join(' ')).toBe(null);
    }
  });
});
