/**
 * Module paths and how they are written into addresses (https://go.dev/ref/mod#module-path and
 * https://go.dev/ref/mod#goproxy-protocol). The case of letters matters.
 */

/** File names that Windows reserves, whatever follows a dot; no module is called so on any system. */
const RESERVED = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])$/i;
const MAX_LENGTH = 1024;

/** Whether a module can be called so where it is fetched: its first element is the name of a host. */
export function isModulePath(path: string): boolean {
  return isPathOfHost(path) && majorOf(path) !== null;
}

/** Whether a text is a host and elements of a path, as every module path is. */
export function isPathOfHost(path: string): boolean {
  if (path.length > MAX_LENGTH) return false;
  const elements = path.split('/');
  const [host = ''] = elements;
  const isHost = /^[a-z0-9.][a-z0-9.-]*$/.test(host) && host.includes('.');
  return isHost && elements.every(isElement);
}

function isElement(element: string): boolean {
  const [name = ''] = element.split('.', 1);
  return /^(?!\.)[A-Za-z0-9._~-]+(?<!\.)$/.test(element) && !RESERVED.test(name) && !/~\d+$/.test(name);
}

/**
 * The major version that a path ends with: `v2` of `example.com/m/v2` and of `gopkg.in/m.v2`, "" where it ends with
 * none and so is of v0 and v1. Null where what stands there is no major version.
 */
export function majorOf(path: string): string | null {
  if (path.startsWith('gopkg.in/')) return /\.(v(?:0|[1-9]\d*))(?:-unstable)?$/.exec(path)?.[1] ?? null;
  const [, number] = /^.*\/v([\d.]+)$/s.exec(path) ?? [];
  if (number === undefined) return '';
  return /^(?:[2-9]|[1-9]\d+)$/.test(number) ? `v${number}` : null;
}

/** Whether a version can be one of the module of this path (https://go.dev/ref/mod#major-version-suffixes). */
export function isVersionOf(path: string, version: string): boolean {
  const major = majorOf(path);
  if (major === null) return false;
  if (major === '') return /^v[01]\./.test(version) || version.endsWith('+incompatible');
  // What gopkg.in has at v1 was once given pseudo-versions of v0.
  if (major === 'v1' && version.startsWith('v0.0.0-')) return true;
  return version.startsWith(`${major}.`);
}

/** As addresses have a path or a version: `!` and the small letter for each capital one. */
export function escapeCapitals(text: string): string {
  return text.replace(/[A-Z]/g, (capital) => `!${capital.toLowerCase()}`);
}
