import { basename, dirname } from 'node:path';
import { checkCopy, differencesOf, establishCopy, joinCopies } from '../../checks/copies.ts';
import { readCopy } from '../../installed/copy.ts';
import { InstalledError } from '../../installed/tree.ts';
import type { Dependency } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { CopiesFound, GatheredBytes } from '../../model/gathered.ts';
import { specOf } from '../../model/package.ts';
import type { InstalledProof } from '../../model/proof.ts';
import { crateIn } from '../conventions/cargo.ts';
import type { PackedFile, ReadCrate } from './bytes.ts';
import { keptAt } from './kept.ts';
import { registryOfEntry, type CratesSource } from './source.ts';
import { findVendored } from './vendored.ts';

/** The copies that a build takes: of a folder in place of crates.io, else what Cargo has unpacked. */
export interface CrateCopies {
  /** Without what is in the folders of other registries. */
  readonly compare: (
    dependency: Dependency,
    crate: Pick<ReadCrate, 'files' | 'foreign'>,
  ) => Promise<{ readonly proof: GatheredBytes['proofs']['installed']; readonly findings: readonly Finding[] }>;
  /** What came of all, once each was compared. */
  readonly found: () => CopiesFound;
}

/** A copy of one dependency. */
interface Place {
  /** The folder, relative to the one that all are in. */
  readonly within: string;
  /** As it is shown. */
  readonly shown: string;
}

/** What there is to compare. */
interface Places {
  readonly root: string;
  readonly of: (dependency: Dependency) => readonly Place[];
  /** What Cargo itself writes into a copy. */
  readonly written: string;
  /** What `cargo vendor` leaves out. */
  readonly isLeftOut: (path: string) => boolean;
  /** What of them no dependency has, as it is shown. */
  readonly unlocked: readonly string[];
  /** About what is no dependency's. */
  readonly findings: readonly Finding[];
  readonly isVendored: boolean;
}

/** Throws InstalledError where something `isDemanded`, and there is nothing to compare. */
export function openCopies(
  dependencies: readonly Dependency[],
  source: CratesSource,
  isDemanded: boolean,
): CrateCopies {
  const served = dependencies.filter((one) => registryOfEntry(source, one) !== null);
  const places = source.vendored === null ? unpacked(served, source, isDemanded) : vendored(served, source.vendored);
  const used = { copies: 0, files: 0 };
  const absent: string[] = [];
  let isWhole = places.isVendored && places.unlocked.length === 0;

  const compareOne = async (
    { within, shown }: Place,
    files: ReadonlyMap<string, PackedFile>,
  ): Promise<{ readonly proof: InstalledProof | null; readonly findings: readonly Finding[] }> => {
    const sizesOf = (path: string): readonly number[] => [files.get(path)?.size ?? []].flat();
    const copy = await readCopy(places.root, within, { sizesOf, isPart: () => true }).catch(String);
    if (typeof copy === 'string') {
      isWhole = false;
      return {
        proof: null,
        findings: [finding('evidence-unavailable', { evidence: 'installed', url: shown, reason: copy })],
      };
    }
    if (copy.files === null) {
      const args = { path: shown, files: [], total: 0, what: copy.problem ?? 'other', found: null } as const;
      return { proof: null, findings: [finding('installed-modified', args)] };
    }
    const differences = differencesOf(without(files, places.written), without(copy.files, places.written)).filter(
      ({ problem, path }) => problem !== 'missing' || !places.isLeftOut(path),
    );
    const findings = checkCopy(shown, differences, 'tarball');
    const same = [...copy.files.keys()].filter((path) => files.has(path)).length;
    const equal = same - differences.filter(({ problem }) => problem === 'modified').length;
    used.copies += 1;
    used.files += equal;
    return { proof: establishCopy(shown, equal, findings), findings };
  };

  return {
    compare: async (dependency, { files, foreign }) => {
      const all = served.includes(dependency) ? places.of(dependency) : [];
      const own = all.filter(({ within }) => !foreign.has(basename(dirname(within))));
      if (own.length === 0) {
        if (served.includes(dependency)) absent.push(specOf(dependency));
        return { proof: null, findings: [] };
      }
      if (files === null) {
        isWhole = false;
        return { proof: null, findings: [] };
      }
      const compared: Awaited<ReturnType<typeof compareOne>>[] = [];
      for (const place of own) compared.push(await compareOne(place, files));
      const [first = null, ...others] = compared.map(({ proof }) => proof);
      return { proof: others.reduce(joinCopies, first), findings: compared.flatMap(({ findings }) => findings) };
    },
    found: () => ({
      used: { ...used, absent: absent.sort(), unlocked: places.unlocked },
      findings: places.findings,
      isWhole,
    }),
  };
}

function without<T>(files: ReadonlyMap<string, T>, path: string): ReadonlyMap<string, T> {
  return files.has(path) ? new Map([...files].filter(([each]) => each !== path)) : files;
}

/** Cargo leaves out what is git's; older ones also what patch leaves behind, and the Cargo.toml that was rewritten. */
const LEFT_OUT = /(?:^|\/)(?:\.git(?:attributes|ignore)?|\.cargo-ok|[^/]*\.(?:orig|rej))$/;

/** As a Cargo.toml names it, which says nothing of its registry. */
export function idOf({ name, version }: Dependency): string {
  return `${crateIn(name)} ${version}`;
}

function vendored(dependencies: readonly Dependency[], source: NonNullable<CratesSource['vendored']>): Places {
  const { of, unclear } = findVendored(source);
  const wanted = new Set(dependencies.map(idOf));
  const shownOf = (folder: string): string => `${source.shown}/${folder}`;
  const others = [...of].flatMap(([id, folders]) => (wanted.has(id) ? [] : folders));
  const added = unclear.map((path) => ({ path, problem: 'added' as const, isBuilt: true }));
  return {
    root: source.path,
    of: (dependency) => (of.get(idOf(dependency)) ?? []).map((within) => ({ within, shown: shownOf(within) })),
    written: '.cargo-checksum.json',
    isLeftOut: (path) => LEFT_OUT.test(path),
    unlocked: others.map(shownOf).sort(),
    findings: checkCopy(source.shown, added, 'tarball'),
    isVendored: true,
  };
}

function unpacked(dependencies: readonly Dependency[], source: CratesSource, isDemanded: boolean): Places {
  const keptOf = (one: Dependency): readonly string[] => {
    const registry = registryOfEntry(source, one);
    return registry === null ? [] : keptAt(source, registry, 'src', `${crateIn(one.name)}-${one.version}`);
  };
  const at = new Map(dependencies.map((one) => [one, keptOf(one)] as const));
  if (isDemanded && [...at.values()].every((paths) => paths.length === 0)) {
    throw new InstalledError(
      'nothing is installed: no folder stands in for crates.io, and Cargo has none of the crates unpacked (registry/src in CARGO_HOME); run cargo fetch --locked, or leave out --installed',
    );
  }
  return {
    root: source.kept,
    of: (dependency) =>
      (at.get(dependency) ?? []).map((within) => ({ within, shown: `CARGO_HOME/registry/${within}` })),
    written: '.cargo-ok',
    isLeftOut: () => false,
    unlocked: [],
    findings: [],
    isVendored: false,
  };
}
