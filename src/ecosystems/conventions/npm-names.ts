import type { Names, Target } from './conventions.ts';
import { versions } from './npm-versions.ts';

/** The address of npm's own registry, as configuration is read: with the slash at its end. */
export const NPM_REGISTRY = 'https://registry.npmjs.org/';

/** Yarn 1's name for the same registry, which its lockfiles have where nothing else is configured. */
export const YARN_REGISTRY = 'https://registry.yarnpkg.com/';

const MAX_LENGTH = 214;
/** Ranges longer than this are nobody's, and reading one takes time for each version. */
const MAX_RANGE_LENGTH = 256;

function isName(text: string): boolean {
  return text.length <= MAX_LENGTH && /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-zA-Z0-9~-][\w.~-]*$/.test(text);
}

function isSelector(text: string): boolean {
  return text.length <= MAX_LENGTH && /^(?:@[\w.~*-]+\/)?[\w.~*-]+$/.test(text) && !text.includes('**');
}

function purl(name: string, version: string): string {
  const path = name.split('/').map(encodeSegment).join('/');
  return `pkg:npm/${path}@${encodeSegment(version)}`;
}

/** A lone surrogate is no character, and has no encoding. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
}

/** `npm:NAME@RANGE` asks for another package than the name that it is installed under. */
function target(name: string, specifier: string): Target | null {
  const [, alias, range] = /^npm:(@?[^@]+)(?:@(.*))?$/.exec(specifier) ?? [];
  const found = alias === undefined ? { name, range: specifier } : { name: alias, range: range ?? '*' };
  return found.range.length <= MAX_RANGE_LENGTH && versions.isRange(found.range) ? found : null;
}

/** How npm names packages (https://docs.npmjs.com/package-name-guidelines). */
export const names: Names = {
  isName,
  // Old packages have names with capital letters, which are names of their own.
  normalise: (name) => name,
  isSelector,
  purl,
  isPublicRegistry: (address) => address === NPM_REGISTRY || address === YARN_REGISTRY,
  target,
};
