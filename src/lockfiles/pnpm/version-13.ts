import { posix } from 'node:path';
import { LockfileError, quoted } from '../../readers/error.ts';
import type { JsonNode, JsonObject, JsonValue } from '../../readers/json.ts';
import { objectOf } from '../node-modules/entry.ts';
import { aliasTarget } from '../node-modules/specs.ts';

/** What a project asks for, in the fields of version 9. */
const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
/** Settings of version 13 that stand beside them in version 9. */
const MOVED = ['catalogs', 'overrides', 'packageExtensionsChecksum', 'pnpmfileChecksum', 'patchedDependencies'];

/**
 * A lockfile of version 13 (pnpm 12, `lockfile.format: v13`) in the shape of version 9, with its lines. It leaves out
 * what follows from a specifier, and has packages and snapshots in one.
 */
export function asVersion9(file: string, content: JsonObject): JsonObject {
  const fail = (line: number, problem: string): never => {
    throw new LockfileError(file, line, `${problem}; let pnpm write the file again`);
  };
  const objectIn = (object: JsonObject, key: string): JsonObject => {
    const node = object.get(key);
    return node === undefined || node.value === null ? new Map() : objectOf(file, key, node, 'pnpm');
  };
  const settings = objectIn(content, 'settings');
  const projects = new Map(
    [...objectIn(content, 'projects')].map(([folder, node]) => [folder, objectOf(file, folder, node, 'pnpm')]),
  );
  const packages = objectIn(content, 'packages');
  const folderOf = new Map(
    [...projects].flatMap(([folder, each]) => {
      const name = each.get('name')?.value;
      return typeof name === 'string' ? [[name, folder] as const] : [];
    }),
  );
  const copies = new Map(
    [...packages.keys()].flatMap((key) => {
      const at = key.indexOf('@file:', 1);
      return at === -1 ? [] : [[key.slice(0, at), key.slice(at + 1)] as const];
    }),
  );

  const fromWorkspace = (folder: string, alias: string, spec: string, isInjected: boolean, line: number): string => {
    const [, name = alias] = /^workspace:((?:@[^/@]+\/)?[^@/]+)@/.exec(spec) ?? [];
    const copy = copies.get(name);
    if (isInjected && copy !== undefined) return copy;
    if (/^workspace:\.{1,2}(?:\/|$)/.test(spec)) return `link:${spec.slice('workspace:'.length)}`;
    const target = folderOf.get(name) ?? fail(line, `no project is named ${quoted(name)}`);
    return `link:${posix.relative(folder, target)}`;
  };
  /** The version that version 9 has beside a specifier. */
  const versionOf = (folder: string, alias: string, spec: string, isInjected: boolean, line: number): string => {
    if (spec.startsWith('workspace:')) return fromWorkspace(folder, alias, spec, isInjected, line);
    if (!spec.startsWith('catalog:')) return /^npm:(.+@.+)$/.exec(spec)?.[1] ?? spec;
    const catalog = objectIn(objectIn(settings, 'catalogs'), spec.slice('catalog:'.length) || 'default');
    const entry = objectIn(catalog, alias);
    const [specifier, version] = [entry.get('specifier')?.value, entry.get('version')?.value];
    if (typeof version !== 'string') return fail(line, `no catalog has ${quoted(alias)}`);
    const name = typeof specifier === 'string' ? aliasTarget(specifier) : null;
    return name === null ? version : `${name}@${version}`;
  };
  const importerOf = (folder: string, project: JsonObject): JsonObject => {
    const metas = objectIn(project, 'dependenciesMeta');
    const fields = FIELDS.flatMap((field) => {
      const node = project.get(field);
      if (node === undefined) return [];
      const requirements = [...objectIn(project, field)].map(([alias, { line, value }]) => {
        if (value instanceof Map) {
          const written = value as JsonObject;
          const version = { line, value: withoutPeers(written.get('version')?.value ?? null) };
          return [alias, { line, value: new Map([...written, ['version', version]]) }] as const;
        }
        if (typeof value !== 'string') return fail(line, `${quoted(alias)} is neither text nor an object`);
        const isInjected = objectIn(metas, alias).get('injected')?.value === true;
        const version = versionOf(folder, alias, value, isInjected, line);
        return [alias, { line, value: objectAt(line, { specifier: value, version }) }] as const;
      });
      return [[field, { line: node.line, value: new Map<string, JsonNode>(requirements) }] as const];
    });
    return new Map<string, JsonNode>(fields);
  };

  const entries = new Map<string, JsonNode>();
  const snapshots = new Map<string, JsonNode>();
  for (const [key, node] of packages) {
    const entry = objectOf(file, key, node, 'pnpm');
    const { line } = node;
    entries.set(key, { line, value: entryOf(key, line, entry, objectIn(entry, 'resolution')) });
    const own = answersOf(entry);
    const list = entry.get('snapshots')?.value;
    const variants = Array.isArray(list) ? (list as readonly JsonNode[]) : [];
    for (const [index, variant] of (variants.length === 0 ? [node] : variants).entries()) {
      const added = variant === node ? own : answersOf(objectOf(file, key, variant, 'pnpm'));
      const value = new Map<string, JsonNode>([
        ['dependencies', { line, value: new Map([...own.required, ...added.required]) }],
        ['optionalDependencies', { line, value: new Map([...own.optional, ...added.optional]) }],
      ]);
      // Which of several is meant, follows from what stands beside who asks: all have the same bytes.
      snapshots.set(index === 0 ? key : `${key}(${index})`, { line: variant.line, value });
    }
  }
  const moved = MOVED.flatMap((key) => {
    const node = settings.get(key);
    return node === undefined ? [] : [[key, node] as const];
  });
  const importers = new Map<string, JsonNode>();
  for (const [folder, { line }] of objectIn(content, 'projects')) {
    importers.set(folder, { line, value: importerOf(folder, projects.get(folder) ?? new Map<string, JsonNode>()) });
  }
  const lineOf = (key: string): number => content.get(key)?.line ?? 1;
  return new Map<string, JsonNode>([
    ...content,
    ...moved,
    ['importers', { line: lineOf('projects'), value: importers }],
    ['packages', { line: lineOf('packages'), value: entries }],
    ['snapshots', { line: lineOf('packages'), value: snapshots }],
  ]);
}

/** An entry has its hash beside its resolution; a folder has neither. */
function entryOf(key: string, line: number, entry: JsonObject, resolution: JsonObject): JsonObject {
  const integrity = entry.get('integrity');
  const folder = /^.[^@]*@file:(.*)$/.exec(key)?.[1];
  const isFolder = folder !== undefined && integrity === undefined && !resolution.has('tarball');
  const found: JsonObject = new Map<string, JsonNode>([
    ...resolution,
    ...(integrity === undefined ? [] : [['integrity', integrity] as const]),
    ...(isFolder ? objectAt(line, { type: 'directory', directory: folder }) : []),
  ]);
  return new Map([...entry, ['resolution', { line: entry.get('integrity')?.line ?? line, value: found }]]);
}

type Answers = ReadonlyMap<string, JsonNode>;

/** What an entry or snapshot gets, by name. A peer has its version beside its range, or the range alone. */
function answersOf(entry: JsonObject): { readonly required: Answers; readonly optional: Answers } {
  const read = (field: string): readonly (readonly [string, JsonNode])[] => {
    const object = entry.get(field)?.value;
    if (!(object instanceof Map)) return [];
    return [...(object as JsonObject)].flatMap(([alias, { line, value }]) => {
      const plain = field === 'peerDependencies' ? null : value;
      const version = value instanceof Map ? ((value as JsonObject).get('version')?.value ?? null) : plain;
      return version === null ? [] : [[alias, { line, value: withoutPeers(version) }] as const];
    });
  };
  return {
    required: new Map([...read('dependencies'), ...read('peerDependencies')]),
    optional: new Map(read('optionalDependencies')),
  };
}

/** The peers behind a version, where it has some: entries have one key for all of them. */
function withoutPeers(version: JsonValue): JsonValue {
  return typeof version === 'string' ? version.replace(/\(.*$/s, '') : version;
}

function objectAt(line: number, record: Readonly<Record<string, string>>): JsonObject {
  return new Map(Object.entries(record).map(([key, value]) => [key, { line, value }]));
}
