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
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (globMatches(negated ? pattern.slice(1) : pattern, path)) found = !negated;
  }
  return found;
}

/** The patterns of a package.json's `workspaces`; none where it cannot be read. */
export function workspacePatterns(packageJson: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(packageJson);
  } catch {
    return [];
  }
  const workspaces = isObject(json) ? json['workspaces'] : null;
  const patterns = isObject(workspaces) ? workspaces['packages'] : workspaces;
  return Array.isArray(patterns) ? patterns.filter((pattern) => typeof pattern === 'string') : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `*` and `?` within a segment, `**` over segments. */
function globMatches(pattern: string, path: string): boolean {
  const segments = pattern
    .replace(/^\.?\/+/, '')
    .replace(/\/+$/, '')
    .split('/');
  return sequenceMatches(segments, path.split('/'), '**', (one, segment) =>
    sequenceMatches(one.split(''), segment.split(''), '*', (char, actual) => char === '?' || char === actual),
  );
}

/** Follows every place the pattern may have reached at once, so that no pattern costs more than both lengths' product. */
function sequenceMatches(
  pattern: readonly string[],
  items: readonly string[],
  star: string,
  matches: (part: string, item: string) => boolean,
): boolean {
  let reached = new Set([0]);
  for (const part of pattern) {
    const next = new Set<number>();
    const [first = items.length + 1] = reached;
    if (part === star) for (let i = first; i <= items.length; i++) next.add(i);
    else for (const i of reached) if (i < items.length && matches(part, items[i] ?? '')) next.add(i + 1);
    reached = next;
  }
  return reached.has(items.length);
}
