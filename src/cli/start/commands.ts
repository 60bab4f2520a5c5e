import type { ShownCommand } from '../../report/commands/shown-command.ts';
import type { Command } from '../command.ts';
import { COMMAND_NAMES, type CommandName } from '../names.ts';
import { shownOptions } from '../options.ts';

/** Each is loaded when it is run: reading code is a good part of a short run's time. */
export const COMMANDS: Readonly<Record<CommandName, () => Promise<{ readonly command: Command }>>> = {
  audit: () => import('../commands/audit.ts'),
  exec: () => import('../commands/exec.ts'),
  gate: () => import('../commands/gate.ts'),
  hook: () => import('../commands/hook.ts'),
  mcp: () => import('../commands/mcp.ts'),
  init: () => import('../commands/init.ts'),
  update: () => import('../commands/update.ts'),
  review: () => import('../commands/review.ts'),
  accept: () => import('../commands/accept.ts'),
  check: () => import('../commands/check.ts'),
  'verify-bundle': () => import('./verify-bundle.ts'),
  explain: () => import('../commands/explain.ts'),
  log: () => import('../commands/log.ts'),
  trust: () => import('../commands/trust.ts'),
  pack: () => import('../commands/pack.ts'),
  cache: () => import('../commands/cache.ts'),
  demo: () => import('../commands/demo.ts'),
  completion: async () => ({ command: (await import('./completion.ts')).completionOf(shownCommands) }),
};

/** All commands, as what is written of all of them shows them. */
export async function shownCommands(): Promise<readonly ShownCommand[]> {
  const { EXIT_HELP } = await import('../exit-help.ts');
  return Promise.all(
    COMMAND_NAMES.map(async (name) => {
      const { command } = await COMMANDS[name]();
      const actions = Object.entries(command.actions ?? {}).map(([action, { usage, summary, options }]) => ({
        ...{ name: action, usage: withoutName(usage, action), summary, options: shownOptions(options, command.words) },
        ...{ actions: [], statuses: [] },
      }));
      const { usage, summary, options, words } = command;
      return { name, usage, summary, options: shownOptions(options, words), actions, statuses: EXIT_HELP[name] };
    }),
  );
}

/** The usage of an action begins with its name. */
function withoutName(usage: string, action: string): string {
  return usage.startsWith(action) ? usage.slice(action.length).trim() : usage;
}
