import { LockfileError } from '../readers/error.ts';
import type { LockfileFormat } from './common/format.ts';

/** A lockfile that is known but cannot be read yet: naming it is better than finding nothing in it. */
export function unsupported(
  name: string,
  fileNames: readonly string[],
  supported: readonly LockfileFormat[],
): LockfileFormat<never> {
  return {
    name,
    ecosystem: 'npm',
    fileNames,
    otherFileNames: [],
    parse: (file) => {
      const names = supported.map((format) => format.name).join(', ');
      throw new LockfileError(
        file,
        null,
        `this is a ${name} lockfile, which is not supported yet; supported are those of ${names}`,
      );
    },
  };
}
