import type { Command } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { TRUST_OPTIONS } from '../project/option-names.ts';

type Action = (args: readonly string[], values: OptionValues, io: Io) => Promise<number>;

/** Each is loaded when it is run. */
const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  search: async () => (await import('./log/search.ts')).search,
  show: async () => (await import('./log/show.ts')).show,
  verify: async () => (await import('./log/verify.ts')).verify,
  watch: async () => (await import('./log/watch.ts')).watch,
};

const COMMON = [
  'registry',
  'log',
  'signing-config',
  'witness-policy',
  'contact',
  ...TRUST_OPTIONS,
  'policy',
  'no-cache',
  'json',
] as const;

const OF_STATE = ['state', 'fork'] as const;
const OF_WATCH = ['repository-id', 'certificate-oidc-issuer', 'bundle', 'once', 'interval', 'from', 'webhook'] as const;

export const command: Command = {
  usage: 'search WHAT | show UUID|INDEX | verify BUNDLE|PACKAGE@VERSION | watch PACKAGE...',
  summary: 'what transparency logs have, verified before it is shown',
  actions: {
    search: {
      usage: 'search PACKAGE|sha512:HEX|sha256:HEX|IDENTITY|FILE',
      summary: 'what logs have about it, and whether the registry publishes each entry',
      options: COMMON,
    },
    show: { usage: 'show UUID|INDEX', summary: 'one entry, verified', options: COMMON },
    verify: {
      usage: 'verify BUNDLE|PACKAGE@VERSION',
      summary: 'that the entries are still in the log, and that the log still has what it showed before',
      options: [...COMMON, ...OF_STATE],
    },
    watch: {
      usage: 'watch PACKAGE...',
      summary: 'say when a log has something new about a package or a repository that nobody publishes',
      options: [...COMMON, 'state', ...OF_WATCH],
    },
  },
  options: [...COMMON, ...OF_STATE, ...OF_WATCH],
  run: async ({ values, positionals: [name = '', ...args] }, io) => {
    const load = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (load === undefined) throw new UsageError(`log takes one of ${Object.keys(ACTIONS).join(', ')}`);
    const action = await load();
    return action(args, values, io);
  },
};
