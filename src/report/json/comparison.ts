import type { Comparison, VersionFacts } from '../../model/comparison.ts';
import { diffOf, decisionsOf } from '../words/decisions.ts';
import { type JsonObject, instantJson } from './stringify.ts';

function factsJson(facts: VersionFacts): JsonObject {
  return { ...facts, published: instantJson(facts.published) };
}
function laterJson(later: Comparison['later']): JsonObject | null {
  if (later === null) return null;
  const { state } = later;
  return 'version' in later ? { state, version: later.version, published: instantJson(later.published) } : { state };
}

/** A comparison as JSON, with times as RFC 3339. */
export function comparisonJson(comparison: Comparison): JsonObject {
  const { ecosystem, name, current, predecessor, later, use } = comparison;
  const diff = diffOf(comparison);
  return {
    ecosystem,
    name,
    current: factsJson(current),
    predecessor: predecessor === null ? null : factsJson(predecessor),
    manifestsKnown: comparison.manifestsKnown,
    addedDependencies: comparison.addedDependencies.map(({ name, spec, firstPublished, newest, unknown }) => ({
      name,
      spec,
      firstPublished: instantJson(firstPublished),
      newest: newest === null ? null : { version: newest.version, published: instantJson(newest.published) },
      unknown,
    })),
    addedScripts: comparison.addedScripts.map(({ name, command }) => ({ name, command })),
    changedScripts: comparison.changedScripts.map(({ name, before, command }) => ({ name, before, command })),
    codes: comparison.codes,
    measured: comparison.measured.map(({ code, version }) => ({ code, version })),
    expectedBy: comparison.expectedBy,
    later: laterJson(later),
    direct: use?.direct ?? null,
    diff: { command: diff.command?.join(' ') ?? null, url: diff.url },
    decisions: decisionsOf(comparison).map(({ decision, note, edit, commands, policy, url }) => ({
      decision,
      note,
      edit: edit === null ? null : { ...edit },
      commands: commands.map((words) => words.join(' ')),
      policy,
      url,
    })),
  };
}
