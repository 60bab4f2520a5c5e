import { comparing } from './compare.ts';
import type { Version, Versions } from './conventions.ts';
import { readSpecifiers } from './pypi-specifiers.ts';
import { isPrerelease, orderOf, readVersion, textOf, type PythonVersion } from './pypi-version.ts';
import { STABLE } from '../../model/channel.ts';

/** The prerelease channels, by the letters that the normal form has. */
const CHANNELS = { a: 'alpha', b: 'beta', rc: 'rc' } as const;
const compare = comparing(parse);

/** A line is a major version, 0 too: Python's installers take any higher version for an upgrade. */
function parse(text: string): Version | null {
  const version = readVersion(text);
  if (version === null) return null;
  const { epoch, release } = version;
  const major = String(release[0]);
  return {
    text: textOf(version),
    line: epoch === 0 ? major : `${epoch}!${major}`,
    channel: channelOf(version),
    order: orderOf(version),
  };
}

function channelOf({ pre, dev }: PythonVersion): string {
  if (pre !== null) return CHANNELS[pre.letter];
  return dev === null ? STABLE : 'dev';
}

function satisfies(version: string, range: string): boolean {
  const [one, specifiers] = [readVersion(version), readSpecifiers(range)];
  return one !== null && specifiers?.every(({ allows }) => allows(one)) === true;
}

/** Prereleases only where the range names one, or allows nothing else: as Python's installers choose. */
function highest(all: readonly string[], range: string): string | null {
  const specifiers = readSpecifiers(range);
  if (specifiers === null) return null;
  const allowed = all.flatMap((text) => {
    const version = readVersion(text);
    if (version === null) return [];
    return specifiers.every(({ allows }) => allows(version)) ? [{ text, version }] : [];
  });
  const released = allowed.filter(({ version }) => !isPrerelease(version));
  const isAsked = released.length === 0 || specifiers.some(({ namesPrerelease }) => namesPrerelease);
  const [highestFirst] = (isAsked ? allowed : released).sort((a, b) => compare(b.text, a.text));
  return highestFirst?.text ?? null;
}

/** How Python packages write versions and ranges (PEP 440). `1.0` and `1.0.0` are equal, and each stays as it is. */
export const versions: Versions = {
  parse,
  compare,
  isRange: (text) => readSpecifiers(text) !== null,
  satisfies,
  highest,
};
