import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Descriptor } from './entry.ts';
import { withoutParameters } from './locator.ts';

/** One of the `resolutions` of the project's package.json. */
export interface Resolution {
  /** What it is for, as it is written: `NAME`, `PARENT/NAME`, a glob, `NAME@RANGE`. */
  readonly pattern: string;
  readonly spec: string;
}

/** A package that asks for others; null where it does not say what it is called, or which version it is. */
export interface Asker {
  readonly name: string | null;
  readonly version: string | null;
}

/** What packageExtensions of .yarnrc.yml adds to a package. */
export interface Extension {
  readonly name: string;
  readonly range: string | null;
  readonly dependencies: readonly Descriptor[];
}

/**
 * What Yarn 1 looks up in its lockfile for a resolution, whether anything asks for it or not; null for one that it
 * passes over.
 */
export function lookedUpInClassic({ pattern, spec }: Resolution): Descriptor | null {
  if (/\/$|\/{2,}|\*+$/.test(pattern)) return null;
  const isTag = validRange(spec, { loose: true }) === null && !/[:/\\]|^\.{1,2}$/.test(spec);
  const name = pattern.match(/(?:@[^/]+\/)?[^/]+/g)?.at(-1);
  return isTag || name === undefined ? null : { name, range: spec };
}

const NAME = String.raw`(?:@[^/@]+\/)?[^/@]+`;
const PATTERN = new RegExp(String.raw`^(?:(${NAME})(?:@([^/]+))?\/)?(${NAME})(?:@(.+))?$`);

/** What Yarn 2 and later asks for in place of this, where a resolution is about it. */
export function replacedInBerry(
  resolutions: readonly Resolution[],
  asker: Asker,
  wanted: Descriptor,
): Descriptor | null {
  const found = resolutions.find(({ pattern }) => isAbout(pattern, asker, wanted));
  return found === undefined ? null : { name: wanted.name, range: found.spec };
}

/** A pattern that Yarn 2 and later does not know is taken to be about the name, whoever asks for it. */
function isAbout(pattern: string, asker: Asker, wanted: Descriptor): boolean {
  const parts = PATTERN.exec(pattern.replace(/^\*{1,2}\//, ''));
  if (parts === null) return pattern.endsWith(`/${wanted.name}`);
  const [, parent, of, name, range] = parts;
  if (name !== wanted.name) return false;
  if (range !== undefined && plainRange(range) !== plainRange(wanted.range)) return false;
  if (parent !== undefined && parent !== asker.name) return false;
  return of === undefined || asker.version === null || plainRange(of) === asker.version || !/^(?:npm:)?\d/.test(of);
}

/** Without `npm:`, which Yarn puts before what has no protocol, and without what Yarn binds to it. */
export function plainRange(range: string): string {
  return withoutParameters(range).replace(/^npm:/, '');
}

/** What extensions add to a package beside what it asks for itself. */
export function addedBy(
  extensions: readonly Extension[],
  { name, version }: Asker,
  own: readonly Descriptor[],
): readonly Descriptor[] {
  return extensions
    .filter((extension) => extension.name === name && isOfRange(version, extension.range))
    .flatMap(({ dependencies }) => dependencies)
    .filter((added) => !own.some((one) => one.name === added.name));
}

function isOfRange(version: string | null, range: string | null): boolean {
  return version === null || range === null || satisfies(version, range, { includePrerelease: true });
}
