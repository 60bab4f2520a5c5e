import { conventionsOf } from '../../ecosystems/conventions/index.ts';

/** What a client of an index asks for, by the path of its request. Names of projects are normalised. */
export type Asked =
  | { readonly kind: 'document'; readonly name: string }
  /** A file of a project, or what is said of it beside (PEP 658). */
  | { readonly kind: 'file'; readonly name: string; readonly file: string; readonly isMetadata: boolean }
  | { readonly kind: 'nothing' };

const METADATA = '.metadata';

/** `/simple/NAME/`, and `/files/NAME/FILE` as the documents of the gate have it. */
export function readPath(path: string): Asked {
  const parts = path.replace(/^\/+/, '').split('/').map(decoded);
  const [kind, name, file, ...more] = parts;
  const { isName, normalise } = conventionsOf('pypi').names;
  if (typeof name !== 'string' || !isName(name) || more.length > 0) return { kind: 'nothing' };
  const project = normalise(name);
  if (kind === 'simple') return (file ?? '') === '' ? { kind: 'document', name: project } : { kind: 'nothing' };
  if (kind !== 'files' || typeof file !== 'string' || file === '' || file.includes('/')) return { kind: 'nothing' };
  const isMetadata = file.endsWith(METADATA);
  return { kind: 'file', name: project, file: isMetadata ? file.slice(0, -METADATA.length) : file, isMetadata };
}

/** The path of a file below the gate. */
export function filePath(name: string, file: string): string {
  return `files/${name}/${encodeURIComponent(file)}`;
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
