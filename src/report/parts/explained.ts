import type { Comparison } from '../../model/comparison.ts';
import { changeTexts, dependencyTexts, gapText, scriptTexts } from '../words/changes.ts';
import { commandLines, decideLines } from './decide.ts';
import { escapeText } from '../words/escape.ts';
import { paint, shown, wrap, type RenderOptions } from '../words/layout.ts';
import { subjectText } from '../words/messages.ts';

/** More than this is shown where there is no limit only. */
const BLOCKS = 3;

/**
 * What changed, and what can be decided with which command, for the gravest of them, in at most `room` lines. Where all
 * of it does not fit, what changed and the commands, else what changed alone: the finding itself names the command that
 * shows the rest.
 */
export function fitExplanations(comparisons: readonly Comparison[], room: number, options: RenderOptions): string[] {
  const lines: string[] = [];
  for (const comparison of comparisons.slice(0, room === Infinity ? comparisons.length : BLOCKS)) {
    const blocks = [
      [...changeLines(comparison, false, options), ...decideLines(comparison, options)],
      [...changeLines(comparison, true, options), ...commandLines(comparison, options)],
      changeLines(comparison, true, options),
    ].map((block) => (lines.length === 0 ? block : ['', ...block]));
    const fitting = blocks.find((block) => lines.length + block.length <= room);
    // A later one is never shown in place of a graver one.
    if (fitting === undefined) break;
    lines.push(...fitting);
  }
  return lines;
}

/** What is not as it was; what did not change is left out. */
function changeLines(comparison: Comparison, isBrief: boolean, options: RenderOptions): string[] {
  const { ecosystem, current, name, predecessor } = comparison;
  const subject = subjectText({ ecosystem, name, version: current.version ?? '' });
  const head =
    predecessor === null
      ? `what is known of ${subject}, which has no predecessor`
      : `what changed in ${subject} since ${beforeText(comparison)}${gapText(comparison)}`;
  const changes = [
    ...changeTexts(comparison, isBrief),
    ...(predecessor === null || comparison.manifestsKnown ? [] : ['dependencies and install scripts: unknown']),
    ...dependencyTexts(comparison).map((text) => `new dependency ${text}`),
    ...scriptTexts(comparison).map((text) => `install script ${text}`),
  ];
  return [
    ...wrap(shown(head, options), options.columns, 0, 2).map((line) => paint('bold', line, options)),
    ...changes.flatMap((text) =>
      wrap(shown(`! ${text}`, options), options.columns, 2, 6).map((line) => paint('yellow', line, options)),
    ),
  ];
}

/** What a version is compared with. Escaped. */
export function beforeText({ current, predecessor }: Comparison): string {
  const version = predecessor?.version ?? null;
  // A version beside what is recorded of itself.
  return version === null || version === current.version ? 'what the baseline has' : escapeText(version, 60);
}
