import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeWhole } from '../../store/write.ts';
import { nearest } from '../../model/nearest.ts';
import type { Report } from '../../model/report.ts';
import type { Output } from '../../report/outputs/index.ts';
import { renderTerminal, type ReportOptions } from '../../report/terminal/index.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { demandFolderOf } from '../user-files.ts';
import { writeProblem } from '../write-problem.ts';
import type { ParsedOptions } from '../options.ts';
import { demandNoInput } from './inputs.ts';
import { pageOf } from './pages.ts';

/** A report that was asked for. */
interface OutputTarget {
  readonly name: string;
  readonly output: Output;
  /** As the user wrote it, and absolute; null for standard output. */
  readonly file: { readonly shown: string; readonly path: string } | null;
}

/**
 * The reports of --output, --json and --vsa. Throws UsageError for what could not be written, before anything is asked.
 */
export async function outputTargets(options: ParsedOptions, io: Io): Promise<readonly OutputTarget[]> {
  const { values } = options;
  const asked = [
    ...(values.json === true ? ['json'] : []),
    ...(values.output ?? []),
    ...(values.vsa === undefined ? [] : [`vsa=${values.vsa}`]),
  ];
  if (asked.length === 0) return [];
  // With every format, which most runs do without.
  const { OUTPUTS } = await import('../../report/outputs/index.ts');
  const targets = asked.map((text): OutputTarget => {
    const [name = '', ...rest] = text.split('=');
    const output = Object.hasOwn(OUTPUTS, name) ? OUTPUTS[name] : undefined;
    if (output === undefined) {
      const near = nearest(name, Object.keys(OUTPUTS));
      const hint = near === null ? '' : `; did you mean ${near}?`;
      throw new UsageError(`--output takes ${Object.keys(OUTPUTS).join(', ')}, not ${name}${hint}`);
    }
    const shown = rest.join('=');
    if (rest.length > 0 && shown === '') throw new UsageError(`--output ${name}= needs a file`);
    return { name, output, file: rest.length === 0 || shown === '-' ? null : fileOf(shown, output, io) };
  });
  for (const { file } of targets) if (file !== null) demandNoInput(file.shown, options, io);
  refuseCollisions(targets);
  return targets;
}

/** In a folder, the file has the format's name. */
function fileOf(shown: string, { extension }: Output, io: Io): OutputTarget['file'] {
  const named = resolve(io.cwd, shown);
  const path = isFolder(named) ? join(named, `assay.${extension}`) : named;
  if (path === named) demandFolderOf(shown, io);
  return { shown: path === named ? shown : join(shown, `assay.${extension}`), path };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function refuseCollisions(targets: readonly OutputTarget[]): void {
  const [first, second] = targets.filter(({ file }) => file === null);
  if (first !== undefined && second !== undefined) {
    throw new UsageError(
      `standard output takes one report, not ${first.name} and ${second.name}: write one to a file (--output ${second.name}=FILE)`,
    );
  }
  const paths = new Set<string>();
  for (const { file } of targets) {
    if (file === null) continue;
    if (paths.has(file.path)) throw new UsageError(`two reports cannot both be written to ${file.shown}`);
    paths.add(file.path);
  }
}

/**
 * Writes every report that was asked for; the one for people where none of them is on standard output. Returns whether
 * all could be written. What could not is one line each.
 */
export function writeReports(
  report: Report,
  targets: readonly OutputTarget[],
  options: ReportOptions,
  io: Io,
): boolean {
  const rendered = ({ output }: OutputTarget): Iterable<string> => {
    const text = output.render(report, pageOf);
    return typeof text === 'string' ? [text] : text;
  };
  const onStdout = targets.find(({ file }) => file === null);
  for (const piece of onStdout === undefined ? [renderTerminal(report, options)] : rendered(onStdout)) {
    io.stdout.write(piece);
  }
  let isWhole = true;
  for (const target of targets) {
    if (target.file === null) continue;
    try {
      writeWhole(target.file.path, rendered(target));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      io.stderr.write(`assay: ${writeProblem(target.file.shown, error)}\n`);
      isWhole = false;
    }
  }
  return isWhole;
}
