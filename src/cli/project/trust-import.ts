import { closeSync, openSync, readSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import type { TrustOptions } from '../../audit/options.ts';
import { TrustError, type TrustSource } from '../../audit/trust.ts';
import { STRICT, type Thresholds } from '../../model/trust.ts';
import { TUF_URL } from '../../sigstore/tuf/public-good.ts';
import { digestOf } from '../../readers/digest.ts';
import { statAt } from '../../store/found.ts';
import { changedVersions } from '../../report/commands/trust.ts';
import { lackedCopy, withEvidence } from '../evidence.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { placeOfCache } from '../setup.ts';
import { loadInstances, statedThresholds, type FileInstance } from '../trust-files.ts';
import { demandFile, readUserFile, shownPath } from '../user-files.ts';
import { loadPolicy, type LoadedPolicy } from './policy.ts';
import { networkConfig } from './registry.ts';
import { openSource, trustSource } from './trust.ts';
import { joinInstances } from './trust-instances.ts';
import { folderAsker } from './tuf-folder.ts';

/** What was known, and what is known now and by every later run. */
interface Rolled {
  readonly before: TrustOptions | null;
  readonly after: TrustOptions;
}

export type Imported =
  /** Of the main instance, and of those beside it that a pack has the repositories of. */
  | ({
      readonly kind: 'rolled';
      /** What the main one's came from. */
      readonly from: string;
      readonly isPack: boolean;
      readonly others: readonly (Rolled & { readonly name: string })[];
    } & Rolled)
  /** Nothing was imported: what to write into the policy instead. */
  | { readonly kind: 'lines'; readonly lines: string; readonly why: string };

/**
 * Takes in what was carried here: a copy of the TUF repository in a folder, or packs, one of which may be the base of
 * the other. Trust rolls forward from what is known, never from what the copy says. A trusted root in a file is signed
 * by nobody and so is only described. Contacts nobody. Throws UsageError, PackError or TrustError.
 */
export async function importTrust(paths: readonly string[], values: OptionValues, io: Io): Promise<Imported> {
  const [path, ...others] = paths;
  const kinds = paths.map((one) => kindOf(one, io));
  if (path === undefined || (others.length > 0 && kinds.some((kind) => kind !== 'pack'))) {
    throw new UsageError('trust import takes one folder, one file, or a pack with the one that it is based on');
  }
  const policy = await loadPolicy(values, io.cwd, io);
  if (kinds[0] === 'file') return linesFor(path, values, policy, io);
  if (kinds[0] === 'folder') return rollForward(path, resolve(io.cwd, path), values, policy, io);
  return withEvidence(paths, io, (inside) => rollForward(path, null, values, policy, inside));
}

async function rollForward(
  from: string,
  folder: string | null,
  values: OptionValues,
  policy: LoadedPolicy | null,
  io: Io,
): Promise<Imported> {
  const { source, further } = trustSource(values, policy, io);
  if (source === null) {
    throw new UsageError('nobody publishes this root: --tuf URL and --tuf-root FILE name a repository');
  }
  if (values['no-cache'] === true || placeOfCache(io) === null) {
    throw new UsageError('trust import keeps what it verified in the cache, and there is none');
  }
  const carried = further.published.filter((one) => one.source.ask === undefined);
  // A folder is carried over with the project; the repositories of other instances may be in the pack all the same.
  const isFolder = folder === null && source.ask !== undefined;
  if (isFolder && carried.length === 0) {
    throw new UsageError(`a pack has no copy of a folder: import ${source.url} itself`);
  }
  const roll = (one: TrustSource, of: string): Promise<Rolled> => rollOne(one, of, values, io);
  if (folder !== null) {
    const rolled = await roll({ ...source, ask: folderAsker(folder) }, from).catch((error: unknown) => {
      // A folder does not say whose copy it is.
      const taken = `it was taken for a copy of ${source.url}; --tuf and --tuf-root name another repository`;
      const isUnnamed = values.tuf === undefined && source.url === TUF_URL;
      throw error instanceof TrustError && isUnnamed ? new TrustError(`${error.why}; ${taken}`) : error;
    });
    return {
      ...{ kind: 'rolled', from, isPack: false, ...rolled },
      ...{ after: joinInstances(rolled.after, further.given, []), others: [] },
    };
  }
  const main = await roll(source, isFolder ? source.url : from);
  const others: (Rolled & { readonly name: string })[] = [];
  for (const { name, source: own } of carried) {
    others.push({ name, ...(await roll(own, `${from} (of instance ${name})`)) });
  }
  const published = others.map(({ name, after: trust }) => ({ name, trust }));
  const after = joinInstances(main.after, further.given, published);
  return { kind: 'rolled', from: isFolder ? source.url : from, isPack: !isFolder, ...main, after, others };
}

async function rollOne(source: TrustSource, from: string, values: OptionValues, io: Io): Promise<Rolled> {
  demandCopy(source, from, io);
  const { opened, close } = openSource(source, values, networkConfig(values, io.cwd, io), io, true);
  try {
    const { known, refresh } = await opened;
    const after = await refresh().catch((error: unknown) => {
      throw error instanceof TrustError ? new TrustError(`${from} cannot be imported: ${error.why}`) : error;
    });
    const { state, problem, versions } = after.repository ?? {};
    if (state !== 'current') {
      const changed = changedVersions(known?.repository?.versions, versions);
      const kept = changed === '' ? '' : ` (what holds of it is kept: ${changed})`;
      throw new TrustError(`${from} cannot be imported: ${problem ?? 'it says nothing'}${kept}`);
    }
    return { before: known, after };
  } finally {
    close();
  }
}

/** Throws TrustError where a pack says itself that it has other repositories; what it has is verified all the same. */
function demandCopy({ url, ask }: TrustSource, from: string, io: Io): void {
  const lacked = ask === undefined ? lackedCopy(url, io) : null;
  if (lacked !== null) throw new TrustError(`${from} cannot be imported: it has ${lacked}`);
}

/** A trusted root is text; a pack is a tar, whose header has zeros. */
function kindOf(path: string, io: Io): 'folder' | 'pack' | 'file' {
  const absolute = resolve(io.cwd, path);
  const found = statAt(absolute);
  if (found === undefined) throw new UsageError(`no such file or directory: ${path}`);
  if (found.isDirectory()) return 'folder';
  demandFile(absolute);
  const fd = openSync(absolute, 'r');
  try {
    const start = Buffer.alloc(512);
    return start.subarray(0, readSync(fd, start)).includes(0) ? 'pack' : 'file';
  } finally {
    closeSync(fd);
  }
}

function linesFor(path: string, values: OptionValues, policy: LoadedPolicy | null, io: Io): Imported {
  const stem = basename(path).replace(/\..*$/, '');
  const name = /^[a-z][a-z0-9-]{0,39}$/.test(stem) && !TAKEN.includes(stem) ? stem : 'company';
  const instances = loadInstances(path, { name, stated: statedThresholds(values.thresholds) }, io);
  const why = `nothing was imported: nobody signs ${shownPath(path, io)}, so it counts where a policy names it`;
  if (values.json === true) throw new UsageError(`${why}; without --json, the lines for that are written`);
  const digest = digestOf(readUserFile(path, 'the trusted root', io));
  const file = relative(policy?.folder ?? io.cwd, resolve(io.cwd, path));
  return {
    kind: 'lines',
    lines: policyLines(/^[\w./-]+$/.test(file) ? file : JSON.stringify(file), digest, instances),
    why: `${why}, which people review; these are the lines`,
  };
}

/** Names that a trusted root of one's own cannot have. */
const TAKEN = ['own', 'public-good', 'github'];

/** The lines of a policy that put a file in use; several roots, and the public one, are the main instance's. */
function policyLines(
  file: string,
  digest: string,
  [first, ...others]: readonly [FileInstance, ...FileInstance[]],
): string {
  const facts = [
    `# sha256:${digest}`,
    `root: ${file}`,
    '# The day on which its owner said that it is the newest; without it, nobody knows how old it is.',
    '# as-of: YYYY-MM-DD',
    ...(isStrict(first.thresholds) || first.name === 'github' ? [] : thresholdLines(first.thresholds)),
  ];
  const isMain = others.length > 0 || first.name === 'public-good';
  const lines = isMain
    ? ['trust:', ...indented(facts, 2)]
    : [
        'trust:',
        '  instances:',
        `    ${first.name}:`,
        ...indented(facts, 6),
        'expect:',
        '  # The packages that it vouches for.',
        `  '@${first.name}/*':`,
        `    instance: ${first.name}`,
      ];
  return `${lines.join('\n')}\n`;
}

function isStrict({ log, sct, time }: Thresholds): boolean {
  return log === STRICT.log && sct === STRICT.sct && time === STRICT.time;
}

function thresholdLines({ log, sct, time }: Thresholds): readonly string[] {
  return ['thresholds:', `  log: ${log}`, `  sct: ${sct}`, `  time: ${time}`];
}

function indented(lines: readonly string[], by: number): readonly string[] {
  return lines.map((line) => ' '.repeat(by) + line);
}
