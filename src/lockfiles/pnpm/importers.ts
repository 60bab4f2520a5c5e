import { posix } from 'node:path';
import { quoted } from '../error.ts';
import type { JsonNode, JsonObject } from '../json.ts';
import { fieldsOf, objectOf } from '../npm/entry.ts';
import { hasControlCharacters } from '../text.ts';
import { mappingOf, type PnpmDocument } from './document.ts';
import type { Reference } from './entry.ts';

/** What a project asks for, and how: the range or address of its package.json, null where the lockfile has none. */
export interface Wish extends Reference {
  readonly specifier: string | null;
}

/** A project of the workspace. */
export interface Importer {
  /** Relative to the lockfile; "." is the folder it is in. */
  readonly folder: string;
  readonly line: number;
  readonly wishes: readonly Wish[];
  readonly devWishes: readonly Wish[];
  readonly optionalWishes: readonly Wish[];
}

/** What pnpm installs for the project, and, in the document before the project's, for itself and its configuration. */
const REQUIRED = ['dependencies', 'configDependencies', 'packageManagerDependencies'];
const FIELDS = [...REQUIRED, 'devDependencies', 'optionalDependencies'];

/** Reads `importers`. Up to version 6, what the only project asks for may stand beside it. */
export function readImporters(document: PnpmDocument): readonly Importer[] {
  const { file, content, line } = document;
  const importers = [...mappingOf(file, content, 'importers')].map(([folder, node]) =>
    readImporter(document, folder, node.line, objectOf(file, folder, node, 'pnpm')),
  );
  const isAlone = FIELDS.some((field) => content.has(field));
  return isAlone ? [...importers, readImporter(document, '.', line, content)] : importers;
}

function readImporter(document: PnpmDocument, folder: string, line: number, object: JsonObject): Importer {
  const { file } = document;
  const fields = fieldsOf(file, folder, line, object, 'pnpm');
  if (hasControlCharacters(folder)) return fields.fail('the folder has control characters');
  const specifiers = mappingOf(file, object, 'specifiers');
  const catalogs = mappingOf(file, document.content, 'catalogs');
  const wishesOf = (field: string): readonly Wish[] =>
    [...mappingOf(file, object, field)].map(([alias, node]) => {
      const inline = node.value instanceof Map ? (node.value as JsonObject) : null;
      const reference = textOf(inline === null ? node : inline.get('version'));
      if (reference === null) return fields.fail(`the version of ${quoted(alias)} is not text`);
      const specifier = textOf(inline === null ? specifiers.get(alias) : inline.get('specifier'));
      return { alias, reference, line: node.line, specifier: fromCatalog(catalogs, alias, specifier) };
    });
  return {
    folder,
    line,
    wishes: REQUIRED.flatMap(wishesOf),
    devWishes: wishesOf('devDependencies'),
    optionalWishes: wishesOf('optionalDependencies'),
  };
}

function textOf(node: JsonNode | undefined): string | null {
  return typeof node?.value === 'string' && !hasControlCharacters(node.value) ? node.value : null;
}

/** What a catalog has in place of "catalog:" or "catalog:NAME". */
function fromCatalog(catalogs: JsonObject, alias: string, specifier: string | null): string | null {
  if (specifier?.startsWith('catalog:') !== true) return specifier;
  const catalog = catalogs.get(specifier.slice('catalog:'.length).trim() || 'default')?.value;
  const entry = catalog instanceof Map ? (catalog as JsonObject).get(alias)?.value : null;
  return entry instanceof Map ? textOf((entry as JsonObject).get('specifier')) : null;
}

/** The folder that "link:PATH" of a project means, relative to the lockfile. */
export function linkedFolder(folder: string, reference: string): string {
  return posix.normalize(posix.join(folder, reference.slice('link:'.length))).replace(/\/$/, '') || '.';
}
