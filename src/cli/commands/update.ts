import { EMPTY_BASELINE } from '../../model/baseline.ts';
import { unseen, withSeen } from '../../baseline/seen.ts';
import { changesBetween, otherChanges } from '../../baseline/changes.ts';
import { updateBaseline } from '../../baseline/update.ts';
import { isNothingKnown, lowersStripped, recordingVerdict, strippingRegistries } from '../../policy/silent.ts';
import { versionId } from '../../model/package.ts';
import { dependencyErrors, lockfileErrors } from '../../report/words/messages.ts';
import { renderSummary } from '../../report/commands/update-summary.ts';
import { silentTexts } from '../../report/commands/silent.ts';
import { renderUpdate } from '../../report/commands/update.ts';
import type { Command } from '../command.ts';
import { exitStatus, UsageError } from '../exit.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';
import { placeOf, withProject, type OneProject } from '../project/open.ts';
import { writeBaseline } from '../project/files.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE]',
  summary: 'bring assay.lock up to the lockfile; takes in what passes or was accepted',
  options: ['summary', ...PROJECT_OPTIONS],
  run: (options, io) =>
    withProject(placeOf('update', options.positionals), options, io, async (project) => {
      const { path, policy, baseline, audit, askAppearances } = project;
      const { file, content, format } = baseline;
      demandAll(project);
      const report = await audit({ enforce: 'observe', omit: [], explain: false });
      const silent = strippingRegistries(report);
      const update = updateBaseline(content, report.dependencies, {
        silent: silent.dependencies,
        heads: report.trust.logs,
      });
      // The clock of a team starts when it begins to use assay, not when it first installed a dependency.
      const waiting = content === null ? [] : unseen(update);
      const known = waiting.length === 0 ? null : await askAppearances(waiting.map(versionId));
      const isBegun = content !== null || !isNothingKnown(report, silent);
      const written = isBegun ? withSeen(update, known, Date.now()) : EMPTY_BASELINE;
      writeBaseline(path, baseline, written);
      const change = { packages: changesBetween(content, written), others: otherChanges(content, written) };
      const text =
        options.values.summary === true
          ? renderSummary(file, change, update, io.stdout, format)
          : renderUpdate(file, update, io.stdout, format);
      io.stdout.write(text);
      for (const line of silentTexts(silent))
        io.stderr.write(`assay: ${line}; nothing of what it leaves out is recorded\n`);
      const leftOut = new Set(update.leftOut.map(({ dependency }) => dependency));
      const errors = [...lockfileErrors(report), ...dependencyErrors(report, (one) => leftOut.has(one))];
      for (const line of errors) io.stderr.write(`assay: ${line}\n`);
      const status = exitStatus(recordingVerdict(report, silent, policy?.policy ?? null));
      if (isBegun) return status;
      if (silent.signatures.length > 0 && lowersStripped(policy?.policy ?? null)) {
        io.stderr.write(
          `assay: ${file} is not written: it records what was proven, which is nothing here; that ${policy?.policy.file ?? ''} lowers evidence-stripped lets an audit pass, and proves nothing\n`,
        );
        return status;
      }
      io.stderr.write(`assay: ${file} is not written, as nothing could be verified: fix that, then run this again\n`);
      return status;
    }),
};

/** An update to some of the lockfiles that share an assay.lock would drop what the others name. Throws UsageError. */
function demandAll({ file, baseline, beside: [other] }: OneProject): void {
  if (other === undefined) return;
  throw new UsageError(
    `${other.file} shares ${baseline.file} with ${file}, and what it names would be dropped: name the directory to update to both`,
  );
}
