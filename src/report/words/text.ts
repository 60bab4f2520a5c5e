import type { FindingArgs, FindingCode } from '../../model/finding.ts';
import { formatInstant, type Instant } from '../../model/time.ts';
import { escapeText } from './escape.ts';

type Next =
  | 'explain'
  | 'check'
  | 'stop'
  | 'refuse'
  | 'again'
  | 'clock'
  | 'trust'
  | 'registry'
  | 'index'
  | 'proxy'
  | 'proxy-off'
  | 'hosts'
  | 'pack';

/** The words of one finding code. */
interface Text<Args> {
  /** Names the finding in a few words. */
  readonly title: string;
  /**
   * What was found, with the dependency as the missing subject. Arguments are escaped. `archive` is what its ecosystem
   * packs a version in.
   */
  readonly clause: (args: Args, archive: string) => string;
  /** Why it matters; completes the sentence the clause begins. */
  readonly why: string;
  /**
   * What to do next: read the page; look at the version beside its predecessor; the same, and keep it out meanwhile;
   * ask again; set the clock, or ask for newer trust, and ask again; ask the registry behind this one, or another
   * index, or tolerate it; let a module proxy be asked; make the pack of evidence anew.
   */
  readonly next: Next | ((args: Args) => Next);
}

/** The words of these codes. */
export type Texts<Codes extends FindingCode> = { readonly [C in Codes]: Text<Readonly<FindingArgs[C]>> };

/** Arguments as texts show them, escaped. */
export const address = (text: string): string => escapeText(text, 160);
export const version = (text: string): string => escapeText(text, 60);
export const account = (text: string): string => escapeText(text, 80);
export const dated = (at: Instant | null): string => (at === null ? '' : ` (published ${formatInstant(at)})`);
