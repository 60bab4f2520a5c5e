import { LockfileError } from '../../readers/error.ts';

/**
 * Refuses a file with conflict markers. Package managers resolve a merge conflict by themselves, line by line, wherever
 * all three markers stand, even within strings: what they would install is not what this file says. `command` writes
 * the file anew.
 */
export function refuseConflicts(file: string, text: string, command: string): void {
  const start = text.search(/<{7}/);
  if (start === -1 || !text.includes('=======') || !text.includes('>>>>>>>')) return;
  const line = text.slice(0, start).split(/\r\n|\r|\n/).length;
  throw new LockfileError(file, line, `has marks of a git merge conflict; resolve it, then run ${command}`);
}
