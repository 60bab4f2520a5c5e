import { describe, expect, it } from 'vitest';
import { readAsked } from '../../src/cli/hook/formats.ts';

const NO = { reason: 'p@1.0.0 fails', next: 'assay audit' };
const TEXT = 'assay: p@1.0.0 fails. Run instead: assay audit';

const DENIED = {
  hookSpecificOutput: {
    hookEventName: 'PreToolUse',
    permissionDecision: 'deny',
    permissionDecisionReason: TEXT,
  },
};

/** What each agent says, as its own pages have it. */
const ASKED = {
  'Claude Code': {
    session_id: 'abc123',
    transcript_path: '/home/me/.claude/projects/p/t.jsonl',
    cwd: '/p',
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command: 'npm ci', description: 'Install', timeout: 120000, run_in_background: false },
    tool_use_id: 'toolu_01',
  },
  Codex: {
    session_id: 's',
    transcript_path: null,
    cwd: '/p',
    hook_event_name: 'PreToolUse',
    model: 'gpt',
    turn_id: 't',
    permission_mode: 'default',
    tool_name: 'Bash',
    tool_use_id: 'call_1',
    tool_input: { command: 'npm ci' },
  },
  'Gemini CLI': {
    session_id: 's',
    transcript_path: '/t',
    cwd: '/',
    hook_event_name: 'BeforeTool',
    timestamp: '2026-11-30T00:00:00Z',
    tool_name: 'run_shell_command',
    tool_input: { command: 'npm ci', description: 'Install', dir_path: 'p' },
  },
  'Cursor, of a shell': {
    conversation_id: 'c',
    generation_id: 'g',
    hook_event_name: 'beforeShellExecution',
    cursor_version: '3.0.0',
    workspace_roots: ['/p'],
    command: 'npm ci',
    cwd: '/p',
  },
  'Cursor, of a tool': {
    hook_event_name: 'preToolUse',
    tool_name: 'Shell',
    tool_input: { command: 'npm ci', working_directory: '/p' },
    cwd: '/elsewhere',
  },
} as const;

const ANSWERS: Readonly<Record<keyof typeof ASKED, readonly [none: object, refusal: object]>> = {
  'Claude Code': [{}, DENIED],
  Codex: [{}, DENIED],
  'Gemini CLI': [{}, { decision: 'deny', reason: TEXT }],
  'Cursor, of a shell': [{ permission: 'allow' }, { permission: 'deny', user_message: TEXT, agent_message: TEXT }],
  'Cursor, of a tool': [{ permission: 'allow' }, { permission: 'deny', user_message: TEXT, agent_message: TEXT }],
};

describe('what an agent asks', () => {
  it.each(Object.keys(ASKED) as (keyof typeof ASKED)[])('%s', (agent) => {
    const asked = readAsked(JSON.stringify(ASKED[agent]), '/here');
    expect([asked.command, asked.folder]).toEqual(['npm ci', '/p']);
    expect([asked.answer(null), asked.answer(NO)]).toEqual(ANSWERS[agent]);
  });

  it('of a tool that runs no command has none', () => {
    const write = { hook_event_name: 'PreToolUse', tool_name: 'Write', tool_input: { content: 'npm i x' } };
    expect(readAsked(JSON.stringify(write), '/here')).toMatchObject({ command: null, folder: '/here' });
  });

  it('of any other tool with a command has that', () => {
    const other = { hook_event_name: 'PreToolUse', tool_name: 'mcp__x__run', tool_input: { command: ['npm', 'i'] } };
    expect(readAsked(JSON.stringify(other), '/').command).toEqual(['npm', 'i']);
  });
});

const bash = (input: unknown, more: object = {}): string =>
  JSON.stringify({ hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: input, ...more });

describe('what cannot be read is an error, which agents take for a refusal', () => {
  it.each<[string, string, RegExp]>([
    ['nothing', '', /standard input/],
    ['half of it', '{"hook_event_name":"PreToolUse"', /standard input/],
    ['a list', '[]', /no hook_event_name that is known/],
    ['no event', '{"tool_name":"Bash","tool_input":{"command":"ls"}}', /no hook_event_name that is known/],
    ['another event', '{"hook_event_name":"Stop"}', /no hook_event_name that is known/],
    ['an event of every object', '{"hook_event_name":"constructor"}', /no hook_event_name that is known/],
    [
      'another kind of shell',
      bash({ command: 'n`pm i x' }).replace('Bash', 'PowerShell'),
      /commands of POSIX shells, not of PowerShell or cmd/,
    ],
    ['no tool', '{"hook_event_name":"PreToolUse","tool_input":{"command":"ls"}}', /no tool_name/],
    ['a shell without a command', bash({}), /the command of a shell is no text/],
    ['a shell with no input', bash(null), /the command of a shell is no text/],
    ['a command that is a number', bash({ command: 1 }), /the command of a shell is no text/],
    ['words that are not', bash({ command: ['npm', 1] }), /the command of a shell is no text/],
    ['a folder that is none', bash({ command: 'ls' }, { cwd: 1 }), /a folder is no text/],
    [
      'two commands',
      '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls","command":"npm i x"}}',
      /command/,
    ],
    ['depth', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /deep|nest/],
  ])('%s', (_, text, said) => {
    expect(() => readAsked(text, '/')).toThrow(said);
  });

  it('takes a command of ten megabytes', () => {
    const command = `echo ${'x'.repeat(10_000_000)}`;
    expect(readAsked(bash({ command }), '/').command).toBe(command);
  });
});
