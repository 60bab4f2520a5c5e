import { installedAs, parentFolder } from './location.ts';
import type { NpmEntry } from './entry.ts';

/** Finds what a name means in a folder. */
export type Resolve = (folder: string, name: string) => NpmEntry | null;

/** The packages installed in one folder's node_modules, and the next such folder above it. */
interface Scope {
  readonly installed: ReadonlyMap<string, NpmEntry>;
  readonly above: Scope | null;
}

/** Node's resolution over the entries of a lockfile: the nearest node_modules/NAME, upward from a folder. */
export function resolver(entries: readonly NpmEntry[]): Resolve {
  const installed = new Map<string, Map<string, NpmEntry>>();
  for (const entry of entries) {
    const place = installedAs(entry.location);
    if (place === null) continue;
    const siblings = installed.get(place.folder);
    if (siblings === undefined) installed.set(place.folder, new Map([[place.name, entry]]));
    else siblings.set(place.name, entry);
  }
  const scopes = new Map<string, Scope | null>();
  const scopeOf = (folder: string): Scope | null => {
    const known = scopes.get(folder);
    if (known !== undefined) return known;
    const parent = parentFolder(folder);
    const above = parent === null ? null : scopeOf(parent);
    const here = installed.get(folder);
    const scope = here === undefined ? above : { installed: here, above };
    scopes.set(folder, scope);
    return scope;
  };
  return (folder, name) => {
    for (let scope = scopeOf(folder); scope !== null; scope = scope.above) {
      const entry = scope.installed.get(name);
      if (entry !== undefined) return entry;
    }
    return null;
  };
}
