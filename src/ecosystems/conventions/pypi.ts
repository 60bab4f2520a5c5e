import type { Conventions } from './conventions.ts';
import { commands } from './pypi-commands.ts';
import { names } from './pypi-names.ts';
import { versions } from './pypi-versions.ts';

/** PyPI, and every installer that takes packages from an index of its kind. */
export const pypiConventions: Conventions = {
  versions,
  names,
  commands,
  osv: { ecosystem: 'PyPI', name: names.normalise, version: (text) => text },
  hasProvenance: true,
  isSignedByRegistry: false,
  archive: 'file',
  unpacked: 'wheel',
};
