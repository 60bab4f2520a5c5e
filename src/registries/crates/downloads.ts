import type { Evidence } from '../../model/evidence.ts';
import { fieldsOf } from '../../model/value.ts';
import type { HttpClient, Sink } from '../../net/request.ts';
import type { Parsed } from '../../readers/untrusted-json.ts';
import { ask, withoutBody } from '../evidence-of.ts';

/** One version of a crate, and the hash that its file must have. */
interface CrateFile {
  readonly name: string;
  readonly version: string;
  /** SHA-256, hex. */
  readonly checksum: string;
}

/** Gives the file of a crate to a sink, anew for each attempt; the hash is compared by whoever has that. */
export type FetchCrate = (crate: CrateFile, sink: () => Sink, maxBytes: number) => Promise<Evidence<null>>;

const MAX_CONFIG_BYTES = 64 * 1024;
const MARKER = /\{(crate|version|prefix|lowerprefix|sha256-checksum)\}/g;

/**
 * Fetches files from where config.json of the index at `url` says
 * (https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration). Nobody is given credentials: the
 * hash binds the bytes, whoever serves them. `allow` is told of the address first.
 */
export function createDownloads(client: HttpClient, url: string, allow: (address: URL) => void): FetchCrate {
  let config: Promise<Evidence<string>> | null = null;
  return async (crate, sink, maxBytes) => {
    config ??= ask(client, `${url}config.json`, MAX_CONFIG_BYTES, templateOf);
    const template = await config;
    if (template.state !== 'present') return template;
    const address = downloadAddress(template.value, crate);
    if (address === null) return { state: 'malformed', url: `${url}config.json`, reason: 'its dl is no address' };
    allow(address);
    const answer = await client.get(address.href, { maxBytes, sink, auth: false });
    return answer.kind === 'ok' ? { state: 'present', value: null } : withoutBody(answer, address.href, maxBytes);
  };
}

function templateOf(json: unknown): Parsed<string> {
  const { dl } = fieldsOf(json);
  return typeof dl === 'string' ? { value: dl } : { malformed: 'it names no dl' };
}

/** Null for what is no http or https address, or has a user in it. */
function downloadAddress(template: string, { name, version, checksum }: CrateFile): URL | null {
  const values: Readonly<Record<string, string>> = {
    ...{ crate: name, version, 'sha256-checksum': checksum },
    ...{ prefix: prefixOf(name), lowerprefix: prefixOf(name.toLowerCase()) },
  };
  const filled = template.replace(MARKER, (_, marker: string) => values[marker] ?? '');
  const text = filled === template ? `${template}/${name}/${version}/download` : filled;
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) return null;
  const address = new URL(text);
  return address.username === '' && address.password === '' ? address : null;
}

/** The folders that the file of a crate is in (https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files). */
export function prefixOf(name: string): string {
  if (name.length <= 2) return String(name.length);
  return name.length === 3 ? `3/${name.slice(0, 1)}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
}
