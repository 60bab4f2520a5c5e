import jsTokens, { type Token } from 'js-tokens';
import type { Capability } from '../../model/capability.ts';
import { capabilityOfModule } from './capability-modules.ts';

/** Code that shows a capability, and where it is in its text. */
export interface Sighting {
  readonly capability: Capability;
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** A token that is neither space nor comment, with its place. */
interface Seen {
  readonly type: Token['type'] | 'End';
  readonly value: string;
  readonly offset: number;
  readonly line: number;
}

/** A capability and the tokens that show it, by their positions relative to the one that is judged. */
interface Shown {
  readonly capability: Capability;
  readonly from: number;
  readonly to: number;
}

/** The token at a distance from the one that is judged; its text is '' before the first and after the last. */
type At = (distance: number) => Pick<Seen, 'type' | 'value'>;

const TRIVIA: ReadonlySet<Token['type']> = new Set([
  'WhiteSpace',
  'LineTerminatorSequence',
  'MultiLineComment',
  'SingleLineComment',
  'HashbangComment',
]);
const MULTILINE = /Comment|String|Template|LineTerminator/;
const NOTHING = { type: 'End', value: '' } as const;
/** Tokens looked back at: the longest list of names in which `env` is searched. */
const BACK = 80;
/** Tokens looked at after the one that is judged. */
const AHEAD = 2;
const MAX_TEXT = 80;

/**
 * Reads JavaScript by its tokens, so that comments and texts do not count, and gives what shows a capability. Never
 * throws, whatever the text is, and takes time proportional to its length. It sees what is written out: what is put
 * together at run time (eval, a computed or escaped name, an alias of `process`) it does not.
 */
export function* sightings(source: string): Generator<Sighting> {
  let window: Seen[] = [];
  let judged = 0;
  let depth = 0;
  /** `fetch(`, until its parentheses are closed: a body after them makes it a method of that name and no call. */
  let call: { readonly sighting: Sighting; readonly depth: number } | null = null;

  for (const token of withEnd(source)) {
    window.push(token);
    if (window.length - judged <= AHEAD) continue;
    const at: At = (distance) => window[judged + distance] ?? NOTHING;
    const found = shownAt(at);
    const sighting = found && sightingOf(found, window, judged, source);
    const { type, value } = at(0);
    if (type === 'Punctuator') {
      if (value === '(') depth += 1;
      if (value === ')') depth -= 1;
      if (call !== null && depth <= call.depth) {
        if (at(1).value !== '{') yield call.sighting;
        call = null;
      }
    }
    if (sighting !== null && value === 'fetch' && at(1).value === '(' && !isDot(at(-1))) call ??= { sighting, depth };
    else if (sighting !== null) yield sighting;
    judged += 1;
    if (window.length > 8 * BACK) {
      window = window.slice(judged - BACK);
      judged = BACK;
    }
  }
  if (call !== null) yield call.sighting;
}

/** The tokens that count, and as many empty ones after them as are looked ahead at. */
function* withEnd(source: string): Generator<Seen> {
  let offset = 0;
  let line = 1;
  for (const { type, value } of jsTokens(source)) {
    if (!TRIVIA.has(type)) yield { type, value, offset, line };
    offset += value.length;
    if (MULTILINE.test(type)) line += lineBreaks(value);
  }
  for (let i = 0; i < AHEAD; i++) yield { ...NOTHING, offset, line };
}

function lineBreaks(text: string): number {
  let breaks = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) breaks += 1;
  return breaks;
}

function sightingOf(
  { capability, from, to }: Shown,
  window: readonly Seen[],
  judged: number,
  source: string,
): Sighting {
  const first = window[Math.max(0, judged + from)];
  const last = window[judged + to];
  const start = first?.offset ?? 0;
  const end = Math.min(start + MAX_TEXT, (last?.offset ?? start) + (last?.value.length ?? 0));
  return { capability, line: first?.line ?? 1, text: source.slice(start, end).replace(/\s+/g, ' ') };
}

function shownAt(at: At): Shown | null {
  const { type } = at(0);
  if (type === 'IdentifierName') return shownByName(at);
  if (type === 'StringLiteral' || type === 'NoSubstitutionTemplate') return shownByText(at);
  return type === 'TemplateTail' && isAddonPath(textOf(at(0))) ? { capability: 'native', from: 0, to: 0 } : null;
}

/** The content of a literal; escapes stay as they are written. */
function textOf({ value }: Pick<Seen, 'value'>): string {
  return value.slice(1, -1);
}

function isAddonPath(text: string): boolean {
  return /\/[^/\s]+\.node$/.test(text.slice(-200));
}

/** A text that an import names, or a member of `process` in brackets. */
function shownByText(at: At): Shown | null {
  const text = textOf(at(0));
  const named = importStart(at);
  if (named !== null) {
    const capability = capabilityOfModule(text);
    if (capability !== null) return { capability, from: named, to: at(1).value === ')' ? 1 : 0 };
    if (/^(?:node:)?process$/.test(text)) return shownByProcessModule(at, named);
    if (isAddonPath(text)) return { capability: 'native', from: named, to: at(1).value === ')' ? 1 : 0 };
  }
  return at(-1).value === '[' && isProcess(at, -2) ? memberOfProcess(text, at, 1, -2) : null;
}

/** `import "m"`, `from "m"`, `import("m")`, `require("m")` and functions named like it: where the import starts. */
function importStart(at: At): number | null {
  const before = at(-1);
  if (before.type === 'IdentifierName') {
    return before.value === 'from' || before.value === 'import' ? -1 : null;
  }
  if (before.value !== '(') return null;
  const { type, value } = at(-2);
  // What createRequire returns is often called at once.
  if (value === ')' && at(1).value === ')') return -2;
  return type === 'IdentifierName' && REQUIRE.test(value) ? -2 : null;
}

/** Bundlers rename it: __require, require$$1, __non_webpack_require__, nodeRequire. */
const REQUIRE = /^(?:import|getBuiltinModule|\w*Require|_*(?:non_webpack_)?require[_$\d]*)$/;

/** `import { env } from "process"`, `const { env } = require("process")` and `require("process").env`. */
function shownByProcessModule(at: At, from: number): Shown | null {
  const assigned = at(from - 1).value === '=' ? from - 2 : from - 1;
  const shown: Shown = { capability: 'environment', from, to: 0 };
  if (bracesName('env', at, from === -1 ? -2 : assigned)) return shown;
  return at(1).value === ')' && isDot(at(2)) ? { ...shown, to: 2 } : null;
}

const NETWORK_CLASSES: ReadonlySet<string> = new Set([
  'WebSocket',
  'XMLHttpRequest',
  'EventSource',
  'WebTransport',
  'RTCPeerConnection',
]);
const GLOBAL_OBJECTS: ReadonlySet<string> = new Set(['globalThis', 'global', 'window']);

function shownByName(at: At): Shown | null {
  const { value } = at(0);
  const member = isDot(at(-1));
  const ofGlobal = member && GLOBAL_OBJECTS.has(at(-2).value) && !isDot(at(-3));
  if (value === 'fetch') return shownByFetch(at, member, ofGlobal);
  if (NETWORK_CLASSES.has(value)) {
    if (ofGlobal) return { capability: 'network', from: -2, to: 0 };
    return at(-1).value === 'new' ? { capability: 'network', from: -1, to: 0 } : null;
  }
  if (value === 'sendBeacon' && member) return { capability: 'network', from: -2, to: 0 };
  if (value === 'process' && at(-1).value === '=' && !isDot(at(1)) && bracesName('env', at, -2)) {
    return { capability: 'environment', from: -2, to: 0 };
  }
  return member && isProcess(at, -2) ? memberOfProcess(value, at, 0, -2) : null;
}

/** The function itself, called or handed on; not a method, a key or a parameter of that name. */
function shownByFetch(at: At, member: boolean, ofGlobal: boolean): Shown | null {
  if (ofGlobal) return { capability: 'network', from: -2, to: 0 };
  const before = at(-1).value;
  if (member || before === 'function') return null;
  if (at(1).value === '(') return { capability: 'network', from: 0, to: 2 };
  return ['=', '||', '??'].includes(before) ? { capability: 'network', from: -1, to: 0 } : null;
}

function isDot({ value }: Pick<Seen, 'value'>): boolean {
  return value === '.' || value === '?.';
}

/** Whether the token is the global `process`, and not a member of something else. */
function isProcess(at: At, distance: number): boolean {
  if (at(distance).value !== 'process' || at(distance).type !== 'IdentifierName') return false;
  return !isDot(at(distance - 1)) || GLOBAL_OBJECTS.has(at(distance - 2).value);
}

/** Looking whether there is an environment is not reading it, and NODE_ENV is a switch that bundlers replace. */
function memberOfProcess(name: string, at: At, last: number, from: number): Shown | null {
  const shown = (capability: Capability, to = last): Shown => ({ capability, from, to });
  switch (name) {
    case 'env': {
      const [next, member] = [at(last + 1), at(last + 2)];
      if (isDot(next) && member.value === 'NODE_ENV') return null;
      if (next.value === '[' && /^.NODE_ENV.$/.test(member.value)) return null;
      if (['&&', '?', '==', '===', '!=', '!=='].includes(next.value)) return null;
      return shown('environment', isDot(next) ? last + 2 : last);
    }
    case 'loadEnvFile':
      return shown('environment');
    case 'kill':
    case 'execve':
      return shown('process');
    case 'dlopen':
    case 'binding':
    case '_linkedBinding':
      return shown('native');
    default:
      return null;
  }
}

/** Whether the braces that end at a token have `name` among their keys. */
function bracesName(name: string, at: At, end: number): boolean {
  if (at(end).value !== '}') return false;
  let depth = 0;
  for (let distance = end; distance > -BACK; distance--) {
    const { value } = at(distance);
    if (value === '}') depth += 1;
    if (value === '{') depth -= 1;
    if (depth === 0) return false;
    const before = at(distance - 1).value;
    if (depth === 1 && value === name && (before === '{' || before === ',')) return true;
  }
  return false;
}
