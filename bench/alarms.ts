/**
 * Replays recorded registry documents in order of publication and prints how often our rule about lost provenance and
 * pnpm's package-wide rule raise an alarm, and each alarm with its reason, so that a person can judge it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding, FindingCode } from '../src/model/finding.ts';
import { formatInstant } from '../src/model/time.ts';
import type { Level, LeveledFinding } from '../src/model/verdict.ts';
import { findingClause } from '../src/report/words/messages.ts';
import { recordedPackuments } from './alarms/recorded.ts';
import { everythingNow, findingsNow, levelIn, levelInGuard, replay, type Judged } from './alarms/replay.ts';

/** What the package is called, and whose it is, is said beside. */
const NPM = { name: '', version: '' };

const DATA = join(import.meta.dirname, '../../shared/data/npm/packuments');

function main(): void {
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  if (!existsSync(DATA)) {
    print('bench/alarms: skipped, the recorded documents are not beside this checkout');
    return;
  }
  const packuments = recordedPackuments(DATA);
  const { judged, undated } = replay(packuments);
  print(`${judged.length} versions of ${packuments.length} packages replayed; ${undated} without a date left out\n`);

  const levels = (level: string): number =>
    judged.filter(({ assay }) => isAlarm(assay) && assay.level === level).length;
  const codes = (code: string): number => judged.filter(({ assay }) => assay?.code === code).length;
  const refused = judged.filter(({ pnpm }) => pnpm !== null).length;
  const row = (rule: string, ...counts: readonly number[]): void => {
    const cells = counts.map((count) => `${count}`.padStart(8) + rate(count, judged.length).padStart(10));
    print(rule.padEnd(30) + cells.join('  '));
  };
  print(`${''.padEnd(30)}  errors  per 1000  warnings  per 1000`);
  row('assay (phase guard)', levels('error'), levels('warning'));
  row('pnpm trustPolicy no-downgrade', refused, 0);
  print('');
  for (const code of ['provenance-lost', 'provenance-lost-elsewhere']) print(`${code}: ${codes(code)}`);
  print(`provenance-missing: ${codes('provenance-missing')}, historical gaps, not counted above`);

  print(`\n${'what releases did'.padEnd(30)}warnings  per 1000     notes  per 1000`);
  const rows = (when: string, history: readonly LeveledFinding[]): void => {
    print(`${when}:`);
    for (const code of HISTORY_CODES) {
      const of = (level: string): number => history.filter((one) => one.code === code && one.level === level).length;
      row(code, of('warning'), of('note'));
    }
  };
  rows(
    'on the day of publication',
    judged.flatMap((each) => each.history),
  );
  const now = findingsNow(packuments);
  rows('as the documents are now', now);
  const day = judged.flatMap((each) =>
    each.findings.map((found) => ({ ...found, spec: `${each.name}@${each.version}` })),
  );
  printPhases(print, judged.length, { 'on the day': day, now: everythingNow(packuments) });

  print('\nEvery warning as the documents are now:');
  for (const found of now.filter(({ level }) => level === 'warning')) {
    print(`${found.spec}\n    ${found.code}: it ${findingClause(found, NPM)}`);
  }

  print('\nEvery alarm:');
  for (const each of judged) {
    if (isAlarm(each.assay) || each.pnpm !== null) print(describe(each));
    for (const found of each.history.filter(({ level }) => level === 'warning')) print(describeHistory(each, found));
  }
}

type Found = Finding & { readonly spec: string };

/** For each phase and rule: errors and warnings per 1,000 versions; and every error of the phase `guard`. */
function printPhases(
  print: (line: string) => boolean,
  versions: number,
  when: Readonly<Record<string, readonly Found[]>>,
): void {
  print('\nper 1,000 versions, each taken for a direct dependency; historical gaps apart');
  for (const [time, findings] of Object.entries(when)) {
    const counted = findings.filter(({ code }) => code !== 'provenance-missing');
    const codes = [...new Set(counted.map(({ code }) => code))].sort();
    for (const phase of ['observe', 'guard', 'critical', 'all'] as const) {
      const level = (found: Finding): Level => (phase === 'guard' ? levelInGuard(found) : levelIn(phase, found));
      const of = (wanted: Level, among: readonly Found[]): string =>
        rate(among.filter((found) => level(found) === wanted).length, versions).padStart(8);
      print(`${`${phase}, ${time}`.padEnd(34)}${of('error', counted)} errors${of('warning', counted)} warnings`);
      for (const code of codes) {
        const ofCode = counted.filter((found) => found.code === code);
        print(`  ${code.padEnd(32)}${of('error', ofCode)}       ${of('warning', ofCode)}`);
      }
    }
    print(`every error of guard, ${time}:`);
    for (const found of counted.filter((one) => levelInGuard(one) === 'error')) {
      print(`  ${found.spec}: ${found.code}, it ${findingClause(found, NPM)}`);
    }
  }
}

/** Tags are known as they were when a document was recorded, and not as they were before. */
const HISTORY_CODES: readonly FindingCode[] = [
  'history-publisher-new',
  'history-publisher-changed',
  'history-install-script-added',
  'history-dependency-added',
  'history-dist-tag-moved-back',
];

function describeHistory({ name, version, published }: Judged, found: LeveledFinding): string {
  return `${formatInstant(published).slice(0, 10)} ${name}@${version}\n    ${found.level} ${found.code}: it ${findingClause(found, { name, version })}`;
}

/** A gap in a package that never had provenance says nothing about one version, and is counted apart. */
function isAlarm(assay: Judged['assay']): assay is NonNullable<Judged['assay']> {
  return assay !== null && assay.code !== 'provenance-missing';
}

function describe({ name, version, published, assay, pnpm }: Judged): string {
  return [
    `${formatInstant(published).slice(0, 10)} ${name}@${version}`,
    `    assay: ${isAlarm(assay) ? `${assay.level} ${assay.code}, ${assay.why}` : 'no alarm'}`,
    `    pnpm:  ${pnpm === null ? 'no alarm' : `refused, since ${pnpm} had more`}`,
  ].join('\n');
}

function rate(count: number, of: number): string {
  return ((count / of) * 1000).toFixed(2);
}

main();
