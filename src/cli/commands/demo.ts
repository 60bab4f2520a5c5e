import type { Command } from '../command.ts';
import { UsageError } from '../exit.ts';

export const command: Command = {
  usage: '',
  summary: 'replay the Axios pattern on an embedded registry, offline',
  options: [],
  run: async ({ positionals }, io) => {
    if (positionals.length > 0) throw new UsageError('demo takes no arguments');
    // With the registry and the Sigstore that it plays on.
    const { playDemo } = await import('../demo/npm.ts');
    return playDemo(io);
  },
};
