import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../../readers/digest.ts';
import { POLICY_FILE, type PolicyInUse } from '../../model/policy.ts';
import type { ProposedRegistries } from '../../model/proposal.ts';
import { specOf, type Dependency } from '../../model/dependency.ts';
import type { LeftOut } from '../../model/baseline.ts';
import type { Report } from '../../model/report.ts';
import { DEFAULT_PHASE, type JudgedDependency } from '../../model/verdict.ts';
import { withSeen } from '../../baseline/seen.ts';
import { formatBaseline } from '../../baseline/text.ts';
import { updateBaseline } from '../../baseline/update.ts';
import { propose, proposeRegistries } from '../../policy/proposal.ts';
import { escapeText } from '../../report/words/escape.ts';
import { renderInit } from '../../report/commands/init.ts';
import { lockfileErrors } from '../../report/words/messages.ts';
import { renderPolicy, renderRegistries } from '../../report/commands/policy-text.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import type { Command } from '../command.ts';
import { EXIT, exitStatus, UsageError } from '../exit.ts';
import { findLockfiles } from '../project/find.ts';
import type { Io } from '../io.ts';
import { placeOf, PROJECT_OPTIONS, withProject } from '../project/open.ts';
import { findOwner } from '../project/codeowners.ts';
import { baselinePath, writeBaseline } from '../project/files.ts';
import { reportOptions } from '../setup.ts';
import { npmConfig } from '../project/registry.ts';
import { shownPath } from '../user-files.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE]',
  summary: 'write assay.yml and the first assay.lock, proposing the critical set',
  options: PROJECT_OPTIONS.filter((name) => name !== 'policy'),
  run: (options, io) => {
    const place = placeOf('init', options.positionals);
    const [lockfile] = findLockfiles(place, io);
    const lockPath = baselinePath(lockfile);
    const policyPath = join(dirname(lockPath), POLICY_FILE);
    refuseExisting(policyPath, io);
    return withProject(place, options, io, async (project) => {
      const { path, policy: governing, baseline, lockfiles, managers, audit } = project;
      if (governing !== null) {
        throw new UsageError(`${governing.policy.file} holds here already; assay update writes ${baseline.file}`);
      }
      const { registry, scopes } = npmConfig(
        {},
        dirname(lockfile),
        io,
        managers.length === 1 ? managers[0] : undefined,
      );
      const policy = await policyOf(proposeRegistries(registry, scopes, []));
      const report = await audit({ enforce: 'observe', omit: [], policy, capabilities: true });
      const silent = silentRegistries(report);
      if (isNothingProven(report) && (report.verdict === 'unverified' || silent.signatures.length > 0)) {
        const shown = { ...report, phase: DEFAULT_PHASE, policy: null };
        io.stdout.write(renderTerminal(shown, reportOptions(io.stdout, options.values)));
        for (const line of silentTexts(silent)) io.stderr.write(`assay: ${line}\n`);
        io.stderr.write(
          'assay: nothing is written, as nothing could be verified: mend that, then run assay init again\n',
        );
        return EXIT.noStatement;
      }
      const locked = report.dependencies.map(({ dependency }) => dependency);
      const proposal = propose(
        report.dependencies,
        proposeRegistries(registry, scopes, locked),
        policy?.policy ?? null,
      );
      // What the policy does not ask for, the baseline does not record.
      const update = updateBaseline(
        baseline.content,
        report.dependencies.map((one) => ({ ...one, capabilities: null })),
      );
      writeNew(policyPath, renderPolicy(proposal, findOwner(lockfile, io)), io);
      // One cause is one thing to mend: no decision about each version is due because of it.
      const isSilent = ({ dependency }: LeftOut): boolean => silent.dependencies.has(dependency);
      const waiting = { ...update, leftOut: update.leftOut.filter((one) => !isSilent(one)) };
      const updated = withSeen(waiting, null, Date.now());
      if (baseline.content === null) writeNew(lockPath, formatBaseline(updated), io);
      else writeBaseline(path, baseline, updated);
      const files = { policy: shownPath(policyPath, io), baseline: baseline.file };
      const installers = lockfiles.map(({ manager }) => manager);
      io.stdout.write(renderInit(files, installers, proposal, update, io.stdout));
      for (const line of silentTexts(silent))
        io.stderr.write(`assay: ${line}; what it leaves out is not in ${files.baseline}\n`);
      for (const line of lockfileErrors(report)) io.stderr.write(`assay: ${line}\n`);
      return exitStatus(report.verdict);
    });
  },
};

/** A lockfile of Yarn 2 and later has no hash that could be proven, but what the registry signed can be. */
function isNothingProven({ counts }: Report): boolean {
  return counts.integrity + counts.signature + counts.publish + counts.provenance === 0;
}

/** Registries that leave something out of every package that is asked of them. */
interface Silent {
  readonly signatures: readonly string[];
  readonly attestations: readonly string[];
  /** What they leave it out of. */
  readonly dependencies: ReadonlySet<Dependency>;
}

/** Of one package alone, what its registry leaves out of everything cannot be told from what that package lacks. */
const LEAST = 2;

function silentRegistries({ dependencies, lockfiles }: Report): Silent {
  const isStripped = ({ findings }: JudgedDependency): boolean =>
    findings.some(({ code, accepted }) => code === 'evidence-stripped' && accepted === undefined);
  const signatures = [...new Set(dependencies.flatMap(({ registry }) => registry ?? []))].filter((registry) => {
    const ofIt = dependencies.filter((one) => one.registry === registry);
    return ofIt.length >= LEAST && ofIt.every(isStripped);
  });
  const unserved = lockfiles.flatMap(({ findings }) =>
    findings.flatMap(({ finding }) => (finding.code === 'evidence-not-served' ? [finding.args] : [])),
  );
  const specs = new Set(unserved.flatMap(({ packages }) => packages));
  const isSilent = ({ registry, dependency }: JudgedDependency): boolean =>
    signatures.includes(registry ?? '') || specs.has(specOf(dependency));
  return {
    signatures,
    attestations: [...new Set(unserved.map(({ registry }) => registry))],
    dependencies: new Set(dependencies.filter(isSilent).map(({ dependency }) => dependency)),
  };
}

/** A line for each. Escaped. */
function silentTexts({ signatures, attestations }: Silent): readonly string[] {
  const text = (registry: string, what: string): string =>
    `${escapeText(registry, 160)} serves no ${what} of any package here: a mirror, a proxy or the network leaves them out. ` +
    'Ask the registry that has them (--registry URL), or let them through; name a registry of your own as private in assay.yml';
  return [
    ...signatures.map((registry) => text(registry, 'signatures')),
    ...attestations.map((registry) => text(registry, 'attestations')),
  ];
}

/**
 * What people wrote is never overwritten. An assay.lock that `accept` or `update` began is brought up to the lockfile.
 */
function refuseExisting(path: string, io: Io): void {
  if (!existsSync(path)) return;
  throw new UsageError(
    `${shownPath(path, io)} is there already and stays as it is; assay update brings assay.lock up to the lockfile`,
  );
}

/** The registries as the policy that will be written has them, so that this audit asks whom the next ones ask. */
async function policyOf(registries: ProposedRegistries): Promise<PolicyInUse | null> {
  const text = renderRegistries(registries);
  if (text === null) return null;
  const bytes = Buffer.from(text);
  const digest = digestOf(bytes);
  const { parsePolicy } = await import('../../policy/policy-file.ts');
  return { policy: parsePolicy(POLICY_FILE, bytes), digest, keys: new Map() };
}

function writeNew(path: string, text: string, io: Io): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`cannot write ${shownPath(path, io)}: ${code}`);
  }
}
