import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../../readers/digest.ts';
import { isNodeLockfile } from '../../model/dependency.ts';
import type { PackageRef } from '../../model/package.ts';
import { POLICY_FILE, type PolicyInUse } from '../../model/policy.ts';
import type { ProposedRegistries } from '../../model/proposal.ts';
import { withSeen } from '../../baseline/seen.ts';
import { formatBaseline } from '../../baseline/text.ts';
import { updateBaseline } from '../../baseline/update.ts';
import { propose, proposeRegistries } from '../../policy/proposal.ts';
import { isNothingKnown, recordingVerdict, strippingRegistries } from '../../policy/silent.ts';
import { renderInit } from '../../report/commands/init.ts';
import { silentTexts } from '../../report/commands/silent.ts';
import { lockfileErrors } from '../../report/words/messages.ts';
import { renderPolicy, renderRegistries } from '../../report/commands/policy-text.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import type { Command } from '../command.ts';
import { EXIT, exitStatus, UsageError } from '../exit.ts';
import { findLockfiles } from '../project/find.ts';
import type { Io } from '../io.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';
import { placeOf, withProject } from '../project/open.ts';
import { findOwner } from '../project/codeowners.ts';
import { baselinePath, writeBaseline } from '../project/files.ts';
import { reportOptions } from '../setup.ts';
import { npmConfig } from '../project/registry.ts';
import { shownPath } from '../user-files.ts';
import { writeProblem } from '../write-problem.ts';

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
      const isNode = lockfiles.some(isNodeLockfile);
      const registriesFor = (locked: readonly PackageRef[]): ProposedRegistries => {
        if (!isNode) return { mirror: null, private: [], exempt: [] };
        const manager = managers.length === 1 ? managers[0] : undefined;
        const { registry, scopes } = npmConfig({}, dirname(lockfile), io, manager);
        return proposeRegistries(registry, scopes, locked);
      };
      const policy = await policyOf(registriesFor([]));
      const report = await audit({ enforce: 'observe', omit: [], policy, capabilities: true });
      const silent = strippingRegistries(report);
      if (isNothingKnown(report, silent)) {
        // Files are written or not; that nothing fails in `observe` is no statement of a run that could prove nothing.
        const concludes = exitStatus(report.verdict) !== EXIT.holds;
        const shown = { ...reportOptions(io.stdout, options.values), concludes };
        io.stdout.write(renderTerminal({ ...report, policy: null }, shown));
        for (const line of silentTexts(silent)) io.stderr.write(`assay: ${line}\n`);
        io.stderr.write(
          'assay: nothing is written, as nothing could be verified: fix that, then run assay init again\n',
        );
        return exitStatus(recordingVerdict(report, silent, null));
      }
      const locked = report.dependencies.map(({ dependency }) => dependency);
      const proposal = propose(report.dependencies, registriesFor(locked), policy?.policy ?? null);
      // The baseline records only what the policy asks for.
      const update = updateBaseline(
        baseline.content,
        report.dependencies.map((one) => ({ ...one, capabilities: null })),
        { silent: silent.dependencies, heads: report.trust.logs },
      );
      writeNew(policyPath, renderPolicy(proposal, findOwner(lockfile, io)), io);
      const updated = withSeen(update, null, Date.now());
      if (baseline.content === null) writeNew(lockPath, formatBaseline(updated), io);
      else writeBaseline(path, baseline, updated);
      const files = { policy: shownPath(policyPath, io), baseline: baseline.file };
      const installers = lockfiles.map(({ manager }) => manager);
      io.stdout.write(renderInit(files, installers, proposal, update, io.stdout));
      for (const line of silentTexts(silent))
        io.stderr.write(`assay: ${line}; what it leaves out is not in ${files.baseline}\n`);
      for (const line of lockfileErrors(report)) io.stderr.write(`assay: ${line}\n`);
      return exitStatus(recordingVerdict(report, silent, null));
    });
  },
};

/** Refuses to overwrite a policy. An assay.lock that `accept` or `update` began is updated instead. */
function refuseExisting(path: string, io: Io): void {
  if (!existsSync(path)) return;
  throw new UsageError(
    `${shownPath(path, io)} is there already and stays as it is; assay update brings assay.lock up to the lockfile`,
  );
}

/** A policy with the registries that will be written, so that this audit asks the same ones as later audits. */
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
    throw new UsageError(writeProblem(shownPath(path, io), error));
  }
}
