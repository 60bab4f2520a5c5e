import { unseen, withSeen } from '../../policy/baseline-seen.ts';
import { updateBaseline } from '../../policy/baseline-update.ts';
import { renderUpdate } from '../../report/update.ts';
import type { Command } from '../command.ts';
import { exitStatus } from '../exit.ts';
import { placeOf, PROJECT_OPTIONS, withProject } from '../open.ts';
import { writeBaseline } from '../project.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE]',
  summary: 'bring assay.lock up to the lockfile; takes in what passes or was accepted',
  options: PROJECT_OPTIONS,
  run: (options, io) =>
    withProject(placeOf('update', options.positionals), options, io, async ({ path, baseline, audit, askHistory }) => {
      const report = await audit({ enforce: 'observe', omit: [], explain: false });
      const update = updateBaseline(baseline.content, report.dependencies);
      // The clock of a team starts when it begins to use assay, not when it first installed a dependency.
      const specs = baseline.content === null ? [] : unseen(update);
      const history = specs.length === 0 ? null : await askHistory(specs);
      writeBaseline(path, baseline, withSeen(update, history, Date.now()));
      io.stdout.write(renderUpdate(baseline.file, update, io.stdout));
      return exitStatus(report.verdict);
    }),
};
