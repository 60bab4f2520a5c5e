import { renderJsonPieces } from '../../report/json.ts';
import { renderTerminal } from '../../report/terminal.ts';
import { baseOf } from '../base.ts';
import type { Command } from '../command.ts';
import { exitStatus } from '../exit.ts';
import { placeOf, PROJECT_OPTIONS, withProject } from '../open.ts';
import { omitOf, phaseOf } from '../setup.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE]',
  summary: 'verify everything the lockfile names',
  options: [...PROJECT_OPTIONS, 'enforce', 'omit', 'reverify', 'base', 'json'],
  run: (options, io) => {
    const { values, positionals } = options;
    const omit = omitOf(values);
    return withProject(placeOf('audit', positionals), options, io, async ({ path, policy, baseline, audit }) => {
      const report = await audit({
        enforce: phaseOf(values, policy),
        omit,
        reverify: values.reverify === true,
        baseline: { ...baseline, base: await baseOf(values, path, policy, io) },
      });
      const pieces = values.json === true ? renderJsonPieces(report) : [renderTerminal(report, io.stdout)];
      for (const piece of pieces) io.stdout.write(piece);
      return exitStatus(report.verdict);
    });
  },
};
