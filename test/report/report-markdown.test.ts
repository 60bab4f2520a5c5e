import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FINDING_CODES, finding } from '../../src/model/finding.ts';
import { renderMarkdown } from '../../src/report/outputs/report-markdown.ts';
import { argsWith, dependency, judged, lockfileUsed, reportOf, STOLEN } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { expectInertMarkdown } from './markdown-reader.ts';
import { HOSTILE_REPORT, HOSTILE_TEXT, largeReport, STORY } from './output-reports.ts';

/** What is left without code spans: they end at the next backtick, as there is none inside. */
function outsideOfCode(markdown: string): string {
  return markdown.replace(/`[^`\n]*`/g, '`');
}

/** The HTML that is ours. */
const HTML =
  /^(?:<!-- assay-report -->|<details><summary>(?:error|unverified|warning) <code>[a-z-]+<\/code>: [\w ,()'-]+<\/summary>|<\/details>)\n$/;

function expectInert(markdown: string): void {
  expectInertMarkdown(markdown, HTML);
}

/** A report of every code, uncut, that says `text` wherever a package may. */
function withText(text: string): string {
  const places = [{ file: text, line: 3, path: text }];
  const found = FINDING_CODES.map((code) => finding(code, argsWith(text)[code]));
  return renderMarkdown(
    reportOf([judged(dependency(text, text, { places }), 'fail', found)], {
      lockfiles: [lockfileUsed(text, 1)],
      policy: { file: text, digest: '', unused: [], outside: [text] },
      explanations: [{ ...STOLEN, name: text }],
    }),
    Infinity,
  );
}

describe('the report as Markdown', () => {
  test('begins with the line by which a bot finds it again', () => {
    expect(renderMarkdown(STORY)).toMatch(/^<!-- assay-report -->\n### assay: fails\n/);
  });

  test('has what needs attention, and neither notes nor what passes', () => {
    const markdown = renderMarkdown(STORY);
    for (const name of ['axios', '@scope/rewritten', 'silent', 'plain-crypto-js', 'left-pad', 'late']) {
      expect(markdown).toContain(`**\`${name}@`);
    }
    for (const name of ['lived-with', 'proven@']) expect(markdown).not.toContain(name);
    expect(markdown.indexOf('axios')).toBeLessThan(markdown.indexOf('<details>'));
    expect(markdown.indexOf('left-pad')).toBeGreaterThan(markdown.indexOf('<details>'));
  });

  test('nothing of a package is outside of code: whatever it says, what is left is ours', () => {
    const plain = outsideOfCode(withText('plain'));
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(outsideOfCode(withText(text))).toBe(plain);
      }),
      { numRuns: 150 },
    );
    expect(outsideOfCode(withText(HOSTILE_TEXT))).toBe(plain);
    expect(outsideOfCode(renderMarkdown(HOSTILE_REPORT))).not.toMatch(/script|@everyone|evil|http/);
  });

  test('a reader of Markdown finds no link, picture, mention or HTML in it that is not ours', () => {
    for (const wrong of [
      '![i](x)',
      '[a](https://x.example)',
      'https://x.example',
      'x <img src=x>',
      'for @everyone',
      '<b>\n',
    ]) {
      expect(() => expectInert(wrong), wrong).toThrow();
    }
    fc.assert(
      fc.property(hostileText, (text) => expectInert(withText(text))),
      { numRuns: 60 },
    );
    for (const report of [STORY, HOSTILE_REPORT, largeReport(300)]) expectInert(renderMarkdown(report));
  });

  test.each([4_000, 20_000, 65_000, 1_000_000])('takes at most %i bytes, and says that it is cut', (limit) => {
    const found = FINDING_CODES.map((code) => finding(code, argsWith('日本語'.repeat(20))[code]));
    const many = Array.from({ length: 400 }, (_, i) =>
      judged(dependency(`p${i}`, '1.0.0'), i % 2 === 0 ? 'fail' : 'warn', found),
    );
    const markdown = renderMarkdown(reportOf(many), limit);
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(limit);
    expect(markdown.match(/<details>/g)?.length ?? 0).toBe(markdown.match(/<\/details>/g)?.length ?? 0);
    expect(markdown).toMatch(/\n\*\*This is cut.*\*\*\n$/);
  });

  test('a comment is below what GitHub takes, and a large tree is not cut but folded', () => {
    const markdown = renderMarkdown(largeReport(3000));
    expect(markdown.length).toBeLessThan(65_536);
    expect(markdown).toContain('- and 2840 more (`assay --json` lists all)');
    expect(markdown).not.toContain('This is cut');
  });

  test('a run that holds is short', () => {
    const markdown = renderMarkdown(reportOf([judged(dependency('a', '1.0.0'), 'pass')]));
    expect(markdown).toContain('### assay: holds');
    expect(markdown.split('\n').length).toBeLessThan(12);
  });
});
