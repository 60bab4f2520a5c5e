import { readPublished } from '../../../logs/published.ts';
import type { NamedTarget } from './target.ts';
import type { Ours } from '../../../logs/watched.ts';
import { UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { parseUserJson, readUserFile } from '../../user-files.ts';
import { isHttp } from './open.ts';

/** Whose ids these are where nothing else is said. */
const GITHUB = 'https://token.actions.githubusercontent.com';
/** Issuers whose ids are numbers (Fulcio, docs/oid-info.md: 1.3.6.1.4.1.57264.1.15). */
const NUMBERING = [GITHUB, 'https://gitlab.com'];
const MAX_ID = 100;

/** Whom the options of a watch name: what no certificate could have would be watched for ever without a word. */
export interface Watching {
  readonly repositoryIds: readonly string[];
  readonly issuer: string;
}

/** Reads them before anything is asked. Throws UsageError. */
export function watchingOf(values: OptionValues): Watching {
  const { 'repository-id': repositoryIds = [], 'certificate-oidc-issuer': named } = values;
  const issuer = named ?? GITHUB;
  if (named !== undefined && repositoryIds.length === 0) {
    throw new UsageError('--certificate-oidc-issuer goes with --repository-id: it says whose ids those are');
  }
  if (!isHttp(issuer) || issuer !== issuer.trim()) {
    throw new UsageError(`--certificate-oidc-issuer takes the URL of an issuer, such as ${GITHUB}, not ${issuer}`);
  }
  const bare = issuer.toLowerCase().replace(/\/+$/, '');
  const near = NUMBERING.find((one) => one === bare);
  if (near !== undefined && near !== issuer) {
    throw new UsageError(`no certificate has the issuer ${issuer}; did you mean ${near}?`);
  }
  for (const id of repositoryIds) {
    const isNumber = /^[1-9]\d{0,18}$/.test(id);
    if (NUMBERING.includes(issuer) ? isNumber : /^[\x21-\x7e]+$/.test(id) && id.length <= MAX_ID) continue;
    const what = NUMBERING.includes(issuer) ? `the number that ${issuer} gives a repository` : 'an id';
    const hint = id.includes('/') ? ': its name can change hands' : '';
    throw new UsageError(`--repository-id takes ${what}, not ${id}${hint}`);
  }
  return { repositoryIds, issuer };
}

/**
 * Who is watched: the repositories and identities that are named, and what the packages and bundles that are given
 * publish.
 */
export function oursOf(watching: Watching, bundle: readonly string[], targets: readonly NamedTarget[], io: Io): Ours {
  const given = bundle.map((path) => bundleFile(path, io));
  const published = [...targets.flatMap((target) => target.published ?? []), ...given];
  return {
    ...watching,
    subjects: [...new Set([...targets, ...published].flatMap(({ subject }) => subject ?? []))],
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
