import { withAnswers } from '../../audit/age.ts';
import { check, meantElsewhere, parseSpec, type Unresolved } from '../../audit/check.ts';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { DEFAULT_ECOSYSTEM, specOf } from '../../model/package.ts';
import { renderComparison } from '../../report/commands/comparison.ts';
import { comparisonJson } from '../../report/json/comparison.ts';
import { escapeText } from '../../report/words/escape.ts';
import { reportJson } from '../../report/json/report.ts';
import { stringify } from '../../report/json/stringify.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import type { Command } from '../command.ts';
import { EXIT, exitStatus, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { startAdvisories } from '../project/advisories.ts';
import { lockfilesIn } from '../project/find.ts';
import { likelyManager } from '../project/manager-config.ts';
import { demandSignedPack } from '../project/pack-signers.ts';
import { loadPolicy, phaseOf } from '../project/policy.ts';
import { reportOptions } from '../setup.ts';
import { askingForSpecs, demandUsable, networkConfig, openRegistry, openSources } from '../project/registry.ts';
import { ecosystemsOfProject } from '../project/unlocked.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';
import { startTrust, unasked, withTrust } from '../project/trust.ts';

export const command: Command = {
  usage: 'SPEC...',
  summary: 'a version beside its predecessor, without a project',
  options: [...PROJECT_OPTIONS, 'enforce', 'all', 'json'],
  run: async ({ values, positionals }, io) => {
    if (positionals.length === 0) throw new UsageError('check needs a package: assay check axios@1.14.1');
    demandMeant(positionals, io);
    const policy = await loadPolicy(values, io.cwd, io);
    const enforce = phaseOf(values, policy);
    const config = networkConfig(values, io.cwd, io, likelyManager(lockfilesIn(io.cwd), io));
    demandUsable(
      config,
      positionals.flatMap((spec) => /^@[^/]+(?=\/)/.exec(spec)?.[0] ?? []),
    );
    const asked = positionals.flatMap((spec) => parseSpec(spec) ?? []);
    const advisories = startAdvisories(values, policy, asked, io);
    const trust = startTrust(values, policy, config, io);
    const isBuildSigned =
      asked.length < positionals.length || asked.some(({ ecosystem }) => conventionsOf(ecosystem).hasProvenance);
    try {
      await demandSignedPack(await trust.session, policy, io);
      const { result, current } = await withTrust(
        isBuildSigned ? await trust.session : unasked(await trust.session),
        () =>
          openSources(
            openRegistry(config, io, { redirects: policy?.policy.redirects ?? [] }),
            askingForSpecs(positionals, io),
          ),
        (used, { sources }) =>
          check(positionals, { ...sources, trust: used, enforce, policy, advisories, now: Date.now() }),
      );
      const { comparisons, unresolved } = result;
      const report = { ...result.report, trust: withAnswers(result.report.trust, current) };
      for (const { spec, reason } of unresolved) {
        // A prefix alone ends in a colon.
        const shown = spec.endsWith(':') ? escapeText(spec.slice(0, -1)) : escapeText(spec);
        io.stderr.write(`assay: ${shown}: ${escapeText(reason)}\n`);
      }
      if (values.json === true) {
        const json = {
          schema: 'assay.check/1',
          unresolved: unresolved.map((each) => ({ ...each })),
          comparisons: comparisons.map(comparisonJson),
        };
        io.stdout.write(stringify({ ...json, report: reportJson(report) }));
      } else if (comparisons.length > 0) {
        for (const comparison of comparisons) io.stdout.write(`${renderComparison(comparison, io.stdout)}\n`);
        io.stdout.write(renderTerminal(report, reportOptions(io.stdout, values)));
      }
      const unseen = comparisons.filter(({ predecessor }) => predecessor?.provenance === 'unknown');
      for (const { ecosystem, name, current, predecessor } of unseen) {
        const [now, before] = [current, predecessor].map((facts) =>
          escapeText(specOf({ ecosystem, name, version: facts?.version ?? '' })),
        );
        const why = io.answers === undefined ? 'could not be obtained' : 'is not in the evidence';
        io.stderr.write(`assay: ${now} is compared with nothing: who built ${before} ${why}\n`);
      }
      const status = exitStatus(report.verdict);
      return worstStatus(status === EXIT.holds && unseen.length > 0 ? EXIT.noStatement : status, unresolved);
    } finally {
      trust.close();
    }
  },
};

/**
 * A name without an ecosystem is one of npm. Says so where the project has others that have such names, too; throws
 * UsageError where it has nothing of npm.
 */
function demandMeant(specs: readonly string[], io: Io): void {
  const here = ecosystemsOfProject(io);
  for (const spec of specs) {
    const meant = meantElsewhere(spec, here);
    if (meant.length === 0) continue;
    const shown = escapeText(spec, 120);
    const said = meant.map((ecosystem) => `${ecosystem}:${shown}`).join(' or ');
    if (here.has(DEFAULT_ECOSYSTEM)) {
      io.stderr.write(`assay: ${shown} is taken for npm:${shown}; for another ecosystem say ${said}\n`);
      continue;
    }
    throw new UsageError(`${shown} is a package of npm, and this project has none: say ${said}, or npm:${shown}`);
  }
}

/** The gravest exit status: a failure outranks a missing answer, and that outranks a version that does not exist. */
function worstStatus(status: number, unresolved: readonly Unresolved[]): number {
  if (status === EXIT.fails || unresolved.length === 0) return status;
  if (status === EXIT.noStatement || unresolved.some(({ unavailable }) => unavailable)) return EXIT.noStatement;
  return EXIT.usage;
}
