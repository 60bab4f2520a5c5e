import type { PolicyUsed, Report } from '../../model/report.ts';
import { formatInstant } from '../../model/time.ts';
import { encodeSegment } from '../words/paths.ts';
import { stringify, type JsonObject } from '../json/stringify.ts';

/**
 * The run as a SLSA Verification Summary Attestation (https://slsa.dev/spec/v1.2/verification_summary): an in-toto
 * statement about the lockfiles, to be signed by who ran it. docs/outputs.md says what it claims, and what it does not.
 */
export function renderVsa(report: Report): string {
  const { lockfiles, tool, verdict, time } = report;
  const holds = verdict === 'pass' || verdict === 'warn';
  return stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: lockfiles.map(({ path, digest }) => ({ name: path, digest: { sha256: digest } })),
    predicateType: 'https://slsa.dev/verification_summary/v1',
    predicate: {
      verifier: { id: 'urn:assay:verifier:1', version: { [tool.name]: tool.version } },
      timeVerified: formatInstant(time),
      resourceUri: resourceUri(report),
      policy: policyJson(report),
      verificationResult: holds ? 'PASSED' : 'FAILED',
      verifiedLevels: holds ? heldLevels(report) : ['FAILED'],
      ...dependencyLevels(report),
      slsaVersion: '1.2',
      // Extension fields have names that are URIs.
      'urn:assay:run:1': runJson(report),
    },
  });
}

/**
 * A lockfile is not built, so that it has no level of a SLSA track. Where something was left out, no phase held either.
 */
function heldLevels({ enforce, counts }: Report): string[] {
  const phase = counts.omitted + counts.unchanged > 0 ? 'ASSAY_PARTIAL' : `ASSAY_PHASE_${enforce.toUpperCase()}`;
  return ['SLSA_BUILD_LEVEL_UNEVALUATED', phase];
}

/**
 * Verified provenance says who built something, not at which SLSA level: assay makes no statement about builders. An
 * empty object would mean that there are no dependencies.
 */
function dependencyLevels({ counts }: Report): JsonObject {
  if (counts.dependencies === 0) return {};
  const proven = counts.provenance > 0 ? { ASSAY_PROVENANCE_VERIFIED: counts.provenance } : {};
  return { dependencyLevels: { SLSA_BUILD_LEVEL_UNEVALUATED: counts.dependencies, ...proven } };
}

/** Where the lockfiles belong: in the repository, as SPDX writes a place in one, or on this machine. */
function resourceUri({ repository, lockfiles }: Report): string {
  const paths = lockfiles.map(({ path }) => path.split('/').map(encodeSegment).join('/')).join(',');
  return repository === null ? `urn:assay:lockfile:${paths}` : `git+${repository}#${paths}`;
}

/** The phase can be another one than the file's. */
function policyJson({ policy, enforce }: Report): JsonObject {
  const uri = `urn:assay:policy:1:${enforce}`;
  return policy === null ? { uri } : { uri: `${uri}:${fileName(policy)}`, digest: { sha256: policy.digest } };
}

function fileName({ file }: PolicyUsed): string {
  return encodeSegment(file.split(/[\\/]/).at(-1) ?? file);
}

function runJson({ verdict, enforce, counts, baselines, trust, dependencies }: Report): JsonObject {
  const accepted = dependencies.flatMap(({ findings }) => findings.filter((finding) => finding.accepted !== undefined));
  return {
    verdict,
    enforce,
    counts: { ...counts },
    held: baselines.reduce((sum, { held }) => sum + held, 0),
    accepted: accepted.length,
    trustedRoot: { digest: { sha256: trust.rootDigest } },
  };
}
