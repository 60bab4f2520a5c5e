import { join } from 'node:path';

/** One command of a shell's text, with what the text did before it. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** The folder it runs in, as it is written; null where it was not changed. */
  readonly folder: string | null;
  readonly env: Readonly<Record<string, string>>;
}

interface Word {
  readonly text: string;
  /** Whether a variable stands in it outside of quotes, which may become several words. */
  readonly isOpen: boolean;
  readonly isAssignment: boolean;
}

interface State {
  readonly folder: string | null;
  /** Exported variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that are exported only where they were before the text. */
  readonly unexported: Readonly<Record<string, string>>;
}

/** A command, and the variables in front of it. */
interface Simple {
  readonly words: readonly string[];
  readonly set: Readonly<Record<string, string>>;
}

/** Thrown and caught here: the text has something of which its programs cannot be told. */
const UNSEEN = new Error('unseen');

/** What begins a control structure, runs another text, or changes what later words mean. */
const BEYOND = new Set(
  `if then else elif fi do done while until for select case esac function coproc [[ { } eval . source alias unalias
  trap pushd popd shopt enable hash read mapfile readarray getopts let setopt emulate`.split(/\s+/),
);
const DECLARES = new Set(['export', 'readonly', 'declare', 'typeset', 'local']);
const CHANGES = new Set([...DECLARES, 'cd', 'chdir', 'unset', 'set']);
/** What runs the command behind it in the same shell. */
const BEFORE = new Set(['command', 'builtin', 'exec', 'time']);
/** What may stand behind `||` where the folder or a variable was changed before. */
const ENDS = new Set(['exit', 'return', 'true', 'false', ':', 'echo']);
/** What runs the text that is piped to it. */
const RUNS_INPUT = /(?:^|\/)(?:(?:[bd]?a|z|k)?sh|parallel|at|batch)$/;
const SET = /^(?:[-+][euxvE]*o?|pipefail|errexit|nounset|xtrace)$/;
/** What changes how the shell itself works. */
const OF_SHELL = /^(?:CDPATH|BASH_ENV|ENV|IFS|SHELLOPTS|BASHOPTS)$/;
const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;

/**
 * The commands of a text for a POSIX shell: plain words, quotes, variables, substitutions in double quotes, subshells,
 * and what joins them (XCU 2.3, 2.9). Null for a text with anything else, of which not every program can be told.
 * Variables stay as they are written; what a substitution prints is `$()`.
 */
export function shellCommands(text: string): readonly ShellCommand[] | null {
  try {
    return new Reader(text).list({ folder: null, env: {}, unexported: {} }, '', false);
  } catch (error) {
    if (error === UNSEEN) return null;
    throw error;
  }
}

class Reader {
  private at = 0;
  private readonly text: string;
  private depth = 0;

  constructor(text: string) {
    this.text = text.replaceAll('\\\n', '');
  }

  /** Commands up to a closing bracket, or the end; what is changed in them is changed for those behind them only. */
  list(outer: State, end: ')' | '', isPiped: boolean): readonly ShellCommand[] {
    if (++this.depth > 20) throw UNSEEN;
    const found: ShellCommand[] = [];
    let state = outer;
    let before = ';';
    // Of the commands that && and || join to one: whether one was, and must be the last of all.
    let [isChanged, isAlternative, isLast] = [false, false, false];
    for (;;) {
      if (isLast && before !== '&&' && before !== '|' && before !== '||') {
        this.skip();
        if (this.peek() !== end) throw UNSEEN;
      }
      const isInput = before.startsWith('|') && before !== '||';
      const start = found.length;
      this.skip();
      const words = this.peek() === '(' ? this.subshell(state, isPiped || isInput, found) : this.words(state, found);
      const command = plain(words);
      const after = this.operator(end);
      if ((isPiped || isInput) && command.words.some((word) => RUNS_INPUT.test(word))) throw UNSEEN;
      if (isAlternative && isChanged && ![...found.slice(start), command].every(isEnding)) throw UNSEEN;
      const next = changed(command, state);
      found.push(...inEachCase(command, state));
      if (next !== state) {
        if (isInput || /^(?:\||\|&|&)$/.test(after) || before === '||') throw UNSEEN;
        isLast ||= before === '&&';
        isChanged = true;
        state = next;
      }
      if (after === '||') isAlternative = true;
      if (after === end) break;
      if (after === '&' && isChanged) throw UNSEEN;
      if (!/^(?:&&|\|\||\||\|&)$/.test(after)) [isChanged, isAlternative] = [false, false];
      before = after;
    }
    this.depth--;
    return found;
  }

  private peek(): string {
    return this.text[this.at] ?? '';
  }

  /** Blanks and comments. */
  private skip(): void {
    while (/[ \t]/.test(this.peek())) this.at++;
    if (this.peek() !== '#') return;
    const end = this.text.indexOf('\n', this.at);
    this.at = end === -1 ? this.text.length : end;
  }

  private subshell(state: State, isPiped: boolean, found: ShellCommand[]): readonly Word[] {
    if (this.text[++this.at] === '(') throw UNSEEN;
    found.push(...this.list(state, ')', isPiped));
    if (this.words(state, found).length > 0) throw UNSEEN;
    return [];
  }

  /** What joins a command to the next one, or the end of the list. */
  private operator(end: ')' | ''): string {
    if (this.text.startsWith('&>', this.at)) throw UNSEEN;
    const [operator = ''] = /^(?:&&|\|\||\|&|;;|[;&|\n)])/.exec(this.text.slice(this.at, this.at + 2)) ?? [];
    this.at += operator.length;
    if (operator === ';;' || ((operator === '' || operator === ')') && operator !== end)) throw UNSEEN;
    return operator;
  }

  /** The words of one command, without its redirections. */
  private words(state: State, found: ShellCommand[]): readonly Word[] {
    const words: Word[] = [];
    let isTarget = false;
    let isOver = false;
    for (;;) {
      this.skip();
      // To bash the redirection of both outputs, to POSIX the end of a command: the same where no word follows.
      const [both] = /^&>>?(?![>&|(])/.exec(this.text.slice(this.at, this.at + 4)) ?? [];
      if (both !== undefined && !isTarget) {
        if (CHANGES.has(words[0]?.text ?? '') || words.every((word) => word.isAssignment)) throw UNSEEN;
        this.at += both.length;
        [isTarget, isOver] = [true, true];
        continue;
      }
      const sign = this.peek();
      if (sign === '' || /[;&|\n)]/.test(sign)) {
        if (isTarget) throw UNSEEN;
        return words;
      }
      const [redirection] = /^\d*(?:<>|>>|<&|>&|>\||<|>)(?![<>(])/.exec(this.text.slice(this.at, this.at + 12)) ?? [];
      if (redirection !== undefined) {
        this.at += redirection.length;
        isTarget = true;
        continue;
      }
      if (/[<>]/.test(sign)) throw UNSEEN;
      const isLeading = words.every((word) => word.isAssignment);
      const word = this.word(isLeading, state, found);
      if (!isTarget && isOver) throw UNSEEN;
      if (!isTarget) words.push(word);
      isTarget = false;
    }
  }

  private word(isLeading: boolean, state: State, found: ShellCommand[]): Word {
    let text = '';
    let quote = '';
    let isOpen = false;
    const from = this.at;
    for (; quote !== '' || !/^[ \t\n;&|<>)]?$/.test(this.peek()); this.at++) {
      const sign = this.peek();
      const next = this.text[this.at + 1] ?? '';
      if (sign === '') throw UNSEEN;
      if (sign === quote) quote = '';
      else if (quote === "'") text += sign;
      else if (quote === '' && (sign === "'" || sign === '"')) quote = sign;
      else if (sign === '\\') {
        if (quote === '' || /[$`"\\]/.test(next)) this.at++;
        text += this.peek();
      } else if (sign === '`') throw UNSEEN;
      else if (sign === '$') {
        if (next === '(') {
          if (this.text[this.at + 2] === '(') throw UNSEEN;
          this.at += 2;
          found.push(...this.list(state, ')', false));
          this.at--;
          text += '$()';
          isOpen ||= quote === '' && !(isLeading && ASSIGNMENT.test(text));
        } else {
          if (next === '{' && !/^\$\{\w+\}/.test(this.text.slice(this.at, this.at + 100))) throw UNSEEN;
          if (next === '[' || (quote === '' && /['"]/.test(next))) throw UNSEEN;
          const [, braced] = /^\$\{(\w+)\}/.exec(this.text.slice(this.at, this.at + 100)) ?? [];
          if (braced !== undefined) this.at += braced.length + 2;
          text += `$${braced ?? ''}`;
          isOpen ||= quote === '';
        }
      } else if (quote === '' && /[({}]/.test(sign)) {
        if (this.at !== from || !/^\{\}(?:[ \t\n;&|<>)]|$)/.test(this.text.slice(this.at, this.at + 3))) throw UNSEEN;
        this.at++;
        text = '{}';
      } else text += sign;
    }
    const isAssignment = isLeading && /^[A-Za-z_]\w*=/.test(this.text.slice(from, this.at));
    return { text, isOpen, isAssignment };
  }
}

/** One command with the variables in front of it. Throws where the shell reads its words in another way. */
function plain(all: readonly Word[]): Simple {
  const rest = all.slice(all[0]?.text === '!' ? 1 : 0);
  const words = rest.filter((word) => !word.isAssignment);
  const set = Object.fromEntries(
    rest
      .filter((word) => word.isAssignment)
      .map(({ text }) => [text.split('=', 1)[0] ?? '', text.replace(/^\w+=/, '')]),
  );
  const [first = ''] = words.map(({ text }) => text);
  const inner = words.find(({ text }) => !BEFORE.has(text) && !text.startsWith('-'))?.text ?? '';
  if (BEYOND.has(first) || BEYOND.has(inner) || (CHANGES.has(inner) && inner !== first)) throw UNSEEN;
  if (/^[-+]|^\w+(?:\[.*\])?\+?=/s.test(first)) throw UNSEEN;
  if (first === 'printf' && words[1]?.text.startsWith('-v') === true) throw UNSEEN;
  // Several words may come of it, each a variable.
  if (words.some(({ text, isOpen }) => isOpen && ASSIGNMENT.test(text))) throw UNSEEN;
  if (Object.keys(set).some((name) => OF_SHELL.test(name))) throw UNSEEN;
  return { words: words.map(({ text }) => text), set };
}

/** With and without the variables of which only the shell knows whether it exports them. */
function inEachCase({ words, set }: Simple, { folder, env, unexported }: State): readonly ShellCommand[] {
  if (words.length === 0) return [];
  const certain = { words, folder, env: { ...env, ...set } };
  return Object.keys(unexported).length === 0
    ? [certain]
    : [certain, { ...certain, env: { ...env, ...unexported, ...set } }];
}

/** What a command changes for those behind it. */
function changed({ words, set }: Simple, state: State): State {
  const [program, ...args] = words;
  if (program === undefined) return Object.keys(set).length === 0 ? state : assigned(set, state);
  if (program === 'set' && !args.every((word) => SET.test(word))) throw UNSEEN;
  if (program === 'set' || !CHANGES.has(program)) return state;
  if (program === 'cd' || program === 'chdir') {
    const [target = '-'] = args;
    if (args.length !== 1 || target.startsWith('-')) throw UNSEEN;
    return { ...state, folder: target.startsWith('/') ? target : join(state.folder ?? '.', target) };
  }
  const isExported = program === 'export' || args[0] === '-x';
  const names = args.slice(args[0] === '-x' && program !== 'export' && program !== 'unset' ? 1 : 0);
  const given: Record<string, string> = {};
  for (const word of names) {
    const [, name = '', value] = (program === 'unset' ? /^(\w+)$/ : /^([A-Za-z_]\w*)(?:=(.*))?$/s).exec(word) ?? [];
    if (name === '' || OF_SHELL.test(name)) throw UNSEEN;
    const known = program === 'unset' ? '' : (value ?? state.unexported[name]);
    if (known !== undefined) given[name] = known;
  }
  if (!isExported && program !== 'unset') return assigned(given, state);
  return { ...state, env: { ...state.env, ...given }, unexported: { ...state.unexported, ...given } };
}

/** With variables that are set, and exported where they were. */
function assigned(set: Simple['set'], { folder, env, unexported }: State): State {
  const exported = Object.entries(set).filter(([name]) => name in env);
  return { folder, env: { ...env, ...Object.fromEntries(exported) }, unexported: { ...unexported, ...set } };
}

function isEnding({ words: [first] }: Pick<Simple, 'words'>): boolean {
  return first === undefined || ENDS.has(first);
}
