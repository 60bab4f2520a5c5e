import { resolve } from 'node:path';
import { fieldsOf, isObject, type Fields } from '../../model/value.ts';
import { parseJson, type JsonNode } from '../../readers/json.ts';
import { UsageError } from '../exit.ts';

/** Why something must not run, and what to run instead, where there is something. */
export interface Objection {
  readonly reason: string;
  readonly next: string | null;
}

/** What an agent asks, and how it is answered. */
export interface Asked {
  /** A text for a shell, or the words of a program; null for a tool that is neither. */
  readonly command: string | readonly string[] | null;
  /** The folder it runs in. */
  readonly folder: string;
  /** The answer as JSON. Nothing is ever approved: that nothing speaks against a command is no permission to run it. */
  readonly answer: (objection: Objection | null) => Fields;
}

/** How one kind of agents asks before a tool is used. */
interface Format {
  /** Tools that run a command of a shell. */
  readonly shells: RegExp;
  /** Whether the command stands beside the name of the event, and not in `tool_input`. */
  readonly isFlat?: true;
  readonly none: Fields;
  readonly refusal: (text: string) => Fields;
}

/**
 * By the name of the event. Codex asks as Claude Code does, takes no approval, and runs the command where an answer has
 * a field that it does not know; Cursor takes no empty answer for one.
 *
 * https://code.claude.com/docs/en/hooks, https://developers.openai.com/codex/hooks,
 * https://geminicli.com/docs/hooks/reference, https://cursor.com/docs/hooks
 */
const FORMATS = new Map<string, Format>([
  [
    'PreToolUse',
    {
      shells: /^(?:Bash|shell|local_shell|exec_command)$/,
      none: {},
      refusal: (text) => ({
        hookSpecificOutput: {
          hookEventName: 'PreToolUse',
          permissionDecision: 'deny',
          permissionDecisionReason: text,
        },
      }),
    },
  ],
  ['BeforeTool', { shells: /^run_shell_command$/, none: {}, refusal: (text) => ({ decision: 'deny', reason: text }) }],
  ...(['beforeShellExecution', 'preToolUse'] as const).map((event): [string, Format] => [
    event,
    {
      shells: /^Shell$/,
      ...(event === 'beforeShellExecution' && { isFlat: true }),
      none: { permission: 'allow' },
      refusal: (text) => ({ permission: 'deny', user_message: text, agent_message: text }),
    },
  ]),
]);

/** Members that have the command, and those that have the folder it runs in, of the input of a tool. */
const COMMANDS = ['command', 'cmd'];
const FOLDERS = ['dir_path', 'directory', 'working_directory', 'workdir', 'cwd'];
const REMEDY = 'assay hook reads what Claude Code, Codex, Cursor or Gemini CLI says before a tool is used';

/** Reads what an agent asks; `cwd` is the folder where it does not say one. Throws UsageError or LockfileError. */
export function readAsked(text: string, cwd: string): Asked {
  const asked = fieldsOf(plain(parseJson('standard input', text, { remedy: REMEDY })));
  const event = asked['hook_event_name'];
  const format = typeof event === 'string' ? FORMATS.get(event) : undefined;
  if (format === undefined) throw new UsageError(`standard input: no hook_event_name that is known: ${REMEDY}`);
  const tool = asked['tool_name'];
  if (format.isFlat !== true && typeof tool !== 'string')
    throw new UsageError(`standard input: no tool_name: ${REMEDY}`);
  if (/^(?:powershell|pwsh|cmd)$/i.test(String(tool))) {
    throw new UsageError('assay hook reads commands of POSIX shells, not of PowerShell or cmd: use another shell');
  }
  const input = format.isFlat === true ? asked : fieldsOf(asked['tool_input']);
  const command = COMMANDS.map((name) => input[name]).find((value) => value !== undefined) ?? null;
  const isShell = format.isFlat === true || format.shells.test(String(tool));
  if (isShell ? !isCommand(command) : command !== null && !isCommand(command)) {
    throw new UsageError(`standard input: the command of ${isShell ? 'a shell' : 'a tool'} is no text: ${REMEDY}`);
  }
  return {
    command: isCommand(command) ? command : null,
    folder: folderOf(asked, input, cwd),
    answer: (objection) => (objection === null ? format.none : format.refusal(textOf(objection))),
  };
}

function isCommand(value: unknown): value is string | readonly string[] {
  return typeof value === 'string' || (Array.isArray(value) && value.every((word) => typeof word === 'string'));
}

function folderOf(asked: Fields, input: Fields, cwd: string): string {
  const said = [asked['cwd'], ...FOLDERS.map((name) => input[name])].filter((value) => value !== undefined);
  return said.reduce<string>((folder, value) => {
    if (value === null || value === '') return folder;
    if (typeof value !== 'string') throw new UsageError(`standard input: a folder is no text: ${REMEDY}`);
    return resolve(folder, value);
  }, cwd);
}

function textOf({ reason, next }: Objection): string {
  return `assay: ${reason}${next === null ? '' : `. Run instead: ${next}`}`;
}

/** Without the lines. Objects have no prototype, so that no name in them is special. */
function plain({ value }: JsonNode): unknown {
  if (value instanceof Map) {
    const members: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [name, node] of value as ReadonlyMap<string, JsonNode>) members[name] = plain(node);
    return members;
  }
  return isObject(value) || !Array.isArray(value) ? value : (value as readonly JsonNode[]).map(plain);
}
