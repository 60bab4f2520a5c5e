import { homedir } from 'node:os';
import { type NpmConfig, loadNpmConfig } from '../../registries/npm/config/npmrc.ts';
import { pemReader, type PemReader } from '../../registries/npm/config/npmrc-values.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import type { ManagerConfig } from './manager-config.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Lockfile, NodeLockfile } from '../../model/dependency.ts';
import { splitEcosystem } from '../../ecosystems/conventions/index.ts';
import type { Sources } from '../../ecosystems/ecosystem.ts';
import { cratesAsking, openCrates, type CratesAsking } from './cargo-source.ts';
import type { Ecosystem } from '../../model/package.ts';
import { goAsking, openGo, type GoAsking } from './go-source.ts';
import { openPypi, pypiAsking, pythonManagerIn, type PypiAsking } from './pypi-source.ts';
import { shownPath } from '../user-files.ts';
import { createHttpClient } from '../../net/client.ts';
import type { HttpClient } from '../../net/request.ts';
import { npmRegistry, registryOf } from '../../registries/npm/index.ts';
import { yarnCache } from '../../registries/npm/tarballs/package-caches.ts';
import type { Registry } from '../../registries/registry.ts';

/** npm's configuration for the project in `directory`, with what the files of its package manager add. */
export function npmConfig(
  values: OptionValues,
  directory: string,
  io: Io,
  manager?: ManagerConfig,
  readPems = pemReader(),
): NpmConfig {
  if (values.registry !== undefined && !/^https?:\/\/[^/]/.test(values.registry)) {
    throw new UsageError(`--registry needs an http or https URL, not ${values.registry}`);
  }
  const config = loadNpmConfig({
    cwd: directory,
    env: io.env,
    homedir: homedir(),
    platform: process.platform,
    readPems,
    ...(manager === undefined ? {} : { manager }),
    overrides: values.registry === undefined ? {} : { registry: values.registry },
  });
  return io.answers === undefined ? config : { ...config, through: io.answers.through };
}

/** The configuration, with a line on stderr for each setting that cannot be used, unless that was already `told`. */
export function networkConfig(
  values: OptionValues,
  directory: string,
  io: Io,
  manager?: ManagerConfig,
  told: readonly string[] = [],
  readPems = pemReader(),
): NpmConfig {
  const config = npmConfig(values, directory, io, manager, readPems);
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
  { managers, lockfiles }: { readonly managers: readonly ManagerConfig[]; readonly lockfiles: readonly NodeLockfile[] },
  directory: string,
  io: Io,
  told: readonly string[],
  readPems: PemReader,
): NpmConfig {
  const configs = managers.map((manager) => networkConfig(values, directory, io, manager, told, readPems));
  const [first, ...others] = configs;
  if (first === undefined) return networkConfig(values, directory, io, undefined, told, readPems);
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

/**
 * Opens the registry that the configuration names. `names` are the packages of the run: redirects lead to no other
 * hosts than those of their registries, or of all that are configured where the run has yet to find out, and to what
 * the policy names (`redirects`). The caller closes it.
 */
export function openRegistry(
  config: NpmConfig,
  io: Io,
  {
    names = null,
    redirects = [],
  }: { readonly names?: readonly string[] | null; readonly redirects?: readonly string[] } = {},
): Registry {
  const client = registryClient(config, { names, redirects });
  return registryBy(client, config, io);
}

/** A registry that is asked through a client of its own. */
export function registryBy(client: HttpClient, config: NpmConfig, io: Io): Registry {
  const caches = { npm: config.cache, yarn: yarnCache(io.env, homedir(), process.platform) };
  return npmRegistry(client, config, caches);
}

/** What asks registries of npm's kind, and follows redirects as `openRegistry` says. */
export function registryClient(
  config: NpmConfig,
  { names, redirects }: { readonly names: readonly string[] | null; readonly redirects: readonly string[] },
): HttpClient {
  let hosts: ReadonlySet<string> | null = null;
  const hostsOf = (): ReadonlySet<string> => {
    const urls =
      names === null ? [config.registry, ...config.scopes.values()] : names.map((name) => registryOf(name, config));
    return new Set(urls.map((url) => new URL(url).host));
  };
  const refuseRedirect = (to: URL): string | null => {
    if ((hosts ??= hostsOf()).has(to.host) || redirects.some((address) => to.href.startsWith(address))) return null;
    return 'which is none of the hosts that assay trust hosts names; registries.redirects in assay.yml may name it';
  };
  return createHttpClient(config, { refuseRedirect });
}

/** How what is of other ecosystems than npm's is asked for; null where a run is about none of it. */
export interface Asking {
  readonly go: GoAsking | null;
  readonly pypi: PypiAsking | null;
  readonly crates: CratesAsking | null;
}

/** Everything that a run asks about packages; the caller closes it. */
export interface OpenedSources {
  readonly sources: Sources;
  readonly close: () => void;
}

/** Opens the registry, and with it whoever else is asked. */
export function openSources(registry: Registry, asking: Asking): OpenedSources {
  const go = asking.go === null ? undefined : openGo(asking.go);
  const pypi = asking.pypi === null ? undefined : openPypi(asking.pypi);
  const crates = asking.crates === null ? undefined : openCrates(asking.crates);
  return {
    sources: { registry, ...(go && { go }), ...(pypi && { pypi }), ...(crates && { crates }) },
    close: () => {
      registry.close();
      go?.proxy.close();
      pypi?.index.close();
      crates?.close();
    },
  };
}

type Named = Pick<Lockfile, 'dependencies' | 'manager'>;

/**
 * How the packages of the lockfiles of a folder are asked for. Of those `beside` them nothing is asked, so that their
 * settings count only where no other lockfile has any, and those of one do.
 */
export function askingOf(lockfiles: readonly Named[], folder: string, io: Io, beside: readonly Named[] = []): Asking {
  const of = (wanted: Ecosystem, among = [...lockfiles, ...beside]): readonly Named[] =>
    among.filter(({ dependencies }) => dependencies.some(({ ecosystem }) => ecosystem === wanted));
  const audited = of('pypi', [...lockfiles]);
  const python = new Set((audited.length > 0 ? audited : of('pypi').slice(0, 1)).map(({ manager }) => manager));
  return {
    go: of('go').length > 0 ? goAsking(io) : null,
    pypi: python.size > 0 ? pypiAsking(python, folder, io) : null,
    crates: of('cargo').length > 0 ? cratesAsking(folder, io) : null,
  };
}

/** The same of versions that are named without a lockfile, in the working directory. */
export function askingForSpecs(specs: readonly string[], io: Io): Asking {
  const isAsked = (wanted: Ecosystem): boolean => specs.some((spec) => splitEcosystem(spec)?.ecosystem === wanted);
  return {
    go: isAsked('go') ? goAsking(io) : null,
    pypi: isAsked('pypi') ? pypiAsking(new Set([pythonManagerIn(io.cwd)]), io.cwd, io) : null,
    crates: isAsked('cargo') ? cratesAsking(io.cwd, io) : null,
  };
}

/** The packages that a registry of npm's kind serves for these lockfiles, each once. */
export function servedNames(lockfiles: readonly Pick<NodeLockfile, 'dependencies'>[]): readonly string[] {
  const dependencies = lockfiles.flatMap((lockfile) => lockfile.dependencies);
  const served = dependencies.filter(({ artifacts: [{ source }] }) => source.kind === 'registry');
  return [...new Set(served.map(({ name }) => name))];
}
