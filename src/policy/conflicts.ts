import { conventionsOf } from '../ecosystems/conventions/index.ts';
import type { FindingCode } from '../model/finding.ts';
import {
  IDENTITY_FIELDS,
  type ExpectRule,
  type LevelRule,
  type PackageSelector,
  type Policy,
  type ReviewRules,
} from '../model/policy.ts';
import { PolicyError } from '../readers/file-error.ts';
import { covers, overlap, specificity } from './selectors.ts';

/** The codes whose level follows from what `expect` says about provenance. */
export const PROVENANCE_GAPS: readonly FindingCode[] = [
  'provenance-missing',
  'provenance-lost',
  'provenance-lost-elsewhere',
];

/** Refuses a policy with rules that contradict each other, or that others make unreachable. Throws PolicyError. */
export function refuseConflicts(policy: Policy): void {
  refuseTooMany(policy);
  const refuse = (line: number, reason: string): never => {
    throw new PolicyError(policy.file, line, reason);
  };
  for (const list of [policy.critical?.packages ?? [], policy.exempt]) refuseCovered(list, refuse);
  for (const { packages } of policy.findings) refuseCovered(packages, refuse);
  refuseCapabilities(policy, refuse);
  refuseExpectations(policy, refuse);
  refuseLevels(policy.findings, refuse);
  refuseProvenanceLevels(policy, refuse);
  refuseRegistries(policy, refuse);
  refuseInstances(policy, refuse);
  if (policy.review !== null) refuseReview(policy.review, refuse);
}

/** Rules are compared with each other and with every dependency, so there is an end to them. */
const MAX_SELECTORS = 2000;
const MAX_GLOBS = 200;

function refuseTooMany({ file, critical, capabilities, exempt, expect, findings, review }: Policy): void {
  const selectors = [
    ...(critical?.packages ?? []),
    ...capabilities.map(({ packages }) => packages),
    ...exempt,
    ...expect.map(({ packages }) => packages),
    ...findings.flatMap(({ packages }) => packages),
    ...(review?.owners.map(({ packages }) => packages) ?? []),
  ];
  const globs = selectors.filter(({ pattern }) => pattern.includes('*')).length;
  if (selectors.length > MAX_SELECTORS) throw new PolicyError(file, null, `more than ${MAX_SELECTORS} package names`);
  if (globs > MAX_GLOBS) throw new PolicyError(file, null, `more than ${MAX_GLOBS} globs of package names`);
}

type Refuse = (line: number, reason: string) => never;

/** An entry that another one of the same list selects anyway. */
function refuseCovered(list: readonly PackageSelector[], refuse: Refuse): void {
  for (const [i, entry] of list.entries()) {
    const other = list.find(
      (candidate, j) => i !== j && covers(candidate, entry) && (j < i || !covers(entry, candidate)),
    );
    if (other !== undefined) {
      const same = other.text === entry.text ? 'is already' : `is already covered by ${other.text}`;
      refuse(entry.line, `${entry.text} ${same} in line ${other.line}`);
    }
  }
}

/** Capabilities select among direct dependencies only, and what is stated of them serves that selection. */
function refuseCapabilities({ critical, capabilities }: Policy, refuse: Refuse): void {
  const selected = critical?.capabilities ?? [];
  for (const [i, { capability, line }] of selected.entries()) {
    if (critical?.direct === true) refuse(line, `capability ${capability} is already covered by direct`);
    const other = selected.slice(0, i).find((entry) => entry.capability === capability);
    if (other !== undefined) refuse(line, `capability ${capability} is already in line ${other.line}`);
  }
  for (const [i, rule] of capabilities.entries()) {
    const { line } = rule.packages;
    if (selected.length === 0)
      refuse(line, 'capabilities are stated, but no "- capability:" in critical selects by them');
    const rival = capabilities.slice(0, i).find(({ packages }) => tied(packages, rule.packages));
    if (rival !== undefined && String(rival.capabilities) !== String(rule.capabilities)) {
      refuse(line, contradiction(rule.packages, rival.packages, 'list of capabilities'));
    }
  }
}

/** Two selectors of which neither is the more specific one, for some package. */
function tied(a: PackageSelector, b: PackageSelector): boolean {
  return specificity(a) === specificity(b) && overlap(a, b);
}

function refuseExpectations({ expect, exempt }: Policy, refuse: Refuse): void {
  for (const [i, rule] of expect.entries()) {
    refuseImpossibleOwner(rule, refuse);
    refuseUnsigned(rule, refuse);
    for (const other of expect.slice(0, i)) {
      if (!tied(rule.packages, other.packages)) continue;
      const field = contradictingField(rule, other);
      if (field !== null) refuse(rule.packages.line, contradiction(rule.packages, other.packages, field));
    }
    const exemption = exempt.find((entry) => tied(entry, rule.packages));
    if (exemption !== undefined && rule.provenance !== null && rule.provenance.demand !== 'optional') {
      const { text, line } = rule.packages;
      refuse(line, `${text} expects provenance, but ${exemption.text} is exempt from it in line ${exemption.line}`);
    }
  }
}

function contradiction(a: PackageSelector, b: PackageSelector, what: string): string {
  const second = a.text === b.text ? '' : ` (${b.text}), and neither selects more exactly`;
  return `${a.text} says another ${what} than line ${b.line}${second}`;
}

function contradictingField(a: ExpectRule, b: ExpectRule): string | null {
  const differ = (x: unknown, y: unknown): boolean => JSON.stringify(x) !== JSON.stringify(y);
  if (a.provenance !== null && b.provenance !== null && differ(a.provenance, b.provenance)) return 'provenance';
  if (a.instance !== null && b.instance !== null && a.instance !== b.instance) return 'instance';
  const field = IDENTITY_FIELDS.find(
    (name) =>
      a.identity[name] !== undefined && b.identity[name] !== undefined && differ(a.identity[name], b.identity[name]),
  );
  return field ?? null;
}

/** A repository that is not the owner's could satisfy only one of the two. */
function refuseImpossibleOwner({ packages, identity: { repository, owner } }: ExpectRule, refuse: Refuse): void {
  if (repository?.kind !== 'exact' || repository.not === true || owner?.kind !== 'exact') return;
  const belongs = repository.text.startsWith(`${owner.text}/`);
  if (owner.not === true && belongs)
    refuse(packages.line, `${packages.text} expects a repository of the owner it rules out`);
  if (owner.not === true || belongs) return;
  refuse(packages.line, `${packages.text} expects a repository that does not belong to the owner it expects`);
}

/** What nobody signs meets no demand of a signature: such a rule would be met by everything, as nothing is missing. */
function refuseUnsigned({ packages, identity, instance, provenance }: ExpectRule, refuse: Refuse): void {
  const { ecosystem, text, line } = packages;
  if (ecosystem === null || conventionsOf(ecosystem).hasProvenance) return;
  if (provenance?.demand === 'optional' && instance === null && Object.keys(identity).length === 0) return;
  refuse(line, `${text} expects a builder or provenance, and nobody signs who builds packages of ${ecosystem}`);
}

function refuseLevels(rules: readonly LevelRule[], refuse: Refuse): void {
  for (const [i, rule] of rules.entries()) {
    for (const other of rules.slice(0, i)) {
      if (other.code !== rule.code) continue;
      for (const packages of rule.packages) {
        const rival = other.packages.find((candidate) => tied(candidate, packages));
        if (rival === undefined || (rival.text !== packages.text && other.level === rule.level)) continue;
        const what = `level for ${rule.code}`;
        refuse(
          packages.line,
          other.level === rule.level
            ? `${packages.text} has a level for ${rule.code} already, in line ${rival.line}`
            : contradiction(packages, rival, what),
        );
      }
    }
  }
}

/** `required` and `optional` decide the level of missing provenance; another level for the same packages is void. */
function refuseProvenanceLevels({ expect, findings }: Policy, refuse: Refuse): void {
  for (const { packages, provenance } of expect) {
    // Before `since` the phase decides, and so may a level.
    if (provenance === null || provenance.demand === 'expected' || provenance.since !== null) continue;
    const decided = provenance.demand === 'required' ? 'error' : 'note';
    for (const rule of findings) {
      if (!PROVENANCE_GAPS.includes(rule.code) || rule.level === decided) continue;
      const rival = rule.packages.find((entry) => covers(packages, entry));
      if (rival === undefined) continue;
      const { line } = rival;
      refuse(
        line,
        `${rule.code} of ${rival.text} is decided by "provenance: ${provenance.demand}" in line ${packages.line}`,
      );
    }
  }
}

function refuseReview({ owners, rotation }: ReviewRules, refuse: Refuse): void {
  for (const [i, { packages, owner }] of owners.entries()) {
    for (const other of owners.slice(0, i)) {
      if (!tied(packages, other.packages)) continue;
      if (owner !== other.owner) refuse(packages.line, contradiction(packages, other.packages, 'owner'));
      if (packages.text === other.packages.text) {
        refuse(packages.line, `${packages.text} has an owner already, in line ${other.packages.line}`);
      }
    }
  }
  const every = owners.find(({ packages }) => packages.text === '*');
  if (rotation !== null && every !== undefined) {
    refuse(rotation.line, `the rotation never applies: * has an owner in line ${every.packages.line}`);
  }
}

/** An instance vouches only for what is expected of it. */
function refuseInstances({ instances, expect }: Policy, refuse: Refuse): void {
  const other = expect.find(({ instance }) => instance !== null && !instances.has(instance));
  const hint = other === undefined ? '' : ` (line ${other.packages.line} says ${other.instance ?? ''})`;
  for (const [name, { line }] of instances) {
    if (!expect.some(({ instance }) => instance === name))
      refuse(line, `instance ${name} vouches for nothing: no entry of expect says "instance: ${name}"${hint}`);
  }
}

function refuseRegistries({ mirrors, privateRegistries }: Policy, refuse: Refuse): void {
  const rules = [...mirrors, ...privateRegistries];
  for (const [i, { url, line }] of rules.entries()) {
    const other = rules.slice(0, i).find((rule) => rule.url === url);
    if (other !== undefined) refuse(line, `${url} is already given in line ${other.line}`);
  }
  for (const { of, line } of mirrors) {
    const other = mirrors.find(({ url }) => url === of);
    if (other !== undefined) refuse(line, `${of} is itself a mirror, in line ${other.line}; name what that stands for`);
  }
}
