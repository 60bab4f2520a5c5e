import { lstatSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { relative, resolve } from 'node:path';
import { digestOf } from '../digest.ts';
import { OMITTABLE, type Omittable, type TrustOptions } from '../audit.ts';
import { cachePlace, type CachePlace } from '../cache/place.ts';
import { openCache, type Cache } from '../cache/store.ts';
import type { Lockfile } from '../model/dependency.ts';
import type { RegistryKey } from '../model/evidence.ts';
import { DEFAULT_PHASE, PHASES, type Phase } from '../model/verdict.ts';
import { createHttpClient } from '../registries/http.ts';
import { npmRegistry } from '../registries/npm.ts';
import { parseKeysDocument } from '../registries/npm-keys.ts';
import { loadNpmConfig, type NpmConfig } from '../registries/npmrc.ts';
import { yarnCache } from '../registries/package-caches.ts';
import type { Registry } from '../registries/registry.ts';
import { escapeText } from '../report/escape.ts';
import type { ReportOptions } from '../report/terminal.ts';
import { PUBLIC_GOOD_ROOT_DIGEST, publicGoodRoot } from '../sigstore/public-good.ts';
import { parseTrustedRoot } from '../sigstore/trusted-root.ts';
import { UsageError } from './exit.ts';
import type { Io, Output } from './io.ts';
import type { ManagerConfig } from './manager-config.ts';
import type { OptionValues } from './options.ts';
import type { LoadedPolicy } from './policy.ts';

/**
 * For files that nobody named on the command line, but a repository did: a device or pipe in the place of one could be
 * read for ever. Throws UsageError; what is not there is for the reader to say.
 */
export function demandFile(path: string): void {
  demandTarget(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) throw new UsageError(`${path} is a folder, and not a file`);
  if (found?.isFile() === false) throw new UsageError(`${path} is not a file`);
}

/** Throws UsageError where a path is a link that leads to nothing that can be read. */
export function demandTarget(path: string): void {
  const link = isLink(path);
  try {
    if (link) statSync(path);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const why = { ENOENT: 'nowhere', ELOOP: 'back to itself', EACCES: 'where reading is not permitted' }[code];
    throw new UsageError(`${path} is a link that leads ${why ?? `nowhere (${code})`}`);
  }
}

/** Whether there is a link at a path, wherever it leads. */
export function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Reads a file the user named. Throws UsageError with one line. */
export function readUserFile(path: string, what: string, io: Io): Buffer {
  try {
    return readFileSync(resolve(io.cwd, path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const why = { ENOENT: 'no such file', EISDIR: 'it is a directory', EACCES: 'permission denied' }[code] ?? code;
    throw new UsageError(`cannot read ${what} ${path}: ${why}`);
  }
}

/** Parses a JSON file the user named. Throws UsageError with one line. */
function parseUserJson(bytes: Buffer, path: string, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : 'unreadable';
    throw new UsageError(`${what} ${path} is not JSON: ${why ?? ''}`);
  }
}

/** The path as people will recognise it in a report: relative to where they are, where it is below. */
export function shownPath(path: string, io: Io): string {
  const absolute = resolve(io.cwd, path);
  const below = relative(io.cwd, absolute);
  return below === '' || below.startsWith('..') ? absolute : below;
}

export function loadRoot(path: string | undefined, io: Io): Omit<TrustOptions, 'keys'> {
  if (path === undefined) {
    return { root: publicGoodRoot(), rootName: 'public-good', rootDigest: PUBLIC_GOOD_ROOT_DIGEST };
  }
  const bytes = readUserFile(path, 'the trusted root', io);
  const json = parseUserJson(bytes, path, 'the trusted root');
  try {
    const rootDigest = digestOf(bytes);
    return { root: parseTrustedRoot(json), rootName: shownPath(path, io), rootDigest };
  } catch (error) {
    throw new UsageError(`the trusted root ${path} cannot be used: ${messageOf(error)}`);
  }
}

/** The keys of a keys document the user named. Throws UsageError with one line. */
export function loadKeys(path: string, io: Io): readonly RegistryKey[] {
  const json = parseUserJson(readUserFile(path, 'the registry keys', io), path, 'the registry keys');
  try {
    return parseKeysDocument(json, 'configured');
  } catch (error) {
    throw new UsageError(`the registry keys ${path} cannot be used: ${messageOf(error)}`);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** npm's configuration for the project in `directory`, with what the files of its package manager add. */
export function npmConfig(values: OptionValues, directory: string, io: Io, manager?: ManagerConfig): NpmConfig {
  if (values.registry !== undefined && !/^https?:\/\/[^/]/.test(values.registry)) {
    throw new UsageError(`--registry needs an http or https URL, not ${values.registry}`);
  }
  return loadNpmConfig({
    cwd: directory,
    env: io.env,
    homedir: homedir(),
    platform: process.platform,
    ...(manager === undefined ? {} : { manager }),
    overrides: values.registry === undefined ? {} : { registry: values.registry },
  });
}

/** The same, with a line on stderr for each setting that cannot be used, but for those that were `told`. */
export function networkConfig(
  values: OptionValues,
  directory: string,
  io: Io,
  manager?: ManagerConfig,
  told: readonly string[] = [],
): NpmConfig {
  const config = npmConfig(values, directory, io, manager);
  for (const warning of config.warnings) {
    if (!told.includes(warning)) io.stderr.write(`assay: ${escapeText(warning, 1000)}\n`);
  }
  return config;
}

/**
 * How the registries of a project are reached: as its package manager is told, for what its lockfiles name. Throws
 * UsageError where several package managers would ask different ones, or one cannot be asked.
 */
export function projectConfig(
  values: OptionValues,
  { managers, lockfiles }: { readonly managers: readonly ManagerConfig[]; readonly lockfiles: readonly Lockfile[] },
  directory: string,
  io: Io,
  told: readonly string[],
): NpmConfig {
  const configs = managers.map((manager) => networkConfig(values, directory, io, manager, told));
  const [first, ...others] = configs;
  if (first === undefined) return networkConfig(values, directory, io, undefined, told);
  const names = lockfiles.flatMap(({ dependencies }) => dependencies.map(({ name }) => name));
  const scopes = [...new Set(names.flatMap((name) => /^@[^/]+(?=\/)/.exec(name)?.[0] ?? []))];
  for (const config of configs) demandUsable(config, scopes);
  const asked = ({ registry, scopes: own }: NpmConfig): string =>
    JSON.stringify([registry, scopes.map((scope) => own.get(scope) ?? registry)]);
  if (values.registry === undefined && others.some((config) => asked(config) !== asked(first))) {
    const all = managers.map(({ name }) => name).join(' and ');
    throw new UsageError(
      `the lockfiles of ${shownPath(directory, io)} are of ${all}, which ask different registries: name one of them, or give --registry`,
    );
  }
  return first;
}

/** Throws UsageError where the registry of one of these scopes cannot be asked: no other one must be. */
export function demandUsable({ unusable }: NpmConfig, scopes: readonly string[]): void {
  for (const scope of scopes) {
    const problem = unusable.get(scope);
    if (problem !== undefined) throw new UsageError(problem);
  }
}

/** Opens the registry that the configuration names. The caller closes it. */
export function openRegistry(config: NpmConfig, io: Io): Registry {
  const caches = { npm: config.cache, yarn: yarnCache(io.env, homedir(), process.platform) };
  return npmRegistry(createHttpClient(config), config, caches);
}

/** Where the cache is; null where there can be none. */
export function placeOfCache({ env }: Io): CachePlace | null {
  return cachePlace(env, env['HOME'] ?? '', process.platform);
}

/** What earlier runs of a project kept; null where there can be no cache, or it is not wanted. */
export function openStore(values: OptionValues, lockfile: string, io: Io): Cache | null {
  const place = values['no-cache'] === true ? null : placeOfCache(io);
  return place === null ? null : openCache(place, lockfile);
}

/** The phase of the command line, else that of the policy, else the default. */
export function phaseOf(values: OptionValues, policy: LoadedPolicy | null): Phase {
  const { enforce } = values;
  if (enforce === undefined) return policy?.policy.enforce ?? DEFAULT_PHASE;
  const phase = PHASES.find((candidate) => candidate === enforce);
  if (phase !== undefined) return phase;
  throw new UsageError(`--enforce takes ${PHASES.join(', ')}, not ${enforce}`);
}

/** How the report is shown: warnings are shortened in a terminal only, and not with --all. */
export function reportOptions(output: Output, values: OptionValues): ReportOptions {
  return { ...output, whole: values.all === true || !output.isTerminal };
}

export function omitOf(values: OptionValues): readonly Omittable[] {
  return (values.omit ?? []).map((text) => {
    const kind = OMITTABLE.find((candidate) => candidate === text);
    if (kind === undefined) throw new UsageError(`--omit takes ${OMITTABLE.join(', ')}, not ${text}`);
    return kind;
  });
}
