import { parseIni, type IniEntry } from './ini.ts';
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
    const set = Object.entries(env).find(([name, value]) => value !== '' && name.toUpperCase() === variable)?.[1] ?? '';
    if (set !== '') return words(set, variable);
    for (const section of ['install', 'global']) {
      // An empty option is none, and hides that of a weaker file.
      const [strongest] = files
        .flatMap(({ path, text }) => {
          const found = entryIn(text, section, option);
          return found === undefined ? [] : [{ path, ...found }];
        })
        .slice(-1);
      if (strongest !== undefined && strongest.value !== '') {
        return words(strongest.value, `${option} of ${strongest.path}:${strongest.line}`);
      }
    }
    return [];
  };
  const [none] = valueOf('no-index');
  if (none !== undefined && !/^(?:0|false|no|off|n|f)$/i.test(none.url)) {
    throw new LockfileError(none.by, null, 'switches every index off, so that there is none to ask');
  }
  const [alias] = valueOf('pypi-url');
  if (alias !== undefined) {
    throw new LockfileError(alias.by, null, 'is another name of index-url, which assay does not read: write index-url');
  }
  return settingsOf(valueOf('index-url')[0] ?? null, valueOf('extra-index-url'));
}

/** What DEFAULT has is in every section that is there. */
function entryIn(text: string, section: string, option: string): IniEntry | undefined {
  const sections = parseIni(text);
  const own = sections.get(section);
  return own && (own.get(option) ?? sections.get('DEFAULT')?.get(option));
}

function words(text: string, by: string): readonly Named[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((url) => ({ url, by }));
}
