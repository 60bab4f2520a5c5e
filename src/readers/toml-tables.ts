import type { TomlTable, TomlValue } from './toml.ts';

const EMPTY: TomlTable = new Map();

/** Whether a value is a table. */
export function isTable(value: TomlValue | undefined): value is TomlTable {
  return value instanceof Map;
}

/** A value as a table; an empty one for anything else. */
export function tableOf(value: TomlValue | undefined): TomlTable {
  return isTable(value) ? value : EMPTY;
}

/** The elements of a list; one value by itself is a list of it, and nothing an empty one. */
export function listOf(value: TomlValue | undefined): readonly TomlValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly TomlValue[]) : [value];
}

/** The texts among these. */
export function textsOf(value: TomlValue | undefined): readonly string[] {
  return listOf(value).filter((one) => typeof one === 'string');
}
