import type { Source, Substitution } from '../../model/dependency.ts';
import type { Finding } from '../../model/finding.ts';
import type { Declaration, NpmEntry, PackageEntry } from './entry.ts';
import { installedAs } from './location.ts';
import type { ProjectWishes } from './manifest.ts';
import { aliasTarget, isRegistryShaped, specKind } from './specs.ts';
import { resolver } from './tree.ts';

/** What the entries of a lockfile are to each other and to the project. */
export interface Roles {
  readonly isDirect: (entry: PackageEntry) => boolean;
  /** Location of the package whose tarball has this one inside; null where npm fetches it by itself. */
  readonly carrierOf: (entry: PackageEntry) => string | null;
  readonly sourceOf: (entry: PackageEntry) => Source;
  /** The package whose bytes are expected there, in the registry's name for it. */
  readonly nameOf: (entry: PackageEntry) => string;
  /** What it asks for and finds. */
  readonly requirementsOf: (entry: PackageEntry) => readonly PackageEntry[];
  /** What it stands in for; left out where the format's entries say it themselves. */
  readonly substitutesOf?: (entry: NpmEntry) => readonly Substitution[];
  /** What it is only installed for; left out where the format's entries say it themselves. */
  readonly flagsOf?: (entry: NpmEntry) => Pick<PackageEntry, 'dev' | 'optional' | 'peer'>;
  readonly findingsOf?: (entry: NpmEntry) => readonly Finding[];
}

export function rolesOf(entries: readonly NpmEntry[], wishes: ProjectWishes): Roles {
  const byLocation = new Map(entries.map((entry) => [entry.location, entry]));
  const resolve = resolver(entries);
  const resolvePackage = (folder: string, name: string): PackageEntry | null => {
    const found = resolve(folder, name);
    const entry = found?.kind === 'link' ? byLocation.get(found.target) : found;
    return entry?.kind === 'package' ? entry : null;
  };
  const direct = directPackages(entries, wishes, resolvePackage);
  const carriers = carriersOf(entries, byLocation, resolvePackage);
  const downloads = downloadsAmong(
    [...entries.flatMap(asked), ...[...wishes.declared.values()].flat()],
    wishes.overrides,
  );
  const isAliasAskedFor = aliasesAskedFor(entries, wishes, direct);
  return {
    isDirect: (entry) => direct.has(entry),
    carrierOf: (entry) => carriers.get(entry) ?? null,
    sourceOf: (entry) => sourceOf(entry, downloads),
    requirementsOf: (entry) => asked(entry).flatMap(({ name }) => resolvePackage(entry.location, name) ?? []),
    nameOf: (entry) => (isAliasAskedFor(entry) ? entry.name : (installedAs(entry.location)?.name ?? entry.name)),
  };
}

function asked({ requires, peers }: NpmEntry): readonly Declaration[] {
  return [...requires, ...peers];
}

type ResolvePackage = (folder: string, name: string) => PackageEntry | null;

/**
 * Packages that the project or one of its folders asks for, with how they ask. Version 1 and hidden lockfiles do not record what the
 * project asks for: without its package.json, a package at the top that no other asks for stands for it, which misses
 * those that are also somebody else's dependency.
 */
function directPackages(
  entries: readonly NpmEntry[],
  wishes: ProjectWishes,
  resolve: ResolvePackage,
): ReadonlyMap<PackageEntry, readonly string[]> {
  const direct = new Map<PackageEntry, readonly string[]>();
  const mark = (into: Map<PackageEntry, readonly string[]>, folder: string, declared: readonly Declaration[]): void => {
    for (const { name, spec } of declared) {
      const entry = resolve(folder, name);
      if (entry !== null) into.set(entry, [...(into.get(entry) ?? []), spec]);
    }
  };
  for (const entry of entries) {
    if (entry.kind === 'package') continue;
    // Version 1 records what a folder asks for with the link to it.
    const folder = entry.kind === 'link' ? entry.target : entry.location;
    // How a folder asks is its package.json's to say, where there is one: npm does not read it here.
    const unsaid = wishes.declared.has(folder);
    mark(direct, folder, unsaid ? asked(entry).map(({ name }) => ({ name, spec: '' })) : asked(entry));
  }
  for (const [folder, declared] of wishes.declared) mark(direct, folder, declared);
  if (wishes.declared.has('') || entries.some((entry) => entry.location === '')) return direct;

  const required = new Map<PackageEntry, readonly string[]>();
  for (const entry of entries) if (entry.kind === 'package') mark(required, entry.location, asked(entry));
  for (const entry of entries) {
    const isTop = installedAs(entry.location)?.folder === '';
    if (entry.kind === 'package' && isTop && !required.has(entry)) direct.set(entry, []);
  }
  return direct;
}

/**
 * Which package's tarball brings a bundled one, by npm's own rule: the names it lists, and what those ask for within
 * its node_modules. An entry that only says it is bundled is fetched by npm, and so is not carried.
 */
function carriersOf(
  entries: readonly NpmEntry[],
  byLocation: ReadonlyMap<string, NpmEntry>,
  resolve: ResolvePackage,
): ReadonlyMap<PackageEntry, string> {
  const carriers = new Map<PackageEntry, string>();
  const outermostFirst = entries
    .filter((entry) => entry.kind === 'package')
    .filter((entry) => entry.bundles.length > 0)
    .sort((a, b) => a.location.length - b.location.length);
  const listedBy = ({ location, bundles }: PackageEntry): readonly NpmEntry[] =>
    bundles.flatMap((name) => byLocation.get(`${location}/node_modules/${name}`) ?? []);
  for (const carrier of outermostFirst) {
    const queue = [...listedBy(carrier)];
    for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
      if (entry.kind !== 'package' || !entry.bundled || carriers.has(entry)) continue;
      carriers.set(entry, carrier.location);
      for (const listed of listedBy(entry)) queue.push(listed);
      for (const { name } of asked(entry)) {
        const next = resolve(entry.location, name);
        if (next?.location.startsWith(`${carrier.location}/node_modules/`) === true) queue.push(next);
      }
    }
  }
  return carriers;
}

/**
 * Web addresses that somebody asks for, as "NAME ADDRESS", or as the address alone where an override asks. Only these
 * are plain downloads. Any other web address in the lockfile claims to be the registry's package of that name, and is
 * to be held to that: otherwise pointing an entry elsewhere would be enough to escape the registry's signature.
 */
export function downloadsAmong(declarations: Iterable<Declaration>, overrides: Iterable<string>): ReadonlySet<string> {
  const downloads = new Set([...overrides].map(withoutFragment));
  for (const { name, spec } of declarations) {
    if (specKind(spec) === 'http') downloads.add(`${name} ${withoutFragment(spec)}`);
  }
  return downloads;
}

/**
 * Whether a package under another name was asked for under that name, as "npm:NAME". npm installs what the lockfile says
 * without asking; so an entry may not become another package by its own word. What the project itself asks for is its
 * own to rename, whatever others ask. Judged only beside the project's package.json, because no lockfile has overrides.
 */
function aliasesAskedFor(
  entries: readonly NpmEntry[],
  wishes: ProjectWishes,
  direct: ReadonlyMap<PackageEntry, readonly string[]>,
): (entry: PackageEntry) => boolean {
  if (!wishes.declared.has('')) return () => true;
  const overriding = new Set([...wishes.overrides].map(aliasTarget));
  const declared = new Set(entries.flatMap(asked).map(({ name, spec }) => `${name} ${aliasTarget(spec) ?? ''}`));
  return (entry) => {
    const alias = installedAs(entry.location)?.name ?? entry.name;
    if (entry.source.kind !== 'registry' || alias === entry.name || overriding.has(entry.name)) return true;
    const own = direct.get(entry);
    return own === undefined
      ? declared.has(`${alias} ${entry.name}`)
      : own.some((spec) => aliasTarget(spec) === entry.name);
  };
}

export function sourceOf({ location, source }: PackageEntry, downloads: ReadonlySet<string>): Source {
  if (source.kind !== 'registry' || source.resolved === null || isRegistryShaped(source.resolved)) return source;
  const address = withoutFragment(source.resolved);
  const name = installedAs(location)?.name ?? '';
  const isDeclared = downloads.has(address) || downloads.has(`${name} ${address}`);
  return isDeclared ? { kind: 'http', url: source.resolved } : source;
}

function withoutFragment(address: string): string {
  return address.trim().replace(/#.*$/s, '');
}
