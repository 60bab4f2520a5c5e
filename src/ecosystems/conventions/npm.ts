import SemVer from 'semver/classes/semver.js';
import parse from 'semver/functions/parse.js';
import type { Conventions, Version } from './conventions.ts';
import { channelName, STABLE } from '../../model/channel.ts';

function read(text: string): SemVer | null {
  return parse(text);
}

function versionOf(text: string): Version | null {
  const semver = read(text);
  if (semver === null) return null;
  const { major, minor } = semver;
  return { text, line: major === 0 ? `0.${minor}` : `${major}`, channel: channelName(text) ?? STABLE };
}

/** Semantic Versioning 2.0.0, section 11. */
function compare(a: string, b: string): number {
  const [one, other] = [read(a), read(b)];
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  return one.compare(other);
}

export const npm: Conventions = { versions: { parse: versionOf, compare } };
