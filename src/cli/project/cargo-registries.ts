import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodeText } from '../../readers/text.ts';
import { parseToml } from '../../readers/toml.ts';
import { tableOf, textsOf } from '../../readers/toml-tables.ts';
import { escapeText } from '../../report/words/escape.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { readUserFile, shownPath } from '../user-files.ts';
import { cargoHome, settingIn, type CargoConfigFile } from './cargo-config.ts';

/** The index of a registry that the user has named, and what names it: a variable outranks the files. */
export function registryIndex(
  files: readonly CargoConfigFile[],
  name: string,
  { env }: Pick<Io, 'env'>,
): { readonly index: unknown; readonly by: string } | null {
  const variable = variableOf(name, 'INDEX');
  const value = env[variable] ?? '';
  if (value !== '') return { index: value, by: variable };
  const found = settingIn(files, 'registries', name, 'index');
  return found === null ? null : { index: found.value, by: found.by.file };
}

/** A registry beside crates.io, and what names it: `sparse+...`, or of a protocol that is not asked. */
export interface NamedRegistry {
  readonly index: string;
  readonly by: string;
}

/**
 * The registries that the settings name. The project may name one, too, as Cargo.lock has its address and Cargo asks
 * it; where it gives a name of the user's another address, both are there.
 */
export function namedRegistries(files: readonly CargoConfigFile[], io: Pick<Io, 'env'>): readonly NamedRegistry[] {
  const own = files.filter(({ ofProject }) => !ofProject);
  const found = [own, files].flatMap((some) =>
    namesIn(some, io).flatMap((name) => registryIndex(some, name, io) ?? []),
  );
  return found.flatMap(({ index, by }) => (typeof index === 'string' ? { index, by } : []));
}

/** A variable says a name in one of two spellings. */
function namesIn(files: readonly CargoConfigFile[], { env }: Pick<Io, 'env'>): readonly string[] {
  const names = files.flatMap(({ content }) => [...tableOf(content.get('registries')).keys()]);
  const named = Object.keys(env).flatMap((key) => /^CARGO_REGISTRIES_(.+)_INDEX$/.exec(key)?.[1] ?? []);
  const spelt = named.flatMap((name) => [name.toLowerCase(), name.toLowerCase().replaceAll('_', '-')]);
  return [...new Set([...names, ...spelt])];
}

/**
 * The token for the index at an address (`sparse+...`): of the registry that has this index, by a variable, by
 * credentials.toml, or by the settings, as the provider cargo:token finds it
 * (https://doc.rust-lang.org/cargo/reference/registry-authentication.html). Null where there is none, or a program
 * would have to say it. The files are the user's own: no project names who gets a token.
 */
export function tokenFor(files: readonly CargoConfigFile[], index: string, io: Io): string | null {
  const own = files.filter(({ ofProject }) => !ofProject);
  const credentials = credentialsOf(io);
  for (const name of namesIn(own, io)) {
    if (registryIndex(own, name, io)?.index !== index) continue;
    const variable = io.env[variableOf(name, 'TOKEN')] ?? '';
    if (variable !== '') return usable(variable, name);
    const kept = tableOf(tableOf(credentials.get('registries')).get(name)).get('token');
    const [token] = textsOf(kept ?? settingIn(own, 'registries', name, 'token')?.value);
    if (token !== undefined && token !== '') return usable(token, name);
  }
  return null;
}

/** Throws UsageError for what no header can have. */
function usable(token: string, name: string): string {
  if (/^[\x20-\x7e]+$/.test(token)) return token;
  throw new UsageError(
    `the token of ${escapeText(name, 80)} in the settings of Cargo has characters that no token has`,
  );
}

function variableOf(name: string, what: string): string {
  return `CARGO_REGISTRIES_${name.toUpperCase().replaceAll('-', '_')}_${what}`;
}

/** Of the two names that the file may have, cargo takes the older one. */
function credentialsOf(io: Io): ReturnType<typeof tableOf> {
  const path = ['credentials', 'credentials.toml']
    .map((name) => join(cargoHome(io), name))
    .find((each) => existsSync(each));
  if (path === undefined) return new Map();
  const file = shownPath(path, io);
  return parseToml(file, decodeText(file, readUserFile(path, 'the credentials of Cargo', io)), 'mend it').root;
}
