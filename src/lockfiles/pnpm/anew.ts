import type { Place, PlacedFinding } from '../../model/dependency.ts';
import {
  isOutside,
  missingEntry,
  otherOverride,
  otherPatch,
  otherVersion,
  rangeOf,
  resolvedAnew,
  type Request,
} from '../common/anew.ts';
import { specKind } from '../node-modules/specs.ts';
import type { JsonNode } from '../../readers/json.ts';
import { isChecksumOf, isEmpty, patchFiles } from './declared.ts';
import { mappingOf, type PnpmDocument } from './document.ts';
import type { Importer, Requirement } from './importers.ts';
import type { Ask, PnpmProject } from './project.ts';
import type { Roles } from './roles.ts';

/**
 * Where the lockfile is not that of the project: pnpm refuses it with --frozen-lockfile, and otherwise resolves anew
 * what differs (its packages lockfile.verification and lockfile.settings-checker). A hook may change every package.json
 * that is compared.
 */
export function resolvedAnewIn(
  document: PnpmDocument,
  importers: readonly Importer[],
  project: PnpmProject,
  roles: Roles,
): readonly PlacedFinding[] {
  if (!project.isKnown || project.hook !== null) return [];
  const { file } = document;
  const lists = listsOf(document, project);
  const byFolder = new Map(importers.map((importer) => [importer.folder, importer]));
  const found = [
    ...differencesOfOverrides(document, project),
    ...differencesOfExtensions(document, project),
    ...differencesOfPatches(document, project),
  ];
  for (const folder of project.members.keys()) {
    const importer = byFolder.get(folder) ?? null;
    // A folder that is only linked has no importer.
    if (importer === null && folder !== '.' && project.isMember?.(folder) !== true) continue;
    const locked = new Map(importer?.requirements.map((requirement) => [requirement.alias, requirement]));
    for (const [alias, ask] of project.asksOf(folder) ?? []) {
      const accepted = acceptedOf(folder, alias, ask, project);
      if (accepted.includes('-') || lists.isLeftOut(alias, ask)) continue;
      const requirement = locked.get(alias);
      const place = { file, line: requirement?.line ?? importer?.line ?? 1, path: `${folder} > ${alias}` };
      const request = { name: alias, spec: ask.spec, by: folder };
      if (requirement === undefined) found.push(missingEntry(place, request));
      else {
        const other = differenceOf(place, requirement, accepted, request, project);
        if (other !== null) found.push(other);
      }
    }
  }
  for (const { folder, requirements } of importers) {
    for (const requirement of requirements) {
      const entry = roles.find(folder, requirement)?.entry;
      if (requirement.specifier === null || entry?.kind !== 'package' || entry.source.kind !== 'registry') continue;
      if (specKind(requirement.specifier) !== 'registry' || !isOutside(rangeOf(requirement.specifier), entry.version))
        continue;
      const request = { name: requirement.alias, spec: requirement.specifier, by: folder };
      found.push(
        otherVersion(
          { file, line: requirement.line, path: `${folder} > ${requirement.alias}` },
          entry.version,
          request,
        ),
      );
    }
  }
  return found;
}

/** What may stand as the specifier: what package.json has, or what the project puts in its place. */
function acceptedOf(folder: string, alias: string, { spec }: Ask, project: PnpmProject): readonly string[] {
  const asker = project.askerOf(folder);
  return [spec, ...project.overridden(asker, alias, spec), ...project.extended(asker, alias)];
}

/** Null where the specifier of the lockfile is one of these, and what its catalog has is what the project's has. */
function differenceOf(
  place: Place,
  { written, specifier }: Requirement,
  accepted: readonly string[],
  { name, spec, by }: Request,
  project: PnpmProject,
): PlacedFinding | null {
  if (written === null) return null;
  const because = (locked: string, wanted: string): PlacedFinding =>
    resolvedAnew(place, `${name}@${locked} in place of ${name}@${wanted}, which ${by} asks for`);
  const isSame = accepted.some((one) => one === written || (isLocal(one) && isLocal(written)));
  if (!isSame) return because(written, spec);
  const wanted = written.startsWith('catalog:') ? project.fromCatalog(name, written) : null;
  return wanted === null || wanted === specifier ? null : because(specifier ?? written, wanted);
}

/** Paths of overrides are written as they are from the folder that asks. */
function isLocal(spec: string): boolean {
  return /^(?:link|file):/.test(spec);
}

interface Lists {
  /** Whether pnpm leaves out of a lockfile what is asked for so. */
  readonly isLeftOut: (alias: string, ask: Ask) => boolean;
}

function listsOf({ file, content }: PnpmDocument, { ignored }: PnpmProject): Lists {
  const settings = mappingOf(file, content, 'settings');
  const hasPeers = settings.get('autoInstallPeers')?.value === true;
  const hasNoLinks = settings.get('excludeLinksFromLockfile')?.value === true;
  const patterns = ignored.map((pattern) => globOf(pattern));
  return {
    isLeftOut: (alias, { spec, kind, isPeer }) =>
      (isPeer && !hasPeers) ||
      (hasNoLinks && spec.startsWith('link:')) ||
      (kind === 'optional' && patterns.some((pattern) => pattern.test(alias))),
  };
}

function globOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replace(/\*+/g, '.*')}$`);
}

/**
 * Overrides of the lockfile that the project does not have, and the other way round. Whichever pnpm is run, what it
 * takes for an override and the lockfile lacks counts; what none takes for one any more, where all miss it.
 */
function differencesOfOverrides({ file, content }: PnpmDocument, { overrides }: PnpmProject): PlacedFinding[] {
  const locked = mappingOf(file, content, 'overrides');
  const line = content.get('overrides')?.line ?? 1;
  const isLocked = (selector: string, specs: readonly string[]): boolean => {
    const value = locked.get(selector)?.value;
    return typeof value === 'string' && specs.some((spec) => spec === value || (isLocal(spec) && isLocal(value)));
  };
  const missing = overrides.flatMap((declared) =>
    [...declared].filter(([selector, specs]) => !isLocked(selector, specs)).map(([one]) => one),
  );
  const added = fewest(overrides.map((declared) => [...locked.keys()].filter((selector) => !declared.has(selector))));
  return [...new Set([...missing, ...added])].map((selector) =>
    otherOverride({ file, line: locked.get(selector)?.line ?? line }, selector),
  );
}

function fewest(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = lists;
  return others.reduce((least, each) => (each.length < least.length ? each : least), first);
}

/** The lockfile has a checksum of what packageExtensions say, or none where there are none. */
function differencesOfExtensions({ file, content }: PnpmDocument, { extensions }: PnpmProject): PlacedFinding[] {
  const locked = content.get('packageExtensionsChecksum');
  const isOther = extensions.map((one) => !isChecksumOf(locked?.value, one));
  const isUnlocked = extensions.some((one, at) => !isEmpty(one) && isOther[at]);
  if (!isUnlocked && !isOther.every(Boolean)) return [];
  const by = 'the packageExtensions, which the project and the lockfile do not have alike';
  return [resolvedAnew({ file, line: locked?.line ?? 1, path: 'packageExtensionsChecksum' }, by)];
}

/** Patches of the lockfile that the project does not have, and the other way round, or from another file. */
function differencesOfPatches({ file, content }: PnpmDocument, { patches }: PnpmProject): PlacedFinding[] {
  const nodes = mappingOf(file, content, 'patchedDependencies');
  const locked = new Map(
    [...nodes].map(([selector, { value }]) => {
      const path = value instanceof Map ? (value as ReadonlyMap<string, JsonNode>).get('path')?.value : null;
      return [selector, patchFiles({ [selector]: { path } }).get(selector) ?? null] as const;
    }),
  );
  const declared = patches.map(patchFiles);
  const missing = declared.flatMap((files) =>
    [...files].flatMap(([selector, path]) => {
      const known = locked.get(selector);
      return known === undefined || (known !== null && known !== path) ? [selector] : [];
    }),
  );
  const added = fewest(declared.map((files) => [...locked.keys()].filter((selector) => !files.has(selector))));
  const line = content.get('patchedDependencies')?.line ?? 1;
  return [...new Set([...missing, ...added])].map((selector) =>
    otherPatch({ file, line: nodes.get(selector)?.line ?? line }, selector),
  );
}
