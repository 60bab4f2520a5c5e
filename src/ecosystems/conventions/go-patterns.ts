/**
 * Patterns of GOPRIVATE and its like (https://go.dev/ref/mod#private-modules): globs with commas between them, each held
 * against as many elements of a module path, from its beginning, as it has itself.
 */
export function matchesPrefix(patterns: string, path: string): boolean {
  const elements = path.split('/');
  return patterns.split(',').some((pattern) => {
    const glob = pattern.endsWith('/') ? pattern.slice(0, -1) : pattern;
    const count = glob.split('/').length;
    return glob !== '' && count <= elements.length && matchesGlob(glob, elements.slice(0, count).join('/'));
  });
}

/** `*`, or what one character may be: one of these ranges, or none of them. */
type Token = 'any-number' | { readonly ranges: readonly (readonly [string, string])[]; readonly isNegated: boolean };

const NOT_A_SLASH: Token = { ranges: [['/', '/']], isNegated: true };

/**
 * As Go's `path.Match` (https://pkg.go.dev/path#Match): a glob that is none matches nothing, and only the last `*` that was met takes more than it
 * first did.
 */
export function matchesGlob(glob: string, text: string): boolean {
  const tokens = tokensOf(glob);
  if (tokens === null) return false;
  const characters = Array.from(text);
  let [token, at] = [0, 0];
  let star: { readonly token: number; at: number } | null = null;
  while (at < characters.length || token < tokens.length) {
    const next = tokens[token];
    if (next === 'any-number') {
      token += 1;
      star = { token, at };
    } else if (next !== undefined && matchesOne(next, characters[at])) {
      token += 1;
      at += 1;
    } else {
      const taken: string | undefined = star === null ? undefined : characters[star.at];
      if (star === null || taken === undefined || taken === '/') return false;
      star.at += 1;
      [token, at] = [star.token, star.at];
    }
  }
  return true;
}

function matchesOne({ ranges, isNegated }: Exclude<Token, string>, character: string | undefined): boolean {
  if (character === undefined) return false;
  const code = codeOf(character);
  return ranges.some(([low, high]) => codeOf(low) <= code && code <= codeOf(high)) !== isNegated;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Null for what Go does not take for a glob. */
function tokensOf(glob: string): readonly Token[] | null {
  const characters = Array.from(glob);
  const tokens: Token[] = [];
  let at = 0;
  /** One character of a class, which a backslash may stand before; null where none may end there. */
  const member = (): string | null => {
    const isEscaped = characters[at] === '\\';
    if (isEscaped) at += 1;
    const one = characters[at];
    at += 1;
    return one === undefined || at === characters.length || (!isEscaped && /[-\]]/.test(one)) ? null : one;
  };
  while (at < characters.length) {
    const one = characters[at] ?? '';
    at += 1;
    if (one === '*') {
      if (tokens.at(-1) !== 'any-number') tokens.push('any-number');
    } else if (one === '?') tokens.push(NOT_A_SLASH);
    else if (one === '[') {
      const isNegated = characters[at] === '^';
      if (isNegated) at += 1;
      const ranges: [string, string][] = [];
      while (characters[at] !== ']' || ranges.length === 0) {
        const low = member();
        if (low === null) return null;
        const isRange = characters[at] === '-';
        if (isRange) at += 1;
        const high = isRange ? member() : low;
        if (high === null) return null;
        ranges.push([low, high]);
      }
      at += 1;
      tokens.push({ ranges, isNegated });
    } else {
      const literal = one === '\\' ? characters[at] : one;
      if (literal === undefined) return null;
      if (one === '\\') at += 1;
      tokens.push({ ranges: [[literal, literal]], isNegated: false });
    }
  }
  return tokens;
}
