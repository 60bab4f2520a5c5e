import { refuseConflicts } from '../common/conflicts.ts';
import { isTable, tableOf, textsOf } from '../../readers/toml-tables.ts';
import { parseToml, type TomlTable, type TomlValue } from '../../readers/toml.ts';

/** What of a Cargo.toml says who asks for what (https://doc.rust-lang.org/cargo/reference/manifest.html). */
export interface CargoManifest {
  /** Null for a workspace without a package of its own. */
  readonly name: string | null;
  /** Names of packages, of dependencies and build dependencies on every target. */
  readonly dependencies: ReadonlySet<string>;
  /** Names of packages that tests and examples alone need. */
  readonly devDependencies: ReadonlySet<string>;
  /** How many of both come from elsewhere than folders. */
  readonly fetched: number;
  /** Folders that dependencies are taken from, relative to the manifest's. */
  readonly folders: readonly string[];
  /** Null where it is the root of no workspace. */
  readonly workspace: { readonly members: readonly string[]; readonly exclude: readonly string[] } | null;
  /** Names of packages that `[patch]` or `[replace]` takes from a folder, with that folder. */
  readonly patches: ReadonlyMap<string, string>;
  readonly root: TomlTable;
}

/** Reads a Cargo.toml. `inheritsFrom` is that of its workspace, where it is another. */
export function readCargoManifest(file: string, text: string, inheritsFrom: TomlTable | null): CargoManifest {
  refuseConflicts(file, text, 'cargo generate-lockfile');
  const { root } = parseToml(file, text.replace(/^\uFEFF/, ''), 'mend it');
  const inherited = tableOf(tableOf((inheritsFrom ?? root).get('workspace')).get('dependencies'));
  const places = [root, ...[...tableOf(root.get('target')).values()].map(tableOf)];
  const asked = (...names: readonly string[]): readonly (readonly [string, TomlTable])[] =>
    places.flatMap((place) => names.flatMap((name) => entriesOf(place.get(name), inherited)));
  const normal = asked('dependencies', 'build-dependencies', 'build_dependencies');
  const dev = asked('dev-dependencies', 'dev_dependencies');
  const name = tableOf(root.get('package') ?? root.get('project')).get('name');
  const workspace = root.get('workspace');
  const replacing = [...tableOf(root.get('patch')).values(), root.get('replace')];
  const patched = replacing.flatMap((one) => entriesOf(one, new Map()));
  return {
    name: typeof name === 'string' ? name : null,
    dependencies: new Set(normal.map(([one]) => one)),
    devDependencies: new Set(dev.map(([one]) => one)),
    fetched: [...normal, ...dev].filter(([, spec]) => !spec.has('path')).length,
    folders: [...normal, ...dev, ...patched].flatMap(([, spec]) => textsOf(spec.get('path'))),
    workspace: isTable(workspace)
      ? { members: textsOf(workspace.get('members')), exclude: textsOf(workspace.get('exclude')) }
      : null,
    patches: new Map(patched.flatMap(([one, spec]) => textsOf(spec.get('path')).map((path) => [one, path] as const))),
    root,
  };
}

/** The packages that a table names, each with what it says of it; a plain version says nothing more. */
function entriesOf(table: TomlValue | undefined, inherited: TomlTable): readonly (readonly [string, TomlTable])[] {
  return [...tableOf(table)].map(([key, value]) => {
    const own = tableOf(value);
    const spec = own.get('workspace') === true ? new Map([...tableOf(inherited.get(key)), ...own]) : own;
    const renamed = spec.get('package');
    // A key of [replace] is a package id: NAME:VERSION or NAME@VERSION.
    return [typeof renamed === 'string' ? renamed : key.replace(/[:@].*$/s, ''), spec] as const;
  });
}
