import { posix } from 'node:path';
import type { Declaration } from '../../model/evidence.ts';
import * as bounds from '../../model/limits.ts';
import { isObject, type Fields } from '../../model/value.ts';

type TextRecord = Readonly<Record<string, string>>;

const NO_TEXTS: TextRecord = Object.freeze(Object.create(null) as Record<string, string>);
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'] as const;

/** What a manifest of a registry or a package.json says is installed, linked or run by the package of this name. */
export function parseDeclaration(json: Fields, name: string): Omit<Declaration, 'name' | 'version'> {
  return {
    dependencies: texts(json['dependencies'], json['optionalDependencies']),
    peerDependencies: texts(optionalPeers(json['peerDependenciesMeta']), json['peerDependencies']),
    bundles: parseBundles(json),
    installScripts: parseInstallScripts(json),
    bin: (json['bin'] ?? null) === null ? parseBinFolder(json['directories']) : parseBin(json['bin'], name),
    ...parseOptional(json),
    ...parsePlatforms(json),
  };
}

/** `optionalDependencies`, and what `dependenciesMeta` says so of, which is Yarn's. */
function parseOptional(manifest: Fields): Pick<Declaration, 'optional'> {
  const meta = isObject(manifest['dependenciesMeta']) ? manifest['dependenciesMeta'] : {};
  const flagged = Object.entries(meta).flatMap(([name, one]) =>
    isObject(one) && one['optional'] === true ? name : [],
  );
  const names = [...Object.keys(texts(manifest['optionalDependencies'])), ...flagged];
  return names.length === 0 ? {} : { optional: names.slice(0, bounds.MAX_DEPENDENCIES) };
}

/** Only lists count, as to Yarn. */
function parsePlatforms(manifest: Fields): Pick<Declaration, 'platforms'> {
  const found = (['os', 'cpu', 'libc'] as const).flatMap((field) => {
    const listed = manifest[field];
    const names = Array.isArray(listed) ? listed.filter((name) => typeof name === 'string') : [];
    return names.length === 0 ? [] : [[field, names.slice(0, bounds.MAX_DEPENDENCIES)] as const];
  });
  return found.length === 0 ? {} : { platforms: Object.fromEntries(found) };
}

/** A peer that only `peerDependenciesMeta` names is one of any version. */
function optionalPeers(meta: unknown): TextRecord {
  return isObject(meta) ? Object.fromEntries(Object.keys(meta).map((name) => [name, '*'])) : NO_TEXTS;
}

/** Both spellings are npm's; `true` stands for every dependency. */
function parseBundles(manifest: Fields): readonly string[] {
  const declared = manifest['bundleDependencies'] ?? manifest['bundledDependencies'];
  if (declared === true) return Object.keys(texts(manifest['dependencies']));
  if (!Array.isArray(declared)) return [];
  return declared.filter((name) => typeof name === 'string').slice(0, bounds.MAX_DEPENDENCIES);
}

/**
 * What npm runs at install. A package with a binding.gyp and no install script is built (npm's registry shows it as
 * `gypfile`). Abbreviated documents say only that there is a script; its text is then empty.
 */
function parseInstallScripts(manifest: Fields): TextRecord {
  const scripts = isObject(manifest['scripts']) ? manifest['scripts'] : {};
  const found = INSTALL_SCRIPTS.flatMap((name) => {
    const text = Object.hasOwn(scripts, name) ? scripts[name] : null;
    return typeof text === 'string' && text !== '' ? [[name, text] as const] : [];
  });
  if (manifest['gypfile'] === true && !found.some(([name]) => name !== 'postinstall')) {
    found.push(['install', 'node-gyp rebuild']);
  }
  if (found.length === 0 && manifest['hasInstallScript'] === true) found.push(['install', '']);
  return found.length === 0 ? NO_TEXTS : Object.fromEntries(found);
}

/** `directories.bin`: every file of that folder is a command. The folder, with a slash at its end, has no name. */
function parseBinFolder(directories: unknown): TextRecord {
  const folder = isObject(directories) ? directories['bin'] : null;
  return typeof folder === 'string' ? { '': `${posix.join('/', folder).slice(1)}/` } : NO_TEXTS;
}

/**
 * Text stands for one command of the package's own name. Paths and names are written as npm's registry has them
 * (npm-normalize-package-bin): no file outside of the package, and no command outside of the folder for commands.
 */
function parseBin(value: unknown, name: string): TextRecord {
  const declared = typeof value === 'string' ? { [name]: value } : Array.isArray(value) ? listedBin(value) : value;
  const bin = Object.create(null) as Record<string, string>;
  for (const [key, path] of Object.entries(texts(declared))) {
    const command = posix.join('/', posix.basename(key.replaceAll(/[\\:]/g, '/'))).slice(1);
    const file = posix.join('/', path.replaceAll('\\', '/')).slice(1);
    if (command !== '' && file !== '') bin[command] = file;
  }
  return bin;
}

function listedBin(paths: readonly unknown[]): Record<string, string> {
  const texts = paths.filter((path) => typeof path === 'string');
  return Object.fromEntries(texts.map((path) => [posix.basename(path), path]));
}

/**
 * The text values of the given objects, later ones first come last. Without prototype, so that any key is just a key.
 */
export function texts(...sources: readonly unknown[]): TextRecord {
  let result: Record<string, string> | null = null;
  let count = 0;
  for (const source of sources) {
    if (!isObject(source)) continue;
    for (const [key, value] of Object.entries(source)) {
      if (typeof value !== 'string' || ++count > bounds.MAX_DEPENDENCIES) continue;
      result ??= Object.create(null) as Record<string, string>;
      result[key] = value;
    }
  }
  return result ?? NO_TEXTS;
}
