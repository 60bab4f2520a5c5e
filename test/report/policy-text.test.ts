import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAPABILITIES, type CapabilityReading } from '../../src/model/capability.ts';
import type { Proposal } from '../../src/model/proposal.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { readSelector } from '../../src/policy/selectors.ts';
import { renderPolicy } from '../../src/report/commands/policy-text.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('\n- "*"\n', '\u2028x: y', '\r\nenforce: all', '\u0085a', '"#"', '\u001b[31m', 'a'.repeat(900)),
);
const name = fc
  .oneof(
    fc.constantFrom(
      'axios',
      '@a/b',
      'null',
      'true',
      'y',
      '1e3',
      '0x1',
      '.inf',
      '~',
      '-',
      'a.b',
      '_',
      '-a',
      '1',
      '...',
      '---',
      '.3',
    ),
    fc.stringMatching(/^(@[\w.~-]{1,8}\/)?[\w.~-]{1,12}$/),
  )
  .filter((one) => readSelector(one) !== null && one !== 'direct');
const reading: fc.Arbitrary<CapabilityReading> = fc.oneof(
  fc.record({ source: fc.constant('unknown' as const), reason: text }),
  fc.record({
    source: fc.constant('tarball' as const),
    before: fc.constant([]),
    places: fc.uniqueArray(
      fc.record({
        capability: fc.constantFrom(...CAPABILITIES),
        file: text,
        line: fc.integer({ min: 1, max: 1e9 }),
        text,
      }),
      { selector: ({ capability }) => capability, minLength: 1 },
    ),
  }),
);
const proposal: fc.Arbitrary<Proposal> = fc.record({
  able: fc.uniqueArray(fc.record({ name, version: fc.constant('1.0.0'), dev: fc.boolean(), reading }), {
    selector: (one) => one.name,
    maxLength: 6,
  }),
  isRead: fc.constant(true),
  more: fc.nat(100),
  direct: fc.nat(100),
  failing: fc.constant({ guard: [], critical: [] }),
  registries: fc.record({
    mirror: fc.constantFrom(null, 'https://m.example/npm/', 'http://127.0.0.1:1/a%20b~/'),
    private: fc.constantFrom<readonly string[]>(
      [],
      ['https://p.example/'],
      ['https://p.example/', 'https://q.example/'],
    ),
    exempt: fc.constantFrom<readonly string[]>([], ['@corp/*']),
  }),
  example: fc.constant(null),
});

describe('the first assay.yml', () => {
  it('says what was proposed and nothing else, whatever packages are called and contain', () => {
    fc.assert(
      fc.property(
        proposal,
        fc.option(fc.record({ name: fc.constant('@a'), file: text }), { nil: null }),
        (given, owner) => {
          const written = renderPolicy(given, owner);
          expect(written).toMatch(/^[\n -~]*$/);
          const policy = parsePolicy('assay.yml', Buffer.from(written));
          expect(policy.enforce).toBe('guard');
          expect(policy.critical).toEqual({ direct: true, packages: [], capabilities: [] });
          for (const one of given.able)
            expect(written.replace(/\s+# /g, ' ')).toContain(`${one.name}${one.dev ? ' (dev' : ':'}`);
          expect(policy.expect).toEqual([]);
          expect(policy.mirrors.map(({ url }) => url)).toEqual(
            given.registries.mirror === null ? [] : [given.registries.mirror],
          );
          expect(policy.privateRegistries.map(({ url }) => url)).toEqual(given.registries.private);
          expect(policy.exempt.map((one) => one.text)).toEqual(given.registries.exempt);
        },
      ),
      { numRuns: 300 },
    );
  });
});
