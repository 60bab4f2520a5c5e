import { partOfCache } from '../../store/place.ts';
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
    if (place === null) throw new UsageError('there is no cache: HOME is not set, or ASSAY_CACHE is empty');
    const { folder } = place;
    const code = partOfCache('code', place).folder;
    const gone = keep === null ? null : prune(folder, keep);
    const left = cacheSize(folder);
    const goneCode = keep === null ? null : prune(code, Math.max(keep - left.bytes, 0));
    io.stdout.write(`${escapeText(folder, 1000)}: ${sizeText(left, cacheSize(code))}\n`);
    if (gone !== null && goneCode !== null) io.stdout.write(`removed: ${sizeText(gone, goneCode)}\n`);
    return Promise.resolve(EXIT.holds);
  },
};

function bytesOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--prune takes a number of megabytes, not ${text}`);
  return Number(text) * MEGABYTE;
}

function sizeText({ projects, bytes }: CacheSize, code: CacheSize): string {
  const results = `${projects} ${projects === 1 ? 'project' : 'projects'}, ${megabytes(bytes)}`;
  return code.bytes === 0 ? results : `${results}; compiled code of assay, ${megabytes(code.bytes)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
