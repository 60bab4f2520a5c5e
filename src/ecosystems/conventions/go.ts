import { comparing, compareVersions, placeOf } from './compare.ts';
import type { Commands, Conventions, ManagerCommands, Names, Version, Versions } from './conventions.ts';
import { isModulePath, isPathOfHost } from './go-modules.ts';
import { channelOf } from './prerelease.ts';
import { STABLE } from '../../model/channel.ts';

/**
 * Versions of Go modules (https://go.dev/ref/mod#versions), which are canonical: `v`, then Semantic Versioning 2.0.0
 * with all three numbers, and no build metadata but `+incompatible`.
 */
const VERSION =
  /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+incompatible)?$/;

/** No version is longer than a file name may be. */
const MAX_LENGTH = 255;

/**
 * A version that stands for a commit without a tag, in its three forms (https://go.dev/ref/mod#pseudo-versions): after
 * no release, after a prerelease, and after a release, whose patch number is then one more.
 */
const PSEUDO = /^(?:v\d+\.0\.0-|v\d+\.\d+\.\d+-(?:[^+]*\.)?0\.)\d{14}-[0-9A-Za-z]+(?:\+incompatible)?$/;

/** What pseudo-versions are released on. No prerelease channel has this name, which has a hyphen. */
const PSEUDO_CHANNEL = 'pseudo-version';

/** A release is higher than its prereleases. */
const PRERELEASE = 0;
const RELEASE = 1;

/**
 * A major version is a line, v0 too: the go command takes a higher minor for an upgrade there as well, and many modules
 * stay at v0 for good. `+incompatible` decides nothing.
 */
function parse(text: string): Version | null {
  const match = text.length > MAX_LENGTH ? null : VERSION.exec(text);
  if (match === null) return null;
  const [, major = '', minor = '', patch = '', prerelease] = match;
  const numbers = [major, minor, patch].map(placeOf);
  if (prerelease === undefined) return { text, line: major, channel: STABLE, order: [...numbers, RELEASE] };
  const identifiers = prerelease.split('.');
  const channel = PSEUDO.test(text) ? PSEUDO_CHANNEL : channelOf(identifiers[0] ?? '');
  return { text, line: major, channel, order: [...numbers, PRERELEASE, ...identifiers.map(placeOf)] };
}

/** What a go.mod requires is the least version that will do, of its major version. */
function satisfies(version: string, required: string): boolean {
  const [one, least] = [parse(version), parse(required)];
  return one !== null && least !== null && one.line === least.line && compareVersions(one, least) >= 0;
}

const versions: Versions = {
  parse,
  compare: comparing(parse),
  isRange: (text) => parse(text) !== null,
  satisfies,
  highest: (all, required) =>
    all
      .filter((one) => satisfies(one, required))
      .sort(comparing(parse))
      .at(-1) ?? null,
};

const names: Names = {
  isName: isModulePath,
  // Capital letters make another module.
  normalise: (name) => name,
  isSelector: (text) => isPathOfHost(text.replaceAll('*', 'x')) && !text.includes('**'),
  purl: (name, version) => {
    const path = name.split('/').map(encodeURIComponent).join('/');
    return `pkg:golang/${path}@${encodeURIComponent(version)}`;
  },
  isPublicRegistry: (address) => address === 'https://proxy.golang.org/',
  target: (name, required) => (parse(required) === null ? null : { name, range: required }),
};

const own: ManagerCommands = {
  pin: (spec) => ['go', 'get', spec],
  // What go.mod requires is the least version for whoever asks for the module.
  override: (name, version) => ({ edit: null, commands: [['go', 'get', `${name}@${version}`]], note: null }),
  update: (name) => ['go', 'get', `${name}@upgrade`],
  frozen: ['go', 'mod', 'download'],
  lock: ['go', 'mod', 'tidy'],
};

const commands: Commands = { byManager: { go: own }, own, underAlias: null, diff: () => null };

export const goConventions: Conventions = {
  versions,
  names,
  commands,
  alsoCalled: ['golang'],
  // Records leave the v of versions out.
  osv: { ecosystem: 'Go', name: names.normalise, version: (text) => (/^\d/.test(text) ? `v${text}` : text) },
  hasProvenance: false,
  isSignedByRegistry: false,
  archive: 'zip',
  unpacked: 'zip',
};
