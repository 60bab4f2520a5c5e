import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth, escapeHidden, escapeText, quoteText, toAscii } from '../../src/report/words/escape.ts';
import { HOSTILE, hostileText } from './hostile.ts';

/** What escaping promises to be the inverse of, written down independently. */
function unescape(text: string): string {
  return text.replace(/\\u\{([0-9a-f]{1,6})\}/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

describe('escapeText', () => {
  test.each([
    ['axios', 'axios'],
    ['@scope/name', '@scope/name'],
    ['https://registry.npmjs.org:443/a?b=c#d', 'https://registry.npmjs.org:443/a?b=c#d'],
    ['connect ECONNREFUSED 127.0.0.1:4873', 'connect ECONNREFUSED 127.0.0.1:4873'],
    ['C:\\users\\x', 'C:\\users\\x'],
    ['日本語', '日本語'],
    ['', ''],
  ])('leaves ordinary text readable (%#)', (text, expected) => {
    expect(escapeText(text)).toBe(expected);
  });

  test.each([
    ['\u001b[31m', '\\u{1b}[31m'],
    ['a\r\nb\tc', 'a\\u{d}\\u{a}b\\u{9}c'],
    ['\u007f\u009b', '\\u{7f}\\u{9b}'],
    ['a\u202eb\u2066\u061c\u200e', 'a\\u{202e}b\\u{2066}\\u{61c}\\u{200e}'],
    ['a\u200bb\ufeff\u2060', 'a\\u{200b}b\\u{feff}\\u{2060}'],
    ['\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['a\u{e0061}\ufe0f', 'a\\u{e0061}\\u{fe0f}'],
    ['\ud800x\udc00', '\\u{d800}x\\u{dc00}'],
    ['\u3164\u115f\u2800\u00a0', '\\u{3164}\\u{115f}\\u{2800}\\u{a0}'],
    ['e\u0301', 'e\\u{301}'],
    ['::error::x', '\\u{3a}:error\\u{3a}:x'],
    ['a:', 'a\\u{3a}'],
    ['##[error]', '\\u{23}#[error]'],
    [' a  b ', '\\u{20}a\\u{20} b\\u{20}'],
    ['\\u{202e}', '\\u{5c}u{202e}'],
  ])('shows hostile text as escapes (%#)', (text, expected) => {
    expect(escapeText(text)).toBe(expected);
  });

  test('never lets anything invisible, a line break or a workflow command through', () => {
    fc.assert(
      fc.property(hostileText, hostileText, fc.integer({ min: 8, max: 400 }), (text, other, max) => {
        const shown = escapeText(text, max);
        expect(shown).not.toMatch(HOSTILE);
        expect(shown).not.toMatch(/::|##|^ | $| {2}/);
        // Nor where two of them meet our own words.
        expect(`${shown}: ${escapeText(other, max)}:${shown}`).not.toMatch(/::|##/);
        expect(displayWidth(shown)).toBeLessThanOrEqual(max);
      }),
    );
  });

  test('drops nothing: the text can be had back from what is shown', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(unescape(escapeText(text, 100_000))).toBe(text);
      }),
    );
  });

  test('shortens in the middle, with the start and the end kept', () => {
    const shown = escapeText(`start-${'x'.repeat(10_000_000)}-end`, 40);
    expect(shown).toMatch(/^start-x+\.\.\.x+-end$/);
    expect(shown).toHaveLength(40);
  });

  test('never cuts an escape in two', () => {
    for (let max = 8; max < 40; max++) {
      expect(escapeText('\u{e0061}'.repeat(50), max)).toMatch(/^(\\u\{e0061\})*\.\.\.(\\u\{e0061\})*$/);
    }
  });
});

describe('text that is shown as it is', () => {
  const ascii = fc.string({
    unit: fc.constantFrom(...Array.from({ length: 128 }, (_, code) => String.fromCodePoint(code)), ' ', ':', '#', '\\'),
    maxLength: 12,
  });

  // What is not ASCII is looked at character by character, whatever else the text has.
  test('is what is left alone where all of it is looked at', () => {
    fc.assert(
      fc.property(ascii, (text) => {
        expect(escapeText(`x${text}x`)).toBe(escapeText(`ä${text}ä`).replaceAll('ä', 'x'));
        expect(escapeText(`x${text}`)).toBe(escapeText(`ä${text}`).replace('ä', 'x'));
        expect(escapeText(`${text}x`)).toBe(escapeText(`${text}ä`).replace('ä', 'x'));
      }),
      { numRuns: 2000 },
    );
  });

  test('is not longer than it may be', () => {
    expect(escapeText('a b: c', 6)).toBe('a b: c');
    expect(escapeText('a b: c', 5)).toBe('a ...');
  });
});

describe('the other escapes', () => {
  test('a quoted text ends where it seems to end', () => {
    expect(quoteText('all good"; everything holds')).toBe('"all good\\u{22}; everything holds"');
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(quoteText(text).slice(1, -1)).not.toContain('"');
      }),
    );
  });

  test('ASCII terminals get ASCII', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const shown = toAscii(escapeText(text, 100_000));
        expect(shown).toMatch(/^[\x20-\x7e]*$/);
        expect(unescape(shown)).toBe(text);
      }),
    );
  });

  test('our own pages keep their spaces and colons, and nothing invisible', () => {
    expect(escapeHidden('  run: x  ')).toBe('  run: x  ');
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(escapeHidden(text)).not.toMatch(HOSTILE);
      }),
    );
  });

  test('wide characters count as two columns', () => {
    expect(displayWidth('axios')).toBe(5);
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('👍')).toBe(2);
    expect(displayWidth('ｆ')).toBe(2);
    expect(displayWidth('é…✗')).toBe(3);
  });
});
