import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NPM_REGISTRY, YARN_REGISTRY } from '../../src/ecosystems/conventions/npm-names.ts';
import type { AcceptedFinding } from '../../src/model/baseline.ts';
import { finding, FINDING_CODES, FINDING_KINDS, type Finding } from '../../src/model/finding.ts';
import { DEFAULT_REVIEW, type Policy } from '../../src/model/policy.ts';
import { DEFAULT_PHASE, PHASES, type Assessment, type Level, type Phase } from '../../src/model/verdict.ts';
import { judge } from '../../src/policy/enforce.ts';
import { PolicyError } from '../../src/readers/file-error.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { reviewed } from '../../src/policy/review.ts';
import { argsWith, dependency, judged, NO_PROOFS, NOON, proofsWith } from '../report/fixtures.ts';

const NAMES = ['axios', '@team/kit', 'left-pad'] as const;
const MIRROR = 'https://mirror.example/';
const OTHER = 'https://registry.example/';
const HASH = { algorithm: 'sha512', hex: 'ab'.repeat(64) } as const;

const policyOf = (text: string): Policy => parsePolicy('assay.yml', Buffer.from(text));

function assessmentOf(findings: readonly Finding[], change: Partial<Assessment> = {}, direct = true): Assessment {
  return { ...judged(dependency('axios', '1.14.1', { direct }), 'pass'), findings, ...change };
}

/** The level of one finding in each phase. */
function levels(
  found: Finding,
  { direct = true, policy = null as Policy | null } = {},
): Readonly<Record<Phase, Level | undefined>> {
  const of = (phase: Phase): Level | undefined =>
    judge(assessmentOf([found], {}, direct), { phase, policy, accepted: [], now: NOON }).findings[0]?.level;
  return { observe: of('observe'), guard: of('guard'), critical: of('critical'), all: of('all') };
}

const [WARNING, ERROR] = ['warning', 'error'] as const;
const FROM_GUARD = { observe: WARNING, guard: ERROR, critical: ERROR, all: ERROR };
const FROM_CRITICAL = { observe: WARNING, guard: WARNING, critical: ERROR, all: ERROR };
const FROM_ALL = { observe: WARNING, guard: WARNING, critical: WARNING, all: ERROR };
const NEVER = { observe: WARNING, guard: WARNING, critical: WARNING, all: WARNING };
const ALWAYS = { observe: ERROR, guard: ERROR, critical: ERROR, all: ERROR };
const NOTE = { observe: 'note', guard: 'note', critical: 'note', all: 'note' };

/** Losses that are none of what was there before. */
const OF_OLD = ['integrity-missing', 'integrity-weak', 'lockfile-not-registry'];

describe('the phases', () => {
  it('begin with guard where nobody names one', () => {
    expect(DEFAULT_PHASE).toBe('guard');
    expect(PHASES).toEqual(['observe', 'guard', 'critical', 'all']);
  });

  it.each(FINDING_CODES.filter((code) => code !== 'evidence-stripped' && code !== 'provenance-missing'))(
    '%s fails from the same phase on, whoever asks for the package, but for what critical packages must not lack',
    (code) => {
      const found = finding(code, argsWith('x')[code]);
      const expected = {
        contradiction: [ALWAYS, ALWAYS],
        advisory: [ALWAYS, ALWAYS],
        unavailable: [ALWAYS, ALWAYS],
        identity: [FROM_GUARD, FROM_GUARD],
        loss: OF_OLD.includes(code) ? [FROM_CRITICAL, FROM_ALL] : [FROM_GUARD, FROM_GUARD],
        gap: [FROM_CRITICAL, FROM_ALL],
        anomaly: [NEVER, NEVER],
        note: [NOTE, NOTE],
      }[FINDING_KINDS[code]];
      expect([levels(found), levels(found, { direct: false })]).toEqual(expected);
    },
  );

  it('a package that never had provenance fails in critical and all; a version older than the first that has, in none', () => {
    const never = finding('provenance-missing', { earlier: 12 });
    const older = finding('provenance-missing', { earlier: 12, first: '2.0.0' });
    expect([levels(never), levels(never, { direct: false })]).toEqual([FROM_CRITICAL, FROM_ALL]);
    expect([levels(older), levels(older, { direct: false })]).toEqual([NEVER, NEVER]);
    const required = policyOf('expect: {axios: {provenance: required}}\n');
    expect([levels(never, { policy: required }), levels(older, { policy: required })]).toEqual([ALWAYS, ALWAYS]);
    const named = policyOf('critical: [axios]\n');
    expect([levels(never, { policy: named }), levels(older, { policy: named })]).toEqual([FROM_CRITICAL, NEVER]);
  });

  it('signatures that a registry never made are tolerated; those of npm, and of its mirrors by the policy, are not', () => {
    const stripped = (registry: string): Finding => finding('evidence-stripped', { registry });
    const mirrors = policyOf(`registries: {mirrors: [{url: '${MIRROR}', of: '${NPM_REGISTRY}'}]}\n`);
    expect(levels(stripped(NPM_REGISTRY), { direct: false })).toEqual(FROM_GUARD);
    expect(levels(stripped(YARN_REGISTRY), { direct: false })).toEqual(FROM_GUARD);
    expect(levels(stripped(OTHER), { direct: false })).toEqual(FROM_ALL);
    expect(levels(stripped(MIRROR), { direct: false })).toEqual(FROM_ALL);
    expect(levels(stripped(MIRROR), { direct: false, policy: mirrors })).toEqual(FROM_GUARD);
  });

  it('a lower level tolerates signatures that are left out, and not that nothing can show provenance where it is demanded', () => {
    const NOTE = { observe: 'note', guard: 'note', critical: 'note', all: 'note' };
    const stripped = finding('evidence-stripped', { registry: NPM_REGISTRY });
    const rule = (code: string): string => `{code: ${code}, level: note, reason: x}`;
    const lower = policyOf(`findings: [${rule('evidence-stripped')}]\n`);
    expect(levels(stripped, { policy: lower })).toEqual({ ...NOTE, critical: 'error', all: 'error' });
    expect(levels(stripped, { policy: lower, direct: false })).toEqual({ ...NOTE, all: 'error' });
    const both = policyOf(`findings: [${rule('evidence-stripped')}, ${rule('provenance-missing')}]\n`);
    expect(levels(stripped, { policy: both })).toEqual(NOTE);
    const optional = policyOf('expect: {axios: {provenance: optional}}\n');
    expect(levels(stripped, { policy: optional })).toEqual(FROM_GUARD);
  });

  it('what a policy lowers says so, and where a demand outranks it', () => {
    const stripped = finding('evidence-stripped', { registry: NPM_REGISTRY });
    const lowered = (phase: Phase, text: string): string | undefined =>
      judge(assessmentOf([stripped]), { phase, policy: policyOf(text), accepted: [], now: NOON }).findings[0]?.lowered;
    const rule = (level: string): string => `findings: [{code: evidence-stripped, level: ${level}, reason: x}]\n`;
    expect(lowered('guard', rule('note'))).toBe('held');
    expect(lowered('guard', rule('warning'))).toBe('held');
    expect(lowered('critical', rule('note'))).toBe('outranked');
    expect(lowered('guard', `${rule('note')}expect: {axios: {provenance: required}}\n`)).toBe('outranked');
    expect(lowered('critical', rule('error'))).toBe(undefined);
    expect(lowered('critical', 'enforce: guard\n')).toBe(undefined);
  });
});

const findings = fc.array(
  fc.oneof(
    fc
      .constantFrom(...FINDING_CODES)
      .chain((code) =>
        fc.constantFrom(undefined, 'note' as const).map((kind) => finding(code, argsWith('x')[code], kind)),
      ),
    fc.constantFrom(NPM_REGISTRY, MIRROR, OTHER).map((registry) => finding('evidence-stripped', { registry })),
    fc.nat({ max: 3 }).map((earlier) => finding('provenance-missing', { earlier })),
  ),
  { maxLength: 6 },
);

/** Lines of a policy that say something of these packages; together they may be none. */
const selectors = fc.constantFrom(...NAMES, '*', '@team/*', 'a*');
const list = (texts: readonly string[]): string => `[${[...new Set(texts)].map((text) => `'${text}'`).join(', ')}]`;
const policies = fc
  .tuple(
    fc.option(
      fc
        .array(fc.oneof(selectors, fc.constant('direct')), { minLength: 1, maxLength: 3 })
        .map((texts) => `critical: ${list(texts)}`),
    ),
    fc.option(
      fc
        .tuple(selectors, fc.constantFrom('required', 'expected', 'optional'), fc.constantFrom('', ', since: 1.15.0'))
        .map(([name, demand, since]) => `expect: {'${name}': {provenance: ${demand}${since}}}`),
    ),
    fc.option(
      fc
        .tuple(fc.constantFrom(...FINDING_CODES), fc.constantFrom('error', 'warning', 'note'), selectors)
        .map(
          ([code, level, name]) =>
            `findings: [{code: ${code}, level: ${level}, packages: ['${name}'], reason: because}]`,
        ),
    ),
    fc.constantFrom(
      '',
      `registries: {mirrors: [{url: '${MIRROR}', of: '${NPM_REGISTRY}'}], private: [{url: '${OTHER}'}], exempt: ['@team/*']}`,
    ),
  )
  .map((parts) => parts.filter((part) => part !== null && part !== '').join('\n'))
  .map((text): Policy | null => {
    try {
      return text === '' ? null : policyOf(`${text}\n`);
    } catch (error) {
      // Rules that contradict each other are no policy.
      if (error instanceof PolicyError) return null;
      throw error;
    }
  });

describe('what fails in a phase', () => {
  it('fails in every later one, for any findings, policies, acceptances and decisions that are due', () => {
    fc.assert(
      fc.property(
        findings,
        policies,
        fc.constantFrom(...NAMES),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(null, NPM_REGISTRY, MIRROR, OTHER),
        fc.array(fc.constantFrom(...FINDING_CODES), { maxLength: 3 }),
        fc.constantFrom(null, 1, 72),
        (found, policy, name, direct, isProven, registry, codes, hoursAgo) => {
          const accepted = codes.map((code): AcceptedFinding => ({
            ...{ ecosystem: 'npm', name, version: '1.0.0', bytes: HASH, code, by: 'jane', why: 'known' },
            until: NOON + 3_600_000,
          }));
          const assessment: Assessment = {
            ...judged(dependency(name, '1.0.0', { direct }), 'pass'),
            ...{ findings: found, registry, proofs: isProven ? proofsWith('x') : NO_PROOFS },
          };
          const outcomes = PHASES.map((phase) => {
            const one = judge(assessment, { phase, policy, accepted, now: NOON });
            if (hoursAgo === null) return one;
            const time = NOON - hoursAgo * 3_600_000;
            const seen = [{ ecosystem: 'npm' as const, name, version: '1.0.0', time }];
            const clock = { rules: DEFAULT_REVIEW, seen, brought: [], silent: new Set<never>(), accepted, now: NOON };
            return reviewed([one], null, clock)[0] ?? one;
          });
          for (const [i, { findings: before, verdict }] of outcomes.entries()) {
            for (const later of outcomes.slice(i + 1)) {
              if (verdict === 'fail') expect(later.verdict).toBe('fail');
              if (verdict === 'unverified') expect(['fail', 'unverified']).toContain(later.verdict);
              for (const [j, { level, code }] of before.entries()) {
                if (level === 'error') expect(later.findings[j]?.level).toBe('error');
                // Tolerated signatures do not end a later phase's demand for provenance.
                const levels = code === 'evidence-stripped' ? ['note', 'error'] : ['note'];
                if (level === 'note') expect(levels).toContain(later.findings[j]?.level);
              }
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
