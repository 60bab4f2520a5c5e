/** The commands, in the order `--help` shows them. */
export const COMMAND_NAMES = [
  'audit',
  'exec',
  'gate',
  'hook',
  'mcp',
  'init',
  'update',
  'review',
  'accept',
  'check',
  'verify-bundle',
  'explain',
  'log',
  'trust',
  'pack',
  'cache',
  'demo',
  'completion',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];

/** The command that an argument names; null where it names none. */
export function commandNamed(text: string | undefined): CommandName | null {
  return COMMAND_NAMES.find((name) => name === text) ?? null;
}
