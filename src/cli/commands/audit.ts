import { reportStatus } from '../../model/report.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { PROJECT_OPTIONS, SHOWN_OPTIONS } from '../project/option-names.ts';
import { withProjects } from '../project/open.ts';
import { outputTargets, writeReports } from '../output/outputs.ts';
import { reportToActions } from '../output/pipeline.ts';
import { demandCompared, openCheckouts } from '../project/checkouts.ts';
import { projectFolder } from '../project/files.ts';
import { omitOf, reportOptions } from '../setup.ts';
import { phaseOf } from '../project/policy.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE...]',
  summary: 'verify everything the lockfiles name',
  options: [
    'recursive',
    'since',
    'bytes',
    'tarballs',
    'installed',
    'source',
    ...PROJECT_OPTIONS,
    'enforce',
    'omit',
    'reverify',
    'base',
    ...SHOWN_OPTIONS,
    'json',
    'output',
    'vsa',
  ],
  run: async (options, io) => {
    const { values, positionals } = options;
    const omit = omitOf(values);
    const targets = await outputTargets(options, io);
    const places = positionals.length === 0 ? ['.'] : positionals;
    return withProjects(places, values.recursive === true, options, io, async ({ policy, audit }) => {
      const enforce = phaseOf(values, policy);
      const checkouts = await openCheckouts(values, io);
      const tarballs = values.bytes === true || values.tarballs === true || checkouts.length > 0;
      const report = await audit(async ({ path, baseline, askSince, askBase }) => ({
        enforce,
        omit,
        tarballs,
        checkouts,
        installed: values.installed === true ? projectFolder(path) : null,
        vendored: tarballs ? projectFolder(path) : null,
        reverify: values.reverify === true,
        since: await askSince(),
        baseline: { ...baseline, base: await askBase() },
      }));
      demandCompared(checkouts);
      const isWhole = writeReports(report, targets, reportOptions(io.stdout, values), io);
      const isAnnotated = targets.some(({ name }) => name === 'github');
      await reportToActions(report, isAnnotated, io);
      return isWhole ? reportStatus(report) : EXIT.usage;
    });
  },
};
