import { versions } from '../../ecosystems/conventions/cargo-versions.ts';
import { indexPath } from '../../registries/crates/index.ts';

/** What Cargo asks a sparse index, and where that says that files are, by the path of its request. */
export type Asked =
  | { readonly kind: 'config' }
  /** The file of a crate; its name in small letters. */
  | { readonly kind: 'crate'; readonly path: string }
  | { readonly kind: 'file'; readonly name: string; readonly version: string }
  | { readonly kind: 'nothing' };

/** Where files are below the gate, as its config.json says. */
export const FILES = 'crates';

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Reads a path (https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files). */
export function readPath(written: string): Asked {
  let path: string;
  try {
    path = decodeURIComponent(written.slice(1));
  } catch {
    return { kind: 'nothing' };
  }
  if (path === 'config.json') return { kind: 'config' };
  const [root, name = '', version = '', what, ...rest] = path.split('/');
  if (
    root === FILES &&
    what === 'download' &&
    rest.length === 0 &&
    NAME.test(name) &&
    versions.parse(version) !== null
  ) {
    return { kind: 'file', name, version };
  }
  const last = path.slice(path.lastIndexOf('/') + 1);
  const isIndex = NAME.test(last) && last === last.toLowerCase() && path === indexPath(last);
  return isIndex ? { kind: 'crate', path } : { kind: 'nothing' };
}
