import { goConventions } from '../../ecosystems/conventions/go.ts';
import { isModulePath, isVersionOf } from '../../ecosystems/conventions/go-modules.ts';
import { LockfileError } from '../../readers/error.ts';
import { wordsOf } from './text.ts';

/** What go.sum locks of a module version: its zip, or the go.mod in it. */
export type LockedFile = 'zip' | 'go.mod';

/** One line of go.sum (https://go.dev/ref/mod#go-sum-files). */
export interface SumLine {
  readonly path: string;
  readonly version: string;
  readonly file: LockedFile;
  /** Of its `h1:`, in hex; null for a hash that Go passes over. */
  readonly hash: string | null;
  /** 1-based. */
  readonly line: number;
}

/** What an old mistake of the go command wrote for go.mod files that were not there; Go drops such lines. */
const HASH_OF_NOTHING = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=';
const GO_MOD = '/go.mod';

/** Reads go.sum, every line of it. Throws `LockfileError`, with the line, for what Go refuses or can never use. */
export function readSumLines(file: string, text: string): readonly SumLine[] {
  return text.split('\n').flatMap((content, index) => {
    const words = wordsOf(content);
    return words.length === 0 ? [] : [readSumLine(file, index + 1, words)];
  });
}

function readSumLine(file: string, line: number, words: readonly string[]): SumLine {
  const refuse = (problem: string): never => {
    throw new LockfileError(file, line, problem);
  };
  const [path = '', name = '', hash = ''] = words;
  if (words.length !== 3) return refuse(`has ${words.length} words, not a module, its version and a hash`);
  const isGoMod = name.endsWith(GO_MOD);
  const version = isGoMod ? name.slice(0, -GO_MOD.length) : name;
  if (!isModulePath(path)) return refuse('begins with what is not the path of a module');
  if (goConventions.versions.parse(version) === null)
    return refuse('has a second word that is not a version as Go writes it');
  if (!isVersionOf(path, version)) return refuse(`${version} is no version of ${path}`);
  return { path, version, file: isGoMod ? 'go.mod' : 'zip', hash: hashOf(hash, refuse), line };
}

function hashOf(text: string, refuse: (problem: string) => never): string | null {
  if (text === HASH_OF_NOTHING || !text.startsWith('h1:')) return null;
  const base64 = text.slice('h1:'.length);
  const bytes = Buffer.from(base64, 'base64');
  // Go compares the text, so that another spelling is another hash.
  const isHash = bytes.length === 32 && bytes.toString('base64') === base64;
  return isHash ? bytes.toString('hex') : refuse('has a hash that is not a SHA-256 in base64');
}
