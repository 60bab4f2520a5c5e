import { dirname } from 'node:path';
import { proxyFor } from '../../net/proxy.ts';
import type { Host } from '../../report/commands/hosts.ts';
import { PYPI_FILES, PYPI_INDEX } from '../../ecosystems/conventions/pypi-files.ts';
import { isNodeLockfile, type Lockfile } from '../../model/dependency.ts';
import type { NetConfig } from '../../net/config.ts';
import type { NpmConfig } from '../../registries/npm/config/npmrc.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { findPlaces, isBuildSigned, openProjects } from './open.ts';
import { databaseAddress } from '../../registries/goproxy/settings.ts';
import type { CratesAsking } from './cargo-source.ts';
import type { GoAsking } from './go-source.ts';
import type { PypiAsking } from './pypi-source.ts';
import { askingOf, openRegistry, servedNames } from './registry.ts';
import { trustSource } from './trust.ts';

/** An address that a run asks, what for, and how it is reached. */
interface Asked {
  readonly url: URL;
  readonly why: string;
  readonly config: NetConfig;
}

/**
 * The hosts that a run in a place would contact, and why, without contacting any: from the same functions that choose
 * the addresses of a run. Throws UsageError where such a run could not begin.
 */
export async function hostsOf(place: string, given: OptionValues, io: Io): Promise<readonly Host[]> {
  if (io.answers !== undefined) return [];
  const values = { ...given, 'no-cache': true };
  const { found, policy, config, configOf } = await findPlaces([place], false, values, io);
  const { source, main, further } = trustSource(values, policy, io);
  // Nobody is asked whom to trust for what nobody signs.
  const isSigned = isBuildSigned(found);
  const { projects, unread } = await openProjects(found, values, policy, io);
  if (projects.length === 0) throw new UsageError(unread.map(({ problem }) => problem).join('; '));
  const repositories = [
    ...(source === null ? [] : [{ source, of: 'the trusted root and of registry keys' }]),
    ...further.published.map(({ name, source: own }) => ({ source: own, of: `the trusted root of ${name}` })),
  ]
    .filter((one) => isSigned && one.source.ask === undefined)
    .map((one): Asked => ({ url: new URL(one.source.url), why: `TUF repository of ${one.of}`, config }));
  const registries = projects.flatMap((project) => {
    return registriesOf(servedNames(project.lockfiles.filter(isNodeLockfile)), configOf(project), io);
  });
  const asking = projects.map(({ lockfiles, path }) => askingOf(lockfiles, dirname(path), io));
  const go = asking.flatMap((one) => (one.go === null ? [] : proxiesOf(one.go)));
  const pypi = projects.flatMap(({ lockfiles }, i) => {
    const own = asking[i]?.pypi ?? null;
    return own === null ? [] : indexesOf(own, lockfiles);
  });
  const crates = asking.flatMap((one) => (one.crates === null ? [] : indexOf(one.crates)));
  const redirects = (policy?.policy.redirects ?? []).map((address): Asked => {
    const why = `redirects of registries (registries.redirects in ${policy?.policy.file ?? ''})`;
    return { url: new URL(address), why, config };
  });
  const root = source === null ? main.root : (source.pinned?.root ?? null);
  const logs = [...new Set(((isSigned ? root?.tlogs : null) ?? []).map(({ name }) => name))].map((name): Asked => {
    return { url: new URL(`https://${name}`), why: 'transparency log, which assay log alone asks', config };
  });
  return merged([...repositories, ...registries, ...go, ...pypi, ...crates, ...redirects, ...logs]);
}

/** Module proxies, in the order in which they are asked, and the database that they may not pass on. */
function proxiesOf({ config, settings }: GoAsking): readonly Asked[] {
  const { proxies, database, isOff } = settings;
  const [name, own] = [database?.key.name ?? '', database?.url ?? null];
  const asked = proxies.map(({ url }): Asked => {
    const passed = database === null || own !== null ? '' : `, and checksum database ${name} through it`;
    return { url: new URL(url), why: `module proxy of GOPROXY${passed}`, config };
  });
  if (database === null || isOff) return asked;
  const why = own === null ? `checksum database, where no module proxy passes it on` : 'checksum database of GOSUMDB';
  return [...asked, { url: new URL(databaseAddress(database)), why, config }];
}

/** Where crates.io has the files of crates; config.json of an index may say another place. */
const CRATE_FILES = 'https://static.crates.io/';

/** Where crates.io says who published a crate; config.json of an index may say another place. */
const CRATES_API = 'https://crates.io/';

/** The index of crates, and, where that is known without asking it, the hosts of their files and of its API. */
function indexOf({ url, config, namedBy }: CratesAsking): readonly Asked[] {
  const index = `index of crates (${namedBy ?? 'defaults'})`;
  if (namedBy !== null) {
    const why = `${index}; for bytes, and for who published a crate, also the hosts that its config.json names`;
    return [{ url: new URL(url), why, config }];
  }
  const why = 'files of crates, for bytes, unless config.json of the index names others';
  return [
    { url: new URL(url), why: index, config },
    { url: new URL(CRATE_FILES), why, config },
    { url: new URL(CRATES_API), why: 'who published a crate, unless config.json of the index names another', config },
  ];
}

/** Indexes of Python packages, which attestations are asked of, too. */
function indexesOf({ config, settings }: PypiAsking, lockfiles: readonly Lockfile[]): readonly Asked[] {
  const named = lockfiles
    .flatMap(({ dependencies }) => dependencies)
    .filter(({ ecosystem, artifacts: [{ source }] }) => ecosystem === 'pypi' && source.kind === 'registry');
  const names = [...new Set(named.map(({ name }) => name))];
  const { default: index, explicit, namedBy } = settings;
  return [index, ...new Set(explicit.values())].flatMap((address): Asked[] => {
    const count = names.filter((name) => (explicit.get(name) ?? index) === address).length;
    const by = namedBy.get(address) ?? 'default';
    const why = `package index (${by}): ${count} ${count === 1 ? 'package' : 'packages'}`;
    if (count === 0) return [];
    if (address !== PYPI_INDEX) {
      return [{ url: new URL(address), why: `${why}; for bytes also the hosts that it names`, config }];
    }
    return [
      { url: new URL(address), why, config },
      { url: new URL(`https://${PYPI_FILES}`), why: 'files of packages, for bytes', config },
    ];
  });
}

/** The registries of packages. Documents, attestations, keys and tarballs are asked of no other host. */
function registriesOf(names: readonly string[], config: NpmConfig, io: Io): readonly Asked[] {
  const registry = openRegistry(config, io);
  const groups = new Map<string, { readonly url: string; readonly scope: string | null; count: number }>();
  for (const name of names) {
    const named = /^@[^/]+(?=\/)/.exec(name)?.[0] ?? '';
    const scope = config.scopes.has(named) ? named : null;
    const url = registry.urlFor(name);
    const group = groups.get(`${url} ${scope}`) ?? { url, scope, count: 0 };
    group.count += 1;
    groups.set(`${url} ${scope}`, group);
  }
  registry.close();
  return [...groups.values()].map(({ url, scope, count }) => {
    const of = scope === null ? '' : ` of ${scope}`;
    const by = config.namedBy.get(scope ?? 'registry') ?? 'defaults';
    const why = `registry${of} (${by}): ${count} ${count === 1 ? 'package' : 'packages'}`;
    return { url: new URL(url), why, config };
  });
}

/** Each host once, with all that it is for, and the proxies after what they are used for. */
function merged(asked: readonly Asked[]): readonly Host[] {
  const hosts = new Map<string, { -readonly [K in keyof Host]: Host[K] }>();
  const add = ({ protocol, host }: URL, through: string | null, why: string): void => {
    const scheme = protocol === 'https:' ? 'https' : 'http';
    const key = `${scheme} ${host} ${through}`;
    const known = hosts.get(key);
    if (known === undefined) hosts.set(key, { scheme, host, through, why: [why] });
    else if (!known.why.includes(why)) known.why = [...known.why, why];
  };
  const routes = asked.map((one) => ({ ...one, proxy: proxyFor(one.config, one.url) }));
  // Of a proxy's address only the host is shown: the rest may be a user's name and password.
  for (const { url, why, proxy } of routes) add(url, proxy?.url.host ?? null, why);
  for (const { url, proxy } of routes) if (proxy !== null) add(proxy.url, null, `proxy for ${url.host}`);
  return [...hosts.values()];
}
