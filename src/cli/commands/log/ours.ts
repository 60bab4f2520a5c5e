import { readPublished } from '../../../logs/published.ts';
import type { NamedTarget } from './target.ts';
import type { Ours } from '../../../logs/watched.ts';
import { UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { parseUserJson, readUserFile } from '../../user-files.ts';

/** Whose ids these are where nothing else is said. */
const GITHUB = 'https://token.actions.githubusercontent.com';
const MAX_ID = 100;

/** Who is watched: the repositories that are named, and what the packages and bundles that are given publish. */
export function oursOf(values: OptionValues, targets: readonly NamedTarget[], io: Io): Ours {
  const { 'repository-id': repositoryIds = [], 'certificate-oidc-issuer': issuer = GITHUB, bundle = [] } = values;
  for (const id of repositoryIds) {
    if (!/^[\x21-\x7e]+$/.test(id) || id.length > MAX_ID)
      throw new UsageError(`--repository-id takes an id, not ${id}`);
  }
  const given = bundle.map((path) => bundleFile(path, io));
  const published = [...targets.flatMap((target) => target.published ?? []), ...given];
  return {
    repositoryIds,
    issuer,
    subjects: [...new Set(published.flatMap(({ subject }) => subject ?? []))],
    digests: [
      ...targets.flatMap(({ digests }) => digests),
      ...published.flatMap(({ digests }) => digests.filter(([what]) => what !== 'certificate').map(([, one]) => one)),
    ],
    leaves: new Set(published.flatMap(({ leaves }) => leaves.map(({ leaf }) => leaf))),
  };
}

function bundleFile(path: string, io: Io): NonNullable<ReturnType<typeof readPublished>> {
  const bundle = readPublished(parseUserJson(readUserFile(path, 'the bundle', io), path, 'the bundle'));
  if (bundle === null) throw new UsageError(`${path} is not a Sigstore bundle`);
  return bundle;
}
