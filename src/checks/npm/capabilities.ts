import { CAPABILITIES, type Capability, type CapabilityPlace, type PackageFile } from '../../model/capability.ts';
import { fieldsOf } from '../../model/value.ts';
import { NATIVE_HELPERS, namesModule } from './capability-modules.ts';
import { sightings } from './capability-tokens.ts';

/** Folders at the top of a package that nothing loads where it is used. */
const ASIDE = /^(?:tests?|__tests__|docs?|examples?|bench(?:marks?)?)\//i;
const MANIFEST = 'package.json';
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'] as const;
const MAX_TEXT = 80;

/**
 * Whether the content of a file takes part: JavaScript, the manifest, and what may be a script without an extension.
 */
export function isReadForCapabilities(path: string): boolean {
  if (path === MANIFEST) return true;
  return !ASIDE.test(path) && /(?:\.[cm]?js|(?:^|\/)[^./]+)$/.test(path);
}

/**
 * What the files of a package show that its code can reach, with the first place for each capability. A heuristic: it
 * reads what is written out in the package's own JavaScript and manifest, so that a capability that is not shown may
 * still be there. Throws where there is no package.json, or none that is JSON.
 */
export function readCapabilities(files: readonly PackageFile[]): readonly CapabilityPlace[] {
  const found = new Map<Capability, CapabilityPlace>();
  const add = (place: CapabilityPlace): void => {
    if (!found.has(place.capability)) found.set(place.capability, place);
  };
  manifestPlaces(files).forEach(add);
  for (const { path, bytes } of files) {
    if (path.endsWith('.node')) add({ capability: 'native', file: path, line: 1, text: path });
    if (bytes === null || path === MANIFEST || !isReadForCapabilities(path)) continue;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    if (!isScript(path, text)) continue;
    if (!CAPABILITIES.some((capability) => !found.has(capability) && mayShow(text, capability))) continue;
    for (const sighting of sightings(text)) add({ ...sighting, file: path });
  }
  return CAPABILITIES.flatMap((capability) => found.get(capability) ?? []);
}

/** A file without an extension is a script where it says that node runs it. */
function isScript(path: string, text: string): boolean {
  return /\.[cm]?js$/.test(path) || /^#![^\n]{0,100}\bnode\b/.test(text);
}

/** Words without which nothing in a text can show a capability: most files need not be read by their tokens. */
const WORDS: Readonly<Record<Capability, RegExp>> = {
  network: /fetch|WebSocket|XMLHttpRequest|EventSource|WebTransport|RTCPeerConnection|sendBeacon/,
  filesystem: /(?!)/,
  process: /kill|execve/,
  environment: /env/,
  native: /\.node|dlopen|binding|_linkedBinding/i,
  'install-script': /(?!)/,
};

function mayShow(text: string, capability: Capability): boolean {
  return WORDS[capability].test(text) || namesModule(text, capability);
}

/** What package.json says: scripts that run at installation, and packages that build or load native parts. */
function manifestPlaces(files: readonly PackageFile[]): readonly CapabilityPlace[] {
  const bytes = files.find(({ path }) => path === MANIFEST)?.bytes ?? null;
  if (bytes === null) throw new Error('there is no package.json in it');
  // Where file names have no case, another one takes its place.
  const others = files.filter(({ path }) => path !== MANIFEST && path.toLowerCase() === MANIFEST);
  if (others.length > 0) throw new Error('there is more than one package.json in it');
  const text = new TextDecoder().decode(bytes);
  const manifest = fieldsOf(parseJson(text));
  const place = (capability: Capability, key: string, value: unknown): CapabilityPlace => {
    const shown = `${JSON.stringify(key)}: ${JSON.stringify(value)}`.slice(0, MAX_TEXT);
    return { capability, file: MANIFEST, line: lineOf(text, key), text: shown };
  };
  const scripts = fieldsOf(manifest['scripts']);
  const places = INSTALL_SCRIPTS.flatMap((name) => {
    const script = scripts[name];
    return typeof script === 'string' && script !== '' ? [place('install-script', name, script)] : [];
  });
  const build = files.find(({ path }) => path.toLowerCase() === 'binding.gyp');
  if (build !== undefined) {
    const gyp = { file: build.path, line: 1, text: build.path };
    places.push({ capability: 'native', ...gyp });
    // npm builds it where no script of the package does (npm docs, scripts: install).
    if (manifest['gypfile'] !== false) places.push({ capability: 'install-script', ...gyp });
  }
  const dependencies = fieldsOf(manifest['dependencies']);
  const helper = NATIVE_HELPERS.find((name) => Object.hasOwn(dependencies, name));
  if (helper !== undefined) places.push(place('native', helper, dependencies[helper]));
  return places;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('its package.json is not JSON');
  }
}

/** The line of a key; the first where it cannot be found, as for a key that is written with escapes. */
function lineOf(text: string, key: string): number {
  const at = text.indexOf(`${JSON.stringify(key)}:`);
  return at === -1 ? 1 : text.slice(0, at).split('\n').length;
}
