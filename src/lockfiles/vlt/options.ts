import type { JsonNode, JsonObject } from '../../readers/json.ts';
import { entryFields, objectOf, type EntryFields } from '../node-modules/entry.ts';

/** What `options` says that entries depend on. */
export interface Options {
  /** The address of a registry by its alias, for a package; null where the alias is not known. */
  readonly registryOf: (alias: string, name: string) => string | null;
  /** Whether a registry goes by that alias. */
  readonly isRegistry: (alias: string) => boolean;
  /** Whether it is one that names packages as JSR does. */
  readonly isJsr: (alias: string) => boolean;
  /** By catalog ("" is the one without a name), then by package. */
  readonly catalogs: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By selector. */
  readonly modifiers: ReadonlyMap<string, string>;
}

/** npm's own registry: where nothing else is said. */
export const DEFAULT_REGISTRY = 'https://registry.npmjs.org/';
/** What vlt knows without being told. */
const BUILT_IN = new Map([
  ['npm', DEFAULT_REGISTRY],
  ['gh', 'https://npm.pkg.github.com/'],
  ['jsr', 'https://npm.jsr.io/'],
]);
const BUILT_IN_SCOPES = new Map([['@jsr', 'https://npm.jsr.io/']]);

/** Reads `options`; where it is not there, nothing differs from the defaults. */
export function readOptions(file: string, node: JsonNode | undefined): Options {
  const options: JsonObject = node === undefined ? new Map() : objectOf(file, 'options', node, 'vlt');
  const fields = entryFields(file, 'options', node?.line ?? 1, options, 'vlt');
  const jsr = new Map(addresses(fields, 'jsr-registries'));
  const named = new Map([...BUILT_IN, ...jsr, ...addresses(fields, 'registries')]);
  const scopes = new Map([
    ...BUILT_IN_SCOPES,
    ...addresses(fields, 'scope-registries'),
    ...addresses(fields, 'scoped-registries'),
  ]);
  // They say which host an id such as "git~github_co+r" is of; vlt writes only what differs from what it knows.
  for (const hosts of ['git-hosts', 'git-host-archives']) {
    if (options.has(hosts)) fields.fail(`${hosts} leads packages of git elsewhere, which is not supported`, hosts);
  }
  const main =
    address(fields, 'registry', fields.text('registry')) ??
    named.get(fields.text('default-registry-alias') ?? 'npm') ??
    DEFAULT_REGISTRY;
  const catalogs = new Map([['', texts(fields, 'catalog')]]);
  const listed = options.get('catalogs');
  if (listed !== undefined) {
    for (const [name, each] of objectOf(file, 'catalogs', listed, 'vlt')) {
      const holder = entryFields(file, 'catalogs', each.line, new Map([[name, each]]), 'vlt');
      catalogs.set(name, texts(holder, name));
    }
  }
  return {
    registryOf: (alias, name) => {
      const scope = name.startsWith('@') ? scopes.get(name.slice(0, name.indexOf('/'))) : undefined;
      if (scope !== undefined) return scope;
      if (alias === '') return main;
      // A registry without an alias is named by its address.
      return named.get(alias) ?? (/^https?:/i.test(alias) && URL.canParse(alias) ? alias : null);
    },
    isRegistry: (alias) => named.has(alias),
    isJsr: (alias) => alias === 'jsr' || jsr.has(alias),
    catalogs,
    modifiers: texts(fields, 'modifiers'),
  };
}

function texts(fields: EntryFields, field: string): ReadonlyMap<string, string> {
  return new Map(fields.declarations(field).map(({ name, spec }) => [name, spec]));
}

function addresses(fields: EntryFields, field: string): readonly (readonly [string, string])[] {
  return fields.declarations(field).map(({ name, spec }) => [name, address(fields, field, spec) ?? ''] as const);
}

function address(fields: EntryFields, field: string, text: string | null): string | null {
  if (text === null || (/^https?:/i.test(text) && URL.canParse(text))) return text;
  return fields.fail(`${field} has an address that is none`, field);
}
