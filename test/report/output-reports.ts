import { byteDigests } from '../../src/model/dependency.ts';
import type { Review } from '../../src/model/review.ts';
import { finding } from '../../src/model/finding.ts';
import type { Report } from '../../src/model/report.ts';
import type { JudgedDependency } from '../../src/model/verdict.ts';
import { dependency, everyFinding, judged, lockfileUsed, NOON, proofsWith, reportOf, STOLEN } from './fixtures.ts';
import { comparisonWith } from './hostile.ts';

/** A dependency of the lockfile at a line, seen from where assay was started. */
function at(name: string, version: string, line: number, file = 'package-lock.json') {
  return dependency(name, version, { places: [{ file, line, path: `node_modules/${name}` }], direct: line < 50 });
}

const OVERDUE: Review = {
  owner: '@ada',
  firstSeen: { time: NOON - 5 * 86_400_000, source: 'commit', commit: 'c'.repeat(40), orEarlier: false },
  due: NOON - 3 * 86_400_000,
  overdue: true,
};

/** A stolen release among others: one of everything a report can say, in two lockfiles of a repository. */
export const STORY: Report = reportOf(
  [
    judged(at('axios', '1.14.1', 14), 'fail', [
      finding('provenance-lost', { predecessor: '1.14.0', published: NOON - 4 * 86_400_000 }),
      finding('history-publisher-changed', { from: 'GitHub Actions', to: 'somebody', version: '1.14.0' }),
    ]),
    judged(at('@scope/rewritten', '2.0.0', 61), 'fail', [
      finding('integrity-mismatch', { locked: 'sha512-AAAA', actual: 'sha512-BBBB', source: 'registry' }),
    ]),
    judged(at('silent', '1.0.0', 70), 'unverified', [
      finding('evidence-unavailable', {
        evidence: 'attestations',
        url: 'https://registry.npmjs.org/-/npm/v1/attestations/silent@1.0.0',
        reason: 'no answer within 10 s',
      }),
    ]),
    judged(at('plain-crypto-js', '4.2.1', 29, 'tools\\package-lock.json'), 'warn', [
      finding('provenance-missing', { earlier: 0 }),
    ]),
    judged(at('left-pad', '1.3.0', 80), 'warn', [finding('provenance-missing', { earlier: 12 })]),
    overdue(judged(at('late', '3.0.0', 33), 'fail', [finding('provenance-missing', { earlier: 3 })])),
    accepted(judged(at('lived-with', '1.2.3', 90), 'pass', [finding('provenance-missing', { earlier: 4 })])),
    judged(at('proven', '1.0.0', 22), 'pass', [], proofsWith('text')),
  ],
  {
    lockfiles: [
      lockfileUsed('package-lock.json', 7, { path: 'apps/web/package-lock.json' }),
      lockfileUsed('tools\\package-lock.json', 1, { path: 'apps/web/tools/package-lock.json' }),
    ],
    repository: 'https://github.com/team/shop',
    enforce: 'critical',
    policy: { file: 'assay.yml', digest: 'aa'.repeat(32), unused: [], outside: [] },
    explanations: [STOLEN],
  },
);

function overdue(one: JudgedDependency): JudgedDependency {
  return { ...one, findings: one.findings.map((each) => ({ ...each, review: OVERDUE })) };
}

function accepted(one: JudgedDependency): JudgedDependency {
  const { ecosystem, name, version, artifacts } = one.dependency;
  const [digest] = byteDigests(artifacts[0]);
  if (digest === undefined) throw new Error('an acceptance needs a hash');
  return {
    ...one,
    findings: one.findings.map((each) => ({
      ...each,
      level: 'note',
      accepted: {
        ecosystem,
        name,
        version,
        bytes: digest,
        code: each.code,
        by: 'Ada <ada@lab.test>',
        why: 'built by hand',
        until: NOON + 90 * 86_400_000,
      },
    })),
  };
}

/** A report with `text` wherever somebody else's words can come in, and findings of these codes at every level. */
export function reportWith(text: string, findings = everyFinding(text), folder = text): Report {
  const file = `${folder}/package-lock.json`;
  const places = [{ file, line: 3, path: text }];
  const held = {
    file: text,
    found: true,
    held: 1,
    uncovered: [text],
    unused: [text],
    base: {
      ref: text,
      commit: 'ab'.repeat(20),
      found: true,
      policyChanged: true,
      problem: null,
      edited: [text],
      unfounded: [text],
      removed: [text],
      despiteOmit: [text],
      accepted: [],
    },
  };
  const about = (version: string) => dependency(text, version, { places });
  return reportOf(
    [
      judged(about(text), 'fail', findings, proofsWith(text)),
      judged(about('2.0.0'), 'warn', findings),
      accepted(judged(about('3.0.0'), 'pass', findings)),
      judged(about('4.0.0'), 'unverified', findings),
      overdue(judged(about('5.0.0'), 'fail', findings)),
    ],
    {
      lockfiles: [lockfileUsed(file, 5, { format: text })],
      policy: { file: text, digest: 'aa'.repeat(32), unused: [{ text, line: 1 }], outside: [text] },
      explanations: [comparisonWith(text)],
      baseline: held,
      baselines: [held],
      unread: [{ file: text, problem: text }],
    },
  );
}

/** What an attacker would try in a name, a workflow or an answer of a registry: one text with all of it. */
export const HOSTILE_TEXT = [
  'evil\u001b[2J\u0000\u0007',
  '\r\n::set-output name=a::b\n::error::forged\n##[error]x %0A%0D%25',
  '\u202egnp.exe\u2066',
  ']]><script>alert(1)</script><img src=x onerror=alert(1)>&amp;&#x41;',
  '`code` ``` | cell | [click](https://evil.example) ![i](x) @everyone #1 -->',
  '"quoted" \'single\' \\ {0} {{',
  '\ud800',
].join(' ');

/** A report with all of it, and with so much more text wherever text can stand. */
export function hostileReport(more: string): Report {
  return reportWith(
    HOSTILE_TEXT + more,
    everyFinding(HOSTILE_TEXT).filter(({ code }) => /^(?:provenance-lost|identity-unexpected-workflow)$/.test(code)),
    HOSTILE_TEXT.slice(0, 200),
  );
}

export const HOSTILE_REPORT = hostileReport('x'.repeat(10_000));

/** A large tree, of which most never had provenance. */
export function largeReport(number: number): Report {
  const many = Array.from({ length: number }, (_, i) =>
    judged(at(`package-${i}`, `1.0.${i}`, 100 + i), i % 50 === 0 ? 'fail' : 'warn', [
      finding('provenance-missing', { earlier: i }),
    ]),
  );
  return reportOf(many);
}
