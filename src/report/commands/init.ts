import type { BaselineUpdate } from '../../model/baseline.ts';
import type { PackageManager } from '../../model/dependency.ts';
import type { Proposal } from '../../model/proposal.ts';
import { DEFAULT_PHASE } from '../../model/verdict.ts';
import { escapeText } from '../words/escape.ts';
import { count, listed, paint, shown, usableColumns, wrap, type RenderOptions } from '../words/layout.ts';
import { commandsOf, conventionsOfManager } from '../../ecosystems/conventions/index.ts';
import { capabilitiesText } from './policy-text.ts';
import { renderUpdate } from './update.ts';

/** Packages named with their reasons; the file has all. */
const MAX_NAMED = 10;

/** What `assay init` wrote and why, and what to do with it; `managers` are those of the lockfiles. */
export function renderInit(
  files: { readonly policy: string; readonly baseline: string },
  managers: readonly PackageManager[],
  proposal: Proposal,
  update: BaselineUpdate,
  options: RenderOptions,
): string {
  const columns = usableColumns(options.columns);
  const block = (text: string, indent: number, hanging: number): string[] =>
    wrap(shown(text, options), columns, indent, hanging);
  const { able, direct } = proposal;
  const head = `${escapeText(files.policy, 120)}: phase ${DEFAULT_PHASE}; critical set: ${count(direct, 'direct dependency', 'direct dependencies')}, and those to come`;
  const named = able
    .slice(0, MAX_NAMED)
    .map(
      ({ name, dev, reading }) => `${escapeText(name, 80)}${dev ? ' (development)' : ''}: ${capabilitiesText(reading)}`,
    );
  const lines = [
    ...block(head, 0, 2).map((line) => paint('bold', line, options)),
    ...named.flatMap((line) => block(line, 2, 4)),
    ...(able.length > MAX_NAMED ? block(`and ${able.length - MAX_NAMED} more, named in the file`, 2, 4) : []),
    ...(able.length > 0
      ? block('read from their files by a heuristic: what is not listed may reach as much', 2, 4)
      : []),
    ...registryTexts(proposal).flatMap((line) => block(line, 2, 4)),
    ...renderUpdate(files.baseline, update, options).trimEnd().split('\n'),
    '',
    ...nextSteps(files, managers, proposal).flatMap((line) => block(line, 0, 3)),
  ];
  return `${lines.join('\n')}\n`;
}

function registryTexts({ registries }: Proposal): string[] {
  const found = [
    ...(registries.mirror === null ? [] : [`${registries.mirror} as a mirror of npm's`]),
    ...registries.private.map((url) => `${url} as your own`),
  ];
  return found.length === 0
    ? []
    : [`registries of your npm configuration: ${listed(found, 5, (text) => escapeText(text, 160))}`];
}

function nextSteps(
  { policy, baseline }: { policy: string; baseline: string },
  managers: readonly PackageManager[],
  { failing }: Proposal,
): string[] {
  const named = (names: readonly string[]): string => listed(names, 5, (name) => escapeText(name, 80));
  const now =
    failing.guard.length === 0
      ? ''
      : ` ${count(failing.guard.length, 'package fails', 'packages fail')} today: ${named(failing.guard)}; assay says how to decide.`;
  const today =
    failing.critical.length === 0
      ? 'today, no other direct dependency would fail in that phase'
      : `today, ${count(failing.critical.length, 'more direct dependency', 'more direct dependencies')} would fail in that phase: ${named(failing.critical)}`;
  const install = [...new Set(managers)].map((manager) => commandsOf(manager).frozen.join(' ')).join(' or ');
  const files = `${escapeText(policy, 120)} and ${escapeText(baseline, 120)}`;
  // Where nobody signs who built a package, these phases ask for nothing more.
  const hasMore = managers.some((manager) => conventionsOfManager(manager).hasProvenance);
  const later = `4. Later, enforce: critical in ${escapeText(policy, 120)}; ${today}. Then all.`;
  return [
    'Next:',
    `1. Read ${files}; change what is not as you want it.`,
    '2. Commit both.',
    `3. Run assay, and in pipelines before ${install}; assay update after each change of the lockfile.${now}`,
    ...(hasMore ? [later] : []),
  ];
}
