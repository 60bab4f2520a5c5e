import { expect } from 'vitest';
import { displayWidth } from '../../src/report/words/escape.ts';
import type { RenderOptions } from '../../src/report/words/layout.ts';
import { HOSTILE } from './hostile.ts';

export const WIDE: RenderOptions = { color: false, columns: 100, unicode: true };

/** What a line of ours that is not indented begins with. */
const OURS =
  /^(?:assay |fails: |holds: |no statement: |verified: |refused: |(?:error|unverified|warning|note)\[[a-z-]+(?:\]|\.\.\.|$)|and \d+ more |[!] )/;

/**
 * Renders with and without colour and expects printable text only, no line wider than the terminal, no line that a CI
 * runner takes for a command, and with colour nothing more than our own colour codes.
 */
export function expectInert(
  render: (options: RenderOptions) => string,
  { columns, unicode }: Pick<RenderOptions, 'columns' | 'unicode'>,
  ours: RegExp = OURS,
): void {
  const plain = render({ color: false, columns, unicode });
  const lines = plain.slice(0, -1).split('\n');
  // One assertion for all lines: one for each takes longer than writing them.
  expect(lines.filter((line) => HOSTILE.test(line))).toEqual([]);
  expect(lines.filter((line) => /^\s*::|##/.test(line))).toEqual([]);
  expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([]);
  if (!unicode) expect(lines.filter((line) => !/^[\x20-\x7e]*$/.test(line))).toEqual([]);
  // Text that is not ours never begins a line.
  expect(lines.filter((line) => line !== '' && !line.startsWith('  ') && !ours.test(line))).toEqual([]);
  const colored = render({ color: true, columns, unicode });
  // eslint-disable-next-line no-control-regex -- our own colour codes
  expect(colored.replace(/\u001b\[(?:0|1|2|31|32|33|36)m/g, '')).toBe(plain);
}
