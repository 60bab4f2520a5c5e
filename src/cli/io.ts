import type { LocatedLockfile } from '../model/dependency.ts';
import type { NetConfig } from '../net/config.ts';
import type { Pack } from '../pack/open.ts';
import { EXIT, UsageError } from './exit.ts';
import { writeProblem } from './write-problem.ts';

/** The process as a command sees it, so that commands are functions of it. */
export interface Io {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Left out where there is nothing to read. */
  readonly stdin?: () => Input;
  /** What answers in place of the network; left out where that is asked. */
  readonly answers?: Answers;
}

/** With files of a project as they were at a revision, by their paths, in place of those on disk; null for none. */
export interface IoBefore extends Io {
  readonly before?: ReadonlyMap<string, string | null>;
}

/** Somebody between a run and the network. */
interface Answers {
  readonly through: NonNullable<NetConfig['through']>;
  /** The pack that has the answers; null where the network has them. */
  readonly pack: Pick<Pack, 'file' | 'digests' | 'index' | 'whole'> | null;
  /** Is told what the run is about. */
  readonly about: (lockfiles: readonly LocatedLockfile[]) => void;
}

/** What a command is given to read; a terminal where somebody would have to type it. */
export type Input = AsyncIterable<Uint8Array | string> & {
  readonly isTTY?: boolean;
  readonly destroy?: (error: Error) => unknown;
};

/** A stream a command writes text to, with what the text must suit. */
export interface Output {
  readonly write: (text: string) => void;
  /** Whether whoever reads took everything that was written; left out where nobody may refuse it. */
  readonly taken?: () => Promise<boolean>;
  readonly isTerminal: boolean;
  readonly color: boolean;
  readonly columns: number;
  readonly unicode: boolean;
}

/** A pipe has neither of the two. */
type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/**
 * The real process; its output may be caught, or go to `direct`. A stream is opened when something is written to it, as
 * that takes time.
 */
export function processIo(
  streams: { readonly stdin: Input; readonly stdout: Stream; readonly stderr: Stream } = process,
  direct: Output | null = null,
): Io {
  const { env } = process;
  let stdout = direct;
  let stderr: Output | null = null;
  return {
    cwd: process.cwd(),
    env,
    stdin: () => streams.stdin,
    get stdout() {
      return (stdout ??= output(streams.stdout, env));
    },
    get stderr() {
      return (stderr ??= output(streams.stderr, env));
    },
  };
}

function output(stream: Stream, env: NodeJS.ProcessEnv): Output {
  stream.on('error', cannotWrite);
  const { isTTY: isTerminal = false, columns = 0 } = stream;
  let hasFailed = false;
  const onWritten = (error?: Error | null): void => {
    hasFailed ||= (error ?? null) !== null;
  };
  return {
    write: (text) => {
      stream.write(text, onWritten);
    },
    taken: () =>
      new Promise((resolve) => {
        stream.write('', (error) => {
          onWritten(error);
          resolve(!hasFailed);
        });
      }),
    ...looksOf(isTerminal, columns, env),
  };
}

/** What the output must suit. */
export function looksOf(isTerminal: boolean, columns: number, env: NodeJS.ProcessEnv): Omit<Output, 'write' | 'taken'> {
  return {
    isTerminal,
    color: wantsColor(isTerminal, env),
    // Terminals that do not know their width say 0.
    columns: isTerminal ? (columns > 0 ? columns : 80) : 100,
    unicode: speaksUnicode(env),
  };
}

export function cannotWrite(error: NodeJS.ErrnoException): void {
  // A reader that stops early (`assay | head`) is not an error of the audit.
  if (error.code === 'EPIPE') return;
  process.stderr.write(`assay: ${writeProblem('standard output', error)}\n`);
  process.exit(EXIT.usage);
}

/** With colour as `--color` asks for it. Throws UsageError. */
export function withColor(io: Io, when: string): Io {
  if (when === 'auto') return io;
  if (when !== 'always' && when !== 'never') throw new UsageError(`--color takes auto, always or never, not ${when}`);
  const color = when === 'always';
  return { ...io, stdout: { ...io.stdout, color }, stderr: { ...io.stderr, color } };
}

/** NO_COLOR (no-color.org) wins, then FORCE_COLOR, then terminals and CI logs, which all show colour, except "dumb". */
function wantsColor(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (env['TERM'] === 'dumb') return false;
  return isTerminal || env['GITHUB_ACTIONS'] === 'true' || env['GITLAB_CI'] === 'true';
}

/** Pipes and modern Windows terminals take UTF-8; a POSIX locale decides elsewhere. */
function speaksUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '');
  return locale === undefined || !/^(C|POSIX)$/i.test(locale);
}
