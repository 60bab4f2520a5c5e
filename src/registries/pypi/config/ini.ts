/** An option: its value, and the 1-based line in which it stands. */
export interface IniEntry {
  readonly value: string;
  readonly line: number;
}

/** A section of an INI file, by options with dashes for underscores in their names. */
type Section = ReadonlyMap<string, IniEntry>;

/**
 * Reads what Python's configparser reads of a configuration of pip: sections, `option = value` or `option: value`,
 * comments, and values that go on in indented lines. Of an option that is twice in a section the last one counts here,
 * where configparser stops at it.
 */
export function parseIni(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, IniEntry>>();
  let section: Map<string, IniEntry> | null = null;
  let option: string | null = null;
  for (const [at, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    if (/^\s/.test(raw) && section !== null && option !== null) {
      const begun = section.get(option);
      section.set(option, { value: `${begun?.value ?? ''}\n${line}`.trim(), line: begun?.line ?? at + 1 });
    } else if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, IniEntry>();
      sections.set(header, section);
      option = null;
    } else if (section !== null) {
      const [, name = '', value = ''] = /^([^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      option = name.toLowerCase().replaceAll('_', '-').replace(/^--/, '');
      section.set(option, { value, line: at + 1 });
    }
  }
  return sections;
}
