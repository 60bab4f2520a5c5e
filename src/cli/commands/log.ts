import type { Command } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { TRUST_OPTIONS } from '../project/trust.ts';

type Action = (args: readonly string[], values: OptionValues, io: Io) => Promise<number>;

/** Each is loaded when it is run. */
const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  search: async () => (await import('./log/search.ts')).search,
  show: async () => (await import('./log/show.ts')).show,
  verify: async () => (await import('./log/verify.ts')).verify,
  watch: async () => (await import('./log/watch.ts')).watch,
};

export const command: Command = {
  usage: 'search WHAT | show UUID|INDEX | verify BUNDLE|PACKAGE@VERSION | watch PACKAGE...',
  summary: 'what transparency logs have, verified before it is shown',
  options: [
    'registry',
    'log',
    'state',
    'fork',
    'repository-id',
    'certificate-oidc-issuer',
    'bundle',
    'once',
    'interval',
    'from',
    'webhook',
    'signing-config',
    'witness-policy',
    'contact',
    ...TRUST_OPTIONS,
    'policy',
    'no-cache',
    'json',
  ],
  run: async ({ values, positionals: [name = '', ...args] }, io) => {
    const load = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (load === undefined) throw new UsageError(`log takes one of ${Object.keys(ACTIONS).join(', ')}`);
    const action = await load();
    return action(args, values, io);
  },
};
