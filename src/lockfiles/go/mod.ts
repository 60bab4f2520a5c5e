import { LockfileError } from '../../readers/error.ts';
import { GO_VERSION, reading, refuseConflictingReplacements, replacementOf, TOOLCHAIN } from './rules.ts';
import { wordsOf } from './text.ts';
import type { ModuleVersion, Reader, Replacement, Verbs } from './rules.ts';

export interface Requirement extends ModuleVersion {
  readonly isIndirect: boolean;
  readonly line: number;
}

/** Versions that their author takes back, both ends included. */
export interface Retraction {
  readonly low: string;
  readonly high: string;
  /** In the words of the author; null where there are none. */
  readonly reason: string | null;
}

/** As the go command shows no longer one (https://go.dev/ref/mod#go-mod-file-retract). */
const MAX_REASON_LENGTH = 500;

/** What a go.mod file says (https://go.dev/ref/mod#go-mod-file). */
export interface GoMod {
  readonly module: string;
  readonly go: string | null;
  readonly toolchain: string | null;
  readonly requires: readonly Requirement[];
  readonly replaces: readonly Replacement[];
  readonly excludes: readonly ModuleVersion[];
  /** Of its own versions, both ends included. */
  readonly retracts: readonly Retraction[];
  /** Paths of packages. */
  readonly tools: readonly string[];
}

/** Those that may stand in blocks, and those that may not. */
const VERBS: Verbs = {
  blocks: new Set(['module', 'godebug', 'require', 'exclude', 'replace', 'retract', 'tool', 'ignore']),
  lines: new Set(['go', 'toolchain']),
};

/** Reads the go.mod of a project. Throws `LockfileError`, with the line, for what Go refuses or would write anew. */
export function readGoMod(file: string, text: string): GoMod {
  const { all, one } = reading(file, text, VERBS);
  all('godebug', (reader) => reader.matching(/^[^"'`,=]*=[^"'`,]*$/, 'key=value'));
  all('ignore', (reader) => reader.single());
  const module = one('module', (reader) => reader.single());
  if (module === null) throw new LockfileError(file, null, 'has no module directive');
  const replaces = all('replace', replacementOf);
  refuseConflictingReplacements(file, replaces);
  return {
    module,
    go: one('go', (reader) => reader.matching(GO_VERSION, 'a version of Go, such as 1.23.0')),
    toolchain: one('toolchain', (reader) => reader.matching(TOOLCHAIN, 'a toolchain, such as go1.23.0')),
    requires: all('require', requirementOf),
    replaces,
    excludes: all('exclude', (reader) => reader.moduleVersion(reader.directive.words)),
    retracts: all('retract', retractionOf),
    tools: all('tool', (reader) => reader.single()),
  };
}

function requirementOf({ directive, moduleVersion }: Reader): Requirement {
  const { words, isIndirect, line } = directive;
  return { ...moduleVersion(words), isIndirect, line };
}

/** `VERSION` or `[ VERSION , VERSION ]`. */
export function retractionOf({ directive, refuse, version }: Reader): Retraction {
  const { words, comment } = directive;
  const said = wordsOf(comment).join(' ').slice(0, MAX_REASON_LENGTH);
  const reason = said === '' ? null : said;
  if (words.length === 1 && words[0] !== '[') return { low: version(words[0]), high: version(words[0]), reason };
  const [open, low, comma, high, close, ...rest] = words;
  if (open !== '[' || comma !== ',' || close !== ']' || rest.length > 0) {
    return refuse('is neither a version nor two of them in brackets');
  }
  return { low: version(low), high: version(high), reason };
}
