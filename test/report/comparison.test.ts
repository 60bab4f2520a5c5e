import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AddedDependency } from '../../src/model/comparison.ts';
import { renderComparison } from '../../src/report/commands/comparison.ts';
import { comparisonJson } from '../../src/report/json/comparison.ts';
import { BEFORE, NOON, OTHER_WORKFLOW, STOLEN } from './fixtures.ts';
import { comparisonWith, hostileText, otherBuilderWith } from './hostile.ts';
import { expectInert, WIDE } from './inert.ts';

describe('a comparison', () => {
  test('shows two versions side by side and marks what changed', () => {
    expect(renderComparison(STOLEN, WIDE)).toBe(`axios: 1.14.1 beside 1.14.0, 4 days later
  version         1.14.0                                    1.14.1
  published       2026-03-27T00:00:00Z                      2026-03-31T00:00:00Z
! publisher       GitHub Actions                            somebody
! OIDC publisher  github                                    -
! provenance      proven                                    none
! repository      https://github.com/axios/axios            -
! workflow        .github/workflows/publish.yml             -
! ref             refs/heads/v1.x                           -
! commit          aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  -
! trigger         push                                      -
! runner          hosted                                    -
  integrity       sha512-before                             sha512-after
! new dependencies
    new-dependency: ^4.2.1, first published 18 hours before it, 4.2.2 30 minutes before it
! new or changed install scripts
    postinstall: node setup.js
    install: node a.js -> node b.js
  diff    npm diff --diff=axios@1.14.0 --diff=axios@1.14.1
  later   1.14.2 (2026-03-31T03:00:00Z) has provenance again
  stay    npm install axios@1.14.0 --save-exact --ignore-scripts
  update  npm install axios@1.14.2 --save-exact --ignore-scripts
          (verified by the next audit)
  accept  assay accept axios@1.14.1 --reason "..."
  ask     https://github.com/axios/axios/releases
`);
  });

  test('has no rows for what nobody says in an ecosystem, and hashes as its lockfiles write them', () => {
    const integrity = `sha256-${Buffer.alloc(32, 0xab).toString('base64')}`;
    const nobody = { publisher: null, trustedPublisher: null, approver: null, integrity } as const;
    const shown = (ecosystem: 'pypi' | 'cargo'): string => {
      const before = { ...BEFORE, ...nobody };
      return renderComparison(
        { ...STOLEN, ecosystem, current: { ...before, version: '2' }, predecessor: before },
        WIDE,
      );
    };
    expect(shown('pypi')).toContain('pypi:axios');
    expect(shown('pypi')).not.toContain('publisher');
    expect(shown('pypi').replace(/\s+/g, '')).toContain(`sha256:${'ab'.repeat(10)}`);
    for (const text of [shown('pypi'), shown('cargo')]) expect(text).not.toContain('sha256-');
    // One that somebody names is shown.
    const named = { ...STOLEN, ecosystem: 'cargo' as const, current: { ...STOLEN.current, integrity } };
    expect(renderComparison(named, WIDE)).toContain('publisher');
  });

  test('marks nothing where only what every release changes has changed', () => {
    const next = { ...OTHER_WORKFLOW.current, workflow: BEFORE.workflow };
    const text = renderComparison({ ...OTHER_WORKFLOW, current: next, codes: [] }, { ...WIDE, columns: 140 });
    expect(text).not.toContain('!');
    expect(text).not.toContain('new ');
    expect(text).not.toContain('accept');
    expect(text).toContain(`  diff    npm diff --diff=axios@1.14.0 --diff=axios@1.14.1
          https://github.com/axios/axios/compare/${BEFORE.commit}...${'b'.repeat(40)}
`);
  });

  test('says of dates that are all the same, as those of a copy are, nothing of minutes', () => {
    const at = STOLEN.current.published;
    const [added] = STOLEN.addedDependencies;
    const text = renderComparison(
      {
        ...STOLEN,
        predecessor: { ...BEFORE, published: at },
        addedDependencies: added === undefined ? [] : [{ ...added, firstPublished: at, newest: null }],
      },
      WIDE,
    );
    expect(text).toContain('axios: 1.14.1 beside 1.14.0, published at the same time\n');
    expect(text).toContain('new-dependency: ^4.2.1, first published at the same time as it\n');
  });

  test('two tags are alike, a tag and a branch are not', () => {
    const tagged = (ref: string) => ({ ...BEFORE, ref: `refs/${ref}` });
    const marked = (before: string, after: string): boolean =>
      renderComparison({ ...OTHER_WORKFLOW, predecessor: tagged(before), current: tagged(after) }, WIDE).includes(
        '! ref',
      );
    expect(marked('tags/v1', 'tags/v2')).toBe(false);
    expect(marked('heads/main', 'heads/main')).toBe(false);
    expect(marked('heads/main', 'heads/other')).toBe(true);
    expect(marked('tags/v1', 'heads/main')).toBe(true);
  });

  test('what the baseline does not record is not marked as changed', () => {
    const recorded = {
      ...BEFORE,
      version: null,
      provenance: 'recorded',
      commit: null,
      ref: null,
      trigger: null,
    } as const;
    const text = renderComparison({ ...OTHER_WORKFLOW, predecessor: recorded }, WIDE);
    expect(text).toContain('axios: 1.14.1 beside what the baseline has, 4 days later\n');
    expect(text.split('\n').filter((line) => line.startsWith('!'))).toEqual([
      '! workflow        .github/workflows/publish.yml             .github/workflows/other.yml',
    ]);
  });

  test('says so where the earlier manifest is not known', () => {
    const text = renderComparison({ ...STOLEN, manifestsKnown: false, addedDependencies: [], addedScripts: [] }, WIDE);
    expect(text).toContain('! dependencies and install scripts are unknown\n');
  });

  test('an age that nobody answered is unknown, never old', () => {
    const nothing = { name: 'new-dependency', spec: '1', firstPublished: null, newest: null, unknown: null };
    const text = (known: Partial<AddedDependency>): string =>
      renderComparison({ ...STOLEN, addedDependencies: [{ ...nothing, ...known }] }, WIDE);
    expect(text({ unknown: 'HTTP 500' })).toContain('    new-dependency: 1, age unknown (HTTP 500)\n');
    expect(text({})).toContain('age unknown (no time)');
    expect(text({ firstPublished: NOON + 120_000 })).toContain('first published 2 minutes after it\n');
  });

  test('stacks the versions on a narrow terminal', () => {
    const text = renderComparison(STOLEN, { ...WIDE, columns: 40 });
    expect(text).toContain('! publisher\n    before GitHub Actions\n    now    somebody\n');
  });

  test('of a first version shows that version alone', () => {
    const text = renderComparison({ ...STOLEN, predecessor: null }, WIDE);
    expect(text).toContain('axios: 1.14.1 has no known predecessor on its release line\n');
    expect(text).toContain('  publisher       somebody\n');
    expect(text).not.toContain('! publisher');
  });

  test('cuts long lists', () => {
    const many = Array.from({ length: 500 }, (_, i) => ({
      ...{ name: `dependency-${String(i)}`, spec: '1', firstPublished: NOON, newest: null, unknown: null },
    }));
    const text = renderComparison({ ...STOLEN, addedDependencies: many }, WIDE);
    expect(text).toContain('and 492 more (--json lists all)');
    expect(text.split('\n').length).toBeLessThan(40);
  });

  test('gives times as RFC 3339 in JSON, and what to do', () => {
    const json = comparisonJson(STOLEN);
    expect(json['current']).toEqual({ ...STOLEN.current, published: '2026-03-31T00:00:00Z' });
    expect(json['predecessor']).toEqual({ ...BEFORE, published: '2026-03-27T00:00:00Z' });
    expect(json['addedDependencies']).toEqual([
      {
        name: 'new-dependency',
        spec: '^4.2.1',
        firstPublished: '2026-03-30T06:00:00Z',
        newest: { version: '4.2.2', published: '2026-03-30T23:30:00Z' },
        unknown: null,
      },
    ]);
    expect(json['later']).toEqual({ state: 'proven', version: '1.14.2', published: '2026-03-31T03:00:00Z' });
    expect(json['diff']).toEqual({ command: 'npm diff --diff=axios@1.14.0 --diff=axios@1.14.1', url: null });
    expect(json['decisions']).toHaveLength(4);
    expect(comparisonJson({ ...STOLEN, predecessor: null })['predecessor']).toBeNull();
  });

  test('is inert whatever the registry says', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(30, 40, 80, 120), fc.boolean(), (text, columns, unicode) => {
        const hostile = { ...comparisonWith(text), name: `a${text}` };
        const ours = /^(?:a|[! ] )/;
        expectInert((options) => renderComparison(hostile, options), { columns, unicode }, ours);
        const forked = { ...otherBuilderWith(text), name: `a${text}` };
        expectInert((options) => renderComparison(forked, options), { columns, unicode }, ours);
        expectInert(
          (options) => renderComparison({ ...hostile, predecessor: null }, options),
          { columns, unicode },
          ours,
        );
      }),
      { numRuns: 60 },
    );
  });
});

test('names the release that a finding was measured by, where that is not the one beside it', () => {
  expect(renderComparison(OTHER_WORKFLOW, WIDE)).toContain('  measured by 1.13.6: identity-unexpected-workflow\n');
  const measured = [{ code: 'identity-unexpected-workflow', version: BEFORE.version }] as const;
  expect(renderComparison({ ...OTHER_WORKFLOW, measured }, WIDE)).not.toContain('measured by');
});
