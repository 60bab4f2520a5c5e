import type { Sources } from '../../../ecosystems/ecosystem.ts';
import type { Gate, Protocol } from '../../../gate/index.ts';
import type { PackageManager } from '../../../model/dependency.ts';
import type { NpmConfig } from '../../../registries/npm/config/npmrc.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { refuse } from '../../exec/programs/grammar.ts';
import type { Start, Started } from '../../exec/started.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';

/** A program in a command line, which is to run at the gate. */
export interface Reading {
  readonly started: Started;
  /** What the line starts beside it. */
  readonly others: readonly Started[];
  readonly line: readonly string[];
  /** The line, escaped. */
  readonly shown: string;
  readonly io: Io;
  /** Reads what the program starts in turn; null where that is no program whose commands are known. */
  readonly inner: (line: readonly string[], start: Start) => GateCommand | null;
}

/** Reads the command of one kind of package managers. Throws UsageError where it would not get its packages there. */
export type ReadCommand = (reading: Reading) => GateCommand;

/** A package manager's command that is run at the gate. */
export interface GateCommand {
  readonly manager: PackageManager;
  /** The folder whose lockfile it reads and writes. */
  readonly folder: string;
  /** What it installs from, or writes, where that is not all lockfiles of the folder. */
  readonly lockfiles?: () => readonly string[];
  /** Where in the line the words of the package manager begin. */
  readonly at: number;
  /** Reads the settings by which it asks. Throws UsageError where they would lead it past the gate. */
  readonly client: (context: ClientContext) => GateClient;
}

/** What is known of a run beside its command. */
export interface ClientContext {
  readonly values: OptionValues;
  readonly line: readonly string[];
  /** Addresses on other hosts that the policy lets a registry lead to. */
  readonly redirects: readonly string[];
  readonly io: Io;
}

/** A package manager, as its settings are. */
export interface GateClient {
  /** How whatever else a run needs is reached. */
  readonly network: NpmConfig;
  /** Nobody signs what it fetches by builders, so that nobody is asked whom to trust for that; else left out. */
  readonly isUnsigned?: true;
  /** Opens whom it asks where there is no gate; the caller closes it. */
  readonly open: () => Upstream;
  /** Whether the project itself asks for a package, or the command does. */
  readonly isDirect: (name: string) => boolean;
  /** Points it at the gate, by its own means. `env` are its variables. Throws UsageError. */
  readonly point: (gate: Pick<Gate, 'url'>, env: NodeJS.ProcessEnv) => Pointed;
  /** How its lockfile has an address of an artifact, as a registry that it asks itself says it. */
  readonly written: (address: string) => string;
}

/** Whom a package manager asks. */
export interface Upstream {
  readonly protocol: Protocol;
  readonly sources: Sources;
  readonly close: () => void;
}

/** A command that asks the gate. */
export interface Pointed {
  readonly line: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What it fetches past the gate, all the same, in lines for people. */
  readonly past: readonly string[];
  /** Takes away what was written for it. */
  readonly close: () => void;
}

/** Throws UsageError for a line of which the package manager, or what it asks, cannot be seen. */
export function refuseUnseen(shown: string): never {
  return refuse(
    `assay gate runs one command of npm, pnpm, Yarn, Bun, pip, uv, go or cargo, and cannot see whether ${shown} gets its packages at the gate: assay gate -- npm install axios`,
  );
}

/** Throws UsageError for a program that the gate has nothing for. */
export function refuseProgram(name: string, shown: string): never {
  return refuse(`the gate does not stand between ${name} and its registry yet: use assay exec; not run: ${shown}`);
}

/** Throws UsageError for a line by which two kinds of package managers would fetch something. */
export function refuseTwoKinds(shown: string): never {
  return refuse(
    `${shown} gets packages from two kinds of registries, and the gate stands before one: run each by itself`,
  );
}

/** Throws UsageError where words of the package manager are not as they stand in the line. */
export function demandPlain({ started: { args, isText }, others, line, shown }: Reading): number {
  const at = line.length - args.length;
  if (others.length > 0 || isText || !args.every((word, i) => word === line[at + i])) refuseUnseen(shown);
  return at;
}

/** A variable that only a line changes which changes all, as `env -i` does. */
export const MARK = 'ASSAY_GATE';

/** Throws UsageError for a variable that the line sets for the package manager alone. */
export function demandSameVariables({ started: { program, env }, shown, io }: Reading): void {
  if (env[MARK] === '') {
    refuse(`the gate is told to ${program.name} by variables, which ${shown} takes away: leave out what clears them`);
  }
  for (const [name, value] of Object.entries(env)) {
    if (value === (io.env[name] ?? '') || !program.variables.read.test(name)) continue;
    refuse(
      `${escapeText(name, 80)} may lead ${program.name} past the gate: set it for assay gate, and not for the command alone; not run: ${shown}`,
    );
  }
}

/** Variables by which a program asks a host without a proxy, with those that it asks so already. */
export function unproxied(env: NodeJS.ProcessEnv, hosts: string): Readonly<Record<'NO_PROXY' | 'no_proxy', string>> {
  const said = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const all = said === '' ? hosts : `${said},${hosts}`;
  return { NO_PROXY: all, no_proxy: all };
}

/** Variables over others, by which names those may ever be read: `NPM_CONFIG_REGISTRY`, `npm_config_registry`. */
export function over(env: NodeJS.ProcessEnv, set: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const read = (name: string): string => name.toLowerCase().replaceAll('-', '_');
  const names = new Set(Object.keys(set).map(read));
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(read(name)))), ...set };
}
