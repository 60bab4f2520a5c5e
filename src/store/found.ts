import { lstatSync, statSync, type Stats } from 'node:fs';

/**
 * What is at a path, with links followed; undefined where nothing is, or nobody gets there: a file stands where a
 * folder should (ENOTDIR), links go round (ELOOP), a folder may not be searched (EACCES). Whoever reads or writes there
 * is told why.
 */
export function statAt(path: string): Stats | undefined {
  return reached(() => statSync(path));
}

/** The same of a link itself. */
export function lstatAt(path: string): Stats | undefined {
  return reached(() => lstatSync(path));
}

function reached(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
