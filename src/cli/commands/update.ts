import { renameSync, writeFileSync } from 'node:fs';
import type { BaselineInUse } from '../../audit.ts';
import type { Baseline } from '../../model/baseline.ts';
import { formatBaseline } from '../../policy/baseline-text.ts';
import { unseen, withSeen } from '../../policy/baseline-seen.ts';
import { updateBaseline } from '../../policy/baseline-update.ts';
import { renderUpdate } from '../../report/update.ts';
import type { Command } from '../command.ts';
import { exitStatus } from '../exit.ts';
import { placeOf, PROJECT_OPTIONS, withProject } from '../open.ts';
import { baselinePath } from '../project.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE]',
  summary: 'bring assay.lock up to the lockfile; takes in only what passes',
  options: PROJECT_OPTIONS,
  run: (options, io) =>
    withProject(placeOf('update', options.positionals), options, io, async ({ path, baseline, audit, askHistory }) => {
      const report = await audit({ enforce: 'observe', omit: [] });
      const update = updateBaseline(baseline.content, report.dependencies);
      // The clock of a team starts when it begins to use assay, not when it first installed a dependency.
      const specs = baseline.content === null ? [] : unseen(update);
      const history = specs.length === 0 ? null : await askHistory(specs);
      writeBaseline(baselinePath(path), baseline, withSeen(update, history, Date.now()));
      io.stdout.write(renderUpdate(baseline.file, update, io.stdout));
      return exitStatus(report.verdict);
    }),
};

/** Writes the file whole or not at all, and not where nothing changed: git may have given it other line ends. */
function writeBaseline(path: string, { content }: BaselineInUse, updated: Baseline): void {
  const text = formatBaseline(updated);
  if (content === null ? updated.packages.size + updated.seen.length === 0 : formatBaseline(content) === text) return;
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
