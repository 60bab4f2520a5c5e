/** Endings of modules, and of libraries that they load. */
const MODULE = /\.(?:py|pyw|pyc|so|pyd|dylib|dll|egg|zip)$|\.so\.[\d.]+$/i;
/** Python runs, at each start, what these say in the folder of modules itself: PEP 829 adds `.start`. */
const START_UP = /^[^/]+\.(?:pth|start)$|^(?:site|user)customize(?:[./]|$)/i;
const METADATA = /(?:^|\/)[^/]+\.(?:dist-info|egg-info)(?:\/|$)|\.egg-link$/i;

/** Whether Python, or a program that looks for plugins, reads a file without being told of it. */
export function isLoaded(path: string): boolean {
  return MODULE.test(path) || METADATA.test(path) || START_UP.test(path.slice(path.lastIndexOf('/') + 1));
}

/** Whether Python reads a file at each start; `within` is its path in the folder of modules. */
export function isStartUp(within: string): boolean {
  return START_UP.test(within);
}

/**
 * What a module is imported as, in the form of a path and in lower case, as some file systems take both for one: for
 * `a/b.cpython-312.so` it is `a/b`, and for `a/__init__.py` it is `a`. Null for what is no module.
 */
export function importedAs(within: string): string | null {
  if (!MODULE.test(within)) return null;
  const at = within.lastIndexOf('/');
  const [name = ''] = within.slice(at + 1).split('.');
  const folder = at === -1 ? '' : within.slice(0, at);
  const path = name === '__init__' ? folder : folder === '' ? name : `${folder}/${name}`;
  return path.toLowerCase();
}

/**
 * Whether Python runs a compiled file whatever its source says (PEP 552): its flags say that the hash of the source is
 * in it, and is not to be checked. `head` is its beginning.
 */
export function isUnchecked(head: Uint8Array): boolean {
  return ((head[4] ?? 0) & 0b11) === 0b01;
}

/** Whether each line of a .pth file names a folder and runs nothing; the folders. Null where a line runs something. */
export function foldersOf(pth: Uint8Array): readonly string[] | null {
  const lines = new TextDecoder().decode(pth).split(/\r\n|[\r\n]/);
  const meant = lines.map((line) => line.trimEnd()).filter((line) => line !== '' && !line.startsWith('#'));
  return meant.some((line) => /^import[ \t]/.test(line)) ? null : meant;
}
