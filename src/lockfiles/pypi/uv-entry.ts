import type { SkippedEntry } from '../../model/dependency.ts';
import type { Document } from './document.ts';
import { packageName, packageVersion, type Fields } from './fields.ts';

/** Where an entry may be from; the last three are folders, of which nothing is fetched and nothing could be locked. */
export const SOURCES = ['registry', 'git', 'url', 'path', 'directory', 'editable', 'virtual'] as const;
const FOLDERS: readonly string[] = ['directory', 'editable', 'virtual'];

/** One `[[package]]`. */
export interface UvEntry {
  readonly name: string;
  /** Null for a project that says its version only when it is built. */
  readonly version: string | null;
  readonly source: { readonly kind: (typeof SOURCES)[number]; readonly at: string };
  readonly fields: Fields;
  readonly line: number;
}

/** Throws where a field that it needs is missing or is none. */
export function entryOf({ fields, line }: Document['entries'][number]): UvEntry {
  const name = packageName(fields.text('name'), fields.fail);
  const source = fields.table('source') ?? fields.fail(`${name} has no source`);
  const [kind, ...others] = SOURCES.filter((one) => source.has(one));
  if (kind === undefined || others.length > 0) return fields.fail(`${name} has a source that assay does not know`);
  const at = source.text(kind) ?? '';
  const given = fields.text('version');
  const isOpen = given === null && (FOLDERS.includes(kind) || kind === 'path' || kind === 'git' || kind === 'url');
  return {
    name,
    version: isOpen ? null : packageVersion(given, name, fields.fail),
    source: { kind, at },
    fields,
    line,
  };
}

/** uv refuses a name with the same version and source twice; names that differ by case or separators are one. */
export function refuseDuplicates(entries: readonly UvEntry[]): void {
  const known = new Map<string, UvEntry>();
  for (const entry of entries) {
    const { name, version, source, fields } = entry;
    const key = [name, version ?? '', source.kind, source.at].join('\n');
    const first = known.get(key);
    if (first !== undefined) fields.fail(`${labelOf(entry)} stands in line ${first.line} already`);
    known.set(key, entry);
  }
}

export function isFolder({ source }: UvEntry): boolean {
  return FOLDERS.includes(source.kind);
}

export function reasonOf({ source }: UvEntry, isMember: boolean): SkippedEntry['reason'] {
  if (isMember && source.at === '.') return 'root';
  return isMember ? 'workspace' : 'link';
}

export function labelOf({ name, version }: Pick<UvEntry, 'name' | 'version'>): string {
  return version === null ? name : `${name}==${version}`;
}
