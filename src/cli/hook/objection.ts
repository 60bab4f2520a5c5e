import { escapeText } from '../../report/words/escape.ts';
import { isMendable, isUnstated } from '../exit.ts';
import { shellCommands, type ShellCommand } from '../exec/shell-words.ts';
import { startedIn, type Start, type Started } from '../exec/started.ts';
import type { Io } from '../io.ts';
import type { Objection } from './formats.ts';
import { isWriting, withoutData } from './here-documents.ts';

/** What a shell cannot be given, or another program would read in another way. */
// eslint-disable-next-line no-control-regex -- these are meant
const UNREADABLE = /[\0-\x08\x0b-\x1f\x7f]/;
/** Options of `assay exec` and `assay gate` by which nothing is judged more mildly. */
const STRICT = /^(?:--(?:all|no-cache|reverify|recursive|help|lockfile=.+|omit=.+)|-h)$/;
const STRICT_VALUED = /^--(?:lockfile|omit)$/;
/** Variables by which a shell reads a text in another way, of which `startedIn` is asked with the whole of it. */
const BENDS = /^(?:BASH_FUNC_|CDPATH$|SHELLOPTS$)/;

/**
 * What speaks against a command: what `judge` has against a program that it starts; that what it runs cannot be told,
 * and it names a package manager; or that it asks assay for what is a decision of a person. Null where nothing does.
 */
export async function objectionTo(
  command: string | readonly string[],
  io: Io,
  judge: (started: Started) => Promise<Objection | null>,
): Promise<Objection | null> {
  let started: readonly Started[];
  try {
    if (typeof command !== 'string') started = startedIn(command, io.env);
    else {
      const text = command.replaceAll('\r\n', '\n');
      if (UNREADABLE.test(text)) {
        return { reason: 'the command has a character that no shell reads: leave it out', next: null };
      }
      const commands = shellCommands(text) ?? shellCommands(withoutData(text));
      for (const one of commands ?? []) {
        const objection = objectionToOwn(one);
        if (objection !== null) return objection;
      }
      started = startedOf(text, commands, io);
    }
  } catch (error) {
    return mended(error);
  }
  for (const each of started) {
    const objection = await judge(each);
    if (objection !== null) return objection;
  }
  return null;
}

/** The programs that a text starts, but for what assay runs, which it judges itself, and for what is only written. */
function startedOf(text: string, commands: readonly ShellCommand[] | null, io: Io): readonly Started[] {
  const isBent = Object.keys(io.env).some((name) => BENDS.test(name));
  if (commands === null || isBent) return startedIn(['sh', '-c', text], io.env);
  return commands.flatMap(({ words, folder, env }) => {
    const [program = '', verb = ''] = words;
    const isOurs = program === 'assay' && /^(?:exec|gate)$/.test(verb);
    if ((isOurs || isWriting(words)) && Object.keys(env).length === 0) return [];
    const start: Start = { within: folder, env, isText: true, through: ['sh'], imports: 'environment' };
    return startedIn(words, io.env, start);
  });
}

/** What speaks against a call of assay: a decision that is a person's, or options by which it judges more mildly. */
function objectionToOwn({ words }: ShellCommand): Objection | null {
  const [program, command = '', ...args] = words;
  if (program !== 'assay') return null;
  if (command === 'accept') {
    return { reason: 'to accept a finding is a decision of a person: show them what assay review says', next: null };
  }
  const mild = /^(?:exec|gate)$/.test(command) ? mildOption(args) : null;
  if (mild === null) return null;
  return {
    reason: `${escapeText(mild, 80)} changes what assay ${command} demands, which is a decision of a person`,
    next: null,
  };
}

/** The first option by which something may be judged more mildly; null for none. */
function mildOption(args: readonly string[]): string | null {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--' || !word.startsWith('-')) return null;
    if (STRICT_VALUED.test(word)) at += 1;
    else if (!STRICT.test(word)) return word.split('=')[0] ?? word;
  }
  return null;
}

/** An error that says what is wrong, as an objection. */
export function mended(error: unknown): Objection {
  if (isUnstated(error) || isMendable(error)) {
    return { reason: escapeText(error.message, 1000), next: null };
  }
  throw error;
}
