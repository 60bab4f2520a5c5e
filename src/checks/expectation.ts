import type { BaselinePackage } from '../model/baseline.ts';
import type { History, Release } from '../model/history.ts';
import { finding, type Finding } from '../model/finding.ts';
import type { Ecosystem } from '../model/package.ts';
import type { IdentityDemand } from '../model/policy.ts';
import type { Identity } from '../model/proof.ts';
import { expectedIdentity } from './baseline.ts';
import { earlierVersions } from './history.ts';
import { checkAgainstDeclared, checkAgainstIdentity, checkAgainstManifest, type ExpectedIdentity } from './identity.ts';
import { declaredBefore, measuresFor, witnessesFor, type Shown } from './measures.ts';
import { checkBeforeOrigin, checkOrigin } from './origin.ts';

export interface ExpectationCheck {
  /** Who was expected, by the strongest that says so of this channel; null where nobody was. */
  readonly before: ExpectedIdentity | null;
  readonly findings: readonly Finding[];
  /** Whether a builder that was established before is the one that built it. */
  readonly isKnownBuilder: boolean;
  /** Versions whose attestations would say more, to be asked for before this counts. */
  readonly ask: readonly string[];
  /** Versions whose attestations could not be obtained. */
  readonly missing: readonly string[];
}

export interface Builder {
  readonly ecosystem: Ecosystem;
  readonly release: Release;
  readonly identity: Identity;
  /** What a policy states, which is judged elsewhere. */
  readonly stated: IdentityDemand;
}

/**
 * Did it come from who is expected? The baseline says who that is, else earlier releases of its channel that stood for
 * long enough, else what releases before them declared. What a version says of itself counts only where there is no
 * earlier one.
 */
export function checkExpectation(
  builder: Builder,
  known: BaselinePackage | null,
  history: History | null,
  shown: Shown,
): ExpectationCheck {
  const recorded = expectedIdentity(known, { ecosystem: builder.ecosystem, version: builder.release.version });
  if (recorded !== null && (recorded.otherChannel !== true || history === null)) return against(builder, [recorded]);
  if (history === null) return { ...against(builder, []), findings: ownWord(builder) };

  const { version } = builder.release;
  const { measures, established, ask, missing } = measuresFor(history, version, shown);
  const expected = measures.map(({ version: of, identity, otherChannel }): ExpectedIdentity => ({
    identity,
    source: 'history',
    version: of,
    trigger: identity.trigger,
    ...(otherChannel && { otherChannel }),
  }));
  const held = against(builder, [...(recorded === null ? [] : [recorded]), ...expected]);
  if (ask.length > 0) return { ...held, ask };
  const isEstablished = established || recorded !== null;
  const declared = isEstablished ? [] : againstDeclared(builder, history, measures.at(0)?.version ?? version);
  // What an earlier release proved outweighs that no release declared a repository.
  const isMoved = held.findings.some(({ code }) => OF_ORIGIN.includes(code));
  const findings = [...held.findings, ...(isMoved ? declared.filter((one) => !isUndeclared(one)) : declared)];
  const check = relieve(
    { ...held, findings, missing, isKnownBuilder: isEstablished && held.findings.length === 0 },
    builder,
    history,
    shown,
  );
  return recorded === null && check.ask.length === 0 ? withOrigin(check, builder, history, shown) : check;
}

const OF_ORIGIN = ['identity-unexpected-repository', 'identity-owner-changed', 'identity-unexpected-issuer'];

/**
 * Without another expectation, a release is held to the origin of its package: that a release stayed for a month does
 * not prove that its builder is the project's.
 */
function withOrigin(check: ExpectationCheck, builder: Builder, history: History, shown: Shown): ExpectationCheck {
  if (check.findings.some((found) => OF_ORIGIN.includes(found.code) && !isUndeclared(found))) return check;
  const { identity, stated } = builder;
  const { version } = builder.release;
  const origin = checkOrigin({ identity, version, stated }, history, shown);
  if (origin.ask.length > 0) return { ...check, ask: origin.ask };
  const before = stated.repository === undefined ? checkBeforeOrigin(identity, version, history) : [];
  const findings = origin.findings.length > 0 ? origin.findings : before;
  if (findings.length === 0 && origin.missing.length === 0) return check;
  return {
    ...check,
    findings: [...check.findings.filter((found) => findings.length === 0 || !isUndeclared(found)), ...findings],
    isKnownBuilder: check.isKnownBuilder && findings.length === 0,
    missing: [...check.missing, ...origin.missing],
  };
}

/** Each cause once: of findings with one code, the first. */
function against({ identity, stated }: Builder, expected: readonly ExpectedIdentity[]): ExpectationCheck {
  const findings: Finding[] = [];
  for (const one of expected) {
    const found = checkAgainstIdentity(identity, one, stated);
    findings.push(...found.filter(({ code }) => !findings.some((other) => other.code === code)));
  }
  return {
    before: expected[0] ?? null,
    findings,
    isKnownBuilder: expected.length > 0 && findings.length === 0,
    ask: [],
    missing: [],
  };
}

/** Before the first release that shows a builder, releases said where their source is. */
function againstDeclared(builder: Builder, history: History, first: string): readonly Finding[] {
  const { identity, release, stated } = builder;
  if (earlierVersions(history, release.version).length === 0) return ownWord(builder);
  if (stated.repository !== undefined) return [];
  const declared = declaredBefore(history, first, release.version);
  return declared === null ? againstNobody(builder, history, first) : checkAgainstDeclared(identity, declared);
}

/**
 * Releases before the first provenance named no repository, so any would match. That is a gap, like no provenance,
 * until later releases of the project have the same; if no account that the package knows published this one, its
 * repository is unexpected.
 */
function againstNobody({ identity, release }: Builder, history: History, first: string): readonly Finding[] {
  const before = earlierVersions(history, first);
  const [last] = before.toSorted((a, b) => (b.published ?? 0) - (a.published ?? 0));
  if (last === undefined) return [];
  const args = { expected: 'none', actual: identity.repository ?? 'none', source: 'manifest' } as const;
  const found = finding('identity-unexpected-repository', { ...args, version: last.version });
  const accounts = before.map(({ version }) => history.versions.get(version)?.publisher ?? null);
  const by = release.publisher;
  const isNamed = accounts.some((account) => account !== null);
  // An owner of the package has to name a trusted publisher to the registry; no token can.
  const isKnown =
    by === null ? !isNamed : by.trustedPublisher !== null || accounts.some((one) => one?.name === by.name);
  return [isKnown ? { ...found, kind: 'gap' } : found];
}

function isUndeclared({ code, kind }: Finding): boolean {
  return code === 'identity-unexpected-repository' && kind === 'gap';
}

function ownWord({ identity, release, stated }: Builder): readonly Finding[] {
  return checkAgainstManifest(identity, stated.repository === undefined ? release.repository : null);
}

/**
 * Another workflow, another repository of the same owner, or a first builder is the project's own choice if other
 * releases confirm it. One built the same way a week earlier replaces the measure; one a month later makes the finding
 * a note.
 */
function relieve(check: ExpectationCheck, builder: Builder, history: History, shown: Shown): ExpectationCheck {
  const { identity, release, stated } = builder;
  const disputed = check.findings.filter(({ code }) => code.startsWith('identity-'));
  const isWorkflow = ({ code }: Finding): boolean => code === 'identity-unexpected-workflow';
  const isOwn = (found: Finding): boolean =>
    isWorkflow(found) ||
    isUndeclared(found) ||
    (found.code === 'identity-unexpected-repository' && found.args.owner === 'same');
  if (disputed.length === 0 || !disputed.every(isOwn)) return check;
  const published = history.time.get(release.version) ?? 0;
  for (const version of witnessesFor(history, release.version, disputed.every(isWorkflow))) {
    const witness = shown.get(version);
    if (witness === undefined) return { ...check, ask: [version] };
    if (witness === null) continue;
    const expected: ExpectedIdentity = { identity: witness, source: 'history', version, trigger: witness.trigger };
    if (checkAgainstIdentity(identity, expected, stated).length > 0) continue;
    const others = check.findings.filter((found) => !disputed.includes(found));
    if ((history.time.get(version) ?? 0) < published) {
      return { ...check, before: expected, findings: others, isKnownBuilder: true };
    }
    return {
      ...check,
      findings: check.findings.map((found) => (disputed.includes(found) ? { ...found, kind: 'note' } : found)),
    };
  }
  return check;
}
