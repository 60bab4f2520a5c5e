import { quoted } from '../../readers/error.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import { fieldsOf, objectOf } from '../node-modules/entry.ts';
import { hasControlCharacters } from '../../readers/text.ts';
import { mappingOf, type PnpmDocument } from './document.ts';
import type { Reference } from './entry.ts';
import type { Ask } from './project.ts';

/** What a project asks for, and how: the range or address of its package.json, null where the lockfile has none. */
export interface Requirement extends Reference {
  readonly specifier: string | null;
  /** The specifier as package.json has it: for a catalog, its name. */
  readonly written: string | null;
  readonly kind: Ask['kind'];
}

/** A project of the workspace. */
export interface Importer {
  /** Relative to the lockfile; "." is the folder it is in. */
  readonly folder: string;
  readonly line: number;
  readonly requirements: readonly Requirement[];
}

/** What pnpm installs for the project, and, in the document before the project's, for itself and its configuration. */
const FIELDS = [
  ['dependencies', 'prod'],
  ['configDependencies', 'prod'],
  ['packageManagerDependencies', 'prod'],
  ['devDependencies', 'dev'],
  ['optionalDependencies', 'optional'],
] as const;

/** What the package.json of a folder asks for; null where it is not known. */
type AsksOf = (folder: string) => ReadonlyMap<string, Ask> | null;

/**
 * Reads `importers`. Up to version 6, what the only project asks for may stand beside it. Whether something is for
 * development or optional, its package.json decides, where that asks for it.
 */
export function readImporters(document: PnpmDocument, asksOf: AsksOf): readonly Importer[] {
  const { file, content, line } = document;
  const importers = [...mappingOf(file, content, 'importers')].map(([folder, node]) =>
    readImporter(document, folder, node.line, objectOf(file, folder, node, 'pnpm'), asksOf(folder)),
  );
  const isAlone = FIELDS.some(([field]) => content.has(field));
  return isAlone ? [...importers, readImporter(document, '.', line, content, asksOf('.'))] : importers;
}

function readImporter(
  document: PnpmDocument,
  folder: string,
  line: number,
  object: JsonObject,
  asks: ReadonlyMap<string, Ask> | null,
): Importer {
  const { file } = document;
  const fields = fieldsOf(file, folder, line, object, 'pnpm');
  if (hasControlCharacters(folder)) return fields.fail('the folder has control characters');
  const specifiers = mappingOf(file, object, 'specifiers');
  const catalogs = mappingOf(file, document.content, 'catalogs');
  const requirementsOf = ([field, kind]: (typeof FIELDS)[number]): readonly Requirement[] =>
    [...mappingOf(file, object, field)].map(([alias, node]) => {
      const inline = node.value instanceof Map ? (node.value as JsonObject) : null;
      const reference = textOf(inline === null ? node : inline.get('version'));
      if (hasControlCharacters(alias)) return fields.fail(`${quoted(alias)} has control characters`);
      if (reference === null) return fields.fail(`the version of ${quoted(alias)} is not text`);
      const specifier = textOf(inline === null ? specifiers.get(alias) : inline.get('specifier'));
      const asked = asks?.get(alias);
      return {
        alias,
        reference,
        line: node.line,
        specifier: fromCatalog(catalogs, alias, specifier),
        written: specifier,
        kind: asked?.kind ?? kind,
      };
    });
  return { folder, line, requirements: FIELDS.flatMap(requirementsOf) };
}

function textOf(node: JsonNode | undefined): string | null {
  return typeof node?.value === 'string' && !hasControlCharacters(node.value) ? node.value : null;
}

/** What a catalog has in place of "catalog:" or "catalog:NAME". */
function fromCatalog(catalogs: JsonObject, alias: string, specifier: string | null): string | null {
  if (specifier?.startsWith('catalog:') !== true) return specifier;
  const catalog = catalogs.get(specifier.slice('catalog:'.length).replace(/^ +| +$/g, '') || 'default')?.value;
  const entry = catalog instanceof Map ? (catalog as JsonObject).get(alias)?.value : null;
  return entry instanceof Map ? textOf((entry as JsonObject).get('specifier')) : null;
}
