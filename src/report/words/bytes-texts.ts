import { escapeText, quoteText } from './escape.ts';
import { listed } from './layout.ts';
import type { Texts } from './text.ts';

/** The words of what tarballs, and what is installed, show. */
export const BYTES_TEXTS: Texts<
  'history-manifest-differs' | 'installed-modified' | 'installed-missing' | 'installed-added' | 'source-mismatch'
> = {
  'history-manifest-differs': {
    title: 'registry and package disagree',
    clause: ({ field, registry, tarball }, archive) =>
      `has ${quotedOrNone(registry)} as ${escapeText(field, 60)} at the registry and ${quotedOrNone(tarball)} in its ${archive}`,
    why: 'what tools read about it is not what is installed',
    next: 'stop',
  },
  'installed-modified': {
    title: 'what is installed is not what was published',
    clause: ({ path, files, total, patches, what, found, artifact }, archive) => {
      const of = artifact ?? archive;
      const place = escapeText(path, 120);
      switch (what) {
        case 'added':
          return `has ${fileCount(total)} at ${place} that a build may take and its ${of} has not (${fileNames(files, total)})`;
        case 'missing':
          return `lacks ${fileCount(total)} at ${place} that a build takes from its ${of} (${fileNames(files, total)})`;
        case 'files':
          return `has ${fileCount(total)} at ${place} with other content than its ${of} (${fileNames(files, total)})${patchText(patches)}`;
        case 'version':
          return `is not what is at ${place}, which says that it is version ${found === null ? 'unknown' : escapeText(found, 60)}`;
        case 'link':
          return `is not at ${place}: there is a link to elsewhere`;
        case 'other':
          return `is not at ${place}: there is no folder`;
      }
    },
    why: 'what runs is not what was verified',
    next: 'explain',
  },
  'installed-missing': {
    title: 'files are not installed',
    clause: ({ path, files, total, patches, artifact }, archive) =>
      `lacks ${fileCount(total)} of its ${artifact ?? archive} at ${escapeText(path, 120)} (${fileNames(files, total)})${patchText(patches)}`,
    why: 'something removed them after the package was installed, or installed only a part',
    next: 'explain',
  },
  'installed-added': {
    title: 'files that were not published',
    clause: ({ path, files, total, patches, scripts, artifact }, archive) =>
      `has ${fileCount(total)} at ${escapeText(path, 120)} that its ${artifact ?? archive} has not (${fileNames(files, total)})${
        scripts.length === 0 ? '' : `, perhaps from its ${listed(scripts, 3, (name) => escapeText(name, 40))} script`
      }${patchText(patches)}`,
    why: 'they may be loaded, and nothing vouches for them',
    next: 'explain',
  },
  'source-mismatch': {
    title: 'the zip is not what the repository has',
    clause: ({ checkout, tag, commit, what, files, total }) => {
      const id = escapeText(commit.slice(0, 12), 12);
      const at = `${tag === null ? `commit ${id}` : `${escapeText(tag, 80)} (${id})`} of ${escapeText(checkout, 120)}`;
      const named = fileCount(total);
      const list = fileNames(files, total);
      switch (what) {
        case 'files':
          return `has ${named} with other content than ${at} (${list})`;
        case 'added':
          return `has ${named} in its zip that ${at} has not (${list})`;
        case 'missing':
          return `lacks ${named} in its zip that ${at} has (${list})`;
      }
    },
    why: 'what is built is not what anybody can read there: the tag was moved, or the zip was never made from it',
    next: 'refuse',
  },
};

const fileCount = (total: number): string => (total === 1 ? 'a file' : `${String(total)} files`);

function patchText(patches: readonly string[] | undefined): string {
  return patches === undefined
    ? ''
    : `, perhaps from its patch (${listed(patches, 3, (patch) => escapeText(patch, 80))})`;
}

function fileNames(files: readonly string[], total: number): string {
  const names = files.slice(0, 3).map((file) => escapeText(file, 80));
  const rest = total - names.length;
  return [...names, ...(rest > 0 ? [`and ${String(rest)} more`] : [])].join(', ');
}

const quotedOrNone = (text: string): string => (text === '' ? 'nothing' : quoteText(text, 80));
