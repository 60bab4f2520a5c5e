import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { readCargoManifest, type CargoManifest } from '../../lockfiles/cargo/manifest.ts';
import type { Lockfile, PlacedFinding } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { isFollowed } from '../../model/workspaces.ts';
import { isTable, listOf, tableOf, textsOf } from '../../readers/toml-tables.ts';
import { count } from '../../report/words/layout.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { cargoConfig, settingIn, type CargoConfigFile } from './cargo-config.ts';
import { cargoCode } from './cargo-settings.ts';
import { replacedBy, vendoredBy } from './cargo-source.ts';
import { committedHome, committedOutput } from './cargo-output.ts';
import { projectFolder } from './files.ts';
import { manifestFile, type Unlocked } from './manifests.ts';
import { foldersUpwards } from './upwards.ts';
import { isInRepository } from './stores.ts';
import { memberFolders } from './workspaces.ts';

type Workspace = NonNullable<CargoManifest['workspace']>;

/** More folders than any project has crates in. */
const MAX_FOLDERS = 1000;

/**
 * What a Cargo.lock is read with: the Cargo.toml beside it, and those of its workspace and of all folders that one of
 * them takes a dependency from. Throws UsageError and LockfileError.
 */
export function cargoManifests(lockfile: string, io: Io): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const queue = [''];
  for (const folder of queue) {
    if (found.has(folder) || found.size >= MAX_FOLDERS) continue;
    const path = folder === '' ? 'Cargo.toml' : `${folder}/Cargo.toml`;
    const text = manifestFile(lockfile, path, io);
    if (text === null) continue;
    found.set(folder, text);
    const { folders, workspace } = readCargoManifest(shownPath(join(projectFolder(lockfile), path), io), text, null);
    queue.push(...folders.flatMap((one) => within(folder, one)));
    if (folder === '' && workspace !== null) {
      // What is not followed says nothing of who asks for what, and its dependencies count as not for development.
      const patterns = workspace.members.filter(isFollowed);
      queue.push(...memberFolders(projectFolder(lockfile), patterns, 'the members of Cargo.toml'));
    }
  }
  return found;
}

/**
 * A Cargo.toml of a program that asks for crates, without a Cargo.lock of its own or of its workspace. A library is
 * built with the lockfile of whoever uses it, and many have none.
 */
export function cargoUnlocked(folder: string, _: readonly string[], io: Io): Unlocked | null {
  if (workspaceAbove(folder, io) !== null) return null;
  const path = join(folder, 'Cargo.toml');
  const shown = shownPath(path, io);
  const texts = [...cargoManifests(join(folder, 'Cargo.lock'), io)];
  const manifests = texts.map(([member, text]) => {
    const at = join(folder, member);
    return { at, ...readCargoManifest(shownPath(join(at, 'Cargo.toml'), io), text, null) };
  });
  const asked = manifests.reduce((sum, { fetched }) => sum + fetched, 0);
  if (asked === 0 || !manifests.some(({ at, root }) => isProgram(at, root))) return null;
  return {
    path,
    problem: `${shown} asks for ${count(asked, 'crate')} and has no Cargo.lock: cargo build takes whatever versions there are then; bring back the one that was reviewed, or audit the one that cargo generate-lockfile writes`,
  };
}

/** Whether a package has a program (https://doc.rust-lang.org/cargo/guide/project-layout.html). */
function isProgram(folder: string, root: CargoManifest['root']): boolean {
  return root.has('bin') || ['main.rs', 'bin'].some((name) => existsSync(join(folder, 'src', name)));
}

/** A folder relative to the lockfile's; none for one that is not below it. */
function within(from: string, path: string): readonly string[] {
  const parts: string[] = from === '' ? [] : from.split('/');
  if (/^(?:[/\\]|[A-Za-z]:)/.test(path)) return [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined) return [];
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  return [parts.join('/')];
}

/** What of a project makes Cargo build something else than Cargo.lock says. */
export async function cargoNotUsed(
  path: string,
  { file }: Lockfile,
  manifests: ReadonlyMap<string, string>,
  io: Io,
): Promise<readonly PlacedFinding[]> {
  const folder = projectFolder(path);
  const place = { file, line: 1, path: '' };
  const config = cargoConfig(folder, io);
  const found = [
    enclosed(folder, io),
    ...(await committedOutput(folder, config, io)),
    ...(await committedHome(folder, io)),
    ...elsewhere(folder, manifests, io),
    ...config.filter(({ ofProject }) => ofProject).flatMap((one) => included(one, folder, io)),
    ...config.flatMap((one) => substitutes(one, io)),
    replaced(config, io),
    ...cargoCode(folder, config, io),
  ];
  return found.filter((one) => one !== null).map((one) => ({ place, finding: one }));
}

/** `paths` and `[patch]` put folders or repositories in the place of crates, whatever Cargo.lock says of them. */
function substitutes({ file, content, folder }: CargoConfigFile, io: Io): readonly Finding[] {
  const paths = textsOf(content.get('paths'));
  const patches = [...tableOf(content.get('patch')).values()].flatMap((one) => [...tableOf(one).keys()]);
  return [
    ...paths.map((one) => otherCode(`paths of ${file}, which names ${shownPath(resolve(folder, one), io)}`)),
    ...patches.map((name) => otherCode(`[patch] of ${file}, which names ${name}`)),
  ];
}

/** Folders that the project builds, and that did not come with its repository. */
function elsewhere(folder: string, manifests: ReadonlyMap<string, string>, io: Io): readonly Finding[] {
  const named = [...manifests].flatMap(([member, text]) => {
    const from = join(folder, member);
    const file = shownPath(join(from, 'Cargo.toml'), io);
    const { folders, workspace } = readCargoManifest(file, text, null);
    return outside([...folders, ...(workspace?.members ?? [])], from, folder, `path of ${file}`, io);
  });
  return [...new Set(named)].map((by) => otherCode(by, 'unknown'));
}

/** Settings that the repository takes from a file that it does not have. */
function included({ file, content, folder: from }: CargoConfigFile, folder: string, io: Io): readonly Finding[] {
  const paths = listOf(content.get('include')).flatMap((one) => textsOf(isTable(one) ? one.get('path') : one));
  return outside(paths, join(from, '.cargo'), folder, `include of ${file}`, io).map((by) => otherCode(by, 'unknown'));
}

/** What `by` names outside of the repository of a project, for people. */
function outside(paths: readonly string[], from: string, folder: string, by: string, io: Io): readonly string[] {
  return paths
    .map((one) => resolve(from, one))
    .filter((place) => !isInRepository(place, folder))
    .map((place) => `${by}, which leads out of the repository to ${shownPath(place, io)}`);
}

function otherCode(by: string, code: 'repository' | 'unknown' = 'repository'): Finding {
  return finding('lockfile-other-code', { by, code });
}

/**
 * What stands in for crates.io: a folder of copies, whose own list of hashes Cargo compares them with, or one of .crate
 * files, or another server, which the hashes of Cargo.lock bind.
 */
function replaced(config: readonly CargoConfigFile[], io: Io): Finding | null {
  const vendored = vendoredBy(config, io);
  if (vendored !== null) {
    return finding('lockfile-other-code', { by: `${vendored.shown} (${vendored.by.file})`, code: 'vendored' });
  }
  const local = settingIn(config, 'source', replacedBy(config), 'local-registry');
  if (local === null) return null;
  const folder = shownPath(resolve(local.by.folder, textsOf(local.value)[0] ?? ''), io);
  return otherCode(`${local.by.file}: cargo takes crates from ${folder}`);
}

/** In a member of a workspace Cargo reads the Cargo.lock of the workspace. */
function enclosed(folder: string, io: Io): Finding | null {
  const above = workspaceAbove(folder, io);
  if (above === null) return null;
  const by = `the workspace of ${above.file}, which this folder is a member of`;
  return finding('lockfile-not-used', { by, instead: shownPath(join(above.folder, 'Cargo.lock'), io) });
}

/**
 * The workspace whose Cargo.lock cargo takes in a folder: that which `package.workspace` names, else the nearest above
 * that does not exclude the folder (in one that has it not as a member, cargo stops). Null where the folder is a
 * workspace of its own.
 */
export function workspaceAbove(folder: string, io: Io): { readonly folder: string; readonly file: string } | null {
  for (const each of foldersUpwards(folder)) {
    const file = shownPath(join(each, 'Cargo.toml'), io);
    const text = manifestFile(join(each, 'Cargo.lock'), 'Cargo.toml', io);
    if (text === null && each === folder) return null;
    if (text === null) continue;
    const { workspace, root } = readCargoManifest(file, text, null);
    if (workspace !== null) {
      if (each === folder) return null;
      if (!isExcluded(workspace, relative(each, folder).replaceAll(sep, '/'))) return { folder: each, file };
      continue;
    }
    const [named] = textsOf(tableOf(root.get('package') ?? root.get('project')).get('workspace'));
    if (named === undefined) continue;
    const other = resolve(each, named);
    return other === folder ? null : { folder: other, file: shownPath(join(other, 'Cargo.toml'), io) };
  }
  return null;
}

/** By the beginnings of paths, without patterns; what is named as a member is never excluded. */
function isExcluded({ members, exclude }: Workspace, member: string): boolean {
  const isBelow = (one: string): boolean => {
    const [path] = within('', one);
    return path === '' || path === member || (path !== undefined && member.startsWith(`${path}/`));
  };
  return exclude.some(isBelow) && !members.some(isBelow);
}
