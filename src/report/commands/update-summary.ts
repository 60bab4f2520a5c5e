import type { AcceptedFinding, BaselineUpdate, LastingIdentity, SeenVersion } from '../../model/baseline.ts';
import type { AddedVersion, BuilderChange, OtherChanges, PackageChange } from '../../model/baseline-change.ts';
import { nameOf, specOf } from '../../model/package.ts';
import { formatInstant } from '../../model/time.ts';
import { count, listed, paint, shown, type RenderOptions } from '../words/layout.ts';
import { code, codeSpan } from '../words/markdown.ts';
import { expiredText, leftOutLines, migrationText, moreLines, nextLines } from './update.ts';

/** What an update changes in the baseline. */
interface BaselineChange {
  readonly packages: readonly PackageChange[];
  readonly others: OtherChanges;
}

/**
 * What a reviewer of an update must read, package by package: who built it and whether that is who it was, what is
 * proven, who published it, what was accepted, and what was left out. Packages of which nothing of it changes are
 * gathered in one line. Reads as it is, and as Markdown, of which nothing that a package or a person wrote is part: all
 * of that is code. No line is broken, as the rest of one could begin a heading or a list.
 */
export function renderSummary(
  file: string,
  { packages, others }: BaselineChange,
  update: BaselineUpdate,
  options: Pick<RenderOptions, 'color' | 'unicode'>,
  format?: number,
): string {
  const { measures, expired, leftOut } = update;
  const kinds = packages.map((change) => ({ change, kind: kindOf(change) }));
  const of = (kind: Kind): readonly PackageChange[] =>
    kinds.filter((one) => one.kind === kind).map(({ change }) => change);
  const toRead = of('read');
  const head =
    packages.length > 0
      ? `${codeSpan(file)}: ${count(packages.length, 'package')} changed, ${toRead.length} to read`
      : `${codeSpan(file)}: no entry changes${othersText(others)}`;
  const gathered = [
    gatheredLine(of('proven'), 'by the same builder as before, with provenance', moveText),
    gatheredLine(of('unproven'), 'by the same publisher as before, without provenance as before', moveText),
    gatheredLine(of('removed'), 'removed, no longer locked', moveText),
    gatheredLine(of('refreshed'), 'the same, with something recorded anew', refreshedText),
    listedLine('kept, as what is left out is held to it', measures, (spec) => codeSpan(spec)),
    listedLine('no longer accepted', expired, (one) => expiredText(one, code)),
    listedLine('accepted before, and no longer locked', others.unaccepted, (one) => expiredText(one, code)),
    listedLine('waiting for a decision from now on', others.seen, seenText),
    listedLine('no longer waiting for a decision', others.unseen, seenText),
  ].filter((line) => line !== '');
  const lines = [
    paint('bold', shown(head, options), options),
    ...[
      ...(format === undefined ? [] : [item(migrationText(format))]),
      ...toRead.flatMap((change) => [item(moveText(change)), ...factsOf(change).map((fact) => `  ${item(fact)}`)]),
      ...[...gathered, ...leftOutLines(leftOut, code), ...moreLines(leftOut, code), ...nextLines(leftOut, code)].map(
        item,
      ),
    ].map((line) => shown(line, options)),
  ];
  return `${lines.join('\n')}\n`;
}

function item(text: string): string {
  return `- ${text}`;
}

function othersText({ seen, unseen, unaccepted }: OtherChanges): string {
  const number = seen.length + unseen.length + unaccepted.length;
  return number === 0 ? '' : `, but ${count(number, 'line')} about what waits or was accepted`;
}

function seenText({ time, ...one }: SeenVersion): string {
  return `${codeSpan(specOf(one))} (first seen ${formatInstant(time)})`;
}

function listedLine<T>(what: string, items: readonly T[], show: (item: T) => string): string {
  return items.length === 0 ? '' : `${what}: ${listed(items, 10, show)}`;
}

type Kind = 'read' | 'proven' | 'unproven' | 'removed' | 'refreshed';

/** What a reviewer has to do with it; all but `read` show nothing that is new. */
function kindOf({ isNew, added, removed, builders, since, accepted }: PackageChange): Kind {
  if (isNew || builders.length > 0 || since !== null || accepted.length > 0) return 'read';
  if (added.length === 0) return removed.length > 0 ? 'removed' : 'refreshed';
  const isSame = (one: AddedVersion): boolean =>
    one.measure !== null && one.builder === null && publishedText(one) === '' && one.reaches.length === 0;
  if (!added.every((one) => isSame(one) && one.entry.despite === undefined)) return 'read';
  const isProven = ({ entry }: { readonly entry: AddedVersion['entry'] }): boolean =>
    entry.provenance.identity !== null;
  const all = added.flatMap((one) => [one, ...(one.measure === null ? [] : [one.measure])]);
  if (all.every(isProven)) return 'proven';
  return all.some(isProven) ? 'read' : 'unproven';
}

function gatheredLine(
  changes: readonly PackageChange[],
  what: string,
  show: (change: PackageChange) => string,
): string {
  return changes.length === 0 ? '' : `${count(changes.length, 'package')} ${what}: ${listed(changes, 3, show)}`;
}

/** `NAME OLD -> NEW`; what is new has no old, and what is gone no new. */
function moveText({ isNew, added, removed, ...one }: PackageChange): string {
  const versions = (some: readonly string[]): string => listed(some, 5, (version) => codeSpan(version, 60));
  const from = removed.length > 0 ? versions(removed) : '';
  const to = versions(added.map(({ version }) => version));
  const moved = [from, to].filter((text) => text !== '').join(' -> ');
  return `${isNew ? 'new ' : ''}${codeSpan(nameOf(one))}${moved === '' ? '' : ` ${moved}`}`;
}

function refreshedText({ refreshed, ...one }: PackageChange): string {
  return `${codeSpan(nameOf(one))} ${listed(refreshed, 5, (version) => codeSpan(version, 60))}`;
}

/** What there is to read about a package. */
function factsOf({ isNew, added, builders, since, accepted }: PackageChange): readonly string[] {
  return [
    ...builders.map(builderText),
    ...(since === null ? [] : [`first provenance known before: ${codeSpan(since.version, 60)}`]),
    ...added.flatMap((one) => {
      const which = added.length === 1 ? '' : `${codeSpan(one.version, 60)} `;
      return versionFacts(one, isNew, accepted).map((fact) => which + fact);
    }),
  ];
}

function versionFacts(one: AddedVersion, isNew: boolean, accepted: readonly AcceptedFinding[]): readonly string[] {
  const { version, entry, builder, measure, reaches } = one;
  const { despite } = entry;
  const { identity } = entry.provenance;
  const shownBuilder = isNew ? identity : builder;
  const others = isNew || builder === null ? '' : ', not by who builds its channel';
  const facts = [
    shownBuilder === null ? '' : `built by ${identityText(shownBuilder)}${others}`,
    provenanceText(one),
    publishedText(one),
    reaches.length === 0 ? '' : `reaches ${reaches.join(', ')}, which ${codeSpan(measure?.version ?? '', 60)} does not`,
    despite === undefined ? '' : `taken in despite ${despite.codes.join(', ')}`,
    ...accepted.filter((decision) => decision.version === version).map(acceptedText),
  ];
  return facts.filter((fact) => fact !== '');
}

function provenanceText({ entry: { provenance }, measure }: AddedVersion): string {
  const had = measure !== null && measure.entry.provenance.identity !== null;
  const before = measure === null ? '' : codeSpan(measure.version, 60);
  if (provenance.identity !== null) return measure === null || had ? '' : `provenance proven, which ${before} had not`;
  if ('lost' in provenance) return `provenance lost: ${codeSpan(provenance.lost.version, 60)} had it`;
  return `no provenance, nor had any of ${count(provenance.earlier, 'earlier version')}`;
}

/** Who published and approved it, where that is another than before; of a new package, who did. */
function publishedText({ entry, measure }: AddedVersion): string {
  const name = (who: string | null = null): string => (who === null ? 'nobody named' : codeSpan(who, 60));
  const before = measure === null ? '' : codeSpan(measure.version, 60);
  if (measure === null) return entry.publisher === null ? '' : `published by ${name(entry.publisher)}`;
  const publisher =
    entry.publisher === measure.entry.publisher
      ? ''
      : `published by ${name(entry.publisher)}, ${before} by ${name(measure.entry.publisher)}`;
  const approver =
    entry.approver === measure.entry.approver
      ? ''
      : `approved by ${name(entry.approver)}, ${before} by ${name(measure.entry.approver)}`;
  return [publisher, approver].filter((text) => text !== '').join('; ');
}

/** Who built it, and of a change only what differs. */
function builderText({ channel, from, to }: BuilderChange): string {
  const where = channel === null ? '' : ` ${codeSpan(channel, 60)}`;
  if (from === null || to === null) {
    return `builder${where}: ${to === null ? 'nobody known' : identityText(to)}${from === null ? ', nobody known before' : ''}`;
  }
  const value = (text: string | null): string => (text === null ? 'none' : codeSpan(text, 160));
  const changed = FIELDS.filter(([, member]) => from[member] !== to[member]).map(
    ([label, member]) => `${label} ${value(from[member])} -> ${value(to[member])}`,
  );
  return `another builder${where}: ${changed.join(', ')}`;
}

const FIELDS = [
  ['issuer', 'issuer'],
  ['repository', 'repository'],
  ['repository id', 'repositoryId'],
  ['owner id', 'ownerId'],
  ['workflow', 'workflow'],
  ['signer', 'signer'],
  ['runner', 'runner'],
] as const satisfies readonly (readonly [string, keyof LastingIdentity])[];

function identityText({ issuer, repository, workflow, signer, runner }: LastingIdentity): string {
  const parts = [repository ?? issuer, workflow, signer, runner === 'self-hosted' ? runner : null];
  return parts.flatMap((part) => (part === null ? [] : [codeSpan(part, 160)])).join(' ');
}

function acceptedText({ code, until, by, why }: AcceptedFinding): string {
  return `${code} accepted until ${formatInstant(until)} by ${codeSpan(by, 60)}: ${codeSpan(why, 120)}`;
}
