import { hash } from 'node:crypto';
import { formatFork, parseFork } from '../../../logs/fork-file.ts';
import type { PublishedBundle } from '../../../logs/published.ts';
import { checkFork, verifyLogged, type Verified } from '../../../logs/verify.ts';
import { isFailing } from '../../../model/log.ts';
import {
  forkJson,
  renderFork,
  renderVerified,
  verifiedJson,
  type ForkOutcome,
  type VerifiedEntry,
} from '../../../report/commands/log-verify.ts';
import { stringify } from '../../../report/json/stringify.ts';
import { lackingWitnesses } from '../../../tlog/cosignature.ts';
import { publicGoodRoot } from '../../../sigstore/public-good.ts';
import { parseRootFile } from '../../../sigstore/root-file.ts';
import type { TrustedRoot } from '../../../sigstore/trusted-root.ts';
import type { LogState } from '../../../store/log-state.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { EXIT, UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { messageOf, readUserFile } from '../../user-files.ts';
import { namedLogs, openLogs, placesNamed, readNamed, type OpenLogs } from './open.ts';
import { stateOf } from './state.ts';
import { demandLogged, targetsOf } from './target.ts';

/** `assay log verify BUNDLE|PACKAGE@VERSION`: holds logs to what they signed, and to what was seen before. */
export async function verify(args: readonly string[], values: OptionValues, io: Io): Promise<number> {
  const [what, ...rest] = args;
  if (values.fork !== undefined) {
    if (what !== undefined) throw new UsageError('log verify takes a bundle or a package, or --fork FILE');
    return verifyFork(values.fork, values, io);
  }
  if (what === undefined || rest.length > 0) {
    throw new UsageError('log verify takes one bundle or PACKAGE@VERSION, or --fork FILE');
  }
  demandLogged(what, io);
  const state = stateOf(values, io);
  const logs = await openLogs(values, io);
  try {
    const { targets, problems } = await targetsOf(what, logs.config, io);
    const bundles = targets.flatMap(({ name, published }) => (published ?? []).map((bundle) => ({ name, bundle })));
    if (bundles.length === 0 && problems.length === 0) {
      throw new UsageError(
        targets.every(({ published }) => published === null)
          ? `${what} is no Sigstore bundle`
          : `the registry serves no attestation of ${what}, so that there is no bundle to verify`,
      );
    }
    const entries: VerifiedEntry[] = [];
    for (const { name, bundle } of bundles) entries.push(...(await verifyBundle(logs, state, name, bundle)));
    if (values.json === true) io.stdout.write(stringify(verifiedJson(entries, problems)));
    else {
      if (entries.length > 0) io.stdout.write(renderVerified(entries, io.stdout));
      for (const problem of problems) io.stderr.write(`assay: ${escapeText(problem, 1000)}\n`);
    }
    return statusOf(entries, problems);
  } finally {
    logs.close();
  }
}

function statusOf(entries: readonly VerifiedEntry[], problems: readonly string[]): number {
  if (entries.some(({ word }) => isFailing(word))) return EXIT.fails;
  const isWhole = problems.length === 0 && entries.length > 0;
  return isWhole && entries.every(({ word }) => word === 'held') ? EXIT.holds : EXIT.noStatement;
}

/** Each entry of a bundle. What is newer than what was kept is kept, where it goes on from that. */
async function verifyBundle(
  { context, places, witnesses }: OpenLogs,
  state: LogState,
  name: string,
  bundle: PublishedBundle,
): Promise<readonly VerifiedEntry[]> {
  const entries: VerifiedEntry[] = [];
  for (const entry of bundle.entries) {
    const verified = await verifyLogged(context, places, entry, (origin) => state.head(origin));
    const shown = shownEntry(name, verified, state, context.witnesses.length);
    if (verified.word === 'held') keepNewer(verified, state);
    const lacking = verified.word === 'held' ? lackingWitnesses(witnesses, verified.cosigned) : '';
    entries.push(lacking === '' ? shown : { ...shown, word: 'unwitnessed', reason: lacking });
  }
  return entries;
}

function keepNewer({ now, kept }: Verified, state: LogState): void {
  if (now === null || (kept !== null && kept.checkpoint.size > now.checkpoint.size)) return;
  state.keepHead(now.checkpoint.origin, now.note, kept?.note ?? null);
}

function shownEntry(bundle: string, verified: Verified, state: LogState, witnesses: number): VerifiedEntry {
  const { log, word, index, leaf, now, kept, cosigned, evidence } = verified;
  const origin = now?.checkpoint.origin ?? null;
  return {
    ...{ bundle, log, word, index, leaf, origin, witnesses },
    reason: word === 'held' ? '' : verified.reason,
    size: now === null ? null : String(now.checkpoint.size),
    kept: kept === null ? null : String(kept.checkpoint.size),
    otherTrees: state.origins().filter((one) => one !== origin && one.startsWith(`${log} - `)),
    frozen: now?.frozen ?? null,
    cosigned: [...cosigned],
    evidence: evidence === null ? null : keepFork(evidence, state),
  };
}

/** Writes the two notes and what is between them where they are kept, under the hash of all that. */
export function keepFork(evidence: NonNullable<Verified['evidence']>, state: LogState): string {
  const text = formatFork(evidence);
  return state.keepEvidence(`fork-${hash('sha256', text, 'hex').slice(0, 16)}.json`, text);
}

/** Of one that has a log alone, nothing is demanded. */
function rootsIn(file: string, io: Io): readonly TrustedRoot[] {
  const bytes = readUserFile(file, 'the trusted root', io);
  try {
    return parseRootFile(bytes);
  } catch (error) {
    throw new UsageError(`the trusted root ${file} cannot be used: ${messageOf(error)}`);
  }
}

/** What somebody else found, checked without asking anybody. */
function verifyFork(path: string, values: OptionValues, io: Io): Promise<number> {
  const rootFile = values['trusted-root'];
  const roots = rootFile === undefined ? [publicGoodRoot()] : rootsIn(rootFile, io);
  const tlogs = roots.flatMap((root) => root.tlogs);
  const outcome = outcomeOf();
  io.stdout.write(values.json === true ? stringify(forkJson(path, outcome)) : renderFork(path, outcome, io.stdout));
  const status = { parted: EXIT.fails, joined: EXIT.holds }[outcome.word as string];
  return Promise.resolve(status ?? EXIT.noStatement);

  function outcomeOf(): ForkOutcome {
    return readNamed(path, () => {
      const came = checkFork(
        placesNamed({ tlogs }, namedLogs(values)),
        parseFork(readUserFile(path, 'the file of a fork', io)),
      );
      return typeof came === 'string' ? { word: came, reason: '' } : came;
    });
  }
}
