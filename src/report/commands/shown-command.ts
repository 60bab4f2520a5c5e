/** An option as help, the manual page and completion show it. */
export interface ShownOption {
  /** "--output" */
  readonly name: string;
  /** What its value is called, "FORMAT[=FILE]"; null where it takes none. */
  readonly value: string | null;
  /** Whether it may stand without its value. */
  readonly isOptional: boolean;
  /** The values there are; none where there is no end of them. */
  readonly choices: readonly string[];
  readonly help: string;
}

/** A command, or an action of one, as help, the manual page and completion show it. */
export interface ShownCommand {
  /** "audit"; of an action its first argument, "search". */
  readonly name: string;
  /** What follows the name: "[DIR|LOCKFILE...]". */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly ShownOption[];
  readonly actions: readonly ShownCommand[];
  /** What its exit statuses mean; none for an action, which has those of its command. */
  readonly statuses: readonly (readonly [status: string, meaning: string])[];
}
