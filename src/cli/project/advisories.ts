import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { collectRecords } from '../../advisories/collection.ts';
import { AdvisoryError } from '../../advisories/error.ts';
import { recordedId, type Advisories } from '../../advisories/match.ts';
import { readOsv } from '../../advisories/osv.ts';
import type { ReadRecord } from '../../advisories/record.ts';
import { readRustsec } from '../../advisories/rustsec.ts';
import type { PackageRef } from '../../model/package.ts';
import { readZipFile, type ReadAt } from '../../readers/zip-file.ts';
import { ZipError } from '../../readers/zip.ts';
import { statAt } from '../../store/found.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { isAddress, NOT_FETCHED, shownPath } from '../user-files.ts';
import { demandWithin } from './project-file.ts';
import type { LoadedPolicy } from './policy.ts';

const MIB = 1024 * 1024;
/** Several times what the databases have; the longest record names some ten thousand versions. */
const LIMITS = { entries: 2_000_000, entry: 16 * MIB, bytes: 8192 * MIB };
const MAX_DEPTH = 32;
/** After so many files whoever waits for the network has a turn. */
const FILES_IN_A_ROW = 200;

/** A record of the Open Source Vulnerability format, or of RustSec's repository. */
const RECORD = /(?:\.json|(?:^|\/)RUSTSEC-[^/]*\.md)$/i;
/** What version control and its hosts keep beside the records. */
const HIDDEN = /(?:^|\/)\./;

type Add = (read: ReadRecord) => void;

/** A folder or archive of advisories, as it is named, and the folder that this is relative to. */
export interface AdvisoryPath {
  readonly base: string;
  readonly path: string;
}

/** Where advisories are: the command line adds to what the policy names. */
export function advisoryPaths(values: OptionValues, policy: LoadedPolicy | null, io: Io): readonly AdvisoryPath[] {
  return [
    ...(policy?.policy.advisories ?? []).map((path) => ({ base: policy?.folder ?? io.cwd, path })),
    ...(values.advisories ?? []).map((path) => ({ base: io.cwd, path })),
  ];
}

/**
 * Begins to read what the policy and the command line name of records about these packages; null where they name
 * nothing. Throws UsageError, at once or later, and AdvisoryError later.
 */
export function startAdvisories(
  values: OptionValues,
  policy: LoadedPolicy | null,
  packages: readonly PackageRef[],
  io: Io,
): Promise<Advisories> | null {
  const named = advisoryPaths(values, policy, io);
  const address = named.find(({ path }) => isAddress(path));
  if (address !== undefined) throw new UsageError(`cannot read the advisories ${address.path}: ${NOT_FETCHED}`);
  const paths = new Set(named.map(({ base, path }) => resolve(base, path)));
  if (paths.size === 0) return null;
  for (const path of policy?.policy.advisories ?? []) demandWithin(resolve(policy?.folder ?? io.cwd, path), io);
  for (const path of paths) {
    const found = statAt(path);
    if (found?.isDirectory() === true || found?.isFile() === true) continue;
    const problem = found === undefined ? 'no such file or folder' : 'it is neither a file nor a folder';
    throw new UsageError(`cannot read the advisories ${shownPath(path, io)}: ${problem}`);
  }
  const reading = readAll(paths, packages, io);
  // Whoever waits for it sees why there is none.
  reading.catch(() => undefined);
  return reading;
}

async function readAll(paths: Iterable<string>, packages: readonly PackageRef[], io: Io): Promise<Advisories> {
  const collection = collectRecords(new Set(packages.map(recordedId)), Date.now());
  for (const path of paths) {
    const from = shownPath(path, io);
    const { add } = collection.begin(from);
    try {
      if (statSync(path).isDirectory()) await readFolder(path, from, add);
      else await readArchive(path, from, add);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof AdvisoryError || code === undefined) throw error;
      throw new UsageError(`cannot read the advisories ${from}: ${code}`);
    }
  }
  return { used: collection.used(), records: collection.records };
}

/** The records in all folders below. Links are refused: they may lead to anything at any time. */
async function readFolder(folder: string, from: string, add: Add): Promise<void> {
  let files = 0;
  const left = [''];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const entry of readdirSync(join(folder, at), { withFileTypes: true })) {
      const name = at === '' ? entry.name : `${at}/${entry.name}`;
      if (HIDDEN.test(entry.name)) continue;
      if (entry.isDirectory()) {
        if (name.split('/').length > MAX_DEPTH)
          throw new AdvisoryError(`${from}/${name}: folders deeper than ${MAX_DEPTH}`);
        left.push(name);
      } else if (entry.isFile() && RECORD.test(name)) {
        files += 1;
        if (files > LIMITS.entries) throw new AdvisoryError(`${from}: more than ${LIMITS.entries} files`);
        const shown = join(from, name);
        add(readRecord(name, readRecordFile(join(folder, name), shown), shown));
        if (files % FILES_IN_A_ROW === 0) await setImmediate();
      } else if (!entry.isFile()) {
        throw new AdvisoryError(
          `${join(from, name)}: it is a link or no file, and is not read: put the file itself there`,
        );
      }
    }
  }
}

function readRecordFile(path: string, shown: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(file);
    if (size > LIMITS.entry) throw new AdvisoryError(`${shown}: more than ${LIMITS.entry} bytes`);
    return readerOf(file)(0, size);
  } finally {
    closeSync(file);
  }
}

async function readArchive(path: string, from: string, add: Add): Promise<void> {
  const file = openSync(path, constants.O_RDONLY);
  try {
    const { size } = fstatSync(file);
    const isWanted = (name: string): boolean => RECORD.test(name) && !HIDDEN.test(name);
    await readZipFile({ size, readAt: readerOf(file) }, LIMITS, isWanted, (name, content) => {
      add(readRecord(name, content, `${from}: ${name}`));
    });
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new AdvisoryError(
      `${from} is neither a folder nor a zip archive that can be read (${error.message}); fetch it again`,
    );
  } finally {
    closeSync(file);
  }
}

function readerOf(file: number): ReadAt {
  return (position, length) => {
    const bytes = Buffer.allocUnsafe(length);
    let read = 0;
    for (let more = -1; more !== 0 && read < length; read += more) {
      more = readSync(file, bytes, read, length - read, position + read);
    }
    return bytes.subarray(0, read);
  };
}

function readRecord(name: string, bytes: Buffer, shown: string): ReadRecord {
  try {
    const text = bytes.toString('utf8');
    return basename(name).endsWith('.md') ? readRustsec(text) : readOsv(text);
  } catch (error) {
    if (error instanceof AdvisoryError) throw new AdvisoryError(`${shown}: ${error.message}`);
    throw error;
  }
}
