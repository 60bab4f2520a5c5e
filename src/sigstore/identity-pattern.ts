/**
 * Regular expressions for identities: what RE2 and others have in common, matched against the whole text in time that
 * grows with the product of both lengths, whatever the expression (https://swtch.com/~rsc/regexp/regexp1.html). A
 * certificate is somebody else's text, and a matcher that tries again and again could be kept busy with it.
 */

/** An expression that cannot be used; the message is one line. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

type Test = (char: string) => boolean;

/** Consumes a character that passes and goes on to the first of `next`, or goes on to all of `next` without one. */
interface State {
  readonly test: Test | null;
  next: number[];
}

interface Fragment {
  readonly start: number;
  /** States that lead on to whatever follows. */
  readonly ends: readonly number[];
}

const MAX_PATTERN = 1000;
const MAX_STATES = 5000;
const MAX_REPEAT = 100;
const MAX_DEPTH = 50;
const MAX_TEXT = 4096;

/** Compiles an expression for a whole text; "^" and "$" around it add nothing. Throws `PatternError`. */
export function compilePattern(pattern: string): (text: string) => boolean {
  const chars = Array.from(pattern);
  if (chars.length > MAX_PATTERN) throw new PatternError(`longer than ${MAX_PATTERN} characters`);
  if (chars[0] === '^') chars.shift();
  if (chars.at(-1) === '$' && !isEscaped(chars, chars.length - 1)) chars.pop();
  const states: State[] = [];
  const { start, ends } = parse(chars, states);
  const end = add(states, null);
  link(states, ends, end);
  return (text) => run(states, start, end, text);
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(chars: readonly string[], at: number): boolean {
  let before = at;
  while (chars[before - 1] === '\\') before -= 1;
  return (at - before) % 2 === 1;
}

function add(states: State[], test: Test | null): number {
  if (states.length >= MAX_STATES) throw new PatternError('it repeats too much');
  states.push({ test, next: [] });
  return states.length - 1;
}

function link(states: readonly State[], ends: readonly number[], to: number): void {
  for (const end of ends) states[end]?.next.push(to);
}

/** alternation = sequence *( "|" sequence ); sequence = *( atom [ "*" / "+" / "?" / "{" n "," m "}" ] ) */
function parse(chars: readonly string[], states: State[]): Fragment {
  let at = 0;
  const alternation = (depth: number): Fragment => {
    if (depth > MAX_DEPTH) throw new PatternError('it is nested too deep');
    const branches = [sequence(depth)];
    while (chars[at] === '|') {
      at += 1;
      branches.push(sequence(depth));
    }
    const [only, ...others] = branches;
    if (only !== undefined && others.length === 0) return only;
    const start = add(states, null);
    for (const branch of branches) link(states, [start], branch.start);
    return { start, ends: branches.flatMap(({ ends }) => ends) };
  };
  const sequence = (depth: number): Fragment => {
    let whole = empty(states);
    while (at < chars.length && chars[at] !== '|' && chars[at] !== ')') {
      const from = at;
      const atom = atomAt(depth);
      const to = at;
      const [least, most] = repetition();
      const again = (): Fragment => {
        const after = at;
        at = from;
        const copy = atomAt(depth);
        if (at !== to) throw new PatternError('it cannot be read');
        at = after;
        return copy;
      };
      whole = joined(states, whole, repeated(states, atom, again, least, most));
    }
    return whole;
  };
  const atomAt = (depth: number): Fragment => {
    const char = chars[at];
    if (char === '(') {
      at += 1;
      if (chars[at] === '?') {
        if (chars[at + 1] !== ':') throw new PatternError('of groups with "?" only (?: is known');
        at += 2;
      }
      const inner = alternation(depth + 1);
      if (chars[at] !== ')') throw new PatternError('a "(" is not closed');
      at += 1;
      return inner;
    }
    const [test, after] = testAt(chars, at);
    at = after;
    const state = add(states, test);
    return { start: state, ends: [state] };
  };
  const repetition = (): readonly [number, number] => {
    const sign = chars[at];
    const found = sign === '*' ? [0, Infinity] : sign === '+' ? [1, Infinity] : sign === '?' ? [0, 1] : bounds();
    if (found === null) return [1, 1];
    if (sign !== '{') at += 1;
    if (['*', '+', '?', '{'].includes(chars[at] ?? '')) throw new PatternError('a repetition is repeated');
    return [found[0] ?? 1, found[1] ?? 1];
  };
  const bounds = (): readonly number[] | null => {
    if (chars[at] !== '{') return null;
    const close = chars.indexOf('}', at);
    const [, least, comma, most] = /^(\d{1,3})(,?)(\d{0,3})$/.exec(chars.slice(at + 1, close).join('')) ?? [];
    if (close === -1 || least === undefined || (comma === '' && most !== '')) {
      throw new PatternError('"{" begins a repetition such as {2,5}; write \\{ for the character');
    }
    at = close + 1;
    const upper = comma === '' ? Number(least) : most === '' ? Infinity : Number(most);
    if (Number(least) > MAX_REPEAT || (upper !== Infinity && (upper > MAX_REPEAT || upper < Number(least)))) {
      throw new PatternError(`repetitions go up to ${MAX_REPEAT}`);
    }
    return [Number(least), upper];
  };
  const whole = alternation(0);
  if (at < chars.length) throw new PatternError('a ")" is not opened');
  return whole;
}

function empty(states: State[]): Fragment {
  const state = add(states, null);
  return { start: state, ends: [state] };
}

function joined(states: readonly State[], first: Fragment, second: Fragment): Fragment {
  link(states, first.ends, second.start);
  return { start: first.start, ends: second.ends };
}

/** `atom` is the first of the copies; `again` makes another one. */
function repeated(states: State[], atom: Fragment, again: () => Fragment, least: number, most: number): Fragment {
  if (least === 1 && most === 1) return atom;
  let whole = empty(states);
  let copies = 0;
  const copy = (): Fragment => (copies++ === 0 ? atom : again());
  for (let i = 0; i < least; i++) whole = joined(states, whole, copy());
  if (most === Infinity) {
    const fork = empty(states);
    const body = copy();
    link(states, [fork.start], body.start);
    link(states, body.ends, fork.start);
    return joined(states, whole, fork);
  }
  const skips: number[] = [];
  for (let i = least; i < most; i++) {
    const fork = empty(states);
    skips.push(fork.start);
    whole = joined(states, joined(states, whole, fork), copy());
  }
  return { start: whole.start, ends: [...whole.ends, ...skips] };
}

const CLASSES: Readonly<Record<string, RegExp>> = { d: /[0-9]/, w: /[0-9A-Za-z_]/, s: /[\t\n\f\r ]/ };

/** A character, ".", an escape or a class in brackets, and where it ends. */
function testAt(chars: readonly string[], at: number): readonly [Test, number] {
  const char = chars[at];
  if (char === undefined) throw new PatternError('it ends too early');
  if (char === '.') return [(one) => one !== '\n', at + 1];
  if (char === '[') return bracketAt(chars, at + 1);
  if (char === '\\') return [escapeAt(chars, at + 1), at + 2];
  if (char === '^' || char === '$')
    throw new PatternError(`the whole text is matched, so ${char} stands only at its ends`);
  if ('*+?{'.includes(char)) throw new PatternError(`nothing stands before ${char} to repeat`);
  return [(one) => one === char, at + 1];
}

function escapeAt(chars: readonly string[], at: number): Test {
  const char = chars[at];
  if (char === undefined) throw new PatternError('it ends in a backslash');
  const known = CLASSES[char.toLowerCase()];
  if (known !== undefined) return (one) => known.test(one) === (char === char.toLowerCase());
  if (/[0-9A-Za-z]/.test(char)) throw new PatternError(`\\${char} is not known`);
  return (one) => one === char;
}

function bracketAt(chars: readonly string[], from: number): readonly [Test, number] {
  let at = from;
  const isNegated = chars[at] === '^';
  if (isNegated) at += 1;
  const tests: Test[] = [];
  const first = at;
  while (chars[at] !== ']' || at === first) {
    const char = chars[at];
    if (char === undefined) throw new PatternError('a "[" is not closed');
    if (char === '[' && chars[at + 1] === ':') throw new PatternError('classes such as [:alpha:] are not known');
    if (char === '\\') {
      tests.push(escapeAt(chars, at + 1));
      at += 2;
      if (chars[at] === '-' && chars[at + 1] !== ']')
        throw new PatternError('a range begins with a character as it is');
      continue;
    }
    const last = chars[at + 2];
    if (chars[at + 1] === '-' && last !== undefined && last !== ']') {
      if (last === '\\' || last < char) throw new PatternError('a range goes from a character to a later one');
      tests.push((one) => char <= one && one <= last);
      at += 3;
    } else {
      tests.push((one) => one === char);
      at += 1;
    }
  }
  return [(one) => tests.some((test) => test(one)) !== isNegated, at + 1];
}

/** All states that can be reached are followed at once, so that none is followed twice for one character. */
function run(states: readonly State[], start: number, end: number, text: string): boolean {
  const chars = Array.from(text);
  if (chars.length > MAX_TEXT) return false;
  let current = closure(states, [start]);
  for (const char of chars) {
    const next: number[] = [];
    for (const index of current) {
      const state = states[index];
      if (state?.test?.(char) === true) next.push(...state.next);
    }
    if (next.length === 0) return false;
    current = closure(states, next);
  }
  return current.has(end);
}

/** What is reached without a character. */
function closure(states: readonly State[], from: readonly number[]): ReadonlySet<number> {
  const found = new Set<number>();
  const stack = [...from];
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    if (found.has(index)) continue;
    found.add(index);
    const state = states[index];
    if (state?.test === null) stack.push(...state.next);
  }
  return found;
}
