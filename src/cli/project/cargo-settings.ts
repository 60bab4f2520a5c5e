import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cargoSettings, toolchainSetting, type CargoSetting } from '../../lockfiles/cargo/settings.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { decodeText } from '../../readers/text.ts';
import { tableOf } from '../../readers/toml-tables.ts';
import { parseToml } from '../../readers/toml.ts';
import type { Io } from '../io.ts';
import { demandFile, readUserFile, shownPath } from '../user-files.ts';
import type { CargoConfigFile } from './cargo-config.ts';
import { projectFolders } from './upwards.ts';

/** What of a project's settings runs in a build beside the crates. Throws UsageError and LockfileError. */
export function cargoCode(folder: string, config: readonly CargoConfigFile[], io: Io): readonly Finding[] {
  const ofFiles = config
    .filter(({ ofProject }) => ofProject)
    .flatMap(({ file, content }) => findingsOf(file, cargoSettings(content)));
  const toolchain = toolchainFile(folder, io);
  if (toolchain === null) return ofFiles;
  const setting = toolchainSetting(toolchain.content);
  return setting === null ? ofFiles : [...ofFiles, ...findingsOf(toolchain.file, [setting])];
}

/** Each by itself, but for what is usual. */
function findingsOf(file: string, settings: readonly CargoSetting[]): readonly Finding[] {
  const shown = (some: readonly CargoSetting[]): string => `${some.map(({ name }) => name).join(', ')} of ${file}`;
  const codes = ['repository', 'fetched'] as const;
  return [
    ...settings
      .filter(({ isUsual }) => !isUsual)
      .map((one) => finding('lockfile-other-code', { by: shown([one]), code: one.code })),
    ...codes.flatMap((code) => {
      const usual = settings.filter((one) => one.isUsual && one.code === code);
      return usual.length === 0 ? [] : [finding('lockfile-other-code', { by: shown(usual), code }, 'note')];
    }),
  ];
}

/** The file that rustup takes the toolchain from: the nearest, and of two in one folder that without an ending. */
function toolchainFile(
  folder: string,
  io: Io,
): { readonly file: string; readonly content: ReturnType<typeof tableOf> } | null {
  const path = projectFolders(folder, io)
    .flatMap((each) => ['rust-toolchain', 'rust-toolchain.toml'].map((name) => join(each, name)))
    .find((each) => existsSync(each));
  if (path === undefined) return null;
  demandFile(path);
  const file = shownPath(path, io);
  const text = decodeText(file, readUserFile(path, 'the toolchain of Rust', io));
  // One line without an ending is the channel itself.
  const [line = '', ...more] = text.trim().split('\n');
  const isChannel = path.endsWith('rust-toolchain') && more.length === 0 && !/[[=]/.test(line);
  const content = isChannel
    ? new Map([['channel', line.trim()]])
    : tableOf(parseToml(file, text, 'mend it').root.get('toolchain'));
  return { file, content };
}
