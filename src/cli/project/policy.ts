import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { digestOf } from '../../readers/digest.ts';
import { POLICY_FILE, type PolicyInUse } from '../../model/policy.ts';
import { statAt } from '../../store/found.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { loadKeys } from '../trust-files.ts';
import { isAddress, readUserFile, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';
import { foldersUpwards, isRepository } from './upwards.ts';
import { type Phase, DEFAULT_PHASE, PHASES } from '../../model/verdict.ts';

/** A policy with the folder that the paths in it are relative to. */
export interface LoadedPolicy extends PolicyInUse {
  readonly folder: string;
  /** Where the policy names a path: `assay.yml:7`; the file alone where it stands in no line as it is. */
  readonly placeOf: (path: string) => string;
}

/**
 * The policy of `--policy`, else the assay.yml that governs `directory`: its own, or the nearest above it within the
 * same git repository. Null where there is none. Throws UsageError or PolicyError with one line.
 */
export async function loadPolicy(values: OptionValues, directory: string, io: Io): Promise<LoadedPolicy | null> {
  const path = values.policy === undefined ? findPolicy(directory, io) : resolve(io.cwd, values.policy);
  if (path === null) return null;
  const file = shownPath(path, io);
  const bytes = readUserFile(file, 'the policy', io);
  const folder = dirname(path);
  // With the reader of YAML, which most runs do without.
  const { parsePolicy } = await import('../../policy/policy-file.ts');
  const policy = parsePolicy(file, bytes);
  const placeOf = (one: string): string => {
    const lines = bytes.toString().split('\n');
    const at = lines.findIndex((line) => line.split(/[\s,{}[\]"']+/).includes(one));
    return at === -1 ? file : `${file}:${at + 1}`;
  };
  const keys = policy.privateRegistries.flatMap(({ url, keys: keysFile }) =>
    keysFile === null ? [] : [[url, loadKeys(policyFile({ folder, placeOf }, keysFile, io), io)] as const],
  );
  const digest = digestOf(bytes);
  return { policy, digest, keys: new Map(keys), folder, placeOf };
}

/**
 * The folders whose policy may govern `directory`, nearest first: to the root of its git repository, or of the one that
 * has that as a submodule. Outside of one only the directory itself: folders above it may belong to other people.
 */
export function policyFolders(directory: string): readonly string[] {
  const folders = foldersUpwards(directory);
  // A repository in the root of the file system is none.
  const root = folders.slice(0, -1).findIndex(isRepository);
  return folders.slice(0, Math.max(root, 0) + 1);
}

/** A folder with lockfiles, and the directory in which it was looked for. */
interface Governed {
  readonly folder: string;
  readonly place: string;
}

/**
 * The folder whose policy governs all of these: a run has one policy, and what is nearer to a lockfile than that must
 * not be passed over. Throws UsageError where two have different ones.
 */
export function governedFolder([first, ...others]: readonly Governed[], io: Io): string {
  if (first === undefined) return io.cwd;
  const policyOf = ({ folder, place }: Governed): string | null => findPolicy(folder, io) ?? findPolicy(place, io);
  const path = policyOf(first);
  const other = others.find((each) => policyOf(each) !== path);
  if (other === undefined) return path === null ? first.folder : dirname(path);
  const words = (each: Governed, file: string | null): string =>
    `${file === null ? 'no policy' : shownPath(file, io)} governs ${shownPath(each.folder, io)}`;
  throw new UsageError(
    `a run has one policy, but ${words(first, path)} and ${words(other, policyOf(other))}; audit them one by one, or name one with --policy`,
  );
}

/** The path of a file that a policy names, as it is shown. Throws UsageError where there is none. */
export function policyFile(
  { folder, placeOf }: Pick<LoadedPolicy, 'folder' | 'placeOf'>,
  path: string,
  io: Io,
): string {
  const whole = resolve(folder, path);
  demandProjectFile(whole, io);
  if (isAddress(path) || statAt(whole) !== undefined) return shownPath(whole, io);
  throw new UsageError(`${placeOf(path)}: there is no file ${shownPath(whole, io)}`);
}

function findPolicy(directory: string, io: Io): string | null {
  for (const folder of policyFolders(directory)) {
    const path = join(folder, POLICY_FILE);
    if (existsSync(path)) {
      demandProjectFile(path, io);
      return path;
    }
    const misnamed = join(folder, 'assay.yaml');
    if (existsSync(misnamed)) throw new UsageError(`${shownPath(misnamed, io)} is not read: name it ${POLICY_FILE}`);
  }
  return null;
}

/** The phase of the command line, else that of the policy, else the default. */
export function phaseOf(values: OptionValues, policy: LoadedPolicy | null): Phase {
  const { enforce } = values;
  if (enforce === undefined) return policy?.policy.enforce ?? DEFAULT_PHASE;
  const phase = PHASES.find((candidate) => candidate === enforce);
  if (phase !== undefined) return phase;
  throw new UsageError(`--enforce takes ${PHASES.join(', ')}, not ${enforce}`);
}
