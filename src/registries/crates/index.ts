import { crateIn } from '../../ecosystems/conventions/cargo.ts';
import type { Evidence, Validator } from '../../model/evidence.ts';
import type { History } from '../../model/history.ts';
import type { Instant } from '../../model/time.ts';
import type { HttpClient } from '../../net/request.ts';
import { createDocuments, type Recognised } from '../documents.ts';
import { evidenceOf } from '../evidence-of.ts';
import { createConfig } from './config.ts';
import { createDownloads, prefixOf, type FetchCrate } from './downloads.ts';
import { parseIndexFile } from './index-file.ts';
import { createPublishers, type AskPublishers } from './publishers.ts';

/**
 * A sparse index (https://doc.rust-lang.org/cargo/reference/registry-index.html#sparse-protocol). Every answer is
 * evidence: nothing here rejects, and nothing is signed.
 */
export interface CratesIndex {
  /** Without credentials, with the last slash. */
  readonly url: string;
  /** All versions of a crate that are there; deleted ones are not. Its name begins with the registry. */
  readonly crate: (name: string) => Promise<Evidence<Recognised<History>>>;
  /** The file at a path of the index (`se/rd/serde`), as it is served. */
  readonly file: (path: string) => Promise<Evidence<Buffer>>;
  /** The renewed validator where the file still is what it was; null for anything else. */
  readonly revalidate: (name: string, known: Validator, now: Instant) => Promise<Validator | null>;
  /** Fetches the file of a version, which is asked of no cache. */
  readonly fetch: FetchCrate;
  /** Who published the versions of a crate, by the web API that the index names: one question at a time. */
  readonly publishers: AskPublishers;
  readonly close: () => void;
}

/** The largest file of crates.io has some MB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const FILES_KEPT = 256;

/**
 * Opens the index at an address, which ends with a slash, and `api` for its web API. `allow` is told of where files are
 * before they are asked for.
 */
export function cratesIndex(
  { client, api }: { readonly client: HttpClient; readonly api: HttpClient },
  url: string,
  allow: (address: URL) => void,
): CratesIndex {
  const config = createConfig(client, url);
  const files = createDocuments<History>(client, {
    maxBytes: MAX_FILE_BYTES,
    kept: FILES_KEPT,
    read: parseIndexFile,
  });
  const addressOf = (name: string): string => `${url}${indexPath(crateIn(name))}`;
  return {
    url,
    crate: (name) => files.ask(addressOf(name), name),
    file: async (path) => {
      const answer = await client.get(url + path, { maxBytes: MAX_FILE_BYTES });
      return evidenceOf(answer, url + path, MAX_FILE_BYTES, (value) => ({ value }));
    },
    revalidate: (name, known, now) => files.revalidate(addressOf(name), name, known, now),
    fetch: createDownloads(client, url, config, allow),
    publishers: createPublishers(api, url, config),
    close: () => {
      client.close();
      api.close();
    },
  };
}

/** Where the file of a crate is (https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files). */
export function indexPath(name: string): string {
  const lower = name.toLowerCase();
  return `${prefixOf(lower)}/${lower}`;
}
