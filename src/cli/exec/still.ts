import { isMendable } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { findAllLockfiles } from '../project/find.ts';
import { openProjects, type Projects } from '../project/open.ts';
import { listed } from '../../report/words/layout.ts';
import { escapeText } from '../../report/words/escape.ts';

/** Where an audit looked, and what it found there. */
export interface Looked extends Pick<Projects, 'projects' | 'unread' | 'policy'> {
  readonly places: readonly string[];
  readonly below: boolean;
  readonly values: OptionValues;
}

/**
 * Looks again at what decides what the audited lockfiles install: their bytes, lockfiles that would be read in their
 * place, and settings by which they are not used; before the command ran also every manifest and setting, which it may
 * write anew. Names the files of which something is not as it was; "" where all of it is.
 */
export async function changedSince(looked: Looked, when: 'before' | 'after', io: Io): Promise<string> {
  const was = standingOf(looked, when);
  const is = await standingNow(looked, when, io);
  const files = [...new Set([...was.keys(), ...is.keys()])].filter((file) => was.get(file) !== is.get(file));
  return listed(files, 3, (file) => escapeText(file, 120));
}

type Standing = ReadonlyMap<string, string>;

async function standingNow(
  { places, below, values, policy }: Looked,
  when: 'before' | 'after',
  io: Io,
): Promise<Standing> {
  try {
    // Read anew, from the files alone.
    const found = await openProjects(findAllLockfiles(places, below, io), { ...values, 'no-cache': true }, policy, io);
    return standingOf(found, when);
  } catch (error) {
    // There is none any more.
    if (isMendable(error)) return new Map();
    throw error;
  }
}

/** What each lockfile has, and what is wrong with it or with its being used, by the file as it is shown. */
function standingOf({ projects, unread }: Pick<Projects, 'projects' | 'unread'>, when: 'before' | 'after'): Standing {
  return new Map([
    ...projects.flatMap(({ lockfiles, filesOf, managers }) =>
      lockfiles.map(({ file, digest, findings = [] }) => {
        const beside = when === 'before' ? [...filesOf(file).manifests, managers] : [];
        return [file, JSON.stringify([digest, findings, beside])] as const;
      }),
    ),
    ...unread.map(({ file, problem }) => [file, problem] as const),
  ]);
}
