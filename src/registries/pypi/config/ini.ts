/** A section of an INI file: option to value, with dashes for underscores in its name. */
export type Section = ReadonlyMap<string, string>;

/**
 * Reads what Python's configparser reads of a configuration of pip: sections, `option = value` or `option: value`,
 * comments, and values that go on in indented lines. Of an option that is twice in a section the last one counts here,
 * where configparser stops at it.
 */
export function parseIni(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | null = null;
  let option: string | null = null;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    if (/^\s/.test(raw) && section !== null && option !== null) {
      section.set(option, `${section.get(option) ?? ''}\n${line}`.trim());
    } else if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, string>();
      sections.set(header, section);
      option = null;
    } else if (section !== null) {
      const [, name = '', value = ''] = /^([^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      option = name.toLowerCase().replaceAll('_', '-').replace(/^--/, '');
      section.set(option, value);
    }
  }
  return sections;
}
