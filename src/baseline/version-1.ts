import type { NumberedLine } from './lines.ts';
import { formatVersion } from './text.ts';

const HEADER_1 = '# assay.lock/1: written by assay, reviewed by people';

/** Whether a file with this first line is of version 1 of the format, which earlier builds wrote. */
export function isVersion1(first: string): boolean {
  return first === HEADER_1;
}

interface Fact extends NumberedLine {
  readonly subject: string;
  readonly field: string;
  readonly value: string;
}

/**
 * The lines of a file of version 1 as version 2 has them, with their numbers. Version 1 was of npm alone, and had a
 * line for each value. What is no such line is left as it is, for the reader of version 2 to refuse.
 */
export function linesOfVersion1(lines: readonly NumberedLine[]): readonly NumberedLine[] {
  const facts = lines.map((line): Fact => {
    const [, subject = '', field = '', value = ''] = /^(\S+) (\S+) (.+)$/.exec(line.text) ?? [];
    return { ...line, subject, field, value };
  });
  const rewritten: NumberedLine[] = [];
  for (let at = 0; at < facts.length; at += 1) {
    const fact = facts[at];
    if (fact === undefined) break;
    const { texts, read } = rewrite(fact, facts, at);
    rewritten.push({ number: fact.number, text: texts });
    at += read - 1;
  }
  return rewritten;
}

/** One line of version 2, and of how many lines of version 1 it is made. */
function rewrite(fact: Fact, facts: readonly Fact[], at: number): { readonly texts: string; readonly read: number } {
  const { subject, field, value, text } = fact;
  const as = (line: string, read = 1): { texts: string; read: number } => ({
    texts: `npm:${escaped(subject)} ${line}`,
    read,
  });
  const isWord = !value.includes(' ');
  // What version 1 never had is no line of version 2 either with a space before it.
  if (subject === '' || /^[a-z]+:/.test(subject) || OF_VERSION_2.includes(field)) return { texts: ` ${text}`, read: 1 };
  if (field === 'package' && value === 'npm') return as('package');
  if (field === 'integrity' && isWord) return as(`artifact ${value}`);
  if (field === 'evidence' && isWord) {
    const next = facts[at + 1];
    const hasEntry = next?.subject === subject && next.field === 'entry' && !next.value.includes(' ');
    return hasEntry ? as(`verified ${value} entry ${next.value}`, 2) : as(`verified ${value}`);
  }
  const release = RELEASE.indexOf(field);
  if (release === -1) return as(`${field} ${value}`);
  const said = new Map<string, string>();
  let read = 0;
  for (const name of RELEASE.slice(release)) {
    const next = facts[at + read];
    if (next?.subject !== subject || next.field !== name || !TEXT.test(next.value)) continue;
    said.set(name, next.value);
    read += 1;
  }
  if (read === 0) return { texts: ` ${text}`, read: 1 };
  const [publisher, approver] = [said.get('publisher'), said.get('approver')];
  const by = publisher === undefined ? '' : ` by ${publisher}`;
  const approved = approver === undefined ? '' : ` approved by ${approver}`;
  return as(`published ${said.get('published') ?? 'unknown'}${by}${approved}`, read);
}

/** As version 2 writes a subject whose version has characters that version 1 did not escape. */
function escaped(subject: string): string {
  const at = subject.indexOf('@', 1);
  return at === -1 ? subject : subject.slice(0, at + 1) + formatVersion(subject.slice(at + 1));
}

/** Lines of version 2 without what version 1 did not say: by whom a version was built that has no lines of that. */
export function asInVersion1(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/^(\S+ provenance proven) by \S+$/, '$1'));
}

/** Fields that only version 2 has. */
const OF_VERSION_2: readonly string[] = ['artifact', 'verified'];

/** A word, or a JSON string. */
const TEXT = /^(?:"(?:[^"\\]|\\.)*"|\S+)$/;

/** What was published, in the order of version 1. */
const RELEASE = ['publisher', 'approver', 'published'];
