import { isNamedBy } from '../../model/package.ts';
import { parseSpec } from '../../audit/check.ts';
import { bytesOf } from '../../model/locked-bytes.ts';
import { acceptedStates } from '../../policy/review.ts';
import { reviewList } from '../../report/parts/queue.ts';
import { renderReview } from '../../report/review/terminal.ts';
import { renderReviewJson } from '../../report/review/json.ts';
import { renderReviewMarkdown } from '../../report/review/markdown.ts';
import type { Command } from '../command.ts';
import { exitStatus, UsageError } from '../exit.ts';
import { findLockfiles } from '../project/find.ts';
import type { Io } from '../io.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';
import { placeOf, withProject } from '../project/open.ts';
import { phaseOf } from '../project/policy.ts';

export const command: Command = {
  usage: '[SPEC...] [DIR|LOCKFILE]',
  summary: 'what waits for a decision, whose and until when; and what was accepted, by whom and why',
  options: [...PROJECT_OPTIONS, 'enforce', 'base', 'json', 'markdown'],
  run: (options, io) => {
    const { values, positionals } = options;
    if (values.json === true && values.markdown === true) {
      throw new UsageError('review takes --json or --markdown, not both');
    }
    const specs = positionals.filter((text) => isSpec(text, io));
    const place = placeOf(
      'review',
      positionals.filter((text) => !specs.includes(text)),
    );
    return withProject(place, options, io, async ({ file, policy, baseline, askBase, audit }) => {
      if ((policy?.policy.review ?? null) === null && baseline.content === null) {
        const how = policy === null ? 'assay init writes the first one' : 'assay update writes it';
        throw new UsageError(
          `nothing to review: there is neither ${baseline.file} (${how}) nor a review section in assay.yml`,
        );
      }
      const now = Date.now();
      const report = await audit({
        enforce: phaseOf(values, policy),
        omit: [],
        now,
        baseline: { ...baseline, base: await askBase() },
      });
      const locked = report.dependencies.map(bytesOf);
      const accepted = baseline.content?.accepted ?? [];
      for (const spec of specs) {
        if (![...locked, ...accepted].some((one) => isNamedBy(spec, one)))
          throw new UsageError(`${spec} is not in ${file}, and nothing about it was accepted`);
      }
      const list = reviewList(report, acceptedStates(accepted, locked, now), specs, now);
      if (values.json === true) io.stdout.write(renderReviewJson(list));
      else if (values.markdown === true) io.stdout.write(renderReviewMarkdown(list));
      else io.stdout.write(renderReview(list, io.stdout));
      return exitStatus(report.verdict);
    });
  },
};

/** A package's name, with a version or without, unless a project is there by that name. */
function isSpec(text: string, io: Io): boolean {
  if (parseSpec(text) === null) return false;
  try {
    findLockfiles(text, io);
    return false;
  } catch (error) {
    if (error instanceof UsageError) return true;
    throw error;
  }
}
