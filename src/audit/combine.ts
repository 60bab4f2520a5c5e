import type {
  BaselineUsed,
  BytesUsed,
  Counts,
  InstalledUsed,
  PolicyUsed,
  RegistryUsed,
  Report,
  ReviewUsed,
  UnreadLockfile,
} from '../model/report.ts';
import { newestHeads } from '../model/log-seen.ts';
import type { Verdict } from '../model/verdict.ts';
import { MAX_EXPLAINED } from './compare.ts';
import { overallVerdict } from '../policy/enforce.ts';
import { installedUsed } from './summary.ts';

/**
 * One report of several folders, audited one after the other with the same policy and trust; at least one. Nothing is
 * brought together: what two lockfiles name was judged in each. What could not be read leaves no statement about it, so
 * that the run cannot pass.
 */
export function combineReports(
  [first, ...others]: readonly [Report, ...Report[]],
  unread: readonly UnreadLockfile[],
): Report {
  const reports = [first, ...others];
  const baselines = reports.flatMap((report) => report.baselines);
  return {
    ...first,
    lockfiles: reports.flatMap(({ lockfiles }) => lockfiles),
    unread,
    verdict: verdictOf(reports, unread),
    policy: policyOf(reports),
    counts: reports.map(({ counts }) => counts).reduce(added),
    trust: {
      ...first.trust,
      registries: registriesOf(reports),
      logs: newestHeads(reports.flatMap(({ trust }) => trust.logs)),
    },
    baselines,
    baseline: onlyOne(baselines),
    review: reviewOf(reports),
    bytes: bytesOf(reports),
    installed: installedOf(reports),
    dependencies: reports.flatMap(({ dependencies }) => dependencies),
    explanations: inTurn(reports.map(({ explanations }) => explanations)).slice(0, MAX_EXPLAINED),
    skipped: reports.flatMap(({ skipped }) => skipped),
  };
}

/** Interleaves lists: the first of each, then the second of each. So the gravest of every list come first. */
function inTurn<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

function verdictOf(reports: readonly Report[], unread: readonly UnreadLockfile[]): Verdict {
  const verdicts = reports.map(({ verdict }) => verdict);
  return overallVerdict(unread.length > 0 ? [...verdicts, 'unverified'] : verdicts);
}

function onlyOne(baselines: readonly BaselineUsed[]): BaselineUsed | null {
  return baselines.length === 1 ? (baselines[0] ?? null) : null;
}

function added(a: Counts, b: Counts): Counts {
  const names = Object.keys(a) as (keyof Counts)[];
  return { ...a, ...Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) };
}

/** The policy as used by all folders: a rule is unused only if it matches nothing in any of them. */
function policyOf(reports: readonly Report[]): PolicyUsed | null {
  const [first, ...others] = reports.map(({ policy }) => policy);
  if (!first) return null;
  const isUnused = ({ text, line }: PolicyUsed['unused'][number], policy: PolicyUsed | null): boolean =>
    policy?.unused.some((each) => each.text === text && each.line === line) === true;
  const outside = new Set([first, ...others].flatMap((policy) => policy?.outside ?? []));
  return {
    ...first,
    unused: first.unused.filter((each) => others.every((policy) => isUnused(each, policy))),
    outside: [...outside].sort(),
  };
}

function registriesOf(reports: readonly Report[]): readonly RegistryUsed[] {
  const all = reports.flatMap(({ trust }) => trust.registries);
  return [...new Set(all.map(({ url }) => url))].map((url) => {
    const same = all.filter((one) => one.url === url);
    const keys = new Map(same.flatMap((one) => one.keys).map((key) => [`${key.keyId} ${key.origin}`, key]));
    const namedBy = [...new Set(same.flatMap((one) => one.namedBy ?? []))].join(', ');
    return { url, keys: [...keys.values()], ...(namedBy === '' ? {} : { namedBy }) };
  });
}

function bytesOf(reports: readonly Report[]): BytesUsed | null {
  const used = reports.flatMap(({ bytes }) => bytes ?? []);
  if (used.length === 0) return null;
  const sum = (name: 'tarballs' | 'size' | 'cached'): number => used.reduce((total, each) => total + each[name], 0);
  const corrupt = [...new Set(used.flatMap((each) => each.corrupt))];
  const inRepositories = used.reduce((total, each) => total + (each.inRepositories ?? 0), 0);
  const counts = { tarballs: sum('tarballs'), size: sum('size'), cached: sum('cached') };
  return { ...counts, corrupt, ...(inRepositories > 0 && { inRepositories }) };
}

function installedOf(reports: readonly Report[]): InstalledUsed | null {
  const used = reports.flatMap(({ installed }) => installed ?? []);
  if (used.length === 0) return null;
  return { ...installedUsed(used), unlocked: used.flatMap(({ unlocked }) => unlocked) };
}

function reviewOf(reports: readonly Report[]): ReviewUsed | null {
  const [first, ...others] = reports.flatMap(({ review }) => review ?? []);
  if (first === undefined) return null;
  return others.reduce(
    (sum, { pending, overdue, shallow }) => ({
      ...sum,
      pending: sum.pending + pending,
      overdue: sum.overdue + overdue,
      shallow: sum.shallow || shallow,
    }),
    first,
  );
}
