import type { Report } from '../../model/report.ts';

/** The path from the root of the repository of a lockfile, by the name its places have. */
export function repositoryPaths({ lockfiles }: Report): (file: string) => string {
  const paths = new Map(lockfiles.map(({ file, path }) => [file, path]));
  return (file) => paths.get(file) ?? file;
}

/** A path as a URI reference (RFC 3986): relative as it is, absolute as `file:`. */
export function uriOfPath(path: string): string {
  const isWindows = /^[A-Za-z]:[\\/]/.test(path);
  const segments = (isWindows ? path.replaceAll('\\', '/') : path).split('/');
  const encoded = segments.map(encodeSegment).join('/');
  if (isWindows) return `file:///${encoded.replace('%3A', ':')}`;
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}

/** Percent-encodes all that is not unreserved, so that no segment starts a scheme. A lone surrogate is no character. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
}
