import { realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { LOCKFILE_NAMES } from '../../lockfiles/index.ts';
import { statAt } from '../../store/found.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionName, ParsedOptions } from '../options.ts';

/** What runs read of a project beside its lockfiles, under whatever folder. */
const OF_PROJECTS = [
  ...['package.json', 'package.json5', 'package.yaml', 'pnpm-workspace.yaml', 'vlt.json', '.npmrc', '.yarnrc.yml'],
  ...['go.mod', 'go.sum', 'go.work', 'Cargo.toml', 'pyproject.toml', 'assay.yml', 'assay.lock'],
];
/** In lower case: file systems that do not tell cases apart have one file by both names. */
const READ = new Set([...LOCKFILE_NAMES, ...OF_PROJECTS].map((name) => name.toLowerCase()));

/** What is written, and so may be there of an earlier run. */
const WRITTEN: ReadonlySet<string> = new Set(['output', 'vsa'] satisfies OptionName[]);

/**
 * Throws UsageError where a file that is to be written is one that runs read: it has a name that projects have, or it
 * is the very file, by whatever path, that an argument or an option of this run names.
 */
export function demandNoInput(output: string, { values, positionals }: ParsedOptions, io: Io): void {
  const path = resolve(io.cwd, output);
  const name = basename(followed(path));
  const refuse = (what: string): never => {
    throw new UsageError(`cannot write ${output}: ${what}, and would be lost: name another file`);
  };
  if (READ.has(name.toLowerCase())) refuse(`${name} is a file of a project`);
  const found = statAt(path);
  if (found?.isFile() !== true) return;
  const named = [
    ...positionals.map((text) => ['an argument', text] as const),
    ...Object.entries(values)
      .filter(([option]) => !WRITTEN.has(option))
      .flatMap(([option, value]) => [value].flat().map((text) => [`--${option}`, text] as const)),
  ];
  for (const [by, text] of named) {
    const other = typeof text === 'string' ? statAt(resolve(io.cwd, text)) : undefined;
    if (other?.ino === found.ino && other.dev === found.dev) refuse(`it is what ${by} names`);
  }
}

function followed(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
