import { cacheSize, prune, type CacheSize } from '../../store/store.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import { placeOfCache } from '../setup.ts';

const MEGABYTE = 1_000_000;

export const command: Command = {
  usage: '',
  summary: 'what earlier runs kept, to be asked and verified less: where it is, how much, and less of it',
  options: ['prune'],
  run: ({ values, positionals }, io) => {
    if (positionals.length > 0) throw new UsageError('cache takes no arguments, only --prune MB');
    const keep = values.prune === undefined ? null : bytesOf(values.prune);
    const place = placeOfCache(io);
    if (place === null)
      throw new UsageError(
        'there is no cache: HOME is not set, ASSAY_CACHE is empty, or the key would be a file of a project',
      );
    const { folder } = place;
    const gone = keep === null ? null : prune(folder, keep);
    io.stdout.write(`${escapeText(folder, 1000)}: ${sizeText(cacheSize(folder))}\n`);
    if (gone !== null) io.stdout.write(`removed: ${sizeText(gone)}\n`);
    return Promise.resolve(EXIT.holds);
  },
};

function bytesOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--prune takes a number of megabytes, not ${text}`);
  return Number(text) * MEGABYTE;
}

function sizeText({ projects, bytes }: CacheSize): string {
  return `${projects} ${projects === 1 ? 'project' : 'projects'}, ${megabytes(bytes)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
