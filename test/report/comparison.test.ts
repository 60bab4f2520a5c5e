import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../src/model/comparison.ts';
import { comparisonJson, renderComparison } from '../../src/report/comparison.ts';
import { NOON } from './fixtures.ts';
import { comparisonWith, hostileText } from './hostile.ts';
import { expectInert, WIDE } from './inert.ts';

const predecessor = {
  version: '1.14.0',
  published: NOON - 4 * 86_400_000,
  publisher: 'GitHub Actions',
  trustedPublisher: 'github',
  provenance: 'proven',
  repository: 'https://github.com/axios/axios',
  commit: 'a'.repeat(40),
  workflow: '.github/workflows/publish.yml',
  integrity: 'sha512-before',
} as const;

const axios: Comparison = {
  name: 'axios',
  predecessor,
  current: {
    version: '1.14.1',
    published: NOON,
    publisher: 'somebody',
    trustedPublisher: null,
    provenance: 'none',
    repository: null,
    commit: null,
    workflow: null,
    integrity: 'sha512-after',
  },
  addedDependencies: [{ name: 'new-dependency', spec: '^4.2.1' }],
  addedScripts: [{ name: 'postinstall', command: 'node setup.js' }],
};

describe('a comparison', () => {
  test('shows two versions side by side and marks what changed', () => {
    expect(renderComparison(axios, WIDE)).toBe(`axios: 1.14.1 beside its predecessor 1.14.0
  version         1.14.0                                    1.14.1
  published       2026-03-27T00:00:00Z                      2026-03-31T00:00:00Z
! publisher       GitHub Actions                            somebody
! OIDC publisher  github                                    -
! provenance      proven                                    none
! repository      https://github.com/axios/axios            -
! workflow        .github/workflows/publish.yml             -
! commit          aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  -
  integrity       sha512-before                             sha512-after
! new dependencies
    new-dependency: ^4.2.1
! new install scripts
    postinstall: node setup.js
`);
  });

  test('marks nothing where only what every release changes has changed', () => {
    const next = {
      ...predecessor,
      version: '1.14.1',
      published: NOON,
      commit: 'b'.repeat(40),
      integrity: 'sha512-after',
    };
    const text = renderComparison({ ...axios, current: next, addedDependencies: [], addedScripts: [] }, WIDE);
    expect(text).not.toContain('!');
    expect(text).not.toContain('new ');
  });

  test('stacks the versions on a narrow terminal', () => {
    const text = renderComparison(axios, { ...WIDE, columns: 40 });
    expect(text).toContain('! publisher\n    before GitHub Actions\n    now    somebody\n');
  });

  test('of a first version shows that version alone', () => {
    const text = renderComparison({ ...axios, predecessor: null }, WIDE);
    expect(text).toContain('axios: 1.14.1 has no predecessor on its release line\n');
    expect(text).toContain('  publisher       somebody\n');
    expect(text).not.toContain('! publisher');
  });

  test('cuts long lists', () => {
    const many = Array.from({ length: 500 }, (_, i) => ({ name: `dependency-${String(i)}`, spec: '1' }));
    const text = renderComparison({ ...axios, addedDependencies: many }, WIDE);
    expect(text).toContain('and 492 more (--json lists all)');
    expect(text.split('\n').length).toBeLessThan(30);
  });

  test('gives times as RFC 3339 in JSON and nothing more than the facts', () => {
    expect(comparisonJson(axios)).toEqual({
      ...axios,
      current: { ...axios.current, published: '2026-03-31T00:00:00Z' },
      predecessor: { ...predecessor, published: '2026-03-27T00:00:00Z' },
    });
    expect(comparisonJson({ ...axios, predecessor: null })['predecessor']).toBeNull();
  });

  test('is inert whatever the registry says', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(30, 40, 80, 120), fc.boolean(), (text, columns, unicode) => {
        const hostile = { ...comparisonWith(text), name: `a${text}` };
        const ours = /^(?:a|[! ] )/;
        expectInert((options) => renderComparison(hostile, options), { columns, unicode }, ours);
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
