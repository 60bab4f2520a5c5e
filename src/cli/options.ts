import { parseArgs } from 'node:util';
import { nearest } from '../model/nearest.ts';
import { usableColumns, wrap } from '../report/words/layout.ts';
import type { ShownOption } from '../report/commands/shown-command.ts';
import { OUTPUT_NAMES } from '../report/words/output-names.ts';
import { UsageError } from './exit.ts';

/** One option of a command: how it is parsed and how `--help` shows it. */
interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  readonly value?: string;
  /** Whether it may stand without its value, which is empty then. */
  readonly optional?: true;
  /** The values there are. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** Every option there is. A command names those it takes. */
const OPTIONS = {
  registry: {
    type: 'string',
    value: 'URL',
    help: 'ask this registry instead of the configured one; what .npmrc says of a scope outranks it',
  },
  'trusted-root': { type: 'string', value: 'FILE', help: 'Sigstore trusted root instead of the public-good one' },
  tuf: { type: 'string', value: 'URL|DIR', help: 'TUF repository that publishes the trusted root; needs --tuf-root' },
  'tuf-root': { type: 'string', value: 'FILE', help: 'TUF root metadata that trust in the repository begins with' },
  'tuf-root-sha256': { type: 'string', value: 'HEX', help: 'the SHA-256 that the TUF root has to have' },
  thresholds: {
    type: 'string',
    value: 'log=N,sct=N,time=N',
    help: 'how many logs, certificate logs and times a bundle under that root must show; 1 each by default',
  },
  'registry-keys': {
    type: 'string',
    value: 'FILE',
    help: "a registry's signing keys (the document it serves as keys)",
  },
  policy: { type: 'string', value: 'FILE', help: "policy file instead of the project's assay.yml" },
  advisories: {
    type: 'string',
    multiple: true,
    value: 'PATH',
    help: 'fail on what a folder or zip of OSV or RustSec records names as malicious; may be repeated',
  },
  enforce: {
    type: 'string',
    value: 'PHASE',
    choices: ['observe', 'guard', 'critical', 'all'],
    help: 'observe, guard (default), critical or all, whatever the policy says',
  },
  omit: {
    type: 'string',
    multiple: true,
    value: 'TYPE',
    choices: ['dev', 'optional', 'peer'],
    help: 'leave out dev, optional or peer dependencies',
  },
  bytes: { type: 'boolean', help: "hash every tarball and zip; of npm's, hold its package.json to the manifest" },
  tarballs: { type: 'boolean', help: 'the same as --bytes' },
  installed: {
    type: 'boolean',
    help: 'also compare what is installed with them: node_modules, vendor/, the module cache, .venv',
  },
  source: {
    type: 'string',
    multiple: true,
    value: 'DIR',
    help: "a clone of a Go module's repository: the zip is held to its tag or commit there; may be repeated",
  },
  reverify: { type: 'boolean', help: 'ask and verify also what assay.lock holds' },
  evidence: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'ask this file of assay pack, and nothing over the network; again for the pack it is based on',
  },
  artifacts: { type: 'boolean', help: 'also the tarballs and zips, for --bytes and --installed' },
  'no-cache': { type: 'boolean', help: 'neither use nor keep what earlier runs established' },
  prune: { type: 'string', value: 'MB', help: 'keep at most this many megabytes, the newest; 0 keeps nothing' },
  base: { type: 'string', value: 'REF', help: 'hold only what assay.lock has where HEAD and this git ref part' },
  since: {
    type: 'string',
    optional: true,
    value: 'REF',
    help: 'look only at what the lockfile gained since HEAD and this git ref part; by default the base of the pull request',
  },
  recursive: { type: 'boolean', help: 'also the lockfiles in all folders below' },
  lockfile: { type: 'string', value: 'PATH', help: 'the directory or lockfile, instead of the current directory' },
  reason: { type: 'string', value: 'TEXT', help: 'why, for those who read it later' },
  until: {
    type: 'string',
    value: 'DATE',
    help: 'the last day (2026-12-31), or for how long (30d); 90d by default, at most 366d',
  },
  by: { type: 'string', value: 'WHO', help: "who decides, instead of git's user.name and user.email" },
  code: { type: 'string', multiple: true, value: 'CODE', help: 'accept this finding only; may be repeated' },
  summary: { type: 'boolean', help: 'say what a reviewer of the changed assay.lock must read, package by package' },
  all: { type: 'boolean', help: 'shorten nothing; elsewhere than in a terminal nothing is' },
  json: { type: 'boolean', help: 'write the full report as JSON' },
  output: {
    type: 'string',
    multiple: true,
    value: 'FORMAT[=FILE]',
    choices: OUTPUT_NAMES,
    help: `write the report as ${OUTPUT_NAMES.slice(0, -1).join(', ')} or ${OUTPUT_NAMES.at(-1) ?? ''}, to FILE or instead of the usual one; may be repeated`,
  },
  vsa: { type: 'string', value: 'FILE', help: 'write a SLSA verification summary of the run, unsigned' },
  markdown: { type: 'boolean', help: 'write it as Markdown, for a message' },
  bundle: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'a Sigstore bundle, or one in each line; may be repeated',
  },
  key: { type: 'string', value: 'FILE', help: 'PEM public key that signed it, instead of a certificate' },
  'certificate-identity': { type: 'string', value: 'ID', help: 'the exact subject the certificate must name' },
  'certificate-identity-regexp': {
    type: 'string',
    value: 'REGEXP',
    help: 'a regular expression for that whole subject, instead of the exact one',
  },
  'certificate-oidc-issuer': { type: 'string', value: 'URL', help: 'the exact issuer the certificate must name' },
  offline: { type: 'boolean', help: 'make no network request' },
  log: {
    type: 'string',
    multiple: true,
    value: 'NAME[=URL]',
    help: 'only this log of the trusted root, asked at URL instead of at its name; may be repeated',
  },
  'signing-config': {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'what signers are told of logs: which kind each is, and none that is not read; may be repeated',
  },
  'witness-policy': {
    type: 'string',
    value: 'FILE',
    help: 'which witnesses must have signed checkpoints (C2SP tlog-policy)',
  },
  state: { type: 'string', value: 'DIR', help: 'where checkpoints that were seen are kept' },
  fork: { type: 'string', value: 'FILE', help: 'check, offline, a file that shows two histories of a log' },
  'repository-id': {
    type: 'string',
    multiple: true,
    value: 'ID',
    help: 'watch this repository, by the id that its issuer gives it; may be repeated',
  },
  once: { type: 'boolean', help: 'one round, for cron, instead of one every five minutes' },
  interval: { type: 'string', value: 'SECONDS', help: 'between rounds, instead of five minutes' },
  from: { type: 'string', value: 'N', help: 'begin a log at this position instead of at its newest entry' },
  webhook: { type: 'string', value: 'URL', help: 'also send findings there, as JSON with POST' },
  contact: { type: 'string', value: 'ADDRESS', help: 'whom the operators of a log may write to, for the User-Agent' },
  listen: { type: 'string', value: 'HOST:PORT', help: 'serve there until it is stopped, without a command' },
  upstream: { type: 'string', value: 'URL', help: 'the registry whose packages are handed on' },
  quiet: { type: 'boolean', help: 'say nothing where it holds, and else what fails alone' },
  verbose: { type: 'boolean', help: 'also name each dependency that passes, with who built it' },
  color: {
    type: 'string',
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    help: 'auto (default), always or never, whatever NO_COLOR and FORCE_COLOR say',
  },
  timeout: {
    type: 'string',
    value: 'SECONDS',
    help: 'refuse what is not decided by then: less than the agent waits for a hook; 45 by default',
  },
  allow: {
    type: 'string',
    multiple: true,
    value: 'SPEC',
    help: 'hand on this version in this run, and accept what was found of it for a day; needs --reason; may be repeated',
  },
  help: { type: 'boolean', help: 'show this help' },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof OPTIONS;

/** What every command takes. */
const EVERYWHERE: readonly OptionName[] = ['color', 'help'];

/** Option values as given; absent ones are undefined. */
export type OptionValues = {
  readonly [N in OptionName]?: (typeof OPTIONS)[N] extends { multiple: true }
    ? readonly string[]
    : (typeof OPTIONS)[N]['type'] extends 'boolean'
      ? boolean
      : string;
};

/** Of options: the name of the value, and the help. */
export type OptionWords = Readonly<Partial<Record<OptionName, Pick<OptionSpec, 'value' | 'help'>>>>;

export interface ParsedOptions {
  readonly values: OptionValues;
  readonly positionals: readonly string[];
}

/** Parses the arguments of a command that takes `names`. Throws UsageError with one line. */
export function parseOptions(command: string, args: readonly string[], names: readonly OptionName[]): ParsedOptions {
  const taken: readonly OptionName[] = [...names, ...EVERYWHERE];
  const config: Record<string, ArgConfig> = {};
  for (const name of taken) {
    const spec: OptionSpec = OPTIONS[name];
    config[name] = { type: spec.type, ...(spec.multiple ? { multiple: true } : {}) };
  }
  config['help'] = { type: 'boolean', short: 'h' };
  try {
    const given = withValues(args, taken);
    const { values, positionals } =
      parsePlain(given, config) ?? parseArgs({ args: given, options: config, allowPositionals: true });
    for (const [name, value] of Object.entries(values)) {
      if ([value].flat().includes('') && !isOptional(name)) throw new UsageError(`--${name} needs a value`);
    }
    return { values: values, positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(explainParseError(error, taken, command));
  }
}

interface ArgConfig {
  type: 'string' | 'boolean';
  multiple?: true;
  short?: string;
}

/**
 * What `parseArgs` makes of arguments that can be read in one way only, which most can; null for others, right or
 * wrong. To load and run it takes a millisecond, a twentieth of a short run.
 */
export function parsePlain(
  args: readonly string[],
  config: Readonly<Record<string, ArgConfig>>,
): { readonly values: Record<string, string | boolean | string[]>; readonly positionals: string[] } | null {
  const values = Object.create(null) as Record<string, string | boolean | string[]>;
  const positionals: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!arg.startsWith('-')) {
      positionals.push(arg);
      continue;
    }
    const equals = arg.indexOf('=');
    const name = equals === -1 ? arg.slice(2) : arg.slice(2, equals);
    const option = arg.startsWith('--') && Object.hasOwn(config, name) ? config[name] : undefined;
    if (option === undefined || (option.type === 'boolean' && equals !== -1)) return null;
    if (option.type === 'boolean') {
      values[name] = true;
      continue;
    }
    const value = equals === -1 ? args[++i] : arg.slice(equals + 1);
    if (value === undefined || (equals === -1 && value.startsWith('-'))) return null;
    values[name] = option.multiple ? [...((values[name] ?? []) as string[]), value] : value;
  }
  return { values, positionals };
}

/** Whether the value of an option, as it is written, is the next argument. */
export function takesValue(arg: string): boolean {
  const name = arg.slice('--'.length);
  return arg.startsWith('--') && Object.hasOwn(OPTIONS, name) && OPTIONS[name as OptionName].type === 'string';
}

function isOptional(name: string): boolean {
  return Object.hasOwn(OPTIONS, name) && 'optional' in OPTIONS[name as OptionName];
}

/** The arguments with an empty value for each option that may stand without one and is followed by none. */
function withValues(args: readonly string[], taken: readonly OptionName[]): string[] {
  const bare = taken.filter(isOptional).map((name) => `--${name}`);
  const end = args.indexOf('--');
  return args.map((arg, i) => {
    const next = args[i + 1];
    const isBare = bare.includes(arg) && (end === -1 || i < end) && (next === undefined || next.startsWith('-'));
    return isBare ? `${arg}=` : arg;
  });
}

/** What options are called elsewhere, in assay's own pages too. */
const OTHER_NAMES: Readonly<Record<string, OptionName>> = { phase: 'enforce', format: 'output' };

/** Why commands take no pack in the place of the network, and what to do instead. */
const WITHOUT_EVIDENCE: Readonly<Record<string, string>> = {
  log: 'no pack has answers of logs; without a network, verify-bundle holds a bundle to the checkpoint in it, and log verify --fork shows a fork',
  pack: 'it asks the network, to make a pack; --since PACK leaves out what an earlier one has',
};
const ASKS_NOBODY = 'it asks nobody, and needs none';

function explainParseError(error: unknown, taken: readonly OptionName[], command: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const unknown = /Unknown option '(-{1,2}[^']*)'/.exec(message)?.[1];
  if (unknown !== undefined) {
    const word = unknown.replace(/^-+/, '');
    if (word === 'evidence') return `assay ${command} takes no --evidence: ${WITHOUT_EVIDENCE[command] ?? ASKS_NOBODY}`;
    const meant = Object.hasOwn(OTHER_NAMES, word) ? OTHER_NAMES[word] : undefined;
    const near = meant !== undefined && taken.includes(meant) ? meant : nearest(word, taken);
    return `unknown option ${unknown}${near === null ? '' : `; did you mean --${near}?`} (assay ${command} --help lists them)`;
  }
  const known = taken.find((name) => new RegExp(`'(?:-\\w, )?--${name}(?: <value>)?'`).test(message));
  if (known === undefined) return message.split('\n')[0]?.split('. ')[0] ?? message;
  const { value }: OptionSpec = OPTIONS[known];
  return value === undefined ? `--${known} takes no value` : `--${known} needs a value: --${known}=${value}`;
}

/** The options of a command, with what is said of them there, and those that every command takes. */
export function shownOptions(names: readonly OptionName[], words: OptionWords = {}): readonly ShownOption[] {
  return [...names, ...EVERYWHERE].map((name) => {
    const spec: OptionSpec = OPTIONS[name];
    const { value = null, help } = words[name] ?? spec;
    return { name: `--${name}`, value, isOptional: spec.optional === true, choices: spec.choices ?? [], help };
  });
}

/** The option lines of a command's help, aligned, in so many columns. */
export function optionHelp(names: readonly OptionName[], columns: number, words: OptionWords = {}): string {
  const rows = shownOptions(names, words).map(({ name, value, isOptional, help }) => {
    const shown = value === null ? '' : isOptional ? ` [${value}]` : ` ${value}`;
    return [`${name}${shown}`, help] as const;
  });
  return helpTable(rows, columns);
}

/** Names and what they mean, in two columns. */
export function helpTable(rows: readonly (readonly [name: string, meaning: string])[], columns: number): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .flatMap(([name, meaning]) => wrap(`${name.padEnd(width)}  ${meaning}`, usableColumns(columns), 2, width + 4))
    .join('\n');
}
