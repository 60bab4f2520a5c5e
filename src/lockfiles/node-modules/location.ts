import { posix } from 'node:path';
import { hasControlCharacters } from '../../readers/text.ts';
import { isPackageName } from './names.ts';

const FOLDER = 'node_modules/';

/** npm nests a few levels; the bound keeps every walk up the tree short. */
const MAX_NESTING = 32;
const MAX_LENGTH = 4096;

/**
 * Whether a location is in the one form npm writes: relative, "/" between parts, ".." only at the start (a folder
 * beside the project), so that two texts never mean one place; after the last node_modules a package name.
 */
export function isLocation(location: string): boolean {
  if (location === '') return true;
  // As most are: in the outermost folder, where a name cannot have what is looked for below.
  if (lastNodeModules(location) === 0) return isPackageName(location.slice(FOLDER.length));
  if (location.length > MAX_LENGTH || location.includes('\\') || hasControlCharacters(location)) return false;
  if (/^(?:\.\.\/)*\.\.$/.test(location)) return true;
  const inside = location.replace(/^(?:\.\.\/)+/, '');
  if (UNWRITTEN.test(inside) || nesting(inside) > MAX_NESTING) return false;
  const installed = installedAs(inside);
  return installed === null ? !/(?:^|\/)node_modules$/.test(inside) : isPackageName(installed.name);
}

/** A part that is empty, "." or "..", and node_modules right in node_modules. */
const UNWRITTEN = /(?:^|\/)(?:\.{0,2}|node_modules\/node_modules)(?:\/|$)/;

function nesting(location: string): number {
  let count = 0;
  for (let at = location.indexOf(FOLDER); at !== -1; at = location.indexOf(FOLDER, at + FOLDER.length)) {
    if (at === 0 || location.charAt(at - 1) === '/') count += 1;
  }
  return count;
}

/** The location of a relative path, as the links of a lockfile write it. */
export function locationOf(path: string): string {
  const normal = posix.normalize(path).replace(/\/$/, '');
  return normal === '.' ? '' : normal;
}

/** Index of the last "node_modules/" of a location, or -1: what follows is the name it is installed under. */
export function lastNodeModules(location: string): number {
  const at = location.lastIndexOf(`/${FOLDER}`);
  if (at !== -1) return at + 1;
  return location.startsWith(FOLDER) ? 0 : -1;
}

/** The folder whose node_modules holds this location, and the name it is installed under; null outside of any. */
export function installedAs(location: string): { readonly folder: string; readonly name: string } | null {
  const at = lastNodeModules(location);
  if (at === -1) return null;
  return { folder: location.slice(0, Math.max(at - 1, 0)), name: location.slice(at + FOLDER.length) };
}

/** The folder above; null above the project, and above a folder beside it. */
export function parentFolder(folder: string): string | null {
  if (folder === '' || folder === '..' || folder.endsWith('/..')) return null;
  const slash = folder.lastIndexOf('/');
  return slash === -1 ? '' : folder.slice(0, slash);
}

/** The location of a path as a folder names it; null for one that is not relative. */
export function joinedTo(folder: string, path: string): string | null {
  const plain = path.replaceAll('\\', '/');
  if (/^(?:\/|~|[a-z]:)/i.test(plain)) return null;
  return locationOf(folder === '' ? plain : `${folder}/${plain}`);
}
