import { parseIni } from './ini.ts';
import { settingsOf, type IndexSettings, type Named } from './indexes.ts';
import { LockfileError } from '../../../readers/error.ts';

/** A configuration file of pip, as people find it, and its text. */
export interface PipFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The indexes that pip is told of (https://pip.pypa.io/en/stable/topics/configuration/): by variables, else by the
 * strongest of these files, of which the last one is the strongest; `install` is stronger than `global`.
 */
export function pipIndexes(
  env: Readonly<Record<string, string | undefined>>,
  files: readonly PipFile[],
): IndexSettings {
  const valueOf = (option: string): readonly Named[] => {
    const variable = `PIP_${option.toUpperCase().replaceAll('-', '_')}`;
    const set = env[variable] ?? '';
    if (set !== '') return words(set, variable);
    for (const section of ['install', 'global']) {
      for (const { path, text } of files.toReversed()) {
        const value = parseIni(text).get(section)?.get(option) ?? '';
        if (value !== '') return words(value, `${option} of ${path}`);
      }
    }
    return [];
  };
  const [none] = valueOf('no-index');
  if (none !== undefined && !/^(?:0|false|no|off|n|f)$/i.test(none.url)) {
    throw new LockfileError(none.by, null, 'switches every index off, so that there is none to ask');
  }
  return settingsOf(valueOf('index-url')[0] ?? null, valueOf('extra-index-url'));
}

function words(text: string, by: string): readonly Named[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((url) => ({ url, by }));
}
