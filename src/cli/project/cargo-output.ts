import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { finding, type Finding } from '../../model/finding.ts';
import { textsOf } from '../../readers/toml-tables.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { cargoHome, settingIn, type CargoConfigFile } from './cargo-config.ts';
import { committedFiles, committedOf, isInRepository } from './stores.ts';

/** What cargo knows by that something is built; it does not look at what was built. */
const FINGERPRINTS = '.fingerprint';
/** Variables that name a folder for it. */
export const OUTPUT_VARIABLES: readonly string[] = [
  'CARGO_TARGET_DIR',
  'CARGO_BUILD_TARGET_DIR',
  'CARGO_BUILD_BUILD_DIR',
];
/** More than any build has profiles and targets. */
const MAX_FOLDERS = 100;

/** Output of builds that the repository has: cargo takes it for built, whatever the crates of Cargo.lock have. */
export async function committedOutput(
  folder: string,
  config: readonly CargoConfigFile[],
  io: Io,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const place of outputFolders(folder, config, io)) {
    if (!isInRepository(place, folder) || !(await hasFingerprints(place))) continue;
    const instead = 'what was built from it as the repository has it, which nothing is compared with';
    found.push(finding('lockfile-not-used', { by: `${shownPath(place, io)} of the repository`, instead }));
  }
  return found;
}

/**
 * What a repository has of the homes of Cargo and rustup: sources and programs that they take for their own, and
 * compare with nothing (https://doc.rust-lang.org/cargo/guide/cargo-home.html).
 */
export async function committedHome(folder: string, io: Io): Promise<readonly Finding[]> {
  const here = async (home: string, names: readonly string[]): Promise<readonly string[]> => {
    const places = names.map((name) => join(home, name)).filter((place) => isInRepository(place, folder));
    return (await committedOf(places)).map((place) => `${shownPath(place, io)} of the repository`);
  };
  const home = cargoHome(io);
  const sources = await here(home, ['registry/src', 'registry/cache', 'git/checkouts', 'git/db']);
  const programs = [...(await here(home, ['bin'])), ...(await here(rustupHome(io), ['toolchains', 'settings.toml']))];
  const instead = 'what is committed there, whose bytes are not compared with the hashes';
  return [
    ...sources.map((by) => finding('lockfile-not-used', { by, instead })),
    ...programs.map((by) => finding('lockfile-other-code', { by, code: 'repository' })),
  ];
}

function rustupHome({ env, cwd }: Io): string {
  return resolve(cwd, env['RUSTUP_HOME'] ?? join(env['HOME'] ?? homedir(), '.rustup'));
}

/** https://doc.rust-lang.org/cargo/reference/build-cache.html */
function outputFolders(folder: string, config: readonly CargoConfigFile[], io: Io): readonly string[] {
  const named = OUTPUT_VARIABLES.map((name) => io.env[name] ?? '')
    .filter((value) => value !== '')
    .map((value) => resolve(io.cwd, value));
  const set = ['target-dir', 'build-dir'].flatMap((name) => {
    const setting = settingIn(config, 'build', name);
    return setting === null
      ? []
      : textsOf(setting.value).map((text) =>
          resolve(
            setting.by.folder,
            text.replace('{workspace-root}', () => folder),
          ),
        );
  });
  return [...new Set([join(folder, 'target'), ...named, ...set])];
}

/** Whether the repository has output of builds in a folder: of a profile, or of a profile of a target. */
export async function hasFingerprints(place: string): Promise<boolean> {
  const within = async (one: string): Promise<readonly string[]> =>
    (await committedFiles(one))
      .filter((name) => name !== '')
      .map((name) => join(one, name))
      .slice(0, MAX_FOLDERS);
  const first = await within(place);
  if ((await committedOf(first.map((one) => join(one, FINGERPRINTS)))).length > 0) return true;
  for (const one of await committedOf(first)) {
    const second = await within(one);
    if ((await committedOf(second.map((each) => join(each, FINGERPRINTS)))).length > 0) return true;
  }
  return false;
}
