import { conventionsOf, ecosystemOfOsv } from '../ecosystems/conventions/index.ts';
import { packageId, type Ecosystem, type PackageId } from '../model/package.ts';
import { parseInstant } from '../model/time.ts';
import type { ReadRecord } from './record.ts';

/** Escapes that can write a letter or a slash of a key, or of a name, in another way. */
const OTHER_SPELLING = /\\[u/]/;
/** Each of these keys wherever it stands, with a value without escapes. */
const SAID = /"(id|modified|ecosystem|name)"\s*:\s*"([^"\\]*)"/g;

/**
 * What is counted of a malicious record that names no package of `wanted`, without parsing it: most of some hundred
 * thousand are such records. `file` is the name of its file. Every name that parsing would find is found, as one with
 * other escapes is none that a registry has; null where one is wanted, where it could be written in another way, or for
 * a record unlike those that are published, which is to be parsed.
 */
export function skimOsv(file: string, text: string, wanted: ReadonlySet<PackageId>): ReadRecord | null {
  if (!/^MAL-[^/]*\.json$/.test(file) || !/^\s*\{[^]*\}\s*$/.test(text)) return null;
  if (OTHER_SPELLING.test(text) || text.includes('"withdrawn"') || !text.includes('"affected"')) return null;
  const said = {
    id: new Set<string>(),
    modified: new Set<string>(),
    ecosystem: new Set<string>(),
    name: new Set<string>(),
  };
  for (const [, key, value = ''] of text.matchAll(SAID)) said[key as keyof typeof said].add(value);
  const [modified, ...others] = [...said.modified].map((time) => parseInstant(time));
  if (modified === undefined || modified === null || others.length > 0) return null;
  if (!said.id.has(file.slice(0, -'.json'.length)) || said.name.size === 0) return null;
  const ecosystems = [
    ...new Set([...said.ecosystem].flatMap((one): readonly Ecosystem[] => [ecosystemOfOsv(one) ?? []].flat())),
  ];
  const isWanted = ecosystems.some((ecosystem) => {
    const { osv } = conventionsOf(ecosystem);
    return [...said.name].some((name) => wanted.has(packageId({ ecosystem, name: osv.name(name) })));
  });
  return isWanted || ecosystems.length === 0 ? null : { kind: 'skimmed', modified, ecosystems };
}
