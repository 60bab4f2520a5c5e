import type { Comparison } from '../../model/comparison.ts';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { nameOf } from '../../model/package.ts';
import { dependencyTexts, factsBeside, FIELDS, gapText, scriptTexts } from '../words/changes.ts';
import { decideLines } from '../parts/decide.ts';
import { escapeText } from '../words/escape.ts';
import { hash } from '../words/hash.ts';
import { beforeText } from '../parts/explained.ts';
import { padToWidth, paint, shown, usableColumns, wrap, type RenderOptions } from '../words/layout.ts';

/** Narrower terminals show the two versions one below the other. */
const TABLE_COLUMNS = 72;

interface Row {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  readonly differs: boolean;
}

/**
 * A version beside the one it is held against, rows that differ and normally do not marked; what it adds; where to read
 * the difference, and what can be decided. Ends with a newline.
 */
export function renderComparison(comparison: Comparison, options: RenderOptions): string {
  const fitted = { ...options, columns: usableColumns(options.columns) };
  const { current, predecessor } = comparison;
  const head = `${escapeText(nameOf(comparison), 120)}: ${value(current.version)} ${
    predecessor === null
      ? 'has no known predecessor on its release line'
      : `beside ${beforeText(comparison)}${gapText(comparison)}`
  }`;
  const { hasProvenance, isSignedByRegistry } = conventionsOf(comparison.ecosystem);
  // What nobody says in an ecosystem would be empty in every comparison.
  const facts = factsBeside(current, predecessor).filter(({ before, after, label }) => {
    if ((before ?? after) === null) return hasProvenance && (isSignedByRegistry || !PUBLISHERS.has(label));
    return hasProvenance || label !== 'provenance' || after !== 'none';
  });
  const rows = facts.map(({ label, before, after, differs }) => ({
    label,
    before: label === HASH ? hashes(before) : value(before),
    after: label === HASH ? hashes(after) : value(after),
    differs,
  }));
  const table =
    predecessor === null
      ? single(rows, fitted)
      : fitted.columns < TABLE_COLUMNS
        ? stacked(rows, fitted)
        : sideBySide(rows, fitted);
  const unknown = predecessor !== null && !comparison.manifestsKnown;
  const lines = [
    ...wrap(shown(head, options), fitted.columns, 0, 2).map((line) => paint('bold', line, options)),
    ...table,
    ...(unknown ? listedUnder('dependencies and install scripts are unknown', [''], fitted) : []),
    ...listedUnder('new dependencies', dependencyTexts(comparison), fitted),
    ...listedUnder('new or changed install scripts', scriptTexts(comparison), fitted),
    ...measuredTexts(comparison).flatMap((text) => wrap(shown(text, options), fitted.columns, 2, 4)),
    ...decideLines(comparison, fitted),
  ];
  return `${lines.join('\n')}\n`;
}

/** What was measured by another release than the one beside it: a quick release before it is no measure for one. */
function measuredTexts({ measured, predecessor }: Comparison): string[] {
  const others = measured.filter(({ version }) => version !== predecessor?.version);
  const versions = [...new Set(others.map(({ version }) => version))];
  return versions.map((version) => {
    const codes = others.filter((one) => one.version === version).map(({ code }) => code);
    return `measured by ${escapeText(version, 60)}: ${codes.join(', ')}`;
  });
}

const LABEL_COLUMNS = Math.max(...FIELDS.map(({ label }) => label.length));

/** The facts that only a registry says. */
const PUBLISHERS: ReadonlySet<string> = new Set(['publisher', 'OIDC publisher']);
const HASH = 'integrity';

/** As the lockfiles of the ecosystem write them. */
function hashes(text: string | null): string {
  return text === null ? '-' : text.split(' ').map(hash).join(' ');
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

function listedUnder(title: string, texts: readonly string[], options: RenderOptions): string[] {
  if (texts.length === 0) return [];
  return [
    ...wrap(`! ${title}`, options.columns, 0, 2).map((line) => paint('yellow', line, options)),
    ...texts.flatMap((text) => wrap(shown(text, options), options.columns, 4, 6)),
  ];
}
