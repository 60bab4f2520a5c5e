/** Text that a fact must equal, or an anchored pattern it must fit as a whole; with `not`, what it must not. */
export interface TextMatch {
  readonly kind: 'exact' | 'pattern';
  readonly text: string;
  readonly not?: true;
}

/** Whether a fact is as wanted. A fact that is not known (null) never is, whatever it must not be. */
export function matches({ kind, text, not }: TextMatch, actual: string | null): boolean {
  if (actual === null) return false;
  const found = kind === 'exact' ? actual === text : fits(text, actual);
  return found !== (not === true);
}

/**
 * Whether the whole of `text` fits `pattern`: `*` stands for any characters but "/", `**` for any at all, everything else
 * for itself. Takes time proportional to the product of the lengths, whatever they contain.
 */
export function fits(pattern: string, text: string): boolean {
  const tokens = pattern.match(/\*\*|[^]/gu) ?? [];
  // Whether the first i tokens can stand for the text read so far. A star can stand for nothing.
  let reached = [true];
  for (const [i, token] of tokens.entries()) reached.push(reached[i] === true && isStar(token));
  for (const character of text) {
    const next = [false];
    for (const [i, token] of tokens.entries()) {
      const consumed = isStar(token)
        ? reached[i + 1] === true && (token === '**' || character !== '/')
        : reached[i] === true && token === character;
      next.push(consumed || (isStar(token) && next[i] === true));
    }
    reached = next;
  }
  return reached[tokens.length] === true;
}

function isStar(token: string): boolean {
  return token === '*' || token === '**';
}
