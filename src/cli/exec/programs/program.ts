import type { Grammar } from './grammar.ts';

/** What a program reads of the environment. */
export interface Variables {
  /** The names that it reads, or that what it starts does. */
  readonly read: RegExp;
  /**
   * Expressions that are all of a name, each with the values after an equals sign where not every one will do, which
   * change neither what is installed nor what runs.
   */
  readonly harmless: string;
  /** Those that the audit reads too, or that say where this machine has its things: the same for both. */
  readonly own: string;
  /** Those of `own` with a folder that is built or installed from as it is, which no commit may bring along. */
  readonly folders?: readonly string[];
}

/** A program that installs packages, or builds from them. */
export interface Program {
  readonly name: string;
  readonly kind: 'node' | 'python' | 'cargo' | 'go';
  readonly isNamed: RegExp;
  readonly grammar: Grammar;
  readonly variables: Variables;
}
