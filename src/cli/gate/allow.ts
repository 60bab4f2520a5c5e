import { parseSpec } from '../../audit/check.ts';
import { acceptFindings, type Acceptance, type Decision } from '../../baseline/accept.ts';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { gitUser } from '../../git/user.ts';
import type { Baseline } from '../../model/baseline.ts';
import { versionId, type VersionId, type VersionRef } from '../../model/package.ts';
import type { JudgedDependency } from '../../model/verdict.ts';
import { reasonOf, untilOf, whoOf } from '../decision.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';

/** What somebody lets through in one run, whatever was found of it, but a contradiction and what nobody answered. */
export interface Allowance {
  /** Whether a version that would be refused is handed on all the same. */
  readonly allows: (judged: JudgedDependency) => boolean;
  /** The decision for assay.lock about those of a report; null where none of them is allowed. */
  readonly accept: (
    baseline: Baseline | null,
    judged: readonly JudgedDependency[],
  ) => { readonly acceptance: Acceptance; readonly judged: readonly JudgedDependency[] } | null;
  /** Versions that nothing was allowed of so far. */
  readonly unused: () => readonly VersionRef[];
}

/** So long a decision stands that was made for one run: what is installed by it is then due for one that lasts. */
const DAYS = 1;

/** Reads `--allow`. Null where nothing is allowed. Throws UsageError. */
export async function allowanceOf({ allow, reason, by }: OptionValues, io: Io): Promise<Allowance | null> {
  if (allow === undefined) {
    for (const [name, value] of Object.entries({ reason, by })) {
      if (value !== undefined) throw new UsageError(`--${name} is for --allow NAME@VERSION`);
    }
    return null;
  }
  const named = new Map<VersionId, VersionRef>(allow.map(versionOf).map((one) => [versionId(one), one]));
  const now = Date.now();
  const decision: Decision = {
    why: reasonOf(reason, '--allow'),
    by: whoOf(by ?? (await gitUser(io.cwd))),
    until: untilOf(`${DAYS}d`, now),
  };
  const used = new Set<VersionId>();
  const isAllowed = (one: JudgedDependency): boolean => {
    if (!named.has(versionId(one.dependency))) return false;
    const outcome = acceptFindings(null, [one], [], decision);
    return 'accepted' in outcome && outcome.accepted.length > 0;
  };
  return {
    allows: (judged) => {
      const allows = isAllowed(judged);
      if (allows) used.add(versionId(judged.dependency));
      return allows;
    },
    accept: (baseline, judged) => {
      const those = judged.filter((one) => one.verdict === 'fail' && isAllowed(one));
      const outcome = acceptFindings(baseline, those, [], decision);
      if (those.length === 0 || 'refused' in outcome) return null;
      for (const one of those) used.add(versionId(one.dependency));
      return { acceptance: outcome, judged: those };
    },
    unused: () => [...named].filter(([id]) => !used.has(id)).map(([, one]) => one),
  };
}

function versionOf(spec: string): VersionRef {
  const parsed = parseSpec(spec);
  if (parsed === null || conventionsOf(parsed.ecosystem).versions.parse(parsed.wanted) === null) {
    throw new UsageError(`--allow takes one version, such as axios@1.14.1, not ${spec}`);
  }
  const { ecosystem, name, wanted } = parsed;
  return { ecosystem, name, version: wanted };
}
