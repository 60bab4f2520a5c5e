import type { Fields } from '../../model/value.ts';
import type { Command } from '../command.ts';
import { EXIT, isMendable, isUnstated } from '../exit.ts';
import type { Io, Output } from '../io.ts';
import type { OptionValues } from '../options.ts';
import type { Tool, ToolResult } from './protocol.ts';

/** Larger ones no model reads. */
const MAX_JSON = 33_554_432;

/** A member of a tool's arguments. */
type Kind = 'text' | 'texts';

interface OfCommand extends Pick<Tool, 'title' | 'description'> {
  readonly arguments: Readonly<Record<string, { readonly kind: Kind; readonly description: string }>>;
  readonly required: readonly string[];
}

const PATH = { kind: 'text', description: 'a folder or lockfile; the folder of the server without it' } as const;

/** Arguments are those of the command line, in this order. What is demanded is said where the server is started. */
const TOOLS = {
  check: {
    title: 'Check package versions',
    description:
      'Who built a version of a package, what is proven of it, and what is different from the version before it. ' +
      'Use it before a package is added. Names: axios@1.14.1, pypi:requests@2.33.0, go:rsc.io/quote@v1.5.2, cargo:serde.',
    arguments: { specs: { kind: 'texts', description: 'packages, each with a version or without' } },
    required: ['specs'],
  },
  audit: {
    title: 'Audit lockfiles',
    description: 'Verifies everything that the lockfiles of a folder name. Nothing of a package is run.',
    arguments: { path: PATH },
    required: [],
  },
  explain: {
    title: 'Explain a finding',
    description: 'What a finding code means, how an attacker causes it, innocent causes, and what to do.',
    arguments: { code: { kind: 'text', description: 'such as provenance-lost; all of them without it' } },
    required: [],
  },
  review: {
    title: 'What waits for a decision',
    description: 'What of a project waits for a decision of a person, whose and until when; and what was accepted.',
    arguments: {
      specs: { kind: 'texts', description: 'only these packages' },
      path: PATH,
    },
    required: [],
  },
} as const satisfies Record<string, OfCommand>;

export type ToolName = keyof typeof TOOLS;

export const INSTRUCTIONS =
  'assay verifies who built dependencies. Call check before adding a package, and audit after a lockfile changed. ' +
  'Accepting a finding is a decision of a person.';

const MAX_TEXTS = 100;
/** Characters of one text. */
const MAX_LENGTH: Readonly<Record<Kind, number>> = { text: 4096, texts: 500 };

const SCHEMAS: Readonly<Record<Kind, Fields>> = {
  text: { type: 'string', minLength: 1, maxLength: MAX_LENGTH.text },
  texts: {
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: MAX_LENGTH.texts },
    minItems: 1,
    maxItems: MAX_TEXTS,
  },
};

export const LISTED: readonly Tool[] = Object.entries<OfCommand>(TOOLS).map(([name, tool]) => ({
  name,
  title: tool.title,
  description: tool.description,
  inputSchema: {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(tool.arguments).map(([key, { kind, description }]) => [key, { ...SCHEMAS[kind], description }]),
    ),
    required: tool.required,
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: name !== 'explain' },
}));

/** Runs a tool as the command of its name with `--json`, and with what the server was told. */
export async function callTool(
  name: ToolName,
  args: Fields,
  values: OptionValues,
  io: Io,
  load: () => Promise<{ readonly command: Command }>,
): Promise<ToolResult> {
  const tool: OfCommand = TOOLS[name];
  const wrong = wrongIn(tool, args);
  if (wrong !== null) return { isError: true, text: wrong };
  const positionals = Object.keys(tool.arguments).flatMap((key) => (args[key] ?? []) as string | readonly string[]);
  const { command } = await load();
  const [stdout, stderr] = [kept(), kept()];
  const given = Object.entries(values).filter(([option]) => (command.options as readonly string[]).includes(option));
  try {
    const options = { values: { ...Object.fromEntries(given), json: true }, positionals };
    const status = await command.run(options, { ...io, stdout, stderr });
    const text = stdout.text();
    if (text.length > MAX_JSON) return { isError: true, text: `the report is too large: run assay ${name} --json` };
    if (text === '') return { isError: true, text: stderr.text() || `assay ${name} ended with ${status}` };
    return { isError: false, text, structured: JSON.parse(text) as Fields };
  } catch (error) {
    if (isUnstated(error) || isMendable(error)) {
      return { isError: true, text: `${stderr.text()}assay: ${error.message} (status ${EXIT.usage})` };
    }
    throw error;
  }
}

/** What is wrong with arguments; null for nothing. */
function wrongIn(tool: OfCommand, args: Fields): string | null {
  const unknown = Object.keys(args).find((key) => !Object.hasOwn(tool.arguments, key));
  if (unknown !== undefined) return `there is no argument ${JSON.stringify(unknown.slice(0, 100))}`;
  for (const [key, { kind }] of Object.entries(tool.arguments)) {
    const value = args[key];
    if (value === undefined) {
      if (tool.required.includes(key)) return `${key} is missing`;
      continue;
    }
    const texts = kind === 'text' ? [value] : value;
    const max = MAX_LENGTH[kind];
    const isRight =
      Array.isArray(texts) &&
      texts.length >= 1 &&
      texts.length <= MAX_TEXTS &&
      texts.every((text) => typeof text === 'string' && text !== '' && text.length <= max);
    if (!isRight)
      return `${key} is ${kind === 'text' ? `a text of 1 to ${max} characters` : `1 to ${MAX_TEXTS} texts of 1 to ${max} characters`}`;
  }
  return null;
}

function kept(): Output & { readonly text: () => string } {
  const written: string[] = [];
  return {
    write: (text) => {
      written.push(text);
    },
    text: () => written.join(''),
    isTerminal: false,
    color: false,
    columns: 100,
    unicode: true,
  };
}
