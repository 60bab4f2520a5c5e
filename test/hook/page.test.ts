import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAsked } from '../../src/cli/hook/formats.ts';
import { objectionTo } from '../../src/cli/hook/objection.ts';
import { LISTED } from '../../src/cli/mcp/tools.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/hooks.md'), 'utf8');
const silent = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: true };

interface Hook {
  readonly command: string;
  readonly timeout: number;
}

/** The events of each configuration on the page with what is run for them. */
const CONFIGURED = [...page.matchAll(/^```json\n([^]*?)^```$/gm)]
  .map(([, text = '']) => JSON.parse(text) as { readonly hooks?: Readonly<Record<string, readonly object[]>> })
  .flatMap(({ hooks = {} }) => Object.entries(hooks))
  .map(([event, [first]]) => {
    const { matcher, hooks } = first as { readonly matcher?: string; readonly hooks?: readonly Hook[] };
    return { event, matcher, hook: hooks?.[0] ?? (first as Hook) };
  });

describe('docs/hooks.md', () => {
  it('has a configuration for each agent', () => {
    expect(CONFIGURED.map(({ event }) => event)).toEqual(['PreToolUse', 'BeforeTool', 'beforeShellExecution']);
  });

  it.each(CONFIGURED)('$event: runs the hook, which reads that event of that tool', ({ event, matcher, hook }) => {
    expect(hook.command).toBe('assay hook');
    // In milliseconds for Gemini CLI; longer than the hook takes at most.
    expect(event === 'BeforeTool' ? hook.timeout / 1000 : hook.timeout).toBe(60);
    const asked = { hook_event_name: event, tool_name: matcher, command: 'ls', tool_input: { command: 'ls' } };
    expect(readAsked(JSON.stringify(asked), '/').command).toBe('ls');
  });

  it('starts the server by a command that there is', () => {
    const [, text = ''] = /^```json\n(\{ "mcpServers"[^]*?)^```$/m.exec(page) ?? [];
    const { mcpServers } = JSON.parse(text) as { readonly mcpServers: Readonly<Record<string, object>> };
    expect(mcpServers).toEqual({ assay: { command: 'assay', args: ['mcp'] } });
    const tools = [...page.matchAll(/^\| `(\w+)` *\|/gm)].map(([, name]) => name);
    expect(tools).toEqual(LISTED.map(({ name }) => name));
  });

  it('says of its commands what becomes of them', async () => {
    const rows = page.split('\n').filter((line) => /^\|.*`/.test(line));
    const spans = rows.map((row) =>
      [...(row.split(/(?<!\\)\|/)[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, one = '']) => one),
    );
    const came = async (command: string): Promise<string> => {
      let judged = '';
      const io = { cwd: '/', env: {}, stdout: silent, stderr: silent };
      const objection = await objectionTo(command, io, ({ program }) => {
        judged = program.name;
        return Promise.resolve(null);
      });
      return objection === null ? judged : 'refused';
    };
    const [locked = [], resolving = [], , own = []] = spans;
    for (const command of [...locked, ...resolving]) {
      expect(await came(command), command).toBe(command.split(' ')[0]);
    }
    for (const command of own) expect(await came(command.replace('…', 'npm i x')), command).toBe('');
    expect(await came('assay accept x')).toBe('refused');
  });
});
