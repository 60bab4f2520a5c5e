import { resolve } from 'node:path';
import { answersFrom, evidenceOf } from '../pack/answers.ts';
import { PackError } from '../pack/error.ts';
import { vouchingIn } from '../pack/names.ts';
import { openPack, type Pack } from '../pack/open.ts';
import { evidenceLines, otherLockfilesLine, otherRepositoryText } from '../report/commands/pack.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { readProblem, shownPath } from './user-files.ts';

/**
 * Runs `work` with the answers of packs in place of the network, and says first what they are. Throws UsageError or
 * PackError.
 */
export async function withEvidence<T>(paths: readonly string[], io: Io, work: (io: Io) => Promise<T>): Promise<T> {
  const packs: Pack[] = [];
  try {
    for (const path of paths) packs.push(openPackFile(path, 'the evidence', io));
    const evidence = evidenceOf(packs, Date.now());
    const { file, index } = evidence.pack;
    const client = answersFrom(evidence);
    const say = (line: string): void => io.stderr.write(`assay: ${line}\n`);
    for (const line of evidenceLines({ file, ...index }, vouchingIn(index.answers), Date.now())) say(line);
    const known = new Set(index.lockfiles.map(({ sha256 }) => sha256));
    return await work({
      ...io,
      answers: {
        through: () => client,
        pack: evidence.pack,
        about: (lockfiles) => {
          const others = lockfiles.filter(({ digest }) => !known.has(digest));
          if (others.length === 0) return;
          say(
            otherLockfilesLine(
              file,
              others.map((one) => one.file),
            ),
          );
        },
      },
    });
  } finally {
    for (const pack of packs) pack.close();
  }
}

/** That the pack in use says itself that it has other TUF repositories than this one; null where it has it. */
export function lackedCopy(url: string, { answers }: Io): string | null {
  if (answers?.pack === undefined || answers.pack === null) return null;
  const had = answers.pack.index.trust.map((one) => one.url);
  return had.some((one) => withoutSlash(one) === withoutSlash(url)) ? null : otherRepositoryText(url, had);
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '');
}

/** Opens a pack that the user named. Throws UsageError or PackError. */
export function openPackFile(path: string, what: string, io: Io): Pack {
  try {
    return openPack(resolve(io.cwd, path), shownPath(path, io));
  } catch (error) {
    if (error instanceof PackError) throw error;
    throw new UsageError(`cannot read ${what} ${path}: ${readProblem(error, path)}`);
  }
}
