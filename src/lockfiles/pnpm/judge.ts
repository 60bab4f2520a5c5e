import { specOf, type EntryClaims, type Substitution } from '../../model/dependency.ts';
import type { JsonObject } from '../../readers/json.ts';
import { addressOf } from '../common/merge.ts';
import { answers, registryName, type Answer, type Members } from './answers.ts';
import type { PackageEntry, PnpmSnapshot, Reference } from './entry.ts';
import type { Importer, Requirement } from './importers.ts';
import { linkedFolder } from './key.ts';
import type { Asker } from './overrides.ts';
import type { PnpmProject } from './project.ts';
import type { Roles } from './roles.ts';

/**
 * A requirement that the lockfile answers with something else; `substitution` is null where it is not known who asked.
 */
export interface Stranger {
  /** The name that is asked for. */
  readonly name: string;
  readonly answer: Answer;
  readonly substitution: Substitution | null;
}

/** What the lockfile puts in place of what is asked for, held to what the project declares. */
export interface Judge {
  /** Null where a project gets what it asks for, or what it overrides that with. */
  readonly requirement: (importer: Importer, requirement: Requirement) => Stranger | null;
  /**
   * Whether a package or folder gets something else than it asks for. What a registry's package asks for is held to its
   * manifest: see `claims`.
   */
  readonly reference: (from: PnpmSnapshot, reference: Reference) => Stranger | null;
  /** What its published manifest must say, too; null for what no registry has a manifest of. */
  readonly claims: (entry: PackageEntry, snapshot: PnpmSnapshot | null) => EntryClaims | null;
}

/** `declares` is false of the document before the project's, which no package.json describes. */
export function judgeOf(
  project: PnpmProject,
  importers: readonly Importer[],
  snapshots: readonly PnpmSnapshot[],
  roles: Roles,
  declares: boolean,
): Judge {
  const folders = new Set(importers.map(({ folder }) => folder));
  const isOfProject = (folder: string): boolean => folders.has(folder) && !/(?:^|\/)node_modules(?:\/|$)/.test(folder);
  const members: Members = {
    has: (folder, name) =>
      project.isKnown
        ? [folder, project.publishedFrom(folder)].some((one) => one !== null && project.members.get(one) === name)
        : isOfProject(folder),
  };
  const answerTo = (from: string, base: string, reference: Reference): Answer => {
    const found = roles.find(from, reference);
    return found?.entry ?? { kind: 'folder', folder: linkedFolder(base, reference.reference) };
  };
  const hook = project.hook;
  /** Whether one of these specifiers asks for the answer, in the folder that asks or as the project says for all. */
  const fits = (alias: string, answer: Answer, folder: string, specs: readonly string[]): boolean =>
    specs.some((spec) => [folder, '.'].some((from) => answers({ alias, spec, folder: from }, answer, members)));

  const requirement = (importer: Importer, one: Requirement): Stranger | null => {
    const { alias, specifier } = one;
    const { folder } = importer;
    const answer = answerTo(folder, folder, one);
    const asks = declares ? project.asksOf(folder) : null;
    const own = declares ? (asks?.get(alias)?.spec ?? null) : configSpec(project, alias);
    const asker = project.askerOf(folder);
    const overridden = declares ? project.overridden(asker, alias, own) : [];
    if (own === null) {
      if (specifier === null || answers({ alias, spec: specifier, folder }, answer, members)) {
        // Only the lockfile says that this folder is asked for.
        const isUnasked = asks !== null && answer.kind === 'folder' && !members.has(answer.folder, alias);
        return isUnasked && !fits(alias, answer, folder, overridden)
          ? { name: alias, answer, substitution: null }
          : null;
      }
      return fits(alias, answer, folder, overridden)
        ? null
        : strangerOf(answer, { alias, spec: specifier, by: folder }, null);
    }
    const spec = own.startsWith('catalog:') ? (project.fromCatalog(alias, own) ?? '*') : own;
    if (answers({ alias, spec, folder }, answer, members) || fits(alias, answer, folder, overridden)) return null;
    // What a hook changed of the project's own manifest, the lockfile has as its specifier.
    const isChanged = specifier !== null && specifier !== own && fits(alias, answer, folder, [specifier]);
    return strangerOf(answer, { alias, spec, by: folder }, isChanged ? hook : null);
  };

  /** What the projects ask for themselves under another name, or from elsewhere. */
  const declared = new Set<string>();
  for (const importer of importers) {
    for (const one of importer.requirements) {
      const text = answerText(answerTo(importer.folder, importer.folder, one));
      if (text !== one.alias && requirement(importer, one) === null) declared.add(`${one.alias}\n${text}`);
    }
  }
  /**
   * Also what packages get under another name, which their manifests are held to: a peer gets what stands beside it.
   */
  const aliased = new Set(declared);
  for (const { key, entry, requires, optionalRequires } of snapshots) {
    if (entry.kind === 'folder' || entry.source.kind !== 'registry') continue;
    for (const one of [...requires, ...optionalRequires]) {
      const text = answerText(answerTo(key, '.', one));
      if (text !== one.alias && !has(entry.peers, one.alias)) aliased.add(`${one.alias}\n${text}`);
    }
  }

  const explains = (asker: Asker, alias: string, answer: Answer): boolean =>
    fits(alias, answer, '.', [...project.overridden(asker, alias, null), ...project.extended(asker, alias)]);

  const reference = (from: PnpmSnapshot, one: Reference): Stranger | null => {
    const { alias } = one;
    const { entry } = from;
    const answer = answerTo(from.key, '.', one);
    if (entry.kind === 'package') {
      if (answer.kind !== 'folder' || members.has(answer.folder, alias)) return null;
      const isAsked = declared.has(`${alias}\n${answerText(answer)}`) || explains(entry, alias, answer);
      return isAsked ? null : { name: alias, answer, substitution: null };
    }
    if (!project.isKnown) return null;
    // Of what it copies to publish, pnpm takes the member's own manifest.
    const folder = project.publishedFrom(entry.folder) ?? entry.folder;
    const spec = project.asksOf(folder)?.get(alias)?.spec ?? null;
    const asker = project.askerOf(folder);
    const own = spec?.startsWith('catalog:') === true ? project.fromCatalog(alias, spec) : spec;
    const isAsked = fits(alias, answer, folder, [own ?? '*']) || explains(asker, alias, answer);
    return isAsked || declared.has(`${alias}\n${answerText(answer)}`)
      ? null
      : strangerOf(answer, { alias, spec: own ?? '', by: folder }, hook);
  };

  const claims = (entry: PackageEntry, snapshot: PnpmSnapshot | null): EntryClaims | null => {
    if (entry.source.kind !== 'registry') return null;
    const found: [string, string][] = [];
    const { key, requires, optionalRequires } = snapshot ?? { key: '', requires: [], optionalRequires: [] };
    for (const one of optionalRequires.length === 0 ? requires : [...requires, ...optionalRequires]) {
      const { alias } = one;
      const answer = answerTo(key, '.', one);
      const text = answerText(answer);
      if (answer.kind === 'folder' && members.has(answer.folder, alias)) continue;
      if (explains(entry, alias, answer)) continue;
      found.push([alias, text]);
    }
    const peers = found.filter(
      ([alias, text]) => alias !== text && has(entry.peers, alias) && aliased.has(`${alias}\n${text}`),
    );
    const { hasBin, optionalPeers } = entry;
    // pnpm adds peers that only peerDependenciesMeta names; an optional one brings nothing in.
    const mandatory = [...(entry.peers?.keys() ?? [])].filter(
      (name) => !has(optionalPeers, name) && project.extended(entry, name).length === 0,
    );
    return {
      ...(found.length === 0 ? {} : { answers: Object.fromEntries(found) }),
      ...(peers.length === 0 ? {} : { peerAnswers: Object.fromEntries(peers) }),
      ...(mandatory.length === 0 ? {} : { peers: mandatory }),
      ...(hasBin ? { hasBin } : {}),
      ...(hook === null ? {} : { hook }),
    };
  };
  return { requirement, reference, claims };
}

/** The version that pnpm-workspace.yaml has of a dependency of the configuration, without the hash behind it. */
function configSpec({ configDependencies }: PnpmProject, alias: string): string | null {
  const value = Object.hasOwn(configDependencies, alias) ? configDependencies[alias] : null;
  return typeof value === 'string' ? value.replace(/\+.*$/s, '') : null;
}

function strangerOf(
  answer: Answer,
  { alias, spec, by }: { readonly alias: string; readonly spec: string; readonly by: string },
  hook: string | null,
): Stranger {
  const asked = spec === '' ? alias : `${alias}@${spec}`;
  const substitution = { asked, by, ...(hook === null ? {} : { hook }) };
  return { name: registryName(alias, spec) ?? alias, answer, substitution };
}

/** The name of a registry's package, else a locator that is no name. */
function answerText(answer: Answer): string {
  if (answer.kind === 'folder') return `link:${answer.folder}`;
  const { source } = answer;
  if (source.kind === 'registry') return answer.name;
  const address = addressOf(source) ?? specOf(answer);
  return address.includes(':') ? address : `file:${address}`;
}

function has(object: JsonObject | null, key: string): boolean {
  return object?.has(key) === true;
}
