import fc from 'fast-check';
import { parseFragment } from 'parse5';
import { describe, expect, test } from 'vitest';
import { renderHtml } from '../../src/report/html/index.ts';
import { hostile, html, link, dataScript } from '../../src/report/html/markup.ts';
import { DARK, LIGHT, TEXT_COLORS } from '../../src/report/html/palette.ts';
import { dependency, everyFinding, judged, lockedBy, NOON, proofsWith, reportOf } from './fixtures.ts';
import { comparisonWith, HOSTILE, hostileText, otherBuilderWith } from './hostile.ts';
import { attributeOf, contentOf, expectSelfContained, named, read, textOf, the } from './html-reader.ts';
import { pageReport } from './html-reports.ts';

/** A report with `text` wherever somebody else could put their own words. */
function hostileReport(text: string) {
  const about = dependency(text, text, {
    artifacts: lockedBy({ source: { kind: 'git', url: text } }),
    places: [{ file: text, line: 1, path: text }],
    requires: [`${text}@${text}`, 'other@1.0.0'],
  });
  const one = judged(about, 'fail', everyFinding(text), proofsWith(text));
  const accepted = {
    ecosystem: 'npm',
    name: text,
    version: text,
    bytes: { algorithm: 'sha512', hex: 'ab' },
    by: text,
    why: text,
    until: NOON,
  } as const;
  const decided = one.findings.map((each) => ({ ...each, accepted: { ...accepted, code: each.code } }));
  const owed = {
    owner: text,
    firstSeen: { time: NOON, source: 'commit', commit: 'c'.repeat(40), orEarlier: true },
    due: NOON,
    overdue: true,
  } as const;
  return reportOf(
    [
      { ...one, findings: decided, critical: { by: 'name', name: text, line: 3 } },
      { ...one, findings: one.findings.map((each) => ({ ...each, review: owed })) },
      judged(dependency('other', '1.0.0', { artifacts: lockedBy({ source: { kind: 'file', path: text } }) }), 'pass'),
    ],
    {
      lockfiles: reportOf([]).lockfiles.map((used) => ({ ...used, file: text, format: text })),
      explanations: [comparisonWith(text), otherBuilderWith(text)],
      review: { deadlineHours: 48, queue: 'all', pending: 1, overdue: 1, shallow: true },
      policy: { file: text, digest: 'aa', unused: [{ text, line: 1 }], outside: [text] },
      trust: { ...reportOf([]).trust, root: text, registries: [{ url: text, keys: [] }] },
    },
  );
}

/** Elements that our own markup has. Anything else was brought in. */
const OURS = new Set(
  named(read(renderHtml(pageReport(30))).elements, 'html')
    .concat(read(renderHtml(pageReport(30))).elements)
    .map(({ tagName }) => tagName),
);

const INJECTIONS = [
  '</script><script>alert(1)</script>',
  '</noscript><img src=x onerror=alert(1)>',
  '"><iframe src="https://evil.example/">',
  "' onmouseover='alert(1)",
  '<!--<script>',
  ']]><svg onload=alert(1)>',
  'javascript:alert(1)',
  'https://evil.example/"onclick="x',
  '&lt;img src=x&gt;',
  '\u05d0\u05d1\u05d2 name',
];

describe('the page', () => {
  test.each([0, 1, 30])('is well-formed HTML with %i dependencies', (size) => {
    const { errors, elements } = read(renderHtml(pageReport(size)));
    expect(errors).toEqual([]);
    const ids = elements.flatMap((element) => attributeOf(element, 'id') ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = named(elements, 'a').flatMap(
      (anchor) => /^#(.+)$/.exec(attributeOf(anchor, 'href') ?? '')?.[1] ?? [],
    );
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
    expect(attributeOf(the(named(elements, 'html')), 'lang')).toBe('en');
    expect(named(elements, 'h1')).toHaveLength(1);
    expect(named(elements, 'main')).toHaveLength(1);
  });

  test('has every dependency with its proofs and findings without a script', () => {
    const report = pageReport(30);
    const { elements } = read(renderHtml(report));
    const articles = named(elements, 'article').map(textOf);
    expect(articles).toHaveLength(30);
    const axios = articles.find((text) => text.startsWith('axios@'));
    expect(axios).toContain('provenance-lost');
    expect(axios).toContain('package-lock.json:12');
    const proven = articles.find((text) => text.includes('built by'));
    expect(proven).toContain('.github/workflows/release.yml');
    expect(proven).toMatch(/commit a{20,}/);
    expect(proven).toContain('/actions/runs/');
    expect(named(elements, 'tr').filter((row) => attributeOf(row, 'data-v') !== null)).toHaveLength(30);
  });

  test('says first what it comes to, and what needs attention, the gravest first', () => {
    const { elements, text } = read(renderHtml(pageReport(30)));
    expect(text).toContain('Exit status 1: do not install.');
    const groups = named(elements, 'h3')
      .map(textOf)
      .filter((title) => /^(error|unverified|warning) /.test(title));
    expect(groups[0]).toBe('error integrity-mismatch: the locked hash contradicts other evidence (1 dependency)');
    expect(groups.at(-1)).toBe('warning provenance-missing: no provenance, and none before it (10 dependencies)');
  });

  test('tells how a dependency comes in, and what it asks for', () => {
    const child = dependency('child', '1.0.0', { direct: false });
    const middle = dependency('middle', '1.0.0', { direct: false, requires: ['child@1.0.0', 'top@1.0.0'] });
    const top = dependency('top', '1.0.0', { requires: ['middle@1.0.0', 'absent@1.0.0'] });
    const { elements } = read(renderHtml(reportOf([child, middle, top].map((each) => judged(each, 'pass')))));
    const article = named(elements, 'article')
      .map(textOf)
      .find((text) => text.startsWith('child@'));
    expect(article).toContain('Way from the project top@1.0.0 > middle@1.0.0 > child@1.0.0');
    expect(article).toContain('Asked for by middle@1.0.0');
    const [map] = elements.filter((each) => attributeOf(each, 'id') === 'map');
    const layers = map?.childNodes.flatMap((node) => ('tagName' in node && node.tagName === 'p' ? textOf(node) : []));
    expect(layers?.filter((text) => text !== '')).toEqual([
      'Direct: 1 dependency',
      '2 steps away: 1 dependency',
      '3 steps away: 1 dependency',
    ]);
  });

  test('never says that a package is good', () => {
    expect(read(renderHtml(pageReport(30))).text.replace(/'use strict'[^]*/, '')).not.toMatch(
      /\b(safe|trusted|secure)\b/i,
    );
  });
});

describe('what the page may do', () => {
  test.each([0, 30])('is to run its own scripts and style, and to fetch nothing, with %i dependencies', (size) => {
    expectSelfContained(renderHtml(pageReport(size)), size === 0 ? 1 : 2);
  });
});

describe('hostile text', () => {
  const expectInert = (text: string): void => {
    const { errors, elements, text: shown } = read(renderHtml(hostileReport(text)));
    expect(errors).toEqual([]);
    expect(elements.map(({ tagName }) => tagName).filter((name) => !OURS.has(name) && name !== 'bdi')).toEqual([]);
    expect(shown.replaceAll('\n', '')).not.toMatch(HOSTILE);
    expect(named(elements, 'script')).toHaveLength(3);
    const names = elements.flatMap(({ attrs }) => attrs.map(({ name }) => name));
    expect(names.filter((name) => name.startsWith('on') || name === 'style' || name === 'src')).toEqual([]);
    for (const anchor of named(elements, 'a')) expect(attributeOf(anchor, 'href')).toMatch(/^(#|https:\/\/[!-~]+$)/);
    const data = contentOf(the(elements.filter((each) => attributeOf(each, 'id') === 'graph')));
    expect(() => JSON.parse(data) as unknown).not.toThrow();
  };

  test.each(INJECTIONS)('stays text: %j', expectInert);

  test('stays text whatever it is', () => {
    fc.assert(fc.property(hostileText, expectInert), { numRuns: 15 });
  });

  test('cannot move what stands beside it', () => {
    expect(html`<p>${'built from \u05d0\u05d1 not x'}</p>`.html).toBe(
      '<p>built from <bdi>\u05d0\u05d1</bdi> not x</p>',
    );
    expect(hostile('a\u202eb').html).toBe('a\\u{202e}b');
  });

  test('becomes a link only where it is a plain https address', () => {
    expect(link('https://github.com/a/b').html).toContain('<a href="https://github.com/a/b"');
    for (const address of [
      'http://github.com/a',
      'javascript:alert(1)',
      'https://user:pass@host/',
      'https://h\u00f6st/',
      'https://host/\u202e',
      'https://host/ x',
      `https://host/${'x'.repeat(400)}`,
    ]) {
      expect(link(address).html).not.toContain('<a');
    }
  });

  test('in data cannot end the element', () => {
    const { elements } = read(dataScript('d', ['</script><b>', '<!--', '\u2028']).html);
    expect(named(elements, 'b')).toEqual([]);
    expect(JSON.parse(contentOf(the(named(elements, 'script'))))).toEqual(['</script><b>', '<!--', '\u2028']);
    expect(parseFragment('<p>').childNodes).toHaveLength(1);
  });
});

describe('colours', () => {
  /** Contrast ratio of two colours (WCAG 2.2, "relative luminance" and "contrast ratio"). */
  const contrast = (a: string, b: string): number => {
    const luminance = (color: string): number => {
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
        const part = parseInt(color.slice(at, at + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };

  test('are as far apart as black and white at most', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  });

  test.each([
    ['light', LIGHT],
    ['dark', DARK],
  ])('are readable on a %s page (WCAG AA: 4.5 for text, 3 for controls)', (_, palette) => {
    for (const name of TEXT_COLORS) {
      expect(contrast(palette[name], palette.page), name).toBeGreaterThanOrEqual(4.5);
      expect(contrast(palette[name], palette.panel), name).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(palette.control, palette.page)).toBeGreaterThanOrEqual(3);
  });
});

describe('the size of the page', () => {
  test('grows with the number of dependencies, and not faster', () => {
    const [small, large] = [300, 3000].map((size) => renderHtml(pageReport(size)).length) as [number, number];
    expect(large).toBeLessThan(small * 10.5);
    expect(large).toBeLessThan(6_000_000);
  });

  test('is bounded for one dependency that is everywhere', () => {
    const places = Array.from({ length: 50_000 }, (_, line) => ({
      file: 'package-lock.json',
      line,
      path: 'x'.repeat(100),
    }));
    const findings = Array.from({ length: 50 }, () => everyFinding('x'.repeat(2000))).flat();
    const page = renderHtml(reportOf([judged(dependency('a', '1.0.0', { places }), 'fail', findings)]));
    expect(page.length).toBeLessThan(300_000);
  });

  test('is bounded for more dependencies than a page has room for, and those with findings come first', () => {
    const all = Array.from({ length: 10_050 }, (_, i) =>
      judged(
        dependency(`p${i}`, '1.0.0'),
        i === 10_049 ? 'fail' : 'pass',
        i === 10_049 ? everyFinding('x').slice(0, 1) : [],
      ),
    );
    const page = renderHtml(reportOf(all));
    expect(page.includes('50 more dependencies, which this page has no room for')).toBe(true);
    expect(page.includes('>p10049<wbr />@1.0.0<')).toBe(true);
  });

  test('does not depend on how long a chain of dependencies is', () => {
    const all = Array.from({ length: 3000 }, (_, i) =>
      judged(dependency(`p${i}`, '1.0.0', { direct: i === 0, requires: [`p${i + 1}@1.0.0`, 'p0@1.0.0'] }), 'pass'),
    );
    expect(renderHtml(reportOf(all)).length).toBeLessThan(12_000_000);
  });
});
