import type { Comparison, VersionFacts } from '../model/comparison.ts';
import { formatInstant } from '../model/time.ts';
import { escapeText } from './escape.ts';
import { count, padToWidth, paint, shown, usableColumns, wrap, type RenderOptions } from './layout.ts';
import { instantJson, type JsonObject } from './stringify.ts';

/** Narrower terminals show the two versions one below the other. */
const TABLE_COLUMNS = 72;
const ADDED_SHOWN = 8;

interface Row {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  readonly differs: boolean;
}

/** A version beside its predecessor; rows that differ and normally do not are marked. Ends with a newline. */
export function renderComparison(comparison: Comparison, options: RenderOptions): string {
  const fitted = { ...options, columns: usableColumns(options.columns) };
  const { current, predecessor } = comparison;
  const head = `${escapeText(comparison.name, 120)}: ${value(current.version)} ${
    predecessor === null
      ? 'has no predecessor on its release line'
      : `beside its predecessor ${value(predecessor.version)}`
  }`;
  const rows = FIELDS.map((field) => rowOf(field, current, predecessor));
  const table =
    predecessor === null
      ? single(rows, fitted)
      : fitted.columns < TABLE_COLUMNS
        ? stacked(rows, fitted)
        : sideBySide(rows, fitted);
  const lines = [
    ...wrap(shown(head, options), fitted.columns, 0, 2).map((line) => paint('bold', line, options)),
    ...table,
    ...added(
      'new dependencies',
      comparison.addedDependencies.map(({ name, spec }) => [name, spec]),
      fitted,
    ),
    ...added(
      'new install scripts',
      comparison.addedScripts.map(({ name, command }) => [name, command]),
      fitted,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same as JSON, with times as RFC 3339. */
export function comparisonJson(comparison: Comparison): JsonObject {
  return {
    name: comparison.name,
    current: factsJson(comparison.current),
    predecessor: comparison.predecessor === null ? null : factsJson(comparison.predecessor),
    addedDependencies: comparison.addedDependencies.map(({ name, spec }) => ({ name, spec })),
    addedScripts: comparison.addedScripts.map(({ name, command }) => ({ name, command })),
  };
}

function factsJson(facts: VersionFacts): JsonObject {
  return {
    version: facts.version,
    published: instantJson(facts.published),
    publisher: facts.publisher,
    trustedPublisher: facts.trustedPublisher,
    provenance: facts.provenance,
    repository: facts.repository,
    commit: facts.commit,
    workflow: facts.workflow,
    integrity: facts.integrity,
  };
}

interface Field {
  readonly label: string;
  readonly of: (facts: VersionFacts) => string | null;
  /** Every release has another value, so only having none at all is worth a mark. */
  readonly everChanging: boolean;
}

const FIELDS: readonly Field[] = [
  { label: 'version', of: (facts) => facts.version, everChanging: true },
  {
    label: 'published',
    of: ({ published }) => (published === null ? null : formatInstant(published)),
    everChanging: true,
  },
  { label: 'publisher', of: (facts) => facts.publisher, everChanging: false },
  { label: 'OIDC publisher', of: (facts) => facts.trustedPublisher, everChanging: false },
  { label: 'provenance', of: (facts) => facts.provenance, everChanging: false },
  { label: 'repository', of: (facts) => facts.repository, everChanging: false },
  { label: 'workflow', of: (facts) => facts.workflow, everChanging: false },
  { label: 'commit', of: (facts) => facts.commit, everChanging: true },
  { label: 'integrity', of: (facts) => facts.integrity, everChanging: true },
];

const LABEL_COLUMNS = Math.max(...FIELDS.map(({ label }) => label.length));

function rowOf({ label, of, everChanging }: Field, current: VersionFacts, predecessor: VersionFacts | null): Row {
  const after = of(current);
  const before = predecessor === null ? null : of(predecessor);
  const differs = predecessor !== null && (everChanging ? (before === null) !== (after === null) : before !== after);
  return { label, before: value(before), after: value(after), differs };
}

function value(text: string | null): string {
  return text === null ? '-' : escapeText(text, 200);
}

function single(rows: readonly Row[], options: RenderOptions): string[] {
  const indent = LABEL_COLUMNS + 4;
  return rows.flatMap(({ label, after }) =>
    wrap(`${label.padEnd(LABEL_COLUMNS)}  ${shown(after, options)}`, options.columns, 2, indent),
  );
}

function sideBySide(rows: readonly Row[], options: RenderOptions): string[] {
  const column = Math.floor((options.columns - LABEL_COLUMNS - 6) / 2);
  return rows.flatMap(({ label, before, after, differs }) => {
    const left = wrap(shown(before, options), column);
    const right = wrap(shown(after, options), column);
    return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
      const start = i === 0 ? `${mark(differs)} ${label.padEnd(LABEL_COLUMNS)}` : ' '.repeat(LABEL_COLUMNS + 2);
      const line = `${start}  ${padToWidth(left[i] ?? '', column)}  ${right[i] ?? ''}`.trimEnd();
      return differs ? paint('yellow', line, options) : line;
    });
  });
}

function stacked(rows: readonly Row[], options: RenderOptions): string[] {
  return rows.flatMap(({ label, before, after, differs }) => {
    const lines = [
      `${mark(differs)} ${label}`,
      ...wrap(`before ${shown(before, options)}`, options.columns, 4, 6),
      ...wrap(`now    ${shown(after, options)}`, options.columns, 4, 6),
    ];
    return differs ? lines.map((line) => paint('yellow', line, options)) : lines;
  });
}

function mark(differs: boolean): string {
  return differs ? '!' : ' ';
}

function added(title: string, entries: readonly (readonly [string, string])[], options: RenderOptions): string[] {
  if (entries.length === 0) return [];
  const rest = entries.length - ADDED_SHOWN;
  return [
    ...wrap(`! ${title}`, options.columns).map((line) => paint('yellow', line, options)),
    ...entries
      .slice(0, ADDED_SHOWN)
      .flatMap(([name, text]) =>
        wrap(shown(`${escapeText(name, 80)}: ${escapeText(text, 200)}`, options), options.columns, 4, 6),
      ),
    ...(rest > 0 ? wrap(`and ${count(rest, 'more', 'more')} (--json lists all)`, options.columns, 4) : []),
  ];
}
