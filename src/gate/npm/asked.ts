import { MAX_NAME_LENGTH } from '../../model/limits.ts';

/** What a client of a registry asks for, by the path of its request. */
export type Asked =
  | { readonly kind: 'document'; readonly name: string }
  /** A version or dist-tag. */
  | { readonly kind: 'manifest'; readonly name: string; readonly wanted: string }
  /** An artifact, with what comes after the package's name; `path` is decoded, without its first slash. */
  | { readonly kind: 'artifact'; readonly name: string; readonly path: string }
  /** What is about no bytes of a package: audits, keys, attestations, search. `path` as it was written. */
  | { readonly kind: 'other'; readonly path: string; readonly name: string | null }
  | { readonly kind: 'nothing' };

/** As registries read paths: both `@scope/name` and `@scope%2fname`, and nothing that leaves its place when decoded. */
export function readPath(written: string): Asked {
  const path = written.replace(/^\/+/, '');
  const parts = path.split('/').map(decoded);
  if (parts.some((part) => part === null || part === '' || /^\.{1,2}$/.test(part))) return { kind: 'nothing' };
  const segments = parts as readonly string[];
  if (segments[0] === '-') return { kind: 'other', path, name: subjectOf(segments) };
  const download = segments[0] === 'download' && segments.length > 3;
  const [name, rest] = nameIn(download ? segments.slice(1) : segments);
  if (name === null) return { kind: 'nothing' };
  if (download) return rest.length > 1 ? { kind: 'artifact', name, path: segments.join('/') } : { kind: 'nothing' };
  const [first, ...more] = rest;
  if (first === undefined) return { kind: 'document', name };
  if (first.includes('/')) return { kind: 'nothing' };
  if (more.length === 0) return first === '-' ? { kind: 'nothing' } : { kind: 'manifest', name, wanted: first };
  return { kind: 'artifact', name, path: [name, ...rest].join('/') };
}

/** The package's name at the front of decoded segments, and what is left. */
function nameIn(segments: readonly string[]): readonly [string | null, readonly string[]] {
  const [first = '', second, ...others] = segments;
  const isHalf = first.startsWith('@') && !first.includes('/');
  const name = isHalf ? `${first}/${second ?? ''}` : first;
  const rest = isHalf ? others : segments.slice(1);
  const isName =
    name.length <= MAX_NAME_LENGTH && /^(?:@[^/@\s]+\/)?[^/@\s][^/\s]*$/.test(name) && !/\/\.|^\./.test(name);
  return [isName ? name : null, rest];
}

/** The package that a question below `-/` is about, so that the registry of its scope is asked. */
function subjectOf(segments: readonly string[]): string | null {
  const [, spec] = /^-\/npm\/v1\/attestations\/(.+)$/.exec(segments.join('/')) ?? [];
  if (spec !== undefined) return /^(@?[^@]+)@/.exec(spec)?.[1] ?? null;
  return segments[1] === 'package' ? nameIn(segments.slice(2))[0] : null;
}

function decoded(segment: string): string | null {
  try {
    const text = decodeURIComponent(segment);
    // eslint-disable-next-line no-control-regex -- these have no place in a path
    return /[\0-\x1f\x7f\\]/.test(text) ? null : text;
  } catch {
    return null;
  }
}
