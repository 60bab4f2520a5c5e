import { LockfileError } from '../../readers/error.ts';

/**
 * Package managers mend a merge conflict by themselves, choosing one side line by line, wherever all three marks stand,
 * even within strings: what they would install is then not what this file says. `command` is the one that writes it.
 */
export function refuseConflicts(file: string, text: string, command: string): void {
  const start = text.search(/<{7}/);
  if (start === -1 || !text.includes('=======') || !text.includes('>>>>>>>')) return;
  const line = text.slice(0, start).split(/\r\n|\r|\n/).length;
  throw new LockfileError(file, line, `has marks of a git merge conflict; resolve it, then run ${command}`);
}
