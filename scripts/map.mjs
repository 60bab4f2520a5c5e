/**
 * `npm run map` draws which folders of src/ import which, type imports and lazy ones counted, into
 * docs/architecture.md, and into the README of each. Fails where files import each other in a circle, or folders
 * otherwise than src/rooms.json says. `--check` writes nothing, and fails where something would be written.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const ROOMS = JSON.parse(readFileSync(join(ROOT, 'src/rooms.json'), 'utf8'));
const PAGE = join(ROOT, 'docs/architecture.md');
const [BEGIN, END] = ['<!-- npm run map -->\n', '<!-- end of the map -->'];

/** Every file of src/ with those that it imports, by path relative to src/. */
export function filesOf(src) {
  const files = readdirSync(src, { recursive: true }).filter((file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [file, importsOf(src, file)]));
}

function importsOf(src, file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(src, file), 'utf8'));
  const found = importedFiles.map(({ fileName }) => relative(src, join(src, dirname(file), fileName)));
  return found.filter((path, i) => importedFiles[i].fileName.startsWith('.') && !path.startsWith('..'));
}

/** Every folder with the others that its files import. */
export function foldersOf(files) {
  const folders = new Map([...files.keys()].map((file) => [dirname(file), new Set()]));
  for (const [file, imported] of files) {
    for (const to of imported) if (dirname(to) !== dirname(file)) folders.get(dirname(file)).add(dirname(to));
  }
  return folders;
}

/** A circle of imports, the first file twice; null where there is none. */
export function circleIn(imports) {
  const done = new Set();
  const walk = (one, above) => {
    if (above.includes(one)) return [...above.slice(above.indexOf(one)), one];
    if (done.has(one)) return null;
    for (const to of imports.get(one) ?? []) {
      const circle = walk(to, [...above, one]);
      if (circle !== null) return circle;
    }
    done.add(one);
    return null;
  };
  for (const one of imports.keys()) {
    const circle = walk(one, []);
    if (circle !== null) return circle;
  }
  return null;
}

/** What is wrong with what `rooms` says that folders import, the lowest first: a line each. */
export function problemsOf(folders, rooms) {
  const order = Object.keys(rooms);
  const unlisted = [...folders.keys()].filter((folder) => !order.includes(folder));
  const lines = order.flatMap((folder, i) => {
    const [allowed, used] = [rooms[folder], [...(folders.get(folder) ?? [])]];
    return [
      ...used.filter((to) => !allowed.includes(to)).map((to) => `${folder} may not import ${to}, and does`),
      ...allowed.filter((to) => !used.includes(to)).map((to) => `${folder} may import ${to}, and does not`),
      ...allowed.filter((to) => order.indexOf(to) >= i).map((to) => `${folder} stands below ${to}, which it imports`),
    ];
  });
  return [...unlisted.map((folder) => `src/${folder} is not in src/rooms.json`), ...lines];
}

function drawing(folders) {
  const width = Math.max(...Object.keys(ROOMS).map((folder) => folder.length)) + 2;
  const rows = Object.keys(ROOMS)
    .toReversed()
    .map((folder) => {
      const below = ROOMS[folder].filter((to) => folders.get(folder).has(to));
      return `${(folder === '.' ? 'index.ts' : folder).padEnd(width)}${below.join(' ')}`.trimEnd();
    });
  return `\n\`\`\`text\n${rows.join('\n')}\n\`\`\`\n\n`;
}

function main() {
  const files = filesOf(join(ROOT, 'src'));
  const folders = foldersOf(files);
  const circle = circleIn(files) ?? circleIn(folders);
  const problems = [...(circle === null ? [] : [`a circle: ${circle.join(' -> ')}`]), ...problemsOf(folders, ROOMS)];
  if (problems.length > 0) throw new Error(problems.join('\nmap: '));
  const texts = new Map([[PAGE, between(readFileSync(PAGE, 'utf8'), BEGIN, END, drawing(folders))]]);
  for (const folder of Object.keys(ROOMS)) {
    const path = join(ROOT, 'src', folder, 'README.md');
    texts.set(
      path,
      between(readFileSync(path, 'utf8'), '\nImports:', '\n\n', ` ${ROOMS[folder].join(', ') || 'nothing'}.`),
    );
  }
  for (const [path, text] of texts) {
    if (text === readFileSync(path, 'utf8')) continue;
    if (process.argv.includes('--check'))
      throw new Error(`${relative(ROOT, path)} is older than the imports; run npm run map`);
    writeFileSync(path, text);
  }
  console.log(drawing(folders).trim());
}

/** The text with another one between two marks, of which the second is the first after the first. */
function between(text, begin, end, middle) {
  const start = text.indexOf(begin) + begin.length;
  return text.slice(0, start) + middle + text.slice(text.indexOf(end, start));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(`map: ${error.message}`);
    process.exitCode = 1;
  }
}
