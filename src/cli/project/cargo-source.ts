import { join, resolve } from 'node:path';
import type { AskedRegistry, CratesSource } from '../../ecosystems/cargo/source.ts';
import { CRATES_IO, prefixOfIndex } from '../../ecosystems/conventions/cargo.ts';
import { createHttpClient } from '../../net/client.ts';
import { VERSION } from '../../model/version.ts';
import type { NetConfig } from '../../net/config.ts';
import { basicAuthorization, type Credential } from '../../net/credentials.ts';
import { environmentNetwork } from '../../net/environment.ts';
import type { HttpClient } from '../../net/request.ts';
import { cratesIndex } from '../../registries/crates/index.ts';
import { textsOf } from '../../readers/toml-tables.ts';
import { escapeText } from '../../report/words/escape.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { cargoConfig, cargoHome, settingIn, type CargoConfigFile } from './cargo-config.ts';
import { namedRegistries, registryIndex, tokenFor } from './cargo-registries.ts';
import { toOtherThan } from './redirects.ts';

/** How an index of crates is asked, under the settings of Cargo. */
export interface IndexAsking {
  readonly config: NetConfig;
  /** Without credentials, with the last slash. */
  readonly url: string;
  /** The file or variable that names it, for crates.io in place of its own; null where none does. */
  readonly namedBy: string | null;
  /** By what Cargo calls the folders of it. */
  readonly hosts: ReadonlySet<string>;
}

/** Who is asked about crates, under the settings of Cargo. */
export interface CratesAsking {
  readonly main: IndexAsking;
  /** Registries beside crates.io, by what the names of their crates begin with. */
  readonly beside: ReadonlyMap<string, IndexAsking>;
  /** What this machine has of them. */
  readonly machine: Omit<CratesSource, 'main' | 'beside'>;
}

/** The index of crates.io by its other protocol, which names the same crates. */
const GIT_INDEX = /^(?:registry\+)?https:\/\/github\.com\/rust-lang\/crates\.io-index(?:\.git)?\/?$/;
/** Longer than any chain of sources that replace each other. */
const MAX_STEPS = 16;

/**
 * The index that the user's own settings put in place of that of crates.io. What the project itself has in its
 * repository decides where bytes are fetched from, and not who is asked whether they are the right ones. Throws
 * UsageError for one that cannot be asked.
 */
export function cratesAsking(folder: string, io: Io): CratesAsking {
  const all = cargoConfig(folder, io);
  const own = all.filter(({ ofProject }) => !ofProject);
  const found = replacement(own, io);
  const main = indexAsking(found?.index ?? CRATES_IO, found?.by ?? null, own, io);
  const beside = new Map<string, IndexAsking>();
  for (const { index, by } of namedRegistries(all, io)) {
    const prefix = prefixOfIndex(index) ?? '';
    if (prefix !== '' && !beside.has(prefix)) beside.set(prefix, indexAsking(index, by, own, io));
  }
  return {
    main: { ...main, hosts: new Set([...main.hosts, ...hostsIn(replacement(all, io)?.index ?? CRATES_IO)]) },
    beside,
    machine: {
      kept: join(cargoHome(io), 'registry'),
      readsCache: io.answers === undefined,
      vendored: vendoredBy(all, io),
    },
  };
}

/** The credentials are for the host of the index alone, and a token is the user's own. */
function indexAsking(index: string, by: string | null, own: readonly CargoConfigFile[], io: Io): IndexAsking {
  const { url, credentials } = addressOf(index, by ?? '');
  const token = by === null ? null : tokenFor(own, index, io);
  if (token !== null) {
    credentials.set(`//${new URL(url).host}/`, { authorization: token, certificate: null, ofProject: false });
  }
  const config = environmentNetwork(io.env, credentials);
  const asked = io.answers === undefined ? config : { ...config, through: io.answers.through };
  return { config: asked, url, namedBy: by, hosts: new Set(hostsIn(url)) };
}

/** By what Cargo calls the folders of an index, by either protocol. */
function hostsIn(index: string): readonly string[] {
  const address = index.replace(/^(?:sparse|registry)\+/, '');
  if (!URL.canParse(address)) return [];
  const { hostname } = new URL(address);
  return address === CRATES_IO ? [hostname, 'github.com'] : [hostname];
}

/** The folder that stands in for crates.io; null where none does. */
export function vendoredBy(
  files: readonly CargoConfigFile[],
  io: Io,
): { readonly path: string; readonly shown: string; readonly by: CargoConfigFile } | null {
  const found = settingIn(files, 'source', replacedBy(files), 'directory');
  if (found === null) return null;
  const path = resolve(found.by.folder, textsOf(found.value)[0] ?? '');
  return { path, shown: shownPath(path, io), by: found.by };
}

/** The name of the source that crates.io is replaced with, step by step. Throws UsageError for none. */
export function replacedBy(files: readonly CargoConfigFile[]): string {
  let name = 'crates-io';
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const next = settingIn(files, 'source', name, 'replace-with');
    if (next === null) return name;
    if (typeof next.value !== 'string') throw new UsageError(`${next.by.file}: replace-with is no name of a source`);
    name = next.value;
  }
  throw new UsageError(`the sources of Cargo replace each other in a circle, beginning with crates-io`);
}

/** Opens the indexes, and what this machine has. `through` is what each is asked through. The caller closes it. */
export function openCrates(
  { main, beside, machine }: CratesAsking,
  through: (client: HttpClient) => HttpClient = (client) => client,
): CratesSource & { readonly close: () => void } {
  const opened = new Map([...beside].map(([prefix, one]) => [prefix, openIndex(one, through)] as const));
  const first = openIndex(main, through);
  const close = (): void => [first, ...opened.values()].forEach(({ index }) => index.close());
  return { main: first, beside: opened, ...machine, close };
}

function openIndex(
  { config, url, hosts: folders }: IndexAsking,
  through: (client: HttpClient) => HttpClient,
): AskedRegistry {
  const hosts = new Set([new URL(url).host]);
  const client = through(createHttpClient(config, { refuseRedirect: toOtherThan(hosts) }));
  const allow = ({ host }: URL): void => void hosts.add(host);
  return { index: cratesIndex({ client, api: apiClient(config) }, url, allow), hosts: folders };
}

/** The policy of crates.io asks for a name, and for one request a second (https://crates.io/data-access#api). */
function apiClient(config: NetConfig): HttpClient {
  const retry = { ...config.retry, minMs: Math.max(config.retry.minMs, 1000) };
  return createHttpClient(
    { ...config, retry, credentials: new Map() },
    { userAgent: `assay/${VERSION}`, refuseRedirect: () => 'and the API is asked at its own address alone' },
  );
}

interface Replacement {
  readonly index: string;
  /** The file, or the variable. */
  readonly by: string;
}

/** The index in place of crates.io's; null where that is asked itself, a folder standing for its bytes alone. */
function replacement(files: readonly CargoConfigFile[], io: Io): Replacement | null {
  const name = replacedBy(files);
  return name === 'crates-io' ? null : indexOf(files, name, io);
}

function indexOf(files: readonly CargoConfigFile[], name: string, io: Io): Replacement | null {
  const source = settingIn(files, 'source', name, 'registry');
  const found = source === null ? registryIndex(files, name, io) : { index: source.value, by: source.by.file };
  if (found === null) return null;
  const { index, by } = found;
  if (typeof index !== 'string') throw new UsageError(`${by}: the index of ${name} is no text`);
  return GIT_INDEX.test(index) ? null : { index, by };
}

/** Throws UsageError for anything but a sparse index. */
function addressOf(
  text: string,
  file: string,
): { readonly url: string; readonly credentials: Map<string, Credential> } {
  const address = text === CRATES_IO ? text : text.replace(/^sparse\+/, '');
  const isSparse = text === CRATES_IO || text.startsWith('sparse+');
  if (!isSparse || !/^https?:\/\/[^/]/.test(address) || !URL.canParse(address)) {
    const shown = escapeText(text.replace(/\/\/[^/@]*@/, '//'), 120);
    throw new UsageError(`${file}: ${shown} is no sparse index, which alone is asked: sparse+https://HOST/PATH/`);
  }
  const url = new URL(address);
  const credentials = new Map<string, Credential>();
  if (url.username !== '' || url.password !== '') {
    const authorization = basicAuthorization(decodeURIComponent(url.username), decodeURIComponent(url.password));
    credentials.set(`//${url.host}/`, { authorization, certificate: null, ofProject: false });
  }
  return { url: `${url.protocol}//${url.host}${url.pathname.replace(/\/*$/, '/')}`, credentials };
}
