import { pathFits } from './match.ts';

/** Whether the last of these patterns that fits the directory `member` names it; `!` takes members out. */
export function isWorkspace(patterns: readonly string[], member: string): boolean {
  const found = patterns.map(readPattern).findLast(({ fits }) => fits(posix(member)));
  return found?.isNegated === false;
}

/**
 * Whether a package manager takes the directory `member` for one that these patterns name; null where that cannot be
 * said, as a pattern that counts for it is not followed, or package managers take the order of patterns differently.
 */
export function isMember(patterns: readonly string[], member: string): boolean | null {
  const path = posix(member);
  const isHidden = /(?:^|\/)\./.test(path);
  const found = patterns.map(readPattern).map(({ isNegated, isFollowed, isPlain, hasWildcard, within, fits }) => {
    const isSure = isFollowed && !(isHidden && hasWildcard);
    const may = isFollowed ? fits(path) : path.startsWith(within);
    return { isNegated, may, must: isSure && may, isPlain };
  });
  // npm 8 takes out what the last pattern does that fits, npm 11 and Yarn 1 what any does, Bun nothing that is named as
  // it is.
  const last = found.findLast(({ isNegated, may, must }) => (isNegated ? must : may));
  const isNamed = found.some(({ isNegated, may, isPlain }) => !isNegated && may && isPlain);
  if (last?.isNegated !== false && !isNamed) return false;
  const isTaken = found.some(({ isNegated, must }) => !isNegated && must);
  return isTaken && !found.some(({ isNegated, may }) => isNegated && may) ? true : null;
}

interface Pattern {
  readonly isNegated: boolean;
  readonly isFollowed: boolean;
  readonly hasWildcard: boolean;
  /** Whether it names a folder as it is. */
  readonly isPlain: boolean;
  /** The folders that it begins with. */
  readonly within: string;
  readonly fits: (path: string) => boolean;
}

function readPattern(pattern: string): Pattern {
  // What is in parentheses behind it may be a pattern of its own.
  const [marks = ''] = /^!*(?!\()/.exec(pattern) ?? [];
  const parts = expanded(pattern.slice(marks.length));
  const isUpwards = /(?:^|\/)\.\.(?:\/|$)/.test(pattern);
  return {
    isNegated: marks.length % 2 === 1,
    isFollowed: parts.every((one) => !STRANGE.test(one)),
    isPlain: !/[*?[\](){}\\]/.test(pattern),
    hasWildcard: parts.some((one) => /[*?]/.test(one)),
    within: isUpwards ? '' : (/^(?:\.?\/)*((?:[\w.-]+\/)*)/.exec(pattern.slice(marks.length))?.[1] ?? ''),
    fits: (path) => parts.some((one) => pathFits(one, path)),
  };
}

function posix(path: string): string {
  return path.replaceAll('\\', '/');
}

/** What is left of a pattern that has more than names, `*`, `?`, `**` and what stands for several such. */
const STRANGE = /[[\](){}\\]|(?:^|\/)\.\.(?:\/|$)/;

/** Whether a pattern has only what is followed here: names, `*`, `?`, `**`, `{a,b}`, `@(a|b)`, `[ab]` and `[a-c]`. */
export function isFollowed(pattern: string): boolean {
  return readPattern(pattern).isFollowed;
}

/** More than any project lists in braces. */
const MAX_EXPANDED = 256;

/** The patterns that one with lists in it stands for, as shells and package managers take it. */
export function expanded(pattern: string): readonly string[] {
  let found = [pattern];
  while (found.some((one) => LIST.test(one)) && found.length <= MAX_EXPANDED) {
    found = found.flatMap((one) => {
      const [all, braces, group, letters] = LIST.exec(one) ?? [];
      if (all === undefined) return [one];
      const parts = braces?.split(',') ?? group?.split('|') ?? lettersOf(letters ?? '');
      return parts.map((part) => one.replace(all, () => part));
    });
  }
  return found;
}

/** The innermost list in braces, a group, or a class of letters. */
const LIST = /\{([^{},]*(?:,[^{},]*)+)\}|@\(([^()/]+)\)|\[([\w.][\w.-]*)\]/;

/** Those of a class; a backslash, which is not followed, for a range that has none. */
function lettersOf(letters: string): readonly string[] {
  return (letters.match(/.-.|./g) ?? []).flatMap((part) => {
    const [first = 0, last = first] =
      part.length === 3 ? [part.charCodeAt(0), part.charCodeAt(2)] : [part.charCodeAt(0)];
    if (last < first) return ['\\'];
    return Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i));
  });
}
