import { resolve } from 'node:path';
import { specOf } from '../../model/package.ts';
import { reportStatus, type Report } from '../../model/report.ts';
import { escapeText } from '../../report/words/escape.ts';
import { listed } from '../../report/words/layout.ts';
import { EXIT, isMendable } from '../exit.ts';
import type { Audited } from '../exec/check.ts';
import type { Started } from '../exec/started.ts';
import { whyNotStarted } from '../exec/why-not.ts';
import { gateCommand } from '../gate/command.ts';
import type { Io } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { findAllLockfiles } from '../project/find.ts';
import { managerOf } from '../project/manager-config.ts';
import { withProjects } from '../project/open.ts';
import { phaseOf } from '../project/policy.ts';
import type { Objection } from './formats.ts';

/** Findings that are named; there may be as many as dependencies. */
const MAX_NAMED = 5;
/** What `assay exec` tells people to do, at the end of what it says. */
const ADVICE = /: (?:run it by itself, then audit what it locked|install it with the project)$/;

/**
 * What speaks against a program that is known: that it installs what no lockfile names, or that the audit of the
 * lockfile does not hold. Null where nothing does. What installs from no lockfile is answered without an audit.
 */
export async function objectionToInstall(started: Started, options: ParsedOptions, io: Io): Promise<Objection | null> {
  const why = (audited: readonly Audited[]): Promise<string | null> =>
    whyNotStarted(() => [started], { audited, omit: [], io });
  if ((await why([])) === null) return null;
  const place = resolve(io.cwd, started.within ?? '.');
  const reason = await why(lockfilesFor(place, io));
  if (reason === null) return auditOf(place, options, io);
  return {
    reason: reason.replace(ADVICE, ''),
    next: atGate(started, io) ?? 'nothing by yourself: ask a person to run it, and assay audit after it',
  };
}

/** The lockfiles that an audit of a folder reads; none where it has none. */
function lockfilesFor(place: string, io: Io): readonly Audited[] {
  try {
    const { folders } = findAllLockfiles([place], false, io);
    return folders.flatMap(({ paths }) => paths.map((path) => ({ path, manager: managerOf(path) })));
  } catch (error) {
    if (isMendable(error)) return [];
    throw error;
  }
}

/** The command as the gate runs it; null where the gate does not. */
function atGate({ program, args, within }: Started, io: Io): string | null {
  const line = [program.name, ...args];
  const folder = within === null ? '' : `cd ${quoted(within)} && `;
  try {
    gateCommand(line, { ...io, cwd: resolve(io.cwd, within ?? '.') });
    return `${folder}assay gate -- ${line.map(quoted).join(' ')}`;
  } catch (error) {
    if (isMendable(error)) return null;
    throw error;
  }
}

function auditOf(place: string, options: ParsedOptions, io: Io): Promise<Objection | null> {
  const { values } = options;
  return withProjects([place], false, options, io, async ({ audit, policy }) => {
    const report = await audit(async ({ baseline, askBase }) => ({
      enforce: phaseOf(values, policy),
      omit: [],
      baseline: { ...baseline, base: await askBase() },
    }));
    return reportStatus(report) === EXIT.holds ? null : { reason: reasonOf(report), next: 'assay audit' };
  });
}

/** Packages by name and version, and codes: no prose of a package, which an agent might follow. */
function reasonOf(report: Report): string {
  const failing = [
    ...report.dependencies.flatMap(({ dependency, findings }) =>
      findings.filter(({ level }) => level === 'error').map(({ code }) => `${specOf(dependency)} (${code})`),
    ),
    ...report.lockfiles.flatMap(({ file, findings }) =>
      findings.filter(({ finding }) => finding.level === 'error').map(({ finding }) => `${file} (${finding.code})`),
    ),
    ...report.unread.map(({ file, problem }) => `${file} (${problem})`),
  ];
  const named = listed(failing, MAX_NAMED, (each) => escapeText(each, 150));
  const what =
    report.verdict === 'fail'
      ? 'what it installs fails the audit'
      : 'there is no statement about what it installs, as evidence could not be obtained';
  return named === '' ? what : `${what}: ${named}`;
}

/** A word as a POSIX shell takes it (XCU 2.2.2). */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
