/** Where a declared dependency comes from: a registry (range, tag, version, alias) or another kind of source. */
export type SpecKind = 'registry' | 'git' | 'http' | 'file' | 'other';

const GIT_HOSTS = ['github.com', 'gitlab.com', 'bitbucket.org', 'gist.github.com', 'git.sr.ht'];
/** Beside git:, git+ssh:, github:, gitlab: and the like. */
const OTHER_GIT_SCHEMES = ['bitbucket:', 'gist:', 'sourcehut:', 'ssh:'];
/** An address whose host stands there as readers of addresses give it: nearly all are of other hosts. */
const PLAIN_HOST = /^https?:\/\/([a-z0-9.-]+)(?:[:/?#]|$)/;
/** Nearly all specifiers are such ranges, which need none of the tests below. */
const PLAIN_RANGE = /^[\^~]?\d+(?:\.\d+){0,2}$/;
const TARBALL = /[.](?:tgz|tar\.gz|tar)$/i;

/**
 * What npm makes of the specifier of a dependency, in npm's order of tests (npm-package-arg; `npm help package-spec`).
 * Where Windows and other systems differ, a path on either is a path. `other` is a scheme npm does not know.
 */
export function specKind(declared: string): SpecKind {
  if (PLAIN_RANGE.test(declared)) return 'registry';
  if (/^npm:/i.test(declared)) return 'registry';
  const spec = plainAddress(declared);
  if (/^file:/i.test(spec) || /^(?:\.|~?[/\\]|[a-z]:)/i.test(spec)) return 'file';
  // OWNER/REPOSITORY, of GitHub.
  if (/^[^\s./@:#][^\s/@:#]*\/[^\s/@:#]+(?:#.*)?$/.test(spec)) return 'git';
  const scheme = /^(?:git\+)?[a-z]+:/i.exec(spec)?.[0].toLowerCase();
  if (scheme !== undefined) return kindOfUrl(scheme, spec);
  // USER@HOST.TLD:PATH, as ssh takes it.
  if (/^[^@]+@[^:.]+\.[^:]+:.+$/.test(spec)) return 'git';
  if (/[/\\]/.test(spec) || TARBALL.test(spec)) return 'file';
  return 'registry';
}

/** Without the white space that readers of addresses pass over: no other white space than this. */
export function plainAddress(text: string): string {
  return text.replace(/[\t\r\n]/g, '').replace(/^ +| +$/g, '');
}

function kindOfUrl(scheme: string, spec: string): SpecKind {
  if (scheme.startsWith('git') || OTHER_GIT_SCHEMES.includes(scheme)) return 'git';
  if (scheme !== 'http:' && scheme !== 'https:') return 'other';
  return isRepositoryPage(spec) ? 'git' : 'http';
}

/** npm clones https://github.com/OWNER/REPOSITORY, and downloads other addresses of that host. */
function isRepositoryPage(spec: string): boolean {
  const [, host] = PLAIN_HOST.exec(spec) ?? [];
  if (host !== undefined && !GIT_HOSTS.includes(host.replace(/^www\./, ''))) return false;
  if (!URL.canParse(spec)) return false;
  const { hostname, pathname } = new URL(spec);
  if (!GIT_HOSTS.includes(hostname.replace(/^www\./, ''))) return false;
  const [owner, repository, page] = pathname.slice(1).split('/');
  return Boolean(owner) && Boolean(repository) && (!page || page === 'tree') && !TARBALL.test(pathname);
}

/** Whether a `file:` specifier or path names a tarball; otherwise it names a folder, which npm links to. */
export function isTarballPath(spec: string): boolean {
  return TARBALL.test(spec);
}

/** The path of a `file:` specifier, relative to the project unless absolute. */
export function pathOfFileSpec(spec: string): string {
  return spec.replace(/^file:(?:\/\/(?=\/))?/i, '');
}

/** NAME and VERSION of "npm:NAME@VERSION"; null for anything else. */
export function parseAlias(spec: string): { readonly name: string; readonly version: string } | null {
  const at = spec.lastIndexOf('@');
  if (!/^npm:/i.test(spec) || at <= 'npm:'.length) return null;
  return { name: spec.slice('npm:'.length, at), version: spec.slice(at + 1) };
}

/** NAME of "npm:NAME@RANGE" or "npm:NAME"; null for anything else. Bun alone passes over white space before it. */
export function aliasTarget(spec: string): string | null {
  return /^[ \t\r\n]*npm:(@?[^@]+)(?:@|$)/i.exec(spec)?.[1] ?? null;
}

/** Whether an address has the shape of a registry's tarball, BASE/NAME/-/FILE.tgz. Whose it is, is not judged here. */
export function isRegistryShaped(url: string): boolean {
  const path = withoutQuery(url);
  return path.includes('/-/') && path.endsWith('.tgz');
}

/** Package and version that a registry-shaped address names by the convention NAME/-/BASENAME-VERSION.tgz. */
export function parseTarballUrl(url: string): { readonly name: string; readonly version: string } | null {
  const path = withoutQuery(url).replace(/%2f/gi, '/').replace(/%40/g, '@');
  const dash = path.lastIndexOf('/-/');
  if (dash === -1 || !path.endsWith('.tgz')) return null;
  const [basename = '', scope = ''] = path.slice(0, dash).split('/').reverse();
  const file = path.slice(path.lastIndexOf('/') + 1);
  if (basename === '' || !file.startsWith(`${basename}-`)) return null;
  const name = scope.startsWith('@') ? `${scope}/${basename}` : basename;
  return { name, version: file.slice(basename.length + 1, -'.tgz'.length) };
}

function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
