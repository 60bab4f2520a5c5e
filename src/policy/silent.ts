import type { Dependency, PlacedFinding } from '../model/dependency.ts';
import { specOf } from '../model/package.ts';
import type { Policy } from '../model/policy.ts';
import type { Report } from '../model/report.ts';
import type { JudgedDependency, Verdict } from '../model/verdict.ts';

/** Registries that lack signatures or attestations for every package that they were asked for. */
export interface Silent {
  readonly signatures: readonly string[];
  /** Those of `signatures` that are indexes of files: what they leave out is which of them have attestations. */
  readonly indexes: ReadonlySet<string>;
  readonly attestations: readonly string[];
  /** The dependencies concerned. */
  readonly dependencies: ReadonlySet<Dependency>;
}

/**
 * A registry must lack signatures of this many dependencies: with only one, the package itself may lack them. What an
 * index does not say of any file is the index's alone.
 */
const LEAST = 2;

/** What is said of registries: every dependency as it was judged, and the findings about the lockfiles themselves. */
interface Judged {
  readonly dependencies: readonly JudgedDependency[];
  readonly lockfiles: readonly { readonly findings: readonly PlacedFinding[] }[];
}

/**
 * What registries leave out of everything they serve, from an audit of a lockfile. It has one cause and one fix, so it
 * calls for no decision about each version and starts no clock.
 */
export function strippingRegistries({ dependencies, lockfiles }: Judged): Silent {
  const isStripped = ({ findings }: JudgedDependency): boolean =>
    findings.some(({ code }) => code === 'evidence-stripped');
  const isDecided = ({ findings }: JudgedDependency): boolean =>
    findings.some(({ code, accepted }) => code === 'evidence-stripped' && accepted !== undefined);
  const indexes = new Set(
    dependencies.flatMap(({ findings }) =>
      findings.flatMap((one) =>
        one.code === 'evidence-stripped' && one.args.of === 'attestations' ? [one.args.registry] : [],
      ),
    ),
  );
  const signatures = [...new Set(dependencies.flatMap(({ registry }) => registry ?? []))].filter((registry) => {
    const ofIt = dependencies.filter((one) => one.registry === registry && one.baseline !== 'held');
    // What was accepted of one of them says nothing of the others.
    const least = indexes.has(registry) ? 1 : LEAST;
    return ofIt.length >= least && ofIt.every(isStripped) && !ofIt.every(isDecided);
  });
  const unserved = lockfiles.flatMap(({ findings }) =>
    findings.flatMap(({ finding }) => (finding.code === 'evidence-not-served' ? [finding.args] : [])),
  );
  const specs = new Set(unserved.flatMap(({ packages }) => packages));
  const isSilent = ({ registry, dependency }: JudgedDependency): boolean =>
    signatures.includes(registry ?? '') || specs.has(specOf(dependency));
  return {
    signatures,
    indexes,
    attestations: [...new Set(unserved.map(({ registry }) => registry))],
    dependencies: new Set(dependencies.filter(isSilent).map(({ dependency }) => dependency)),
  };
}

/**
 * Whether an audit proved nothing because registries leave signatures out or do not answer: nothing can be begun from
 * it. Lockfiles of Yarn 2 and later have no hash that could be proven, so a proven signature is enough. What an index
 * says of its own hashes proves nothing where it leaves out the rest of everything.
 */
export function isNothingKnown({ counts, verdict, dependencies }: Report, { signatures, ...silent }: Silent): boolean {
  const isAllSilent = dependencies.every(({ dependency }) => silent.dependencies.has(dependency));
  if (isAllSilent && signatures.length > 0) return true;
  const proven = counts.integrity + counts.signature + counts.publish + counts.provenance;
  return proven === 0 && (verdict === 'unverified' || signatures.length > 0);
}

/**
 * What a run that writes assay.lock came to, from its audit in `observe`, whichever ecosystems the lockfiles are of: a
 * registry that leaves signatures out of everything gave no answer about what it serves, unless the policy lets that
 * pass.
 */
export function recordingVerdict({ verdict }: Report, { signatures }: Silent, policy: Policy | null): Verdict {
  const isSilent = signatures.length > 0 && !lowersStripped(policy);
  return isSilent && verdict !== 'fail' ? 'unverified' : verdict;
}

/** Whether the team has decided that what has no signatures may pass: then there is nothing to mend. */
export function lowersStripped(policy: Policy | null): boolean {
  return policy?.findings.some(({ code, level }) => code === 'evidence-stripped' && level !== 'error') === true;
}
