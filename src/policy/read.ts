import { ecosystemNamed, ECOSYSTEMS } from '../ecosystems/conventions/index.ts';
import { nearest } from '../model/nearest.ts';
import type { PackageSelector } from '../model/policy.ts';
import { PolicyError } from '../readers/file-error.ts';
import { show, type YamlEntry, type YamlNode } from '../readers/yaml.ts';
import { readSelector } from './selectors.ts';

/** A value of the policy with the words that name it in an error: "enforce", "expect of axios". */
export interface Place {
  readonly file: string;
  readonly what: string;
  readonly node: YamlNode;
}

const MAX_TEXT = 500;
const MAX_HOURS = 8760;

export function fail({ file, node }: Place, reason: string): never {
  throw new PolicyError(file, node.line, reason);
}

/** Refuses a value of another kind than is accepted. */
export function wrong(place: Place, accepted: string): never {
  return fail(place, `${place.what} takes ${accepted}, not ${describe(place.node)}`);
}

/** The entries of a mapping, each with its line. */
export function entriesOf(place: Place, accepted: string): ReadonlyMap<string, YamlEntry> {
  const { node } = place;
  if (node.kind !== 'map' || node.entries.size === 0) return wrong(place, accepted);
  return node.entries;
}

/** Keys of the whole policy. */
export const POLICY_KEYS = [
  'enforce',
  'critical',
  'capabilities',
  'expect',
  'findings',
  'registries',
  'trust',
  'release-age',
  'review',
  'advisories',
] as const;
export const REGISTRIES_KEYS = ['mirrors', 'private', 'redirects', 'exempt'] as const;
export const REVIEW_KEYS = ['deadline', 'queue', 'owners', 'rotation'] as const;

/** Where keys belong that have one place only: they are written elsewhere more often than misspelt. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ...POLICY_KEYS.map((key) => [key, 'at the top of the file, without indentation'] as const),
  ...REGISTRIES_KEYS.map((key) => [key, 'below registries'] as const),
  ...['instances', 'max-age', 'witness-policy'].map((key) => [key, 'below trust'] as const),
  ...REVIEW_KEYS.map((key) => [key, 'below review'] as const),
]);

/** The values of a mapping whose keys are known. Another key is an error that names the nearest of them. */
export function fieldsOf<K extends string>(
  place: Place,
  keys: readonly K[],
): Readonly<Partial<Record<K, Place & { readonly keyLine: number }>>> {
  const fields: Partial<Record<K, Place & { readonly keyLine: number }>> = {};
  for (const [name, { line, value }] of entriesOf(place, `a mapping with ${listed(keys)}`)) {
    const key = keys.find((candidate) => candidate === name);
    if (key === undefined) {
      const near = nearest(name, keys);
      const belongs = PLACES.get(name);
      const known = near === null ? `known are ${listed(keys)}` : `did you mean ${near}?`;
      const hint = belongs === undefined ? known : `it belongs ${belongs}`;
      const where = place.what === '' ? '' : ` in ${place.what}`;
      throw new PolicyError(place.file, line, `unknown key ${show(name)}${where}; ${hint}`);
    }
    fields[key] = { file: place.file, what: key, node: value, keyLine: line };
  }
  return fields;
}

/** The items of a list with at least one. */
export function itemsOf(place: Place, accepted: string): readonly Place[] {
  const { node, file, what } = place;
  if (node.kind !== 'list' || node.items.length === 0) return wrong(place, `a list of ${accepted}`);
  return node.items.map((item) => ({ file, what, node: item }));
}

/** Text of one line, without spaces around it, at most 500 characters. */
export function textOf(place: Place, accepted: string): string {
  const { node } = place;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return wrong(place, accepted);
  const text = node.value;
  if (text === '' || text.trim() !== text) return wrong(place, accepted);
  if (text.length > MAX_TEXT) return fail(place, `${place.what} is longer than ${MAX_TEXT} characters`);
  return text;
}

/** One of `words`; `accepted` says in a message what they are, where they are too many to list. */
export function wordOf<W extends string>(place: Place, words: readonly W[], accepted = listed(words)): W {
  const text = textOf(place, accepted);
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  const near = nearest(text, words);
  return wrong(place, `${accepted}${near === null ? '' : ` (did you mean ${near}?)`}`);
}

export function wholeNumberOf(place: Place, minimum: number, maximum: number): number {
  const { node } = place;
  const accepted = `a whole number from ${minimum} to ${maximum}`;
  if (node.kind !== 'scalar' || typeof node.value !== 'number') return wrong(place, accepted);
  if (!Number.isInteger(node.value) || node.value < minimum || node.value > maximum) return wrong(place, accepted);
  return node.value;
}

/** Hours of a duration such as 48h or 2d, at most a year. */
export function hoursOf(place: Place): number {
  const accepted = 'hours such as 48h or days such as 2d';
  const [, digits, unit] = /^([1-9]\d{0,3})([hd])$/.exec(textOf(place, accepted)) ?? [];
  if (digits === undefined) return wrong(place, accepted);
  const hours = Number(digits) * (unit === 'd' ? 24 : 1);
  return hours <= MAX_HOURS
    ? hours
    : fail(place, `${place.what === 'deadline' ? 'a deadline' : place.what} is at most a year: 8760h or 365d`);
}

/** A list of package names and globs. */
export function packagesOf(place: Place): readonly PackageSelector[] {
  return itemsOf(place, 'package names or globs').map(selectorOf);
}

export function selectorOf(place: Place): PackageSelector {
  return selector(place, textOf(place, 'a package name or a glob such as "@scope/*"'), place.node.line);
}

/** A name as registries know them, with its ecosystem or npm's without, in which `*` may stand for characters. */
export function selector({ file, what }: Omit<Place, 'node'>, text: string, line: number): PackageSelector {
  if (/^@[\w.~*-]+$/.test(text)) {
    throw new PolicyError(file, line, `${text} in ${what} is no package; write "${text}/*" for a whole scope`);
  }
  const selection = readSelector(text);
  if (selection === null) {
    const [, prefix] = /^([a-z]+):/.exec(text) ?? [];
    const isKnown = prefix === undefined || ecosystemNamed(prefix) !== null;
    const problem = isKnown
      ? 'is no package name and no glob of names'
      : `is of an ecosystem that this assay does not know (${ECOSYSTEMS.join(', ')})`;
    throw new PolicyError(file, line, `${JSON.stringify(text)} in ${what} ${problem}`);
  }
  return { text, line, ...selection };
}

/** A registry's address as npm's configuration is read: http(s), a slash at its end, nothing secret in it. */
export function addressOf(
  place: Place,
  accepted = 'the http or https address of a registry, without credentials and query',
): string {
  return plainAddress(textOf(place, accepted)) ?? wrong(place, accepted);
}

/** An http or https address without credentials and query, with a slash at its end; null for another text. */
export function plainAddress(text: string): string | null {
  if (!/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/.test(text) || !URL.canParse(text)) return null;
  const { href } = new URL(text);
  return href.endsWith('/') ? href : `${href}/`;
}

function describe(node: YamlNode): string {
  switch (node.kind) {
    case 'map':
      return node.entries.size === 0 ? 'an empty mapping' : 'a mapping';
    case 'list':
      return node.items.length === 0 ? 'an empty list' : 'a list';
    case 'scalar':
      if (node.value === null) return 'nothing';
      return typeof node.value === 'string' ? show(node.value) : String(node.value);
  }
}

function listed(words: readonly string[]): string {
  const [last = '', ...others] = [...words].reverse();
  return others.length === 0 ? last : `${others.reverse().join(', ')} or ${last}`;
}
