import type { FindingCode } from '../../model/finding.ts';
import { formatInstant } from '../../model/time.ts';
import { escapeText, quoteText } from './escape.ts';
import { listed } from './layout.ts';
import { address, type Texts } from './text.ts';

/** The words of what a lockfile says, and of what an installation makes of it. */
export const LOCKFILE_TEXTS: Texts<Extract<FindingCode, `lockfile-${string}`>> = {
  'lockfile-not-registry': {
    title: 'not from a registry',
    clause: ({ kind, url }) => `comes from ${SOURCES[kind]} (${address(url)})`,
    why: 'no registry signs it, so nothing but the lockfile stands for it',
    next: 'explain',
  },
  'lockfile-resolved-mismatch': {
    title: "the lockfile's address is another package's",
    clause: ({ resolved, expected }) => `is to be fetched from ${address(resolved)} instead of ${address(expected)}`,
    why: 'another package would be installed under this name',
    next: 'stop',
  },
  'lockfile-version-unknown': {
    title: 'the registry does not have this version',
    clause: ({ registry, isPackage, published }) => {
      if (!isPackage) return `is locked, but ${address(registry)} has no package of this name`;
      return published === null
        ? `is locked, but ${address(registry)} has other versions and not this one`
        : `is locked, but ${address(registry)} no longer has this version (published ${formatInstant(published)})`;
    },
    why: 'it was never published there or was removed, and anyone who can publish that name decides what it becomes',
    next: 'stop',
  },
  'lockfile-unexpected-host': {
    title: 'fetched from another host',
    clause: ({ resolved, registry, since, packages }) =>
      since === undefined
        ? `is to be fetched from ${address(resolved)}, while the registry in use is ${address(registry)}`
        : `has ${listed(packages ?? [], 3, (name) => escapeText(name, 80))} from ${address(resolved)}, and had them from ${address(registry)} at ${escapeText(since, 80)}`,
    why: 'whoever can change that decides where the bytes come from',
    next: 'explain',
  },
  'lockfile-patched': {
    title: 'changed by a patch after it is verified',
    clause: ({ patch }) => `is changed by the patch ${quoteText(patch, 80)} when it is installed`,
    why: 'what runs is not what was published, and only your own review covers the patch',
    next: 'explain',
  },
  'lockfile-bundle-mismatch': {
    title: 'entries without a hash that nothing brings along',
    clause: ({ names }) =>
      `is said to carry ${listed(names, 3, (name) => escapeText(name, 80))} in its tarball, but the registry says it does not`,
    why: 'an installer would fetch them, and nothing ties what it gets to what was verified',
    next: 'stop',
  },
  'lockfile-substituted': {
    title: 'the lockfile puts something else in the place of a package',
    clause: ({ asked, by, got }) =>
      `stands in for ${escapeText(asked, 120)}, which ${asker(by)} asks a registry for: the lockfile gives ${escapeText(got, 120)}`,
    why: 'code that was not asked for would be installed under the name of a package that has proofs of its own',
    next: 'stop',
  },
  'lockfile-entry-differs': {
    title: 'the entry is not what was published',
    clause: ({ field, lockfile, registry }) =>
      `has an entry whose ${escapeText(field, 40)} differ from the published manifest: only the lockfile has ${either(lockfile)}, only the manifest ${either(registry)}`,
    why: 'the package manager installs, links and runs what the entry says, whatever was published',
    next: 'stop',
  },
  'lockfile-dependency-added': {
    title: 'the lockfile adds a dependency',
    clause: ({ name }) => `gets ${escapeText(name, 120)}, which its published manifest does not ask for`,
    why: 'the publisher did not ask for it; package managers add few such dependencies, by settings of the project',
    next: 'explain',
  },
  'lockfile-hook-changed': {
    title: 'the entry is not what was published, and a hook of the project could have changed it',
    clause: ({ field, lockfile, registry, hook }) =>
      `differs in ${escapeText(field, 120)}: only the lockfile has ${either(lockfile)}, only what was published ${either(registry)}; ${quoteText(hook, 80)} could have changed it`,
    why: 'only reading the hook shows what it changes',
    next: 'explain',
  },
  'lockfile-parts-differ': {
    title: 'two parts of the lockfile name different things',
    clause: ({ path, packages, dependencies }) =>
      `stands at ${escapeText(path, 120)}, of which "packages" says ${either(packages)} and "dependencies" ${either(dependencies)}`,
    why: 'each version of the package manager reads another part, so that some install what others do not',
    next: 'stop',
  },
  'lockfile-unbound': {
    title: 'what is installed below is not in the lockfile',
    clause: ({ names }) =>
      `has a shrinkwrap of its own in its tarball, and no entries for ${listed(names, 3, (name) => escapeText(name, 80))}`,
    why: 'npm 11 and older install what that shrinkwrap names, from wherever it says, and no hash of this lockfile covers it',
    next: 'stop',
  },
  'lockfile-index-ambiguous': {
    title: 'several indexes may answer for one name',
    clause: ({ indexes }) => `has a package from whichever of ${indexes.map((one) => address(one)).join(', ')} has it`,
    why: 'whoever publishes the name at any of them is asked for it, too',
    next: 'explain',
  },
  'lockfile-not-used': {
    title: 'the package manager does not install from this lockfile',
    clause: ({ by, instead }) =>
      `is not what an installation uses, because of ${quoteText(by, 160)}${instead === null ? '' : `; it uses ${quoteText(instead, 160)}`}`,
    why: 'what it installs instead was not verified',
    next: 'stop',
  },
  'lockfile-other-code': {
    title: 'an installation runs code that is not in the lockfile',
    clause: ({ by, code }) => {
      const named = quoteText(by, 200);
      switch (code) {
        case 'unknown':
          return `may not be all that decides an installation: what ${named} does is not known`;
        case 'vendored':
          return `is not what a build takes, which is the copies in ${named}, and nothing has compared them`;
        case 'fetched':
          return `is not all that runs in an installation: ${named} adds what is fetched from elsewhere`;
        case 'repository':
          return `is not all that runs in an installation: ${named} adds code of the repository`;
      }
    },
    why: 'no hash covers that code, and nothing here says what it does',
    next: 'explain',
  },
};

const SOURCES = {
  git: 'a git repository',
  http: 'a web address',
  file: 'a local path',
  other: 'somewhere only the configuration knows',
} as const;

/** What one side has of a difference. */
function either(text: string): string {
  return text === '' ? 'nothing' : quoteText(text, 160);
}

/** The project, or a folder of it, or a package. */
function asker(by: string): string {
  return by === '.' ? 'the project' : escapeText(by, 120);
}
