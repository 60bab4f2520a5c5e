import { renderJsonPieces } from '../../report/json.ts';
import { renderTerminal } from '../../report/terminal.ts';
import { baseOf } from '../base.ts';
import type { Command } from '../command.ts';
import { reportStatus } from '../exit.ts';
import { PROJECT_OPTIONS, withProjects } from '../open.ts';
import { omitOf, phaseOf } from '../setup.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE...]',
  summary: 'verify everything the lockfiles name',
  options: ['recursive', 'since', ...PROJECT_OPTIONS, 'enforce', 'omit', 'reverify', 'base', 'json'],
  run: (options, io) => {
    const { values, positionals } = options;
    const omit = omitOf(values);
    const places = positionals.length === 0 ? ['.'] : positionals;
    return withProjects(places, values.recursive === true, options, io, async ({ policy, audit }) => {
      const enforce = phaseOf(values, policy);
      const report = await audit(async ({ path, baseline, askSince }) => ({
        enforce,
        omit,
        reverify: values.reverify === true,
        since: await askSince(),
        baseline: { ...baseline, base: await baseOf(values, path, policy, io) },
      }));
      const pieces = values.json === true ? renderJsonPieces(report) : [renderTerminal(report, io.stdout)];
      for (const piece of pieces) io.stdout.write(piece);
      return reportStatus(report);
    });
  },
};
