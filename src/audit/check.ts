import { auditDependencies, verifyForComparison } from './dependencies.ts';
import type { LockfileAuditOptions } from './options.ts';
import { reportOf } from './summary.ts';
import { compareVersion, servedDependency } from './compare.ts';
import { conventionsOf, ECOSYSTEMS, splitEcosystem } from '../ecosystems/conventions/index.ts';
import { DEFAULT_ECOSYSTEM, type Ecosystem, type PackageRef } from '../model/package.ts';
import { ecosystemOf, hasChain } from '../ecosystems/index.ts';
import type { Comparison } from '../model/comparison.ts';
import type { History } from '../model/history.ts';
import type { Report } from '../model/report.ts';

export type CheckOptions = Omit<LockfileAuditOptions, 'omit' | 'since' | 'baseline' | 'reverify'>;

/** A spec that names no version the registry could be asked about. */
export interface Unresolved {
  readonly spec: string;
  readonly reason: string;
  /** Whether the registry gave no answer, rather than the answer that there is none. */
  readonly unavailable: boolean;
}

export interface CheckResult {
  readonly report: Report;
  readonly comparisons: readonly Comparison[];
  readonly unresolved: readonly Unresolved[];
}

interface Named {
  readonly history: History;
  readonly version: string;
  readonly spec: string;
}

/**
 * Checks versions without a project: each spec is `name`, `name@version`, `name@range` or `name@dist-tag`. The hash
 * that stands in for a lockfile's is the one the registry serves.
 */
export async function check(specs: readonly string[], options: CheckOptions): Promise<CheckResult> {
  const answers = await Promise.all(specs.map((spec) => resolveSpec(spec, options)));
  const resolved = answers.filter((answer) => 'history' in answer);
  const current = await Promise.all(
    resolved.map(({ history, version, spec }) => {
      const questions = ecosystemOf(history).questions(options);
      return servedDependency({ ...history, version }, history, questions, spec);
    }),
  );
  const judged = await auditDependencies(current, { ...options, locked: null });
  const comparing = { sources: options, baseline: null, verify: verifyForComparison(options) };
  const lockfile = { entries: current.length, dependencies: current, skipped: [], logs: [] };
  const report = reportOf([], lockfile, judged, options);
  return {
    report: { ...report, advisories: (await options.advisories)?.used ?? [] },
    comparisons: await Promise.all(judged.map((one) => compareVersion(one, null, comparing))),
    unresolved: answers.filter((answer) => 'reason' in answer),
  };
}

/**
 * What a version may be asked for by, beside a range: a dist-tag, which needs no escape in an address, or a version of
 * old.
 */
const TAG = /^[\w.~!*'()+-]{1,214}$/;

/**
 * Splits `name@wanted`, before which its ecosystem may stand (`npm:`); a scoped name starts with the other @. Null for
 * what is no package name, or asks for no version.
 */
export function parseSpec(spec: string): (PackageRef & { readonly wanted: string }) | null {
  const split = splitEcosystem(spec);
  if (split === null) return null;
  const { ecosystem, rest } = split;
  const { names, versions } = conventionsOf(ecosystem);
  const [, name = '', wanted = 'latest'] = /^(@?[^@]+)(?:@(.*))?$/.exec(rest) ?? [];
  if (!names.isName(name)) return null;
  const isRange = wanted !== '' && wanted === wanted.trim() && versions.isRange(wanted);
  return isRange || TAG.test(wanted) ? { ecosystem, name, wanted } : null;
}

/** What people call an ecosystem by, beside its name. */
const ALSO: Readonly<Record<Ecosystem, RegExp>> = {
  npm: /^(?:node|npmjs)$/,
  go: /^golang$/,
  pypi: /^(?:pip|python|uv)$/,
  cargo: /^(?:crates?|crates\.io|rust)$/,
};

/** Why a text is no package, with the one that is meant where it is nearly one. */
function notASpec(spec: string): string {
  const [, prefix, rest = ''] = /^(?:([^:@/]*):)?(.*)$/s.exec(spec) ?? [];
  if (prefix !== undefined && rest === '') {
    return `there is no package name after the colon; a package of ${prefix} is ${prefix}:NAME`;
  }
  const called = prefix?.toLowerCase() ?? '';
  const named = ECOSYSTEMS.filter((one) =>
    prefix === undefined ? one !== DEFAULT_ECOSYSTEM : one === called || ALSO[one].test(called),
  );
  if (named.length === 0) return `there is no ecosystem ${called}: there are ${ECOSYSTEMS.join(', ')}`;
  // Requirements of Python write a version so.
  const written = rest.replace('==', '@');
  const meant = named.map((one) => `${one}:${written}`).find((one) => one !== spec && parseSpec(one) !== null);
  if (meant !== undefined) return `did you mean ${meant}?`;
  const [ecosystem = DEFAULT_ECOSYSTEM] = prefix === undefined ? [] : named;
  return `not a package name with a ${askedBy(ecosystem)}`;
}

/** What may stand behind the @ of a package. */
function askedBy(ecosystem: Ecosystem): string {
  return ecosystem === DEFAULT_ECOSYSTEM ? 'version, range or dist-tag' : 'version or range';
}

/** Of a version that its ecosystem writes with a "v" in front, as Go does, that is what is missing. */
function noSuchVersion({ ecosystem, name, wanted }: PackageRef & { readonly wanted: string }): string {
  const { parse } = conventionsOf(ecosystem).versions;
  const written = parse(wanted) === null && parse(`v${wanted}`) !== null ? `v${wanted}` : null;
  const found = `${name} has no ${askedBy(ecosystem)} ${wanted}`;
  return written === null ? found : `${found}: its versions begin with v, as in ${ecosystem}:${name}@${written}`;
}

/** The other ones among these ecosystems that a name without one may be meant of; none of a name that has one. */
export function meantElsewhere(spec: string, ecosystems: ReadonlySet<Ecosystem>): readonly Ecosystem[] {
  if (/^[^:@/]*:/.test(spec) || parseSpec(spec) === null) return [];
  return [...ecosystems].filter((one) => one !== DEFAULT_ECOSYSTEM && parseSpec(`${one}:${spec}`) !== null);
}

async function resolveSpec(spec: string, options: CheckOptions): Promise<Named | Unresolved> {
  const parsed = parseSpec(spec);
  if (parsed === null) {
    const elsewhere = ECOSYSTEMS.find((ecosystem) => parseSpec(`${ecosystem}:${spec}`) !== null);
    const reason = spec.endsWith('@')
      ? 'there is no version after the @; without the @ it is the one that latest names'
      : elsewhere === undefined
        ? notASpec(spec)
        : `no package of npm is called so; a package of ${elsewhere} is ${elsewhere}:${spec}`;
    return { spec, reason, unavailable: false };
  }
  const { ecosystem, name, wanted } = parsed;
  if (!hasChain(ecosystem)) {
    return { spec, reason: `this version of assay verifies no packages of ${ecosystem}`, unavailable: false };
  }
  const questions = ecosystemOf(parsed).questions(options);
  const answer = await questions.resolve(name, wanted);
  if (answer.state === 'absent')
    return { spec, reason: `${questions.urlFor(name)} has no package ${name}`, unavailable: false };
  if (answer.state !== 'present') return { spec, reason: `${answer.url}: ${answer.reason}`, unavailable: true };
  const { history, version } = answer.value;
  if (version === null) return { spec, reason: noSuchVersion(parsed), unavailable: false };
  return { history, version, spec };
}
