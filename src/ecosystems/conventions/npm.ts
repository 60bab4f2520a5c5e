import type { Conventions } from './conventions.ts';
import { commands } from './npm-commands.ts';
import { names } from './npm-names.ts';
import { versions } from './npm-versions.ts';

/** npm, and every package manager that takes packages from a registry of its kind. */
export const npmConventions: Conventions = {
  versions,
  names,
  commands,
  osv: { ecosystem: 'npm', name: names.normalise, version: (text) => text },
  hasProvenance: true,
  isSignedByRegistry: true,
  archive: 'tarball',
  unpacked: 'tarball',
};
