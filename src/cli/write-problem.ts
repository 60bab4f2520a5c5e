import { dirname } from 'node:path';

/** What stands in the way of a write wherever it goes, each with what to do about it. */
const OF_THE_PLACE: Readonly<Record<string, string>> = {
  EACCES: 'permission denied (EACCES): name another place, or let this user write there',
  EPERM: 'not permitted (EPERM): name another place, or let this user write there',
  EROFS: 'the file system is read-only (EROFS): name another place',
  ENOSPC: 'no space is left on the disk (ENOSPC): make room, or name another place',
  EDQUOT: "the user's quota of the disk is used up (EDQUOT): make room, or name another place",
};

/** Whether an error is of the place that something is written to: the user's to mend, whatever was written. */
export function isOfThePlace(error: unknown): error is NodeJS.ErrnoException {
  const { code = '', syscall } = error as Partial<NodeJS.ErrnoException>;
  return syscall !== undefined && Object.hasOwn(OF_THE_PLACE, code);
}

/** Why a file that the user named, or standard output, cannot be written, and what to do, in one line. */
export function writeProblem(path: string, error: unknown): string {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  const folder = dirname(path);
  const why = {
    ENOENT: `there is no folder ${folder}: make it, or name another file`,
    ENOTDIR: `${folder} is no folder: name another file`,
    EISDIR: 'it is a directory: name a file',
    EEXIST: 'it came to be there meanwhile: run this again',
    ...OF_THE_PLACE,
  }[code];
  return `cannot write ${path}: ${why ?? code}`;
}
