import { homedir } from 'node:os';
import type { Omittable } from '../../audit/options.ts';
import { commandsOf } from '../../ecosystems/conventions/index.ts';
import { isNodeLockfile } from '../../model/dependency.ts';
import { reportStatus } from '../../model/report.ts';
import { listed } from '../../report/words/layout.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import { withoutExportedSettings } from '../../registries/npm/config/npmrc.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { Audited } from '../exec/check.ts';
import { demandWords, runProgram } from '../exec/run-program.ts';
import { whyNotRun } from '../exec/why-not.ts';
import { changedSince, type Looked } from '../exec/still.ts';
import { PROJECT_OPTIONS, SHOWN_OPTIONS } from '../project/option-names.ts';
import { withProjects } from '../project/open.ts';
import { reportToActions } from '../output/pipeline.ts';
import { projectFolder } from '../project/files.ts';
import { omitOf, reportOptions } from '../setup.ts';
import { phaseOf } from '../project/policy.ts';
import { shownPath } from '../user-files.ts';

export const command: Command = {
  usage: '-- COMMAND [ARGUMENT...]',
  summary: 'audit, then run a command, and not where the audit fails',
  options: [
    'lockfile',
    'recursive',
    'since',
    ...PROJECT_OPTIONS,
    'enforce',
    'omit',
    'reverify',
    'base',
    ...SHOWN_OPTIONS,
  ],
  isBeforeCommand: true,
  run: async (options, io) => {
    const { values, positionals } = options;
    const [program, ...args] = positionals;
    if (program === undefined) throw new UsageError('exec needs a command: assay exec -- npm ci');
    demandWords('exec', positionals, io.cwd);
    const omit = omitOf(values);
    const places = [values.lockfile ?? '.'];
    const below = values.recursive === true;
    const shown = escapeText(positionals.join(' '), 200);
    const { looked, status } = await withProjects(places, below, options, io, async ({ audit, ...found }) => {
      const { policy } = found;
      const looked = { ...found, places, below, values };
      await demandAudited(positionals, looked, omit, shown, io);
      const enforce = phaseOf(values, policy);
      const report = await audit(async ({ path, baseline, askSince, askBase }) => ({
        enforce,
        omit,
        // What is built is in the project or on this machine already, and no package manager holds it to anything.
        vendored: projectFolder(path),
        kept: projectFolder(path),
        reverify: values.reverify === true,
        since: await askSince(),
        baseline: { ...baseline, base: await askBase() },
      }));
      // The command has standard output to itself.
      io.stderr.write(renderTerminal(report, reportOptions(io.stderr, values)));
      await reportToActions(report, false, io);
      return { looked, status: reportStatus(report) };
    });
    if (status !== EXIT.holds) {
      io.stderr.write(`assay: not run: ${shown}\n`);
      const only = await onlyLockfile(positionals, looked, omit, io);
      if (only !== null)
        io.stderr.write(`assay: what it installs from, alone: assay exec --lockfile ${only} -- ${shown}\n`);
      return status;
    }
    const before = await changedSince(looked, 'before', io);
    if (before !== '') {
      throw new UsageError(
        `${before}, or what decides how it is used, was changed during the audit; not run: ${shown}`,
      );
    }
    await demandAudited(positionals, looked, omit, shown, io);
    // Variables that the audit does not count as the user's settings are not passed on to the command either.
    const env = withoutExportedSettings({ cwd: io.cwd, env: io.env, homedir: homedir(), platform: process.platform });
    const ended = await runProgram(program, args, io.cwd, env);
    const after = await changedSince(looked, 'after', io);
    if (after === '') {
      const sources = looked.projects.flatMap((project) => project.sources);
      const files = listed(sources, 3, ({ file }) => escapeText(file, 120));
      io.stderr.write(`assay: ${files}: still what was audited\n`);
      return ended;
    }
    const managers = looked.projects.flatMap(({ lockfiles }) => lockfiles.map(({ manager }) => manager));
    const instead = [...new Set(managers.map((manager) => commandsOf(manager).frozen.join(' ')))];
    // Too late to prevent, and not to be overlooked.
    io.stderr.write(
      `assay: ${after}, or what decides how it is used, was changed by ${shown}, so what it installed was not all ` +
        `audited; use what installs the lockfile alone (${instead.join(', ')})\n`,
    );
    return ended === 0 ? EXIT.fails : ended;
  },
};

/** Of several audited lockfiles the one that the command installs from, as it is shown; null where that is not one. */
async function onlyLockfile(
  line: readonly string[],
  { projects, unread }: Looked,
  omit: readonly Omittable[],
  io: Io,
): Promise<string | null> {
  const audited = auditedOf(projects);
  if (audited.length + unread.length < 2) return null;
  // What installs nothing installs from none of them.
  if ((await whyNotRun(line, [], io, omit)) === null) return null;
  const fitting: string[] = [];
  for (const one of audited) {
    if ((await whyNotRun(line, [one], io, omit)) === null) fitting.push(escapeText(shownPath(one.path, io), 120));
  }
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

function auditedOf(projects: Looked['projects']): readonly Audited[] {
  return projects.flatMap(({ sources, lockfiles }) =>
    sources.map(({ path }, i) => {
      const lockfile = lockfiles[i];
      return { path, manager: lockfile !== undefined && isNodeLockfile(lockfile) ? lockfile.manager : null };
    }),
  );
}

/** Throws UsageError where the command would not install from the audited lockfiles. */
async function demandAudited(
  line: readonly string[],
  { projects }: Looked,
  omit: readonly Omittable[],
  shown: string,
  io: Io,
): Promise<void> {
  const why = await whyNotRun(line, auditedOf(projects), io, omit);
  if (why !== null) throw new UsageError(`${why}; not run: ${shown}`);
}
