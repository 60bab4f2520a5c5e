import { posix } from 'node:path';
import type { Source } from '../../model/dependency.ts';
import { aliasTarget, isTarballPath, pathOfFileSpec, specKind } from './specs.ts';

/** A requirement, and who has it. */
export interface Ask {
  readonly name: string;
  readonly spec: string;
  /** The folder of who asks, relative to the project; null for a package. */
  readonly folder: string | null;
}

/** What a lockfile has for a requirement. Paths are relative to the project. */
export type Answer =
  | { readonly kind: 'registry'; readonly name: string; readonly url: string | null }
  /** A folder that is linked or copied; `workspace` is the name that it declares where it is one of the project's. */
  | { readonly kind: 'folder'; readonly path: string; readonly workspace: string | null }
  | { readonly kind: 'tarball'; readonly path: string }
  | { readonly kind: 'git' | 'http'; readonly url: string };

/**
 * Whether an answer is what was asked for. A range or tag wants the registry's package of that name, or of the alias's
 * target; a folder, tarball, repository or address wants exactly that one. A workspace answers to its own name.
 */
export function isAnswer({ name, spec, folder }: Ask, answer: Answer): boolean {
  const target = aliasTarget(spec) ?? name;
  if (answer.kind === 'folder' && answer.workspace === target) return true;
  const local = /^(?:workspace|link|portal):(.*)$/is.exec(spec)?.[1];
  if (local !== undefined) return answer.kind === 'folder' && isFolder(local, folder, answer);
  // A published package may get from the registry what it asks for from elsewhere.
  const isOwn = answer.kind === 'registry' && answer.name === target;
  if (isOwn && folder === null) return true;
  switch (isTarballPath(spec) && !spec.includes(':') ? 'file' : specKind(spec)) {
    case 'registry':
    case 'other':
      return isOwn;
    case 'git':
      return answer.kind === 'git' && repositoryOf(answer.url) === repositoryOf(spec);
    case 'http':
      return (answer.kind === 'http' || answer.kind === 'registry') && answer.url === spec;
    case 'file': {
      const path = pathOfFileSpec(spec);
      if (answer.kind === 'folder') return isFolder(path, folder, answer);
      return answer.kind === 'tarball' && [plainPath(path), from(folder, path)].includes(plainPath(answer.path));
    }
  }
}

/** `workspace:` has a range, another name before a range, or a path. */
function isFolder(text: string, folder: string | null, answer: Answer & { readonly kind: 'folder' }): boolean {
  const named = /^(@?[^@]+)@/.exec(text)?.[1];
  return (named !== undefined && named === answer.workspace) || from(folder, text) === plainPath(answer.path);
}

function from(folder: string | null, path: string): string {
  return path.startsWith('/') ? plainPath(path) : plainPath(posix.join(folder ?? '', path));
}

function plainPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '');
}

const HOSTS = new Map([
  ['', 'github.com'],
  ['github:', 'github.com'],
  ['gitlab:', 'gitlab.com'],
  ['bitbucket:', 'bitbucket.org'],
  ['gist:', 'gist.github.com'],
]);

/** HOST/PATH of a repository, in whichever way its address is written. */
function repositoryOf(text: string): string {
  const address = text.replace(/#.*$/s, '').replace(/(?:\.git)?\/?$/, '');
  const [, short = '', path] = /^(github:|gitlab:|bitbucket:|gist:|)([^:@]+)$/i.exec(address) ?? [];
  const host = HOSTS.get(short.toLowerCase());
  if (path !== undefined && host !== undefined) return onHost(host, path);
  const [, named, below] = /^(?:[a-z+]+:\/\/)?(?:[^@/]*@)?([^/:]+)(?::\d+(?=\/))?[/:](.+)$/i.exec(address) ?? [];
  return named === undefined || below === undefined ? address : onHost(named.toLowerCase(), below);
}

/** GitHub ignores case. */
function onHost(host: string, path: string): string {
  return host === 'github.com' ? `${host}/${path.toLowerCase()}` : `${host}/${path}`;
}

/** What a package that is fetched answers with. */
export function answerFrom({ name, source }: { readonly name: string; readonly source: Source }): Answer {
  switch (source.kind) {
    case 'registry':
      return { kind: 'registry', name, url: source.resolved };
    case 'file':
      return { kind: 'tarball', path: source.path };
    case 'git':
    case 'http':
      return { kind: source.kind, url: source.url };
    case 'other':
      return { kind: 'http', url: source.locator };
  }
}
