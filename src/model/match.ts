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
 * Whether the whole of `text` fits `pattern`: `*` stands for any characters but "/", `**` for any at all, everything
 * else for itself.
 */
export function fits(pattern: string, text: string): boolean {
  const tokens = pattern.match(/\*\*|[^]/gu) ?? [];
  return follows(
    tokens.map((token) => {
      if (token === '**') return ANY;
      return token === '*' ? ANY_BUT_SLASH : { takes: (character) => character === token };
    }),
    Array.from(text),
  );
}

/**
 * Whether a path fits a pattern as shells and package managers read it: `**` matches any number of folders, also none;
 * `*` any characters within one name; `?` exactly one.
 */
export function pathFits(pattern: string, path: string): boolean {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  return follows(
    segments.map((segment) => (segment === '**' ? ANY : { takes: (name) => nameFits(segment, name) })),
    path.split('/'),
  );
}

/** `pathFits` for one name: `*` is any characters, `?` exactly one. */
export function nameFits(pattern: string, name: string): boolean {
  return follows(
    pattern.split('').map((wanted) => (wanted === '*' ? ANY : { takes: (unit) => wanted === '?' || wanted === unit })),
    name.split(''),
  );
}

/** One part of a pattern: takes one item, with `many` any number of them. */
interface Part {
  readonly takes: (item: string) => boolean;
  readonly many?: true;
}

const ANY: Part = { takes: () => true, many: true };
const ANY_BUT_SLASH: Part = { takes: (character) => character !== '/', many: true };

/**
 * Follows every place the pattern may have reached at once, so that no pattern costs more than both lengths' product.
 */
function follows(parts: readonly Part[], items: readonly string[]): boolean {
  const takesAt = ({ takes }: Part, at: number): boolean => at < items.length && takes(items[at] ?? '');
  // How many items the parts so far can stand for, in ascending order.
  let reached = [0];
  for (const part of parts) {
    const next: number[] = [];
    for (const start of reached) {
      if (part.many !== true) {
        if (takesAt(part, start)) next.push(start + 1);
      } else if (start > (next.at(-1) ?? -1)) {
        next.push(start);
        for (let at = start; takesAt(part, at); at += 1) next.push(at + 1);
      }
    }
    reached = next;
  }
  return reached.at(-1) === items.length;
}
