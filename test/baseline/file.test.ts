import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Baseline, BaselineVersion } from '../../src/model/baseline.ts';
import { BaselineError } from '../../src/baseline/error.ts';
import { parseBaseline } from '../../src/baseline/file.ts';
import { formatBaseline, HEADER, sameIdentity } from '../../src/baseline/text.ts';
import { baseline } from './arbitrary.ts';
import { rulesOf } from './grammar.ts';
import { RESPELLINGS } from './respelled.ts';

/** The order of the maps and lists means nothing. */
function sorted({ heads, packages, accepted: decided, seen }: Baseline): unknown {
  const byText = (a: string, b: string): number => (a < b ? -1 : 1);
  const texts = (all: readonly object[]): string[] =>
    all.map((one) => JSON.stringify(Object.entries(one).sort(([a], [b]) => byText(a, b)))).sort(byText);
  const inOrder = ({ artifacts, ...rest }: BaselineVersion): unknown => ({ ...rest, artifacts: texts(artifacts) });
  return {
    heads: texts(heads),
    packages: [...packages]
      .map(([of, { versions, ...rest }]) => ({
        ...{ of, ...rest },
        versions: [...versions].sort(([a], [b]) => byText(a, b)).map(([each, one]) => [each, inOrder(one)]),
      }))
      .sort((a, b) => byText(a.of, b.of)),
    accepted: texts(decided),
    seen: texts(seen),
  };
}

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/assay-lock.md'), 'utf8');
const RULES = rulesOf(/^```abnf\n([^]*?)^```$/m.exec(PAGE)?.[1] ?? '');
/** Any line of the grammar. */
const LINE = new RegExp(
  `^(?:${['header', 'log', 'first', 'about-package', 'about-channel', 'about-version', 'last'].map((rule) => RULES.get(rule)).join('|')})$`,
);

describe('what is written is read back', () => {
  it('any baseline, whatever certificates and people wrote', () => {
    fc.assert(
      fc.property(baseline, (any) => {
        const text = formatBaseline(any);
        const read = parseBaseline('assay.lock', text).content;
        expect(sorted(read)).toEqual(sorted(any));
        expect(formatBaseline(read)).toBe(text);
        // One line for one fact, in printable ASCII, whatever the fact is; and as the normative page has it.
        expect(text).toMatch(/^[ -~\n]*\n$/);
        for (const line of text.match(/.*\n/g) ?? []) expect(line).toMatch(LINE);
      }),
      { numRuns: 300 },
    );
  });

  it('with the line ends of Windows, too', () => {
    fc.assert(
      fc.property(baseline, (any) => {
        const text = formatBaseline(any);
        expect(sorted(parseBaseline('assay.lock', text.replaceAll('\n', '\r\n')).content)).toEqual(sorted(any));
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
            const read = parseBaseline('assay.lock', altered).content;
            expect(formatBaseline(read)).toBe(altered);
            for (const line of altered.match(/.*\n/g) ?? []) expect(line).toMatch(LINE);
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

describe('whatever is read is written as it was, byte for byte', () => {
  /** Whether it is read. */
  const isRead = (text: string): boolean => {
    try {
      expect(formatBaseline(parseBaseline('assay.lock', text).content)).toBe(text);
      return true;
    } catch (error) {
      if (!(error instanceof BaselineError)) throw error;
      expect(error.message).toMatch(/^assay\.lock:\d+: .+; /);
      return false;
    }
  };

  it.each(Object.entries(RESPELLINGS))('%s', (_, respell) => {
    let altered = 0;
    fc.assert(
      fc.property(baseline, fc.nat(), (any, at) => {
        const text = formatBaseline(any);
        const other = respell(text, at);
        if (other === text) return;
        altered += 1;
        isRead(other);
      }),
      { numRuns: 60 },
    );
    expect(altered).toBeGreaterThan(0);
  });

  it('several alterations at once', () => {
    const names = fc.constantFrom(...Object.values(RESPELLINGS));
    fc.assert(
      fc.property(baseline, fc.array(fc.tuple(names, fc.nat()), { minLength: 2, maxLength: 4 }), (any, changes) => {
        isRead(changes.reduce((text, [respell, at]) => respell(text, at), formatBaseline(any)));
      }),
      { numRuns: 500 },
    );
  });
});

const HASH = `sha512-${Buffer.alloc(64, 1).toString('base64')}`;
const EVIDENCE = `sha256-${Buffer.alloc(32, 2).toString('base64')}`;
const ROOT = Buffer.alloc(32, 3).toString('base64');
const FILE = `# assay.lock/2: written by assay, reviewed by people
log "go.sum database tree" 72097574 ${ROOT}
npm:@s/a package
npm:@s/a@1.0.0 artifact ${HASH}
npm:@s/a@1.0.0 verified ${EVIDENCE}
npm:@s/a@1.0.0 provenance none 3
npm:@s/a since never
npm:axios package
npm:axios issuer https://token.actions.githubusercontent.com
npm:axios repository https://github.com/axios/axios
npm:axios repository-id 23088740
npm:axios owner-id 32372333
npm:axios workflow .github/workflows/publish.yml
npm:axios runner hosted
npm:axios@1.14.0 artifact ${HASH}
npm:axios@1.14.0 verified ${EVIDENCE} entry ${EVIDENCE}
npm:axios@1.14.0 provenance proven by sha256-038++tvac6O2Vh2/X1S+AiJ148Te+8lV45LqLaWBmKs=
npm:axios@1.14.0 published 2026-02-23T09:00:00Z by "GitHub Actions" approved by jane
npm:axios@1.14.1 seen 2026-03-31T08:00:00Z
npm:axios@1.14.1 accepted provenance-lost ${HASH} until 2026-05-01T00:00:00Z by "Jane Doe" because "we built it"
npm:axios since 1.13.2 2025-11-04T12:00:00Z
`;

describe('a file as it is documented', () => {
  it('is read as it is meant', () => {
    const { content, format } = parseBaseline('assay.lock', FILE);
    expect(format).toBe(2);
    const { heads, packages, accepted: decided, seen } = content;
    const axios = packages.get('npm:axios');
    expect(axios?.since).toEqual({ version: '1.13.2', published: Date.UTC(2025, 10, 4, 12) });
    expect(axios?.identity).toMatchObject({
      workflow: '.github/workflows/publish.yml',
      ownerId: '32372333',
      signer: null,
    });
    expect([...(axios?.versions.keys() ?? [])]).toEqual(['1.14.0']);
    expect(axios?.versions.get('1.14.0')).toMatchObject({
      artifacts: [{ file: null, hash: { algorithm: 'sha512', hex: '01'.repeat(64) } }],
      evidence: { algorithm: 'sha256', hex: '02'.repeat(32) },
      entry: { algorithm: 'sha256', hex: '02'.repeat(32) },
      publisher: 'GitHub Actions',
      approver: 'jane',
      published: Date.UTC(2026, 1, 23, 9),
    });
    const built = axios?.versions.get('1.14.0')?.provenance.identity ?? null;
    expect(built !== null && sameIdentity(built, axios?.identity ?? null)).toBe(true);
    expect(packages.get('npm:@s/a')?.versions.get('1.0.0')?.provenance).toEqual({ identity: null, earlier: 3 });
    const subject = { ecosystem: 'npm', name: 'axios', version: '1.14.1' };
    expect(decided).toMatchObject([{ ...subject, code: 'provenance-lost', by: 'Jane Doe' }]);
    expect(seen).toEqual([{ ...subject, time: Date.UTC(2026, 2, 31, 8) }]);
    expect(heads).toEqual([{ origin: 'go.sum database tree', size: 72_097_574, root: '03'.repeat(32) }]);
    expect(formatBaseline(content)).toBe(FILE);
  });
});

const LOG = `log "go.sum database tree" 72097574 ${ROOT}`;
const ARTIFACT = `npm:axios@1.14.0 artifact ${HASH}`;
const PUBLISHED = 'npm:axios@1.14.0 published 2026-02-23T09:00:00Z by "GitHub Actions" approved by jane';

/** [what, what is replaced, by what, the line of the error, what it says] */
const REFUSED: readonly (readonly [string, string | RegExp, string, number, RegExp])[] = [
  ['another first line', /^#.*/, '# something', 1, /the first line is not/],
  ['a later format', 'assay.lock/2:', 'assay.lock/3:', 1, /a format this version of assay does not know; update assay/],
  ['a later format of two digits', 'assay.lock/2:', 'assay.lock/10:', 1, /does not know; update assay/],
  [
    'an ecosystem without stages',
    /npm:axios/g,
    'gem:axios',
    8,
    /this version of assay checks no gem packages; update assay/,
  ],
  ['an ecosystem by another case', 'npm:axios package', 'NPM:axios package', 8, /not a line of the form/],
  ['a name without ecosystem', 'npm:axios runner', 'axios runner', 14, /not a line of the form ECOSYSTEM:NAME/],
  ['a name of no ecosystem', 'npm:axios runner', ':axios runner', 14, /not a line of the form/],
  ['a scope without name', 'npm:axios runner', 'npm:@axios runner', 14, /not a line of the form/],
  ['an empty segment of a name', 'npm:axios runner', 'npm:a//b runner', 14, /not a line of the form/],
  ['a channel of a version', 'npm:axios runner', 'npm:axios#next@1.0.0 runner', 14, /not a line of the form/],
  ['an unknown field', 'npm:axios workflow', 'npm:axios workflo', 13, /workflo is no field of a package/],
  [
    'a field of a version on a package',
    'npm:axios runner hosted',
    'npm:axios verified x',
    14,
    /verified is no field of a package/,
  ],
  [
    'a field of a package on a version',
    'npm:axios@1.14.0 published',
    'npm:axios@1.14.0 since',
    18,
    /since is no field of a version/,
  ],
  ['a field of version 1', 'npm:axios@1.14.0 artifact', 'npm:axios@1.14.0 integrity', 15, /integrity is no field of a/],
  ['something that is no line', 'npm:axios runner hosted', 'runner', 14, /not a line of the form/],
  ['an empty line', 'npm:axios runner hosted', '', 14, /not a line of the form/],
  ['a field without value', 'npm:axios runner hosted', 'npm:axios runner', 14, /runner has no value/],
  ['a value where none belongs', 'npm:axios package', 'npm:axios package npm', 8, /package stands alone/],
  [
    'a line twice',
    'npm:axios runner hosted',
    'npm:axios runner hosted\nnpm:axios runner hosted',
    15,
    /axios has runner twice, here and in line 14/,
  ],
  [
    'fields out of order',
    /(npm:axios repository-id .*\n)(npm:axios owner-id .*\n)/,
    '$2$1',
    12,
    /repository-id is out of order: it belongs before line 11/,
  ],
  ['packages out of order', /@s\/a/g, 'b', 8, /npm:axios package is out of order: it belongs before line 7/],
  ['a package without its first line', 'npm:axios package\n', '', 8, /needs a line "package"/],
  ['a package without its last line', /npm:axios since .*\n/, '', 8, /axios has no since/],
  [
    'a since that is none',
    'since 1.13.2 2025-11-04T12:00:00Z',
    'since 1.13.2',
    21,
    /since is "never", or a version and a time/,
  ],
  [
    'a package of which nothing is known',
    'npm:@s/a package\n',
    'npm:0s package\nnpm:0s since never\nnpm:@s/a package\n',
    3,
    /not as assay writes it: it says nothing/,
  ],
  ['another value of a runner', 'runner hosted', 'runner mine', 14, /runner is hosted or self-hosted/],
  ['an identity without issuer', /npm:axios issuer .*\n/, '', 9, /has repository and no issuer/],
  ['a short hash', HASH, 'sha512-AAAA', 4, /artifact reads HASH, or FILE HASH/],
  ['a hash of no use', HASH, `sha1-${Buffer.alloc(20, 1).toString('base64')}`, 4, /artifact reads HASH, or FILE HASH/],
  ['a hash of a list as an artifact', HASH, EVIDENCE.replace('sha256-', 'files:'), 4, /artifact reads HASH/],
  ['a hash of Go with another sign', HASH, EVIDENCE.replace('sha256-', 'h1-'), 4, /artifact reads HASH/],
  ['base64 that is not canonical', HASH, HASH.replace(/.==$/, 'R=='), 4, /artifact reads HASH/],
  ['a file name in needless quotes', ARTIFACT, ARTIFACT.replace('artifact', 'artifact "a.tgz"'), 15, /needs one word/],
  [
    'artifacts out of order',
    ARTIFACT,
    `${ARTIFACT.replace('artifact', 'artifact b.tgz')}\n${ARTIFACT.replace('artifact', 'artifact a.tgz')}`,
    15,
    /not as assay writes it: "npm:axios@1\.14\.0 artifact a\.tgz/,
  ],
  [
    'an artifact without name beside another',
    ARTIFACT,
    `${ARTIFACT}\n${ARTIFACT.replace('artifact', 'artifact a.tgz')}`,
    15,
    /has several artifacts, so each needs its file name/,
  ],
  [
    'two hashes of one file',
    ARTIFACT,
    `npm:axios@1.14.0 artifact a.tgz ${EVIDENCE}\n${ARTIFACT.replace('artifact', 'artifact a.tgz')}`,
    16,
    /has the same artifact twice/,
  ],
  [
    'an artifact after what was verified',
    /(npm:axios@1\.14\.0 artifact .*\n)(npm:axios@1\.14\.0 verified .*\n)/,
    '$2$1',
    16,
    /artifact is out of order: it belongs before line 15/,
  ],
  ['another algorithm', EVIDENCE, HASH, 5, /verified reads EVIDENCE, or EVIDENCE entry ENTRY/],
  ['an entry of no digest', `entry ${EVIDENCE}`, 'entry', 16, /verified reads EVIDENCE/],
  ['no evidence', /npm:axios@1\.14\.0 verified .*\n/, '', 15, /axios@1\.14\.0 has no verified/],
  ['no artifact', /npm:axios@1\.14\.0 artifact .*\n/, '', 15, /axios@1\.14\.0 has no artifact/],
  [
    'provenance by nobody',
    /npm:axios (issuer|repository|owner|workflow|runner).*\n/g,
    '',
    11,
    /has proven provenance and no identity/,
  ],
  [
    'a provenance of another kind',
    'provenance proven by',
    'provenance yes by',
    17,
    /provenance is "proven", or "none"/,
  ],
  ['a time without zone', '2026-02-23T09:00:00Z', '2026-02-23T09:00:00', 18, /needs a time such as .* in published/],
  [
    'a time written in another way',
    '2026-02-23T09:00:00Z',
    '2026-02-23T10:00:00+01:00',
    18,
    /not as assay writes it: "npm:axios@1\.14\.0 published 2026-02-23T09:00:00Z by /,
  ],
  [
    'a publication of which nothing is known',
    PUBLISHED,
    'npm:axios@1.14.0 published unknown',
    18,
    /not as assay writes/,
  ],
  [
    'an approval before its publisher',
    'by "GitHub Actions" approved by jane',
    'approved by jane by x',
    18,
    /published reads/,
  ],
  [
    'needless quotes',
    'workflow .github/workflows/publish.yml',
    'workflow ".github/workflows/publish.yml"',
    13,
    /needs one word, or a JSON string/,
  ],
  ['words without quotes', '"GitHub Actions"', 'GitHub Actions', 18, /published reads TIME, by WHO/],
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
  ['a loss without what was accepted', 'provenance none 3', 'provenance lost 0.9.0 unknown', 6, /and no despite/],
  ['a loss from no version', 'provenance none 3', 'provenance lost', 6, /or "lost" and the version that had it/],
  ['a loss at no time', 'provenance none 3', 'provenance lost 0.9.0 then', 6, /needs a time such as .* in provenance/],
  ['another reason', PUBLISHED, `${PUBLISHED}\nnpm:axios@1.14.0 despite all`, 19, /all is no finding/],
  [
    'no reason at all',
    PUBLISHED,
    `${PUBLISHED}\nnpm:axios@1.14.0 despite  `,
    19,
    /not a line of the form|is no finding/,
  ],
  [
    'a contradiction that was taken in',
    PUBLISHED,
    `${PUBLISHED}\nnpm:axios@1.14.0 despite signature-invalid`,
    19,
    /signature-invalid cannot be accepted/,
  ],
  [
    'reasons out of order',
    PUBLISHED,
    `${PUBLISHED}\nnpm:axios@1.14.0 despite provenance-lost history-too-new`,
    19,
    /not as assay writes it: "npm:axios@1\.14\.0 despite history-too-new provenance-lost" belongs/,
  ],
  [
    'somebody expected for no reason',
    PUBLISHED,
    `${PUBLISHED}\nnpm:axios@1.14.0 expected-issuer x`,
    15,
    /has an expected identity and no despite/,
  ],
  [
    'somebody expected without issuer',
    PUBLISHED,
    `${PUBLISHED}\nnpm:axios@1.14.0 despite provenance-lost\nnpm:axios@1.14.0 expected-runner hosted`,
    20,
    /has expected-runner and no expected-issuer/,
  ],
  ['an acceptance without end', / until \S+/, '', 20, /accepted reads CODE HASH until/],
  ['an acceptance for no bytes', `provenance-lost ${HASH}`, 'provenance-lost', 20, /accepted reads|is no hash of any/],
  ['a seen that is no time', 'seen 2026-03-31T08:00:00Z', 'seen today', 19, /needs a time such as .* in seen/],
  [
    'a seen after what was accepted',
    /(npm:axios@1\.14\.1 seen .*\n)(npm:axios@1\.14\.1 accepted .*\n)/,
    '$2$1',
    20,
    /seen is out of order: it belongs before line 19/,
  ],
  [
    'two times first',
    'npm:axios@1.14.1 accepted',
    'npm:axios@1.14.1 seen 2026-04-01T08:00:00Z\n$&',
    20,
    /has seen twice/,
  ],
  [
    'a package that was seen',
    'npm:axios runner hosted',
    'npm:axios seen 2026-03-31T08:00:00Z',
    14,
    /seen is no field of a package/,
  ],
  ['a second head of a log', LOG, `${LOG}\n${LOG.replace('72097574', '72097575')}`, 3, /a second head of the same log/],
  [
    'a head after a package',
    /(log .*\n)(npm:@s\/a package\n)/,
    '$2$1',
    3,
    /a line about a log belongs before all packages/,
  ],
  ['a head of no number', '72097574', '072097574', 2, /log reads ORIGIN SIZE ROOT/],
  ['a head of too many leaves', '72097574', '9007199254740992', 2, /log reads ORIGIN SIZE ROOT/],
  ['a head of half a root', ROOT, ROOT.slice(22), 2, /log reads ORIGIN SIZE ROOT/],
  ['a head without quotes', '"go.sum database tree"', 'go.sum database tree', 2, /log reads ORIGIN SIZE ROOT/],
  ['heads out of order', LOG, `log z 1 ${ROOT}\n${LOG}`, 2, /not as assay writes it: "log \\"go\.sum database tree/],
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
    const text = FILE.replace('npm:axios runner hosted\n', `npm:axios runner hosted\n${marker}\n`);
    expect(() => parseBaseline('assay.lock', text)).toThrow(
      /^assay\.lock:15: an unresolved merge conflict; take one side whole/,
    );
  });

  it('an empty file and an endless line', () => {
    expect(() => parseBaseline('assay.lock', '')).toThrow(/^assay\.lock:1: the first line/);
    const long = FILE.replace('npm:axios runner hosted', `npm:axios runner ${'x'.repeat(5000)}`);
    expect(() => parseBaseline('assay.lock', long)).toThrow(/^assay\.lock:14: longer than/);
  });
});

describe('a file of a size that somebody made up', () => {
  const number = (i: number): string => String(100_000 + i);
  const many = Array.from({ length: 60_000 }, (_, i) => i);
  it.each<[string, readonly string[]]>([
    [
      'names',
      many.map((i) =>
        ['package', '@1.0.0 seen 2026-01-01T00:00:00Z', 'since never']
          .map((line) => `npm:p${number(i)}${line.startsWith('@') ? '' : ' '}${line}`)
          .join('\n'),
      ),
    ],
    [
      'versions',
      ['npm:p package', ...many.map((i) => `npm:p@1.${number(i)}.0 seen 2026-01-01T00:00:00Z`), 'npm:p since never'],
    ],
  ])('is read in time: %s', (_, lines) => {
    const text = `${HEADER}\n${lines.join('\n')}\n`;
    expect(parseBaseline('assay.lock', text).content.seen).toHaveLength(many.length);
  });
});

describe('a version that is an address', () => {
  it.each([
    'git+ssh://git@github.com/team/p.git#abc',
    'git+https://me:pw@x.example/p.git#v1%2f2',
    'file:with a space.tgz',
    'https://x.example/\u00fc.tgz',
    '100%',
    '%41',
  ])('%s is written so that it can be read', (version) => {
    const subject = { ecosystem: 'npm' as const, name: 'p', version };
    const seen = [{ ...subject, time: Date.UTC(2026, 0, 1) }];
    const text = formatBaseline({ heads: [], packages: new Map(), accepted: [], seen });
    expect(parseBaseline('assay.lock', text).content.seen).toEqual(seen);
    expect(text.split('\n')[2]).toMatch(/^npm:p@[!-?A-~]+ seen /);
  });
});

describe('who built a version of a channel', () => {
  const [axios = ''] = /npm:axios package\n[^]*/.exec(FILE) ?? [];
  const refused = (change: (text: string) => string): string => {
    const [header = ''] = FILE.split('\n');
    try {
      parseBaseline('assay.lock', `${header}\n${change(axios)}`);
    } catch (error) {
      if (error instanceof BaselineError) return error.message;
      throw error;
    }
    return 'read';
  };

  it('is who the lines of the channel name when it was taken in, whatever a merge makes of them', () => {
    expect(refused((text) => text)).toBe('read');
    const merged = refused((text) => text.replace('repository-id 23088740', 'repository-id 1'));
    expect(merged).toContain('was built by somebody else than the lines of its channel say; where a merge');
    expect(refused((text) => text.replace(/ proven by .*/, ' proven'))).toContain('proven provenance and no identity');
    expect(refused((text) => text.replace(/npm:axios (?:issuer|repo|owner|workflow|runner).*\n/g, ''))).toContain(
      'has proven provenance and no identity',
    );
  });
});

it('an acceptance stands once, and no line is longer than any', () => {
  const twice = FILE.replace(/npm:axios@1\.14\.1 accepted .*\n/, '$&$&');
  expect(() => parseBaseline('assay.lock', twice)).toThrow(/accepted twice/);
  const long = FILE.replace(/^log "go\.sum database tree"/m, `log "${'x'.repeat(5000)}"`);
  expect(() => parseBaseline('assay.lock', long)).toThrow(/longer than 4096 characters/);
});
