import { posix } from 'node:path';
import { GO_VERSION, reading, refuseConflictingReplacements, replacementOf, TOOLCHAIN } from './rules.ts';
import type { Reader, Replacement, Verbs } from './rules.ts';
import { fail } from './mod-syntax.ts';
import { quoted } from '../../readers/error.ts';

/** A folder with a module of a workspace. */
interface Use {
  /** Relative to that of go.work, "" for that one itself; as it is written where it is absolute. */
  readonly folder: string;
  readonly line: number;
}

/** What a go.work file says (https://go.dev/ref/mod#go-work-file). */
export interface GoWork {
  readonly go: string | null;
  readonly toolchain: string | null;
  readonly uses: readonly Use[];
  /** These override those of the modules. */
  readonly replaces: readonly Replacement[];
}

const VERBS: Verbs = { blocks: new Set(['godebug', 'use', 'replace']), lines: new Set(['go', 'toolchain']) };

/** Reads a go.work. Throws `LockfileError`, with the line, for what Go refuses or would write anew. */
export function readGoWork(file: string, text: string): GoWork {
  const { all, one } = reading(file, text, VERBS);
  all('godebug', (reader) => reader.matching(/^[^"'`,=]*=[^"'`,]*$/, 'key=value'));
  const uses = all('use', useOf);
  const known = new Set<string>();
  for (const { folder, line } of uses) {
    if (known.has(folder)) fail(file, line, `use: ${quoted(folder)} is used above, too`);
    known.add(folder);
  }
  const replaces = all('replace', replacementOf);
  refuseConflictingReplacements(file, replaces);
  return {
    go: one('go', (reader) => reader.matching(GO_VERSION, 'a version of Go, such as 1.23.0')),
    toolchain: one('toolchain', (reader) => reader.matching(TOOLCHAIN, 'a toolchain, such as go1.23.0')),
    uses,
    replaces,
  };
}

function useOf({ directive, single, refuse }: Reader): Use {
  const path = single();
  if (path.includes('\\')) return refuse(`${quoted(path)} has a backslash; write it with slashes`);
  return { folder: folderBelow('', path), line: directive.line };
}

/** A path in a file of `folder`, relative to what that is relative to; absolute ones stay. */
export function folderBelow(folder: string, path: string): string {
  const below = posix.isAbsolute(path) ? posix.normalize(path) : posix.join(folder, path);
  return below === '.' || below === './' ? '' : below.replace(/\/$/, '');
}
