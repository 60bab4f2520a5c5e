/**
 * `npm run map` draws which folders of src/ import which, type imports and lazy ones counted, the lowest floor last, and fails
 * where folders import each other in a circle. `--edge FROM TO` names the imports between two folders.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const SRC = join(import.meta.dirname, '../src');

/** Which files a file of src/ imports, by path relative to src/. */
function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(SRC, file), 'utf8'));
  return importedFiles.flatMap(({ fileName }) =>
    fileName.startsWith('.') ? [relative(SRC, join(SRC, dirname(file), fileName))] : [],
  );
}

/** Folders, each with what it imports of others. */
export function folders() {
  const files = readdirSync(SRC, { recursive: true }).filter((file) => file.endsWith('.ts'));
  const map = new Map(files.map((file) => [dirname(file), new Map()]));
  for (const file of files) {
    for (const imported of importsOf(file)) {
      const [from, to] = [dirname(file), dirname(imported)];
      if (from !== to) map.get(from).set(to, [...(map.get(from).get(to) ?? []), `${file} -> ${imported}`]);
    }
  }
  return map;
}

/** The floor of each folder: one above the highest that it imports. Throws where there is a circle, and says which. */
export function floors(map) {
  const known = new Map();
  const floorOf = (folder, above) => {
    if (above.includes(folder))
      throw new Error(`a circle: ${[...above.slice(above.indexOf(folder)), folder].join(' -> ')}`);
    if (!known.has(folder)) {
      const below = [...map.get(folder).keys()].map((one) => floorOf(one, [...above, folder]));
      known.set(folder, Math.max(-1, ...below) + 1);
    }
    return known.get(folder);
  };
  for (const folder of map.keys()) floorOf(folder, []);
  return known;
}

const [option, from, to] = process.argv.slice(2);
if (option === '--edge') console.log((folders().get(from)?.get(to) ?? []).join('\n'));
