import { pathFits } from './match.ts';
import { fieldsOf, isObject } from './value.ts';

/**
 * Whether a package.json names the directory `member` (relative to it) in its `workspaces`: an array of patterns, or
 * `{ packages: [...] }`. Later patterns win; `!` takes members out.
 */
export function isWorkspaceOf(packageJson: string, member: string): boolean {
  return isWorkspace(workspacePatterns(packageJson), member);
}

/** The same for patterns that are known. */
export function isWorkspace(patterns: readonly string[], member: string): boolean {
  const path = member.replaceAll('\\', '/');
  let found = false;
  for (const pattern of patterns.flatMap(withoutBraces)) {
    const negated = pattern.startsWith('!');
    if (pathFits(negated ? pattern.slice(1) : pattern, path)) found = !negated;
  }
  return found;
}

/** More than any project lists in braces. */
const MAX_EXPANDED = 256;

/** The patterns that one with `{a,b}` stands for, as shells and package managers take it. */
export function withoutBraces(pattern: string): readonly string[] {
  let found = [pattern];
  while (found.some((one) => BRACES.test(one)) && found.length <= MAX_EXPANDED) {
    found = found.flatMap((one) => {
      const [all = '', list = ''] = BRACES.exec(one) ?? [];
      return all === '' ? [one] : list.split(',').map((part) => one.replace(all, () => part));
    });
  }
  return found;
}

/** The innermost list. */
const BRACES = /\{([^{},]*(?:,[^{},]*)+)\}/;

/** Whether a pattern has only what is followed here: names, `*`, `?`, `**`, and lists in braces. */
export function isFollowed(pattern: string): boolean {
  return withoutBraces(pattern).every((one) => !/[[\](){}\\]|(?:^|\/)\.\.(?:\/|$)/.test(one));
}

/** The patterns of a package.json's `workspaces`; none where it cannot be read. */
export function workspacePatterns(packageJson: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(packageJson);
  } catch {
    return [];
  }
  const { workspaces } = fieldsOf(json);
  const patterns = isObject(workspaces) ? workspaces['packages'] : workspaces;
  return Array.isArray(patterns) ? patterns.filter((pattern) => typeof pattern === 'string') : [];
}
