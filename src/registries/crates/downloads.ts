import type { Evidence } from '../../model/evidence.ts';
import type { HttpClient, Sink } from '../../net/request.ts';
import { withoutBody } from '../evidence-of.ts';
import { plainAddress, type IndexConfig } from './config.ts';

/** One version of a crate, and the hash that its file must have. */
interface CrateFile {
  readonly name: string;
  readonly version: string;
  /** SHA-256, hex. */
  readonly checksum: string;
}

/** Gives the file of a crate to a sink, anew for each attempt; the hash is compared by whoever has that. */
export type FetchCrate = (crate: CrateFile, sink: () => Sink, maxBytes: number) => Promise<Evidence<null>>;

const MARKER = /\{(crate|version|prefix|lowerprefix|sha256-checksum)\}/g;

/**
 * Fetches files from where config.json of the index at `url` says. The hash binds the bytes, whoever serves them, so
 * that credentials are given only where the index demands them, and to itself alone. `allow` is told of the address
 * first.
 */
export function createDownloads(
  client: HttpClient,
  url: string,
  askConfig: () => Promise<Evidence<IndexConfig>>,
  allow: (address: URL) => void,
): FetchCrate {
  return async (crate, sink, maxBytes) => {
    const config = await askConfig();
    if (config.state !== 'present') return config;
    const { dl, isPrivate } = config.value;
    const address = dl === null ? null : downloadAddress(dl, crate);
    if (address === null) {
      const reason = dl === null ? 'it names no dl' : 'its dl is no address';
      return { state: 'malformed', url: `${url}config.json`, reason };
    }
    allow(address);
    const auth = isPrivate && address.origin === new URL(url).origin;
    const answer = await client.get(address.href, { maxBytes, sink, auth });
    return answer.kind === 'ok' ? { state: 'present', value: null } : withoutBody(answer, address.href, maxBytes);
  };
}

function downloadAddress(template: string, { name, version, checksum }: CrateFile): URL | null {
  const values: Readonly<Record<string, string>> = {
    ...{ crate: name, version, 'sha256-checksum': checksum },
    ...{ prefix: prefixOf(name), lowerprefix: prefixOf(name.toLowerCase()) },
  };
  const filled = template.replace(MARKER, (_, marker: string) => values[marker] ?? '');
  return plainAddress(filled === template ? `${template}/${name}/${version}/download` : filled);
}

/** The folders that the file of a crate is in (https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files). */
export function prefixOf(name: string): string {
  if (name.length <= 2) return String(name.length);
  return name.length === 3 ? `3/${name.slice(0, 1)}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
}
