import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAPABILITIES } from '../../src/model/capability.ts';
import {
  type AcceptedFinding,
  type Baseline,
  type BaselinePackage,
  type BaselineVersion,
  isAcceptable,
  type LastingIdentity,
} from '../../src/model/baseline.ts';
import type { Digest } from '../../src/model/dependency.ts';
import { FINDING_CODES } from '../../src/model/finding.ts';
import { BaselineError, parseBaseline } from '../../src/baseline/file.ts';
import { formatBaseline, HEADER, sameIdentity } from '../../src/baseline/text.ts';

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString('hex'));
const sha512: fc.Arbitrary<Digest> = hex(64).map((text) => ({ algorithm: 'sha512', hex: text }));
const sha256: fc.Arbitrary<Digest> = hex(32).map((text) => ({ algorithm: 'sha256', hex: text }));
/** Whole seconds, as the file has them. */
const instant = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
/** Anything a certificate or a registry may say, line breaks and lone surrogates too. */
const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('a\nb "c" \\ \u2028\u{1f600}\ud800'));
const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/),
  fc.stringMatching(/^@[a-z]{1,4}\/[a-z][a-z0-9._-]{0,6}$/),
  fc.constantFrom('__proto__', 'constructor', '-'),
);
const version = fc.stringMatching(/^[0-9]\.[0-9]{1,2}\.[0-9](-[a-z]{1,3}\.[0-9])?(\+[a-z]{1,2})?$/);

const identity: fc.Arbitrary<LastingIdentity> = fc.record({
  issuer: anyText,
  repository: orNull(anyText),
  repositoryId: orNull(anyText),
  ownerId: orNull(anyText),
  workflow: orNull(anyText),
  signer: orNull(anyText),
  runner: fc.constantFrom('hosted', 'self-hosted', null),
});

const publishedVersion = fc.record({ version, published: orNull(instant) });
const acceptable = FINDING_CODES.filter(isAcceptable);
const despite = fc.record({
  codes: fc.subarray(acceptable, { minLength: 1 }),
  expected: orNull(identity),
});

const plainEntry = fc.record({
  integrity: sha512,
  evidence: sha256,
  provenance: fc.oneof(
    fc.record({ identity }),
    fc.record({ identity: fc.constant(null), earlier: fc.integer({ min: 0, max: 9_999_999 }) }),
  ),
  publisher: orNull(anyText),
  published: orNull(instant),
  capabilities: orNull(fc.subarray([...CAPABILITIES])),
});
const lostProvenance = fc.record({ identity: fc.constant(null), lost: publishedVersion });
const entry: fc.Arbitrary<BaselineVersion> = fc.oneof(
  plainEntry,
  fc.tuple(plainEntry, despite).map(([one, against]) => ({ ...one, despite: against })),
  fc
    .tuple(plainEntry, despite, lostProvenance)
    .map(([one, against, provenance]) => ({ ...one, provenance, despite: against })),
);

const known: fc.Arbitrary<BaselinePackage> = fc
  .record({
    since: orNull(publishedVersion),
    identity: orNull(identity),
    channels: fc
      .uniqueArray(fc.tuple(fc.constantFrom('canary', 'next', 'prerelease', 'rc'), identity), {
        selector: ([of]) => of,
        maxLength: 2,
      })
      .map((list) => new Map(list)),
    versions: fc
      .uniqueArray(fc.tuple(version, entry), { selector: ([of]) => of, maxLength: 3 })
      .map((list) => new Map(list)),
  })
  .filter(
    ({ since, identity: by, channels, versions }) =>
      since !== null || by !== null || channels.size > 0 || versions.size > 0,
  );

const accepted: fc.Arbitrary<AcceptedFinding> = fc.record({
  name,
  version,
  integrity: sha512,
  code: fc.constantFrom(...acceptable),
  by: anyText,
  why: anyText,
  until: instant,
});

const baseline: fc.Arbitrary<Baseline> = fc.record({
  packages: fc
    .uniqueArray(fc.tuple(name, known), { selector: ([of]) => of, maxLength: 5 })
    .map((list) => new Map(list)),
  accepted: fc.uniqueArray(accepted, {
    selector: (one) => `${one.name} ${one.version} ${one.code} ${one.integrity.hex}`,
    maxLength: 4,
  }),
  seen: fc.uniqueArray(fc.record({ name, version, time: instant }), {
    selector: (one) => `${one.name} ${one.version}`,
    maxLength: 4,
  }),
});

/** The order of the maps and lists means nothing. */
function sorted({ packages, accepted: decided, seen }: Baseline): unknown {
  const byText = (a: string, b: string): number => (a < b ? -1 : 1);
  const texts = (all: readonly object[]): string[] =>
    all.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort(byText);
  return {
    packages: [...packages]
      .map(([of, { versions, ...rest }]) => ({ of, ...rest, versions: [...versions].sort(([a], [b]) => byText(a, b)) }))
      .sort((a, b) => byText(a.of, b.of)),
    accepted: texts(decided),
    seen: texts(seen),
  };
}

describe('what is written is read back', () => {
  it('any baseline, whatever certificates and people wrote', () => {
    fc.assert(
      fc.property(baseline, (any) => {
        const text = formatBaseline(any);
        const read = parseBaseline('assay.lock', text);
        expect(sorted(read)).toEqual(sorted(any));
        expect(formatBaseline(read)).toBe(text);
        // One line for one fact, in printable ASCII, whatever the fact is.
        expect(text).toMatch(/^[ -~\n]*\n$/);
      }),
      { numRuns: 300 },
    );
  });

  it('with the line ends of Windows, too', () => {
    fc.assert(
      fc.property(baseline, (any) => {
        const text = formatBaseline(any);
        expect(sorted(parseBaseline('assay.lock', text.replaceAll('\n', '\r\n')))).toEqual(sorted(any));
      }),
      { numRuns: 30 },
    );
  });

  it('an altered text is another baseline or is refused with its file, never read as the same or a crash', () => {
    fc.assert(
      fc.property(
        baseline,
        fc.nat(),
        fc.constantFrom('', ' ', '\n', 'x', '"', '@', '0'),
        fc.nat(3),
        (any, at, put, cut) => {
          const text = formatBaseline(any);
          const position = at % text.length;
          const altered = text.slice(0, position) + put + text.slice(position + cut);
          fc.pre(altered !== text);
          try {
            const read = parseBaseline('assay.lock', altered);
            expect(formatBaseline(read)).toBe(altered);
          } catch (error) {
            expect(error).toBeInstanceOf(BaselineError);
            expect((error as Error).message).toMatch(/^assay\.lock:\d+: .+; /);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

const HASH = `sha512-${Buffer.alloc(64, 1).toString('base64')}`;
const EVIDENCE = `sha256-${Buffer.alloc(32, 2).toString('base64')}`;
const FILE = `# assay.lock/1: written by assay, reviewed by people
@s/a package npm
@s/a@1.0.0 integrity ${HASH}
@s/a@1.0.0 evidence ${EVIDENCE}
@s/a@1.0.0 provenance none 3
@s/a since never
axios package npm
axios issuer https://token.actions.githubusercontent.com
axios repository https://github.com/axios/axios
axios repository-id 23088740
axios owner-id 32372333
axios workflow .github/workflows/publish.yml
axios runner hosted
axios@1.14.0 integrity ${HASH}
axios@1.14.0 evidence ${EVIDENCE}
axios@1.14.0 provenance proven
axios@1.14.0 publisher "GitHub Actions"
axios@1.14.0 published 2026-02-23T09:00:00Z
axios@1.14.1 seen 2026-03-31T08:00:00Z
axios@1.14.1 accepted provenance-lost ${HASH} until 2026-05-01T00:00:00Z by "Jane Doe" because "we built it"
axios since 1.13.2 2025-11-04T12:00:00Z
`;

describe('a file as it is documented', () => {
  it('is read as it is meant', () => {
    const { packages, accepted: decided, seen } = parseBaseline('assay.lock', FILE);
    const axios = packages.get('axios');
    expect(axios?.since).toEqual({ version: '1.13.2', published: Date.UTC(2025, 10, 4, 12) });
    expect(axios?.identity).toMatchObject({
      workflow: '.github/workflows/publish.yml',
      ownerId: '32372333',
      signer: null,
    });
    expect([...(axios?.versions.keys() ?? [])]).toEqual(['1.14.0']);
    expect(axios?.versions.get('1.14.0')).toMatchObject({ publisher: 'GitHub Actions' });
    const built = axios?.versions.get('1.14.0')?.provenance.identity ?? null;
    expect(built !== null && sameIdentity(built, axios?.identity ?? null)).toBe(true);
    expect(packages.get('@s/a')?.versions.get('1.0.0')?.provenance).toEqual({ identity: null, earlier: 3 });
    expect(decided).toMatchObject([{ name: 'axios', version: '1.14.1', code: 'provenance-lost', by: 'Jane Doe' }]);
    expect(seen).toEqual([{ name: 'axios', version: '1.14.1', time: Date.UTC(2026, 2, 31, 8) }]);
    expect(formatBaseline({ packages, accepted: decided, seen })).toBe(FILE);
  });
});

const PUBLISHED = 'axios@1.14.0 published 2026-02-23T09:00:00Z';

/** [what, what is replaced, by what, the line of the error, what it says] */
const REFUSED: readonly (readonly [string, string | RegExp, string, number, RegExp])[] = [
  ['another first line', /^#.*/, '# something', 1, /the first line is not/],
  ['a later format', 'assay.lock/1:', 'assay.lock/2:', 1, /a format this version of assay does not know; update assay/],
  ['an unknown field', 'axios workflow', 'axios workflo', 12, /workflo is no field of a package/],
  [
    'a field of a version on a package',
    'axios runner hosted',
    'axios evidence x',
    13,
    /evidence is no field of a package/,
  ],
  [
    'a field of a package on a version',
    'axios@1.14.0 published',
    'axios@1.14.0 since',
    18,
    /since is no field of a version/,
  ],
  ['something that is no line', 'axios runner hosted', 'runner', 13, /not a line of the form/],
  ['an empty line', 'axios runner hosted', '', 13, /not a line of the form/],
  [
    'a line twice',
    'axios runner hosted',
    'axios runner hosted\naxios runner hosted',
    14,
    /axios has runner twice, here and in line 13/,
  ],
  [
    'fields out of order',
    /(axios repository-id .*\n)(axios owner-id .*\n)/,
    '$2$1',
    11,
    /repository-id is out of order: it belongs before line 10/,
  ],
  ['packages out of order', /@s\/a/g, 'b', 7, /axios package is out of order: it belongs before line 6/],
  ['a package without its first line', 'axios package npm\n', '', 7, /needs a line "package npm"/],
  ['another ecosystem', 'axios package npm', 'axios package pypi', 7, /needs a line "package npm"/],
  ['a package without its last line', /axios since .*\n/, '', 7, /axios has no since/],
  [
    'a since that is none',
    'since 1.13.2 2025-11-04T12:00:00Z',
    'since 1.13.2',
    21,
    /since is "never", or a version and a time/,
  ],
  [
    'a package of which nothing is known',
    '@s/a package npm\n',
    '0s package npm\n0s since never\n@s/a package npm\n',
    2,
    /not as assay writes it/,
  ],
  ['another value of a runner', 'runner hosted', 'runner mine', 13, /runner is hosted or self-hosted/],
  ['an identity without issuer', /axios issuer .*\n/, '', 8, /has repository and no issuer/],
  ['a short hash', HASH, 'sha512-AAAA', 3, /needs a hash of the form sha512-BASE64 as integrity/],
  ['another algorithm', EVIDENCE, HASH, 4, /needs a hash of the form sha256-BASE64 as evidence/],
  ['no evidence', /axios@1\.14\.0 evidence .*\n/, '', 14, /axios@1\.14\.0 has no evidence/],
  ['no integrity', /axios@1\.14\.0 integrity .*\n/, '', 14, /axios@1\.14\.0 has no integrity/],
  [
    'provenance by nobody',
    /axios (issuer|repository|owner|workflow|runner).*\n/g,
    '',
    10,
    /has proven provenance and no identity/,
  ],
  ['a provenance of another kind', 'provenance proven', 'provenance yes', 16, /provenance is "proven", or "none"/],
  ['a time without zone', '2026-02-23T09:00:00Z', '2026-02-23T09:00:00', 18, /needs a time such as/],
  [
    'a time written in another way',
    '2026-02-23T09:00:00Z',
    '2026-02-23T10:00:00+01:00',
    18,
    /not as assay writes it: "axios@1\.14\.0 published 2026-02-23T09:00:00Z" belongs/,
  ],
  [
    'needless quotes',
    'workflow .github/workflows/publish.yml',
    'workflow ".github/workflows/publish.yml"',
    12,
    /needs one word, or a JSON string/,
  ],
  ['words without quotes', '"GitHub Actions"', 'GitHub Actions', 17, /needs one word, or a JSON string/],
  ['a missing end of line', /\n$/, '', 22, /not as assay writes it: the end of the file belongs here/],
  ['an unknown code', 'accepted provenance-lost', 'accepted provenance-list', 20, /provenance-list is no finding/],
  [
    'an accepted contradiction',
    'accepted provenance-lost',
    'accepted integrity-mismatch',
    20,
    /integrity-mismatch cannot be accepted/,
  ],
  [
    'accepted silence',
    'accepted provenance-lost',
    'accepted evidence-unavailable',
    20,
    /evidence-unavailable cannot be accepted/,
  ],
  ['a loss without what was accepted', 'provenance none 3', 'provenance lost 0.9.0 unknown', 5, /and no despite/],
  ['a loss from no version', 'provenance none 3', 'provenance lost', 5, /or "lost" and the version that had it/],
  ['a loss at no time', 'provenance none 3', 'provenance lost 0.9.0 then', 5, /needs a time such as .* in provenance/],
  ['another reason', PUBLISHED, `${PUBLISHED}\naxios@1.14.0 despite all`, 19, /all is no finding/],
  ['no reason at all', PUBLISHED, `${PUBLISHED}\naxios@1.14.0 despite  `, 19, /not a line of the form|is no finding/],
  [
    'a contradiction that was taken in',
    PUBLISHED,
    `${PUBLISHED}\naxios@1.14.0 despite signature-invalid`,
    19,
    /signature-invalid cannot be accepted/,
  ],
  [
    'reasons out of order',
    PUBLISHED,
    `${PUBLISHED}\naxios@1.14.0 despite provenance-lost history-too-new`,
    19,
    /not as assay writes it: "axios@1\.14\.0 despite history-too-new provenance-lost" belongs/,
  ],
  [
    'somebody expected for no reason',
    PUBLISHED,
    `${PUBLISHED}\naxios@1.14.0 expected-issuer x`,
    14,
    /has an expected identity and no despite/,
  ],
  [
    'somebody expected without issuer',
    PUBLISHED,
    `${PUBLISHED}\naxios@1.14.0 despite provenance-lost\naxios@1.14.0 expected-runner hosted`,
    20,
    /has expected-runner and no expected-issuer/,
  ],
  ['an acceptance without end', / until \S+/, '', 20, /accepted reads CODE INTEGRITY until/],
  ['an acceptance for no bytes', `provenance-lost ${HASH}`, 'provenance-lost', 20, /accepted reads|needs a hash/],
  ['a seen that is no time', 'seen 2026-03-31T08:00:00Z', 'seen today', 19, /needs a time such as .* in seen/],
  [
    'a seen after what was accepted',
    /(axios@1\.14\.1 seen .*\n)(axios@1\.14\.1 accepted .*\n)/,
    '$2$1',
    20,
    /seen is out of order: it belongs before line 19/,
  ],
  ['two times first', 'axios@1.14.1 accepted', 'axios@1.14.1 seen 2026-04-01T08:00:00Z\n$&', 20, /has seen twice/],
  [
    'a package that was seen',
    'axios runner hosted',
    'axios seen 2026-03-31T08:00:00Z',
    13,
    /seen is no field of a package/,
  ],
];

describe('anything else is refused with its line and what to do', () => {
  it.each(REFUSED)('%s', (_, from, to, line, message) => {
    const text = FILE.replace(from, to);
    expect(text).not.toBe(FILE);
    let refusal: unknown = null;
    try {
      parseBaseline('assay.lock', text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(BaselineError);
    const { message: said } = refusal as BaselineError;
    expect(said).toMatch(message);
    expect(said).toMatch(new RegExp(`^assay\\.lock:${line}: `));
    expect(said).toMatch(/restore the committed file|update assay/);
  });

  it.each(['<<<<<<< HEAD', '||||||| base', '=======', '>>>>>>> other'])('a conflict marker: %s', (marker) => {
    const text = FILE.replace('axios runner hosted\n', `axios runner hosted\n${marker}\n`);
    expect(() => parseBaseline('assay.lock', text)).toThrow(
      /^assay\.lock:14: an unresolved merge conflict; take one side whole/,
    );
  });

  it('an empty file and an endless line', () => {
    expect(() => parseBaseline('assay.lock', '')).toThrow(/^assay\.lock:1: the first line/);
    const long = FILE.replace('axios runner hosted', `axios runner ${'x'.repeat(5000)}`);
    expect(() => parseBaseline('assay.lock', long)).toThrow(/^assay\.lock:13: longer than/);
  });
});

describe('a file of a size that somebody made up', () => {
  const number = (i: number): string => String(100_000 + i);
  const many = Array.from({ length: 60_000 }, (_, i) => i);
  it.each<[string, readonly string[]]>([
    [
      'names',
      many.map(
        (i) => `p${number(i)} package npm\np${number(i)}@1.0.0 seen 2026-01-01T00:00:00Z\np${number(i)} since never`,
      ),
    ],
    [
      'versions',
      ['p package npm', ...many.map((i) => `p@1.${number(i)}.0 seen 2026-01-01T00:00:00Z`), 'p since never'],
    ],
  ])('is read in time: %s', (_, lines) => {
    const text = `${HEADER}\n${lines.join('\n')}\n`;
    expect(parseBaseline('assay.lock', text).seen).toHaveLength(many.length);
  });
});
