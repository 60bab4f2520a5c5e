import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAcceptable } from '../../src/model/baseline.ts';
import { finding, type Finding } from '../../src/model/finding.ts';
import { codeSpan, plainText } from '../../src/report/words/markdown.ts';
import { reviewList, type ReviewList } from '../../src/report/parts/queue.ts';
import { renderReview } from '../../src/report/review/terminal.ts';
import { renderReviewJson } from '../../src/report/review/json.ts';
import { renderReviewMarkdown } from '../../src/report/review/markdown.ts';
import { durationText } from '../../src/report/words/review-words.ts';
import { displayWidth } from '../../src/report/words/escape.ts';
import { renderTerminal } from '../../src/report/terminal/index.ts';
import { dependency, everyFinding, judged, lockfileUsed, NOON, reportOf } from './fixtures.ts';
import { HOSTILE, hostileText } from './hostile.ts';

const HOUR = 3_600_000;
const OPTIONS = { color: false, columns: 80, unicode: true };

/** A queue with `text` wherever a package, assay.yml or assay.lock could put its own words. */
function listWith(text: string, owner: string | null = text): ReviewList {
  const review = (overdue: boolean): NonNullable<ReviewList['items'][number]['review']> => ({
    owner,
    firstSeen: { time: NOON, source: 'commit', commit: 'c0ffee'.repeat(7).slice(0, 40), orEarlier: overdue },
    due: overdue ? NOON : NOON + 3 * HOUR,
    overdue,
  });
  const one = judged(
    dependency(text, text),
    'fail',
    everyFinding(text).filter(({ code }) => isAcceptable(code)),
  );
  const queued = {
    ...one,
    findings: one.findings.map((finding, i) => ({ ...finding, review: review(i % 2 === 0) })),
  };
  const used = { deadlineHours: 48, queue: 'direct', pending: 2, overdue: 1, shallow: true } as const;
  const report = reportOf([queued], { review: used, lockfiles: [lockfileUsed(text, 1)] });
  const accepted = {
    ecosystem: 'npm',
    name: text,
    version: text,
    bytes: { algorithm: 'sha512', hex: 'ab'.repeat(64) },
    code: 'provenance-lost',
    by: text,
    why: text,
    until: NOON,
  } as const;
  const states = (['active', 'expired', 'too-long', 'other-bytes', 'not-locked'] as const).map((state) => ({
    accepted,
    state,
  }));
  return reviewList(report, states, [], NOON + HOUR);
}

describe('whatever packages and people wrote', () => {
  it('the terminal shows nothing that acts on it, in its width', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 20, max: 120 }), fc.boolean(), (text, columns, unicode) => {
        const list = listWith(text);
        for (const shown of [
          renderReview(list, { color: false, columns, unicode }),
          renderTerminal(list.report, { color: false, columns, unicode }),
        ]) {
          expect(shown.replaceAll('\n', '')).not.toMatch(HOSTILE);
          expect(shown).not.toMatch(/^\s*::|##(?:\[|vso|teamcity)/m);
          for (const line of shown.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(columns, 24));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('JSON gives the names back exactly', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const written = renderReviewJson(listWith(text));
        expect(written.replaceAll('\n', '')).not.toMatch(HOSTILE);
        const json = JSON.parse(written) as {
          findings: Record<string, unknown>[];
          accepted: Record<string, unknown>[];
        };
        expect(json.findings[0]).toMatchObject({ name: text, version: text, owner: text });
        expect(json.accepted[0]).toMatchObject({ name: text, by: text, why: text });
      }),
      { numRuns: 100 },
    );
  });

  it('a package of another ecosystem than npm is named with it, and no command takes it for one of npm', () => {
    const list = listWith('x');
    const go = { ecosystem: 'go', name: 'x', version: 'v1.0.0' } as const;
    const items = list.items.map((item) => ({ ...item, dependency: { ...item.dependency, ...go } }));
    const accepted = list.accepted.map((one) => ({ ...one, accepted: { ...one.accepted, ...go } }));
    const ofGo = { ...list, items, accepted };
    const json = JSON.parse(renderReviewJson(ofGo)) as Record<'findings' | 'accepted', Record<string, unknown>[]>;
    for (const one of [...json.findings, ...json.accepted]) expect(one).toMatchObject({ ecosystem: 'go', name: 'x' });
    for (const text of [renderReview(ofGo, OPTIONS), renderReviewMarkdown(ofGo)]) {
      expect(text).toContain('go:x@v1.0.0');
      expect(text).not.toMatch(/(?<!go:)x@v1\.0\.0|assay (?:check|accept) (?!go:)/);
    }
    expect((JSON.parse(renderReviewJson(list)) as typeof json).findings[0]).toMatchObject({ ecosystem: 'npm' });
  });

  it('Markdown keeps its tables: as many rows and cells as with plain names', () => {
    const shape = (markdown: string): string[] =>
      markdown
        .split('\n')
        .map((line) => (line.startsWith('|') ? `cells ${line.replace(/\\\|/g, '').split('|').length}` : 'text'));
    const plain = shape(renderReviewMarkdown(listWith('a')).replace(/```sh[^]*```/, ''));
    fc.assert(
      fc.property(hostileText, (text) => {
        const written = renderReviewMarkdown(listWith(text));
        expect(written.replaceAll('\n', '')).not.toMatch(HOSTILE);
        expect(shape(written.replace(/```sh[^]*```/, ''))).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });

  it('no command is built of a name that means something to a shell', () => {
    for (const text of ['"; rm -rf / #', '$(id)', '`id`', '-x', "'"]) {
      const list = listWith(text);
      for (const shown of [renderReview(list, OPTIONS), renderReviewMarkdown(list), renderReviewJson(list)]) {
        expect(shown).not.toMatch(/assay (?:check|accept)/);
      }
    }
    expect(renderReview(listWith('1.0.0'), OPTIONS)).toContain('assay accept 1.0.0@1.0.0 --reason "..."');
  });
});

describe('Markdown', () => {
  it.each([
    ['a`b|c', '`a\\u{60}b\\u{7c}c`'],
    ['\\', '`\\`'],
    ['@scope/name', '`@scope/name`'],
    ['', '`""`'],
  ])('in a code span: %s', (text, span) => {
    expect(codeSpan(text)).toBe(span);
  });

  it.each([
    ['@ada', '@ada'],
    ['[x](https://e.example)', '\\[x\\]\\(https://e.example\\)'],
    ['<img src=x>', '&#60;img src=x&#62;'],
    ['*a* _b_ | `c` ~d~', '\\*a\\* \\_b\\_ \\| \\`c\\` \\~d\\~'],
  ])('as text: %s', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });
});

describe('what is there', () => {
  it('and what is not', () => {
    const empty = reviewList({ ...listWith('a').report, dependencies: [], verdict: 'pass' }, [], [], NOON);
    expect(renderReview(empty, OPTIONS)).toContain('\n  nothing to decide\n');
    expect(renderReviewMarkdown(empty)).toContain('nothing to decide\n');
  });

  it('one decision for one version and time, what is due first on top', () => {
    const { items } = listWith('a');
    expect(items.map(({ review }) => review.overdue)).toEqual([true, false]);
    expect(renderReview(listWith('a', null), OPTIONS)).toContain('  owner       nobody (name owners in assay.yml)\n');
  });

  it.each([
    [0, 'less than a minute'],
    [60_000, '1 minute'],
    [HOUR, '1 hour'],
    [HOUR + 60_000, '1 hour 1 minute'],
    [24 * HOUR + 59 * 60_000, '1 day'],
    [76 * HOUR, '3 days 4 hours'],
  ])('%i ms are %s', (span, text) => {
    expect(durationText(span)).toBe(text);
  });
});

describe('what has one cause', () => {
  const stripped = finding('evidence-stripped', { registry: 'https://mirror.example/' });

  function listOf(
    names: readonly string[],
    change: (name: string) => { readonly owner?: string; readonly due?: number; readonly found?: Finding } = () => ({}),
  ): ReviewList {
    const dependencies = names.map((name) => {
      const { owner = '@ada', due = NOON + HOUR, found = stripped } = change(name);
      const firstSeen = { time: NOON, source: 'commit', commit: 'c0ffee1', orEarlier: false } as const;
      const one = judged(dependency(name, '1.0.0'), 'fail');
      const review = { owner, firstSeen, due, overdue: false };
      return { ...one, findings: [{ ...found, level: 'error' as const, review }] };
    });
    const used = { deadlineHours: 48, queue: 'all', pending: 2, overdue: 0, shallow: false } as const;
    return reviewList(
      reportOf(dependencies, { review: used, lockfiles: [lockfileUsed('a', 1)], verdict: 'fail' }),
      [],
      [],
      NOON,
    );
  }
  const many = Array.from({ length: 457 }, (_, i) => `p${i}`);

  it('is said once, with what to do about all of it, in the terminal and in Markdown', () => {
    const text = renderReview(listOf(many), OPTIONS);
    expect(text.match(/evidence-stripped: each comes from/g)).toHaveLength(1);
    expect(text).toMatch(/^457 versions$/m);
    expect(text).toMatch(/and 437 more\s+\(--json lists all\)$/m);
    expect(text).toContain('--registry URL');
    expect(text).not.toContain('assay accept');
    expect(text.split('\n').length).toBeLessThan(30);
    expect(text).toMatch(/the audit fails in phase observe, whatever is due: evidence-stripped/);
    const table = renderReviewMarkdown(listOf(many));
    expect(table.match(/^\| .*evidence-stripped/gm)).toHaveLength(1);
    expect(table).toContain('\\[\\{ code: evidence-stripped');
    const json = JSON.parse(renderReviewJson(listOf(many))) as { findings: unknown[] };
    expect(json.findings).toHaveLength(457);
  });

  it('of which each needs its own command says so', () => {
    const missing = finding('provenance-missing', { earlier: 0 });
    const text = renderReview(
      listOf(['a', 'b', 'c'], () => ({ found: missing })),
      OPTIONS,
    );
    expect(text).toContain('  next        for each: assay check a@1.0.0\n              for each: assay accept a@1.0.0');
    expect(text).toContain('  versions    a@1.0.0, b@1.0.0, c@1.0.0\n');
    expect(renderReviewMarkdown(listOf(['a', 'b', 'c'], () => ({ found: missing })))).toContain(
      'assay accept a@1.0.0 --reason "..."\n# like a@1.0.0: 2 more versions\n',
    );
  });

  it.each([
    ['person', { owner: '@grace' }],
    ['time', { due: NOON + 2 * HOUR }],
    ['registry', { found: finding('evidence-stripped', { registry: 'https://other.example/' }) }],
    ['finding', { found: finding('provenance-missing', { earlier: 0 }) }],
  ])('is one %s and no other', (_, other) => {
    const text = renderReview(
      listOf(['a', 'b', 'c'], (name) => (name === 'c' ? other : {})),
      OPTIONS,
    );
    expect(text).toMatch(/^2 versions$/m);
    expect(text).toMatch(/^c@1\.0\.0/m);
  });

  it('shows nothing that acts on a terminal or a table, whatever the versions are called', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const list = listOf([`${text} a`, `${text} b`]);
        expect(renderReview(list, OPTIONS).replaceAll('\n', '')).not.toMatch(HOSTILE);
        expect(renderReviewMarkdown(list).replaceAll('\n', '')).not.toMatch(HOSTILE);
        expect(renderReviewMarkdown(list).match(/^\|/gm)).toHaveLength(3);
      }),
      { numRuns: 100 },
    );
  });
});
