import type { Artifact, Artifacts, Digest, Source } from '../../model/dependency.ts';
import { pypiConventions } from '../../ecosystems/conventions/pypi.ts';
import { quoted } from '../../readers/error.ts';
import { digestOf, fileNameOf, packageName, type Fail } from './fields.ts';
import { isArchive } from './files.ts';

/** What one line asks for. */
export interface Requirement {
  /** Normalised; null for an address or a path that says no name. */
  readonly name: string | null;
  /** Of `==`, or `===`; null where it names no single version. */
  readonly version: string | null;
  /** As it is written: `>=1,<2`; empty where it asks for any version. */
  readonly specifier: string;
  /** An address or a path that it is from; null for an index. */
  readonly location: string | null;
  /** As text, which is shown and not evaluated; empty where there is none. */
  readonly marker: string;
}

/** A name, extras, and an address or a specifier (PEP 508); all white space between them is optional. */
const NAMED = /^([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:\[([^\][]*)\])?\s*(.*)$/is;
const MAX_LENGTH = 4096;
const EXACT = /^(===?)\s*([^\s,;*]+)\s*,?$/;
const VARIABLE = /\$\{[A-Z0-9_]+\}/;

/** Reads what stands before the options of a line. */
export function readRequirement(text: string, fail: Fail): Requirement {
  if (text.length > MAX_LENGTH) return fail(`a requirement is longer than ${MAX_LENGTH} characters`);
  const { body, marker } = splitMarker(text);
  const isPlace = /^(?:[a-z][a-z0-9+.-]+:|[a-z]:[\\/]|\.{0,2}[\\/]|~|file:)/i.test(body) || /^\.{1,2}$/.test(body);
  if (isPlace) return { name: eggOf(body), version: null, specifier: '', location: body, marker };
  const [, written, , rest = ''] = NAMED.exec(body) ?? [];
  if (written === undefined) return fail(`${quoted(text)} is not a requirement`);
  const address = /^@\s*(.*)$/s.exec(rest)?.[1];
  if (address !== undefined) {
    if (address === '') return fail(`${quoted(text)} has no address`);
    return { name: packageName(written, fail), version: null, specifier: '', location: address, marker };
  }
  // Behind a comparison it belongs to a version, of which `===` takes any; a folder may be called that, too.
  if (/^[<>=!~(]/.test(rest) && /[\\/]/.test(body)) return fail(`${quoted(text)} is not a requirement`);
  // An archive or a folder below this one, without ./ before it.
  if (/[\\/]/.test(body)) return { name: null, version: null, specifier: '', location: body, marker };
  if (VARIABLE.test(body)) return fail(`${quoted(text)} depends on a variable; write the version that is meant`);
  const specifier = /^\((.*)\)$/s.exec(rest)?.[1]?.trim() ?? rest;
  const isRange = specifier === '' || (/^[<>=!~]/.test(specifier) && pypiConventions.versions.isRange(specifier));
  if (!isRange) return fail(`${quoted(text)} is not a requirement`);
  const version = EXACT.exec(specifier)?.[2] ?? null;
  if (version !== null && pypiConventions.versions.parse(version) === null) {
    return fail(`${quoted(version)} is not a version (PEP 440)`);
  }
  return { name: packageName(written, fail), version, specifier, location: null, marker };
}

/** A marker begins at a semicolon; behind an address, at one with white space before it. */
function splitMarker(text: string): { readonly body: string; readonly marker: string } {
  const isAddress = /(?:^|@)\s*[a-z][a-z0-9+.-]*:/i.test(text);
  const at = isAddress ? text.search(/\s;/) : text.indexOf(';');
  if (at === -1) return { body: text.trim(), marker: '' };
  return { body: text.slice(0, at).trim(), marker: text.slice(at).replace(/^\s*;/, '').trim() };
}

function eggOf(location: string): string | null {
  const egg = /#(?:.*&)?egg=([a-z0-9._-]+)/i.exec(location)?.[1];
  return egg !== undefined && pypiConventions.names.isName(egg) ? pypiConventions.names.normalise(egg) : null;
}

/** Where an address or a path leads. */
export function sourceOf(location: string): Source {
  if (/^(?:git|hg|svn|bzr)\+/i.test(location)) return { kind: 'git', url: location };
  if (/^https?:/i.test(location)) return { kind: 'http', url: location };
  if (/^[a-z][a-z0-9+.-]+:/i.test(location) && !/^file:/i.test(location)) return { kind: 'other', locator: location };
  return { kind: 'file', path: location.replace(/^file:(?:\/\/)?/i, '') };
}

/** The one file at an address, with the hash that its fragment may have. */
export function artifactAt(location: string, digests: readonly Digest[], fail: Fail): Artifacts {
  const source = sourceOf(location);
  const [, algorithm, hex] = /#(?:.*&)?(sha256|sha384|sha512|sha1|md5)=([0-9a-f]+)/i.exec(location) ?? [];
  const inAddress = algorithm === undefined ? [] : [digestOf(algorithm.toLowerCase(), hex ?? '', fail)];
  const all = [...digests, ...inAddress];
  return [{ file: isArchive(location) ? fileNameOf(location, fail) : null, digests: all, source }];
}

/** An artifact for each hash: which file it is of, the format does not say. */
export function artifactsOf(digests: readonly Digest[]): Artifacts {
  const source: Source = { kind: 'registry', resolved: null };
  const [first, ...others] = digests.map((digest): Artifact => ({ file: null, digests: [digest], source }));
  return [first ?? { file: null, digests: [], source }, ...others];
}
