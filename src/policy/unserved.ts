import type { PlacedFinding } from '../model/dependency.ts';
import { specOf } from '../model/package.ts';
import { finding, type FindingCode } from '../model/finding.ts';
import type { JudgedDependency, LeveledFinding } from '../model/verdict.ts';
import { verdictOf } from './enforce.ts';
import { groupBy } from '../model/group-by.ts';

/** With one package, a registry without attestations looks like one that lost those of this package. */
const LEAST = 2;

/** What is only found where attestations are served. */
const OF_SERVED: readonly FindingCode[] = [
  'provenance-invalid',
  'provenance-subject-mismatch',
  'publish-attestation-missing',
];

/**
 * A registry that announces provenance and serves none of any package does not pass attestations on. That is one thing
 * to mend, not a loss for each package: there is no statement about them in any phase, and one finding for each
 * lockfile. `beside` are dependencies that the run is not about; they also show what the registry serves.
 */
export function withoutAttestations(
  judged: readonly JudgedDependency[],
  beside: readonly JudgedDependency[],
): {
  readonly judged: readonly JudgedDependency[];
  readonly findings: readonly PlacedFinding[];
} {
  const lackingBeside = groupBy(lackingOf([...judged, ...beside]), ({ registry }) => registry ?? '');
  const lacking = lackingOf(judged).filter(({ registry }) => lackingBeside.has(registry ?? ''));
  const groups = [...groupBy(lacking, ({ registry }) => registry ?? '')].filter(
    ([registry]) => (lackingBeside.get(registry)?.length ?? 0) >= LEAST,
  );
  const unserved = new Set(groups.flatMap(([, group]) => group));
  return {
    judged: judged.map((one) => (unserved.has(one) ? withoutStatement(one) : one)),
    findings: groups.flatMap(([registry, group]) =>
      [...groupBy(group, ({ dependency }) => dependency.places[0]?.file ?? '')].map(([file, ofFile]) => ({
        place: { file, line: 1, path: '' },
        finding: finding('evidence-not-served', {
          registry,
          packages: ofFile.map(({ dependency }) => specOf(dependency)),
        }),
      })),
    ),
  };
}

/** Dependencies whose announced provenance is missing, at registries that are not known to serve any. */
export function lackingOf(judged: readonly JudgedDependency[]): readonly JudgedDependency[] {
  const serving = new Set(judged.filter(isServed).map(({ registry }) => registry));
  return judged.filter(
    ({ registry, findings }) => registry !== null && !serving.has(registry) && findings.some(isLack),
  );
}

export function isServed({ proofs, findings }: JudgedDependency): boolean {
  return proofs.provenance !== null || proofs.publish !== null || findings.some(({ code }) => OF_SERVED.includes(code));
}

/** An accepted finding is decided, and so does not count. */
function isLack({ code, accepted }: LeveledFinding): boolean {
  return code === 'provenance-advertised-absent' && accepted === undefined;
}

function withoutStatement(one: JudgedDependency): JudgedDependency {
  const findings = one.findings.map((found): LeveledFinding =>
    isLack(found) ? { ...found, kind: 'note', level: 'note' } : found,
  );
  return { ...one, findings, verdict: verdictOf(findings) === 'fail' ? 'fail' : 'unverified' };
}
