import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import type { BytesUsed, InstalledUsed, Report } from '../../model/report.ts';
import { escapeText } from '../words/escape.ts';
import { count, listed } from '../words/layout.ts';

/** What the report says of tarballs, or of other archives, and of what is installed, a text for each line. */
export function bytesRows({
  bytes,
  installed,
  dependencies,
}: Pick<Report, 'bytes' | 'installed' | 'dependencies'>): string[] {
  const nounOf = (word: 'archive' | 'unpacked'): string => {
    const words = new Set(dependencies.map(({ dependency: { ecosystem } }) => conventionsOf(ecosystem)[word]));
    const [only = 'tarball', ...others] = words;
    return others.length === 0 ? only : 'archive';
  };
  return [
    ...(bytes === null ? [] : archiveRows(bytes, nounOf('archive'))),
    ...(installed === null ? [] : installedRows(installed, nounOf('unpacked'))),
  ];
}

function archiveRows({ tarballs, size, cached, corrupt, inRepositories }: BytesUsed, noun: string): string[] {
  const from = cached === 0 ? '' : `, ${String(cached)} from a cache of this machine`;
  const what = `bytes hashed: ${count(tarballs, noun, `${noun}s`)} (${sizeText(size)}${from})`;
  return [
    what,
    ...(corrupt.length === 0
      ? []
      : [`a cache had other bytes of ${names(corrupt)}, and the registry was asked instead`]),
    ...(inRepositories === undefined
      ? []
      : [`repositories: ${count(inRepositories, noun, `${noun}s`)} as the commit of the version has it`]),
  ];
}

function installedRows({ copies, files, absent, unlocked }: InstalledUsed, noun: string): string[] {
  return [
    `installed: ${count(files, 'file', 'files')} of ${count(copies, 'copy', 'copies')} as in their ${noun}s`,
    ...(absent.length === 0 ? [] : [`not installed, or not everywhere: ${names(absent)}`]),
    ...(unlocked.length === 0 ? [] : [`installed, but not in the lockfile and not looked at: ${names(unlocked)}`]),
  ];
}

function names(texts: readonly string[]): string {
  const list = listed(texts, 3, (text) => escapeText(text, 100));
  return texts.length > 3 ? `${String(texts.length)} (${list})` : list;
}

function sizeText(bytes: number): string {
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB'];
  return `${size < 100 ? size.toFixed(1) : size.toFixed(0)} ${unit}`;
}
