import validRange from 'semver/ranges/valid.js';
import { aliasTarget, isTarballPath, parseTarballUrl, pathOfFileSpec, specKind } from '../node-modules/specs.ts';
import type { PackageEntry } from './entry.ts';
import { folderAt } from './key.ts';

/** What a lockfile has for a requirement: a package, or a folder relative to the lockfile. */
export type Answer = PackageEntry | { readonly kind: 'folder'; readonly folder: string };

/** What is asked for by a name, and the folder whose package.json asks. */
export interface Asked {
  readonly alias: string;
  readonly spec: string;
  readonly folder: string;
}

/** The name of the package of a registry that a specifier means; null where it means no registry's. */
export function registryName(alias: string, spec: string): string | null {
  const [, scope, name] = /^jsr:@([^/@]+)\/([^@]+)/.exec(spec) ?? [];
  if (scope !== undefined && name !== undefined) return `@jsr/${scope}__${name}`;
  if (spec.startsWith('jsr:')) return `@jsr/${alias.replace(/^@/, '').replace('/', '__')}`;
  if (specKind(spec) !== 'registry') return null;
  const target = aliasTarget(spec);
  return target === null || validRange(target) !== null ? alias : target;
}

/** The members of a workspace, as far as they are known. */
export interface Members {
  /** Whether the folder is the member of that name. */
  readonly has: (folder: string, name: string) => boolean;
}

/**
 * Whether an answer is what was asked for: a registry's package for a range, tag or alias; the very folder or tarball
 * for a path; a member of the workspace where one is asked for or may answer. Which repository or address answers
 * another one is not told apart: nothing from there is proven by a registry.
 */
export function answers({ alias, spec, folder }: Asked, answer: Answer, members: Members): boolean {
  const name = registryName(alias, spec);
  if (name !== null) {
    if (answer.kind === 'folder') return members.has(answer.folder, name);
    return answer.source.kind === 'registry' && answer.name === name;
  }
  if (/^workspace:/i.test(spec)) {
    const [, wanted = alias] = /^workspace:((?:@[^/@]+\/)?[^@/]+)@/i.exec(spec) ?? [];
    if (answer.kind !== 'folder') return false;
    return members.has(answer.folder, wanted) || answer.folder === pathOf(spec, folder);
  }
  const kind = specKind(spec);
  if (kind === 'file' || /^(?:link|portal):/i.test(spec)) return answersPath(spec, folder, answer);
  if (answer.kind === 'folder') return false;
  if (answer.source.kind !== 'registry') return true;
  // pnpm asks the registry where an address is one of its tarballs; a resolver of the project may do as it likes.
  if (kind === 'http') return (parseTarballUrl(spec)?.name ?? alias) === answer.name;
  return kind === 'other' && answer.name === alias;
}

function answersPath(spec: string, folder: string, answer: Answer): boolean {
  const path = pathOf(spec, folder);
  if (answer.kind === 'folder') return path === null || path === answer.folder;
  if (answer.source.kind !== 'file') return false;
  return isTarballPath(spec) && (path === null || path === folderAt('.', answer.source.path));
}

/** Relative to the lockfile; null for one that is relative to nothing there. */
function pathOf(spec: string, folder: string): string | null {
  const path = pathOfFileSpec(spec.replace(/^(?:link|portal|workspace):/i, ''));
  return /^(?:[/\\~]|[a-z]:)/i.test(path) ? null : folderAt(folder, path);
}
