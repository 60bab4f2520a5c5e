/** What one line of entry_points.txt names: an object of a module. */
export interface EntryPoint {
  readonly name: string;
  readonly module: string;
  /** Of an attribute, perhaps of an attribute. */
  readonly attribute: string;
}

const SCRIPTS: ReadonlySet<string> = new Set(['console_scripts', 'gui_scripts']);
const LINE = /^([^\s=][^=]*?)\s*=\s*([\w.]+)\s*(?::\s*([\w.]+))?\s*(?:\[[^\]]*\])?$/;

/**
 * Reads entry_points.txt (https://packaging.python.org/en/latest/specifications/entry-points/#file-format): the programs
 * that an installer makes, and whether there is more, which other packages load. What cannot be read counts as more.
 */
export function readEntryPoints(bytes: Uint8Array): {
  readonly programs: readonly EntryPoint[];
  readonly hasOthers: boolean;
} {
  const programs: EntryPoint[] = [];
  let hasOthers = false;
  let group = '';
  for (const line of new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .map((one) => one.trim())) {
    if (line === '' || /^[#;]/.test(line)) continue;
    const named = /^\[([^\]]*)\]$/.exec(line)?.[1];
    if (named !== undefined) {
      group = named;
      continue;
    }
    const [, name = '', module = '', attribute = ''] = line.length > 1000 ? [] : (LINE.exec(line) ?? []);
    // A program whose name leads elsewhere is none that an installer makes.
    if (SCRIPTS.has(group) && attribute !== '' && !/[\\/]/.test(name)) programs.push({ name, module, attribute });
    else hasOthers = true;
  }
  return { programs, hasOthers };
}
