import { posix } from 'node:path';
import clean from 'semver/functions/clean.js';
import type { PackageFile } from '../../model/capability.ts';
import type { Declaration } from '../../model/evidence.ts';
import { parseDeclaration } from './declaration.ts';
import { isObject } from '../../model/value.ts';
import { textOf, type Parsed } from '../../readers/untrusted-json.ts';
import { MAX_NAME_LENGTH, MAX_VERSION_LENGTH } from '../../model/limits.ts';

export const PACKAGE_JSON = 'package.json';

/**
 * What the package.json of a package declares, as a registry writes it: npm cleans it up when it publishes, and takes a
 * binding.gyp for an install script where there is none. `files` are all of the package, package.json with its content.
 */
export function readDeclaration(files: readonly PackageFile[]): Parsed<Declaration> {
  const named = files.filter(({ path }) => path.toLowerCase() === PACKAGE_JSON);
  const bytes = named.find(({ path }) => path === PACKAGE_JSON)?.bytes ?? null;
  if (bytes === null) return { malformed: 'there is no package.json in it' };
  // Where file names have no case, another one takes its place.
  if (named.length > 1) return { malformed: 'there is more than one package.json in it' };
  const json = parseText(new TextDecoder().decode(bytes));
  if (!isObject(json)) return { malformed: 'its package.json is not a JSON object' };
  const name = textOf(json['name'], MAX_NAME_LENGTH)?.trim() ?? '';
  const version = textOf(json['version'], MAX_VERSION_LENGTH) ?? '';
  const isBuilt = json['gypfile'] !== false && files.some(({ path }) => path.toLowerCase() === 'binding.gyp');
  const declared = parseDeclaration({ ...json, gypfile: isBuilt, hasInstallScript: false }, name);
  const bin = listed(declared.bin, files);
  return { value: { name, version: clean(version, { loose: true }) ?? version, ...declared, bin } };
}

/** The decoder takes off a byte order mark, as npm does. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The commands of a declaration that names only their folder. */
function listed(bin: Declaration['bin'], files: readonly PackageFile[]): Declaration['bin'] {
  const folder = bin[''];
  if (folder === undefined) return bin;
  const found = files.filter(({ path }) => path.startsWith(folder) && !/(?:^|\/)\./.test(path.slice(folder.length)));
  return Object.fromEntries(found.map(({ path }) => [posix.basename(path), path]));
}
