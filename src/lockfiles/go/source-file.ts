import { matchesGlob } from '../../ecosystems/conventions/go-patterns.ts';

/** What a Go source file says of the files beside it. */
export interface SourceMarks {
  /** Its constraint has the tag `ignore`, so that nothing but a command that names the file builds it. */
  readonly isIgnored: boolean;
  /** It has C in it, which may include any file. */
  readonly usesC: boolean;
  /** The patterns of its `//go:embed` lines (https://pkg.go.dev/embed#hdr-Directives). */
  readonly embeds: readonly string[];
}

/** Large enough for any licence above a package clause. */
const MAX_HEADER = 64 * 1024;
/** More than any file has. */
const MAX_PATTERNS = 1000;

/** Reads what a file of this name says; null for what is no Go source. */
export function marksOf(path: string, content: Buffer): SourceMarks | null {
  if (!path.endsWith('.go')) return null;
  return {
    isIgnored: isIgnored(content),
    usesC: content.includes('"C"') || content.includes('`C`'),
    embeds: content.includes('//go:embed') ? patternsOf(content.toString('utf8')) : [],
  };
}

function isIgnored(content: Buffer): boolean {
  const header = content.toString('latin1', 0, MAX_HEADER);
  const end = header.search(/^package\b/m);
  const lines = (end === -1 ? header : header.slice(0, end)).split('\n');
  return lines.some((line) => /^\s*\/\/(?:go:build|\s*\+build)\s(?:.*\W)?ignore(?:\W|$)/.test(line));
}

/** A pattern is one word, or stands in quotes; of what cannot be read, Go builds nothing. */
function patternsOf(text: string): readonly string[] {
  const patterns: string[] = [];
  for (const [, rest = ''] of text.matchAll(/^[ \t]*\/\/go:embed[ \t]+(.*)$/gm)) {
    for (const [, quoted, raw, bare] of rest.matchAll(/"((?:[^"\\]|\\.)*)"|`([^`]*)`|([^\s"`]+)/g)) {
      const pattern = quoted === undefined ? (raw ?? bare ?? '') : quoted.replaceAll(/\\(.)/g, '$1');
      if (patterns.length < MAX_PATTERNS) patterns.push(pattern);
    }
  }
  return patterns;
}

/**
 * Whether a pattern takes in the file at a path that is relative to the folder of its package: by its own name, or with
 * a folder, of which what begins with "." or "_" is left out.
 */
export function isEmbedded(pattern: string, path: string): boolean {
  const takesAll = pattern.startsWith('all:');
  const glob = takesAll ? pattern.slice('all:'.length) : pattern;
  const elements = path.split('/');
  const count = glob === '.' ? 0 : glob.split('/').length;
  if (count > elements.length) return false;
  if (count > 0 && !matchesGlob(glob, elements.slice(0, count).join('/'))) return false;
  return takesAll || elements.slice(count).every((one) => !/^[._]/.test(one));
}
