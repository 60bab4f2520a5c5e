import type { Source, Substitution } from '../../model/dependency.ts';
import type { Finding } from '../../model/finding.ts';
import type { Declaration, NpmEntry, PackageEntry } from './entry.ts';
import { installedAs } from './location.ts';
import { isRegistryShaped, plainAddress, specKind } from './specs.ts';

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

/**
 * Web addresses that are asked for, as "NAME ADDRESS", or as the address alone for an override. Only these are plain
 * downloads. Any other web address in the lockfile claims to be the registry's package of that name and is verified as
 * such: otherwise an entry could escape the registry's signature by pointing elsewhere.
 */
export function downloadsAmong(declarations: Iterable<Declaration>, overrides: Iterable<string>): ReadonlySet<string> {
  const downloads = new Set([...overrides].map(withoutFragment));
  for (const { name, spec } of declarations) {
    if (specKind(spec) === 'http') downloads.add(`${name} ${withoutFragment(spec)}`);
  }
  return downloads;
}

export function sourceOf({ location, source }: PackageEntry, downloads: ReadonlySet<string>): Source {
  if (source.kind !== 'registry' || source.resolved === null || isRegistryShaped(source.resolved)) return source;
  const address = withoutFragment(source.resolved);
  const name = installedAs(location)?.name ?? '';
  const isDeclared = downloads.has(address) || downloads.has(`${name} ${address}`);
  return isDeclared ? { kind: 'http', url: source.resolved } : source;
}

function withoutFragment(address: string): string {
  return plainAddress(address).replace(/#.*$/s, '');
}
