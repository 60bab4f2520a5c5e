import { CRATES_IO } from '../../ecosystems/conventions/cargo.ts';
import { createHttpClient } from '../../net/client.ts';
import type { NetConfig } from '../../net/config.ts';
import { basicAuthorization, type Credential } from '../../net/credentials.ts';
import { environmentNetwork } from '../../net/environment.ts';
import { cratesIndex, type CratesIndex } from '../../registries/crates/index.ts';
import { escapeText } from '../../report/words/escape.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { cargoConfig, settingIn, type CargoConfigFile } from './cargo-config.ts';

/** How the index of crates is asked, under the settings of Cargo. */
export interface CratesAsking {
  readonly config: NetConfig;
  /** Without credentials, with the last slash. */
  readonly url: string;
  /** The file that names it in place of crates.io's own; null where none does. */
  readonly namedBy: string | null;
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
  const own = cargoConfig(folder, io).filter(({ ofProject }) => !ofProject);
  const found = replacement(own);
  const { url, credentials } = addressOf(found?.index ?? CRATES_IO, found?.by.file ?? '');
  const config = environmentNetwork(io.env, credentials);
  return {
    config: io.answers === undefined ? config : { ...config, through: io.answers.through },
    url,
    namedBy: found?.by.file ?? null,
  };
}

/** Opens the index. The caller closes it. */
export function openCrates({ config, url }: CratesAsking): CratesIndex {
  const { host } = new URL(url);
  const refuseRedirect = (to: URL): string | null =>
    to.host === host ? null : 'which is none of the hosts that assay trust hosts names';
  return cratesIndex(createHttpClient(config, { refuseRedirect }), url);
}

interface Replacement {
  readonly index: string;
  readonly by: CargoConfigFile;
}

/** Follows `replace-with` to an index; null where crates.io's own is asked, a folder standing for its bytes alone. */
function replacement(files: readonly CargoConfigFile[]): Replacement | null {
  let name = 'crates-io';
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const next = settingIn(files, 'source', name, 'replace-with');
    if (next === null) return name === 'crates-io' ? null : indexOf(files, name);
    if (typeof next.value !== 'string') throw new UsageError(`${next.by.file}: replace-with is no name of a source`);
    name = next.value;
  }
  throw new UsageError(`the sources of Cargo replace each other in a circle, beginning with crates-io`);
}

function indexOf(files: readonly CargoConfigFile[], name: string): Replacement | null {
  const found = settingIn(files, 'source', name, 'registry') ?? settingIn(files, 'registries', name, 'index');
  if (found === null) return null;
  if (typeof found.value !== 'string') throw new UsageError(`${found.by.file}: the index of ${name} is no text`);
  return GIT_INDEX.test(found.value) ? null : { index: found.value, by: found.by };
}

/** Throws UsageError for anything but a sparse index. */
function addressOf(
  text: string,
  file: string,
): { readonly url: string; readonly credentials: ReadonlyMap<string, Credential> } {
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
