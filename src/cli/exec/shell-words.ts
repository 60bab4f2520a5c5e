import { join } from 'node:path';

/** One command of a shell's text, with what the text did before it. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** The folder it runs in, as it is written; null where it was not changed. */
  readonly folder: string | null;
  readonly env: Readonly<Record<string, string>>;
}

interface State {
  readonly folder: string | null;
  readonly env: Readonly<Record<string, string>>;
}

/** Words before a command that only say whether, or how, it runs. */
const BEFORE = ['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', 'exec', 'command', 'builtin', 'time'];

/**
 * The commands of a text as a POSIX shell takes them apart: by quotes, separators, brackets and substitutions. What
 * follows from variables is not known, and stays as it is written; what a command inside of another prints is `$()`.
 */
export function shellCommands(text: string): readonly ShellCommand[] {
  const found: ShellCommand[] = [];
  const outer: State[] = [];
  let state: State = { folder: null, env: {} };
  for (const words of splitCommands(text)) {
    if (words === '(') outer.push(state);
    else if (words === ')') state = outer.pop() ?? state;
    else {
      const command = ofWords(words, state);
      state = afterCommand(command, state);
      found.push(command);
    }
  }
  return found;
}

function ofWords(words: readonly string[], { folder, env }: State): ShellCommand {
  let rest = words;
  const own: Record<string, string> = { ...env };
  for (; rest[0] !== undefined; rest = rest.slice(1)) {
    const [, name, value = ''] = /^(\w+)=(.*)$/s.exec(rest[0]) ?? [];
    if (name !== undefined) own[name] = value;
    else if (!BEFORE.includes(rest[0])) break;
  }
  return { words: rest, folder, env: own };
}

function afterCommand({ words, env }: ShellCommand, state: State): State {
  const [program, ...args] = words;
  if (program === undefined) return { ...state, env };
  if (program === 'cd' || program === 'pushd') {
    const target = args.find((word) => !word.startsWith('-')) ?? '~';
    return { ...state, folder: target.startsWith('/') ? target : join(state.folder ?? '.', target) };
  }
  if (program !== 'export') return state;
  const set = args.flatMap((word) => {
    const at = word.indexOf('=');
    return at === -1 ? [] : [[word.slice(0, at), word.slice(at + 1)] as const];
  });
  return { ...state, env: { ...state.env, ...Object.fromEntries(set) } };
}

/** Commands as words, and the brackets of subshells between them. */
function splitCommands(text: string): readonly (readonly string[] | '(' | ')')[] {
  const parts: (readonly string[] | '(' | ')')[] = [];
  let words: string[] = [];
  let word: string | null = null;
  let quote = '';
  let isTarget = false;
  let isInBackticks = false;
  const endWord = (): void => {
    if (word !== null && !isTarget) words.push(word);
    if (word !== null) isTarget = false;
    word = null;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) parts.push(words);
    [words, isTarget] = [[], false];
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? '';
    if (quote === "'" && sign !== "'") word = (word ?? '') + sign;
    else if (sign === '\\') word = (word ?? '') + (text[++at] ?? '').replace('\n', '');
    else if (sign === "'" || sign === '"') {
      if (quote !== '' && sign !== quote) word = (word ?? '') + sign;
      else {
        quote = quote === '' ? sign : '';
        word ??= '';
      }
    } else if (sign === '`' || (sign === '$' && text[at + 1] === '(')) {
      // What is run inside is a command of its own, in quotes or not.
      if (sign === '$' || !isInBackticks) word = `${word ?? ''}$()`;
      if (sign === '`') isInBackticks = !isInBackticks;
      endCommand();
      quote = '';
      if (sign === '$') at++;
    } else if (quote !== '') word = (word ?? '') + sign;
    else if (sign === '#' && word === null) at = !text.includes('\n', at) ? text.length : text.indexOf('\n', at) - 1;
    else if (sign === '<' || sign === '>') {
      // A number before it is a descriptor, and what follows it is a file or another descriptor.
      if (word !== null && /^\d+$/.test(word)) word = null;
      endWord();
      isTarget = true;
      if (text[at + 1] === '&' || text[at + 1] === sign) at++;
    } else if (
      /[;&|(){}\n]/.test(sign) &&
      !(sign === '{' && text[at - 1] === '$') &&
      !(sign === '}' && word !== null)
    ) {
      endCommand();
      if (sign === '(' || sign === ')') parts.push(sign);
    } else if (/\s/.test(sign)) endWord();
    else word = (word ?? '') + sign;
  }
  endCommand();
  return parts;
}
