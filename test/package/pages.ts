import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const markdownIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(folder, path));

/** The READMEs of the folders of src/. */
export const FOLDER_PAGES = markdownIn('src').sort();

/** The pages that tell people where things are. */
export const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md'],
  ...markdownIn('docs').sort(),
  ...FOLDER_PAGES,
];

/** A page without its blocks of code, in which a path may be somebody else's. */
const proseOf = (page: string): string => page.replace(/^( *)```[^]*?^\1```/gm, '');

/** What stands in backticks; a code span may go over the end of a line. */
export const spansOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);

/** The paths of this repository in a page's backticks, also those in a command. */
export const pathsIn = (page: string): readonly string[] =>
  spansOf(page).flatMap((span) => span.match(/(?<=^|\s)(?:src|test|lab|bench|scripts|docs)\/\S*/g) ?? []);

/** Where the links of a page lead that leave neither the repository nor the disk. */
export const linksIn = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)]
    .map(([, inline, below]) => inline ?? below ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));

/** GitHub's name for a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');

/** What a page names that is not there; `at` is its path. */
export function missingIn(page: string, at: string): readonly string[] {
  const paths = pathsIn(page).filter((path) => !existsSync(join(ROOT, path)));
  const links = linksIn(page).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? at : relative(ROOT, resolve(ROOT, dirname(at), decodeURIComponent(path)));
    if (path !== '' && !existsSync(join(ROOT, target))) return true;
    if (anchor === undefined || anchor === '' || !target.endsWith('.md')) return false;
    const text = path === '' ? page : read(target);
    const headings = [...proseOf(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
    return !headings.includes(anchor);
  });
  return [...paths, ...links];
}

/** Sources that a folder's README names, by its folder, the one above, or src/, and that are not there. */
export function missingSources(page: string, at: string): readonly string[] {
  const from = [dirname(at), dirname(dirname(at)), 'src', '.'].map((folder) => join(ROOT, folder));
  const sources = spansOf(page).filter((span) => /^[\w./-]+\.ts$/.test(span));
  return sources.filter((path) => !from.some((folder) => existsSync(join(folder, path))));
}

/** The folders of src/ that hold sources, or folders that do. */
export const FOLDERS = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => join('src', path))
  .filter((path) => statSync(join(ROOT, path)).isDirectory());
