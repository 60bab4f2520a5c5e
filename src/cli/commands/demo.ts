import { DEFAULT_ECOSYSTEM } from '../../model/package.ts';
import type { Command } from '../command.ts';
import { UsageError } from '../exit.ts';

export const command: Command = {
  usage: '[npm|go|pypi|cargo]',
  summary: 'replay attacks on an embedded registry, offline; that on axios, or those on another ecosystem',
  options: [],
  run: async ({ positionals }, io) => {
    const [name = DEFAULT_ECOSYSTEM, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('demo takes one ecosystem');
    // With the registries and the Sigstore that it plays on.
    const { playDemo } = await import('../demo/index.ts');
    return playDemo(name, io);
  },
};
