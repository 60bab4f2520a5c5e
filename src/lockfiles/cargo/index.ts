import { cargoConventions, CRATES_IO_GIT, prefixOfIndex } from '../../ecosystems/conventions/cargo.ts';
import type { Dependency, Lockfile, Place, SkippedEntry, Source } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { decodeText } from '../../readers/text.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat, ProjectManifests } from '../common/format.ts';
import { flagsOf, type Edge } from '../common/reach.ts';
import { readCargoLock, readDependency, type CargoLock, type LockedPackage } from './lock.ts';
import { readCargoManifest, type CargoManifest } from './manifest.ts';

const CRATES_IO_SOURCE = `registry+${CRATES_IO_GIT}`;

const REGISTRY: Source = { kind: 'registry', resolved: null };

/** Cargo.lock, which Cargo writes and reads (https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html). */
export const cargo: LockfileFormat = {
  name: 'Cargo',
  ecosystem: 'cargo',
  fileNames: ['Cargo.lock'],
  otherFileNames: [],
  parse,
};

/**
 * Reads Cargo.lock, and from the Cargo.toml of the project and its members which dependencies are for development
 * alone. Packages without a source are the project's own folders. Throws `LockfileError`.
 */
function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const text = decodeText(file, bytes);
  if (text.startsWith('\uFEFF')) throw new LockfileError(file, 1, 'begins with a second byte order mark');
  refuseConflicts(file, text, 'cargo generate-lockfile');
  const lock = readCargoLock(file, text);
  const members = membersOf(file, manifests);
  const patches = new Map(members.flatMap(({ patches: own }) => [...own]));
  const answers = answersOf(file, lock);
  const own = lock.packages.filter(({ source }) => source === null);
  const byName = new Map(members.flatMap((one) => (one.name === null ? [] : [[one.name, one] as const])));
  const edgesOf = (one: LockedPackage): readonly Edge<LockedPackage>[] => {
    const manifest = one.source === null ? byName.get(one.name) : undefined;
    const isDev = ({ name }: LockedPackage): boolean =>
      manifest !== undefined && manifest.devDependencies.has(name) && !manifest.dependencies.has(name);
    return (answers.get(one) ?? []).map((to) => ({ kind: isDev(to) ? 'dev' : 'prod', to }));
  };
  const flags = flagsOf(own.length > 0 ? own : lock.packages, edgesOf);
  const direct = new Set(own.flatMap((one) => answers.get(one) ?? []));
  const skipped: SkippedEntry[] = [];
  const dependencies = lock.packages.flatMap((one): Dependency[] => {
    const place: Place = { file, line: one.line, path: `${one.name} ${one.version}` };
    const folder = one.source === null ? patches.get(one.name) : undefined;
    if (one.isReplaced || (one.source === null && folder === undefined)) {
      skipped.push({ place, reason: one.isReplaced ? 'link' : 'workspace' });
      return [];
    }
    const source = one.source === null ? fileSource(folder ?? '') : sourceOf(file, one, one.source);
    const requires = (answers.get(one) ?? []).map((other) => `${nameOf(other)}@${other.version}`);
    const isBeside = source.kind === 'registry' && one.source !== CRATES_IO_SOURCE;
    return [
      {
        ecosystem: 'cargo',
        name: nameOf(one),
        version: one.version,
        artifacts: [
          {
            file: null,
            digests: one.checksum === null ? [] : [{ algorithm: 'sha256', hex: one.checksum }],
            source,
          },
        ],
        places: [place],
        direct: direct.has(one),
        dev: flags.dev(one),
        optional: false,
        peer: false,
        exotic: [],
        bundles: [],
        requires,
        ...(isBeside ? { index: (one.source ?? '').replace(/^sparse\+/, '') } : {}),
        ...discarded(lock, source),
      },
    ];
  });
  const format = `Cargo.lock v${lock.version}`;
  return { file, format, manager: 'cargo', entries: lock.packages.length, dependencies, skipped };
}

/** Of a file whose checksums Cargo discards, each package has none. */
function discarded({ discardedBy }: CargoLock, { kind }: Source): Pick<Dependency, 'findings'> {
  if (discardedBy === null || kind !== 'registry') return {};
  return { findings: [finding('integrity-missing', { resolved: null, due: true, discarded: discardedBy })] };
}

/** With the registry that it is of, where that is another one than crates.io and can be asked. */
function nameOf({ name, source }: Pick<LockedPackage, 'name' | 'source'>): string {
  const qualified = `${prefixOfIndex(source ?? '') ?? ''}${name}`;
  return cargoConventions.names.isName(qualified) ? qualified : name;
}

function fileSource(path: string): Source {
  return { kind: 'file', path };
}

function sourceOf(file: string, { name, line }: LockedPackage, source: string): Source {
  if (source === CRATES_IO_SOURCE) {
    if (cargoConventions.names.isName(name)) return REGISTRY;
    throw new LockfileError(file, line, `${quoted(name)} is no name that crates.io has`);
  }
  const [, kind, url = ''] = /^([a-z-]+)\+(.*)$/s.exec(source) ?? [];
  if (kind === 'git') return { kind: 'git', url };
  if (nameOf({ name, source }) !== name) return REGISTRY;
  if (kind === 'registry' || kind === 'sparse') return { kind: 'other', locator: source };
  throw new LockfileError(file, line, `${quoted(source)} is no source that Cargo.lock has`);
}

/**
 * Which entry each dependency of an entry is. What names none, Cargo would resolve anew: so it is refused. Of several
 * that fit, each may be it.
 */
function answersOf(file: string, { packages }: CargoLock): ReadonlyMap<LockedPackage, readonly LockedPackage[]> {
  const byName = new Map<string, LockedPackage[]>();
  for (const one of packages) {
    const same = byName.get(one.name);
    if (same === undefined) byName.set(one.name, [one]);
    else same.push(one);
  }
  const withoutCommit = (source: string | null): string => (source ?? '').replace(/#.*$/s, '');
  return new Map(
    packages.map((one) => [
      one,
      one.dependencies.flatMap((text) => {
        const asked = readDependency(text);
        const found = (asked === null ? [] : (byName.get(asked.name) ?? [])).filter(
          ({ version, source }) =>
            (asked?.version ?? version) === version && withoutCommit(asked?.source ?? source) === withoutCommit(source),
        );
        if (found.length > 0) return found;
        const problem = `${quoted(one.name)} asks for ${quoted(text)}, which is none of its packages`;
        throw new LockfileError(
          file,
          one.line,
          `${problem}: Cargo would resolve it anew; run cargo update --workspace`,
        );
      }),
    ]),
  );
}

/** The Cargo.toml of the project, and of every folder of it that is known. */
function membersOf(file: string, manifests: ProjectManifests): readonly CargoManifest[] {
  const base = file.replace(/[^/]*$/s, '');
  const own = manifests.get('');
  const root = own === undefined ? null : readCargoManifest(`${base}Cargo.toml`, own, null);
  const others = [...manifests].flatMap(([folder, text]) =>
    folder === '' ? [] : [readCargoManifest(`${base}${folder}/Cargo.toml`, text, root?.root ?? null)],
  );
  return root === null ? others : [root, ...others];
}
