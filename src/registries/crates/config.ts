import type { Evidence } from '../../model/evidence.ts';
import { fieldsOf } from '../../model/value.ts';
import type { HttpClient } from '../../net/request.ts';
import type { Parsed } from '../../readers/untrusted-json.ts';
import { ask } from '../evidence-of.ts';

/** What an index says of its registry (https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration). */
export interface IndexConfig {
  /** Where files are, with markers, as it is written; null where it says nothing. */
  readonly dl: string | null;
  /** The address of the web API; null where there is none. */
  readonly api: string | null;
  /** Whether it demands a token of everybody, for its files as well. */
  readonly isPrivate: boolean;
}

const MAX_CONFIG_BYTES = 64 * 1024;

/** Asks an index for its config.json, once. */
export function createConfig(client: HttpClient, url: string): () => Promise<Evidence<IndexConfig>> {
  let config: Promise<Evidence<IndexConfig>> | null = null;
  return () => (config ??= ask(client, `${url}config.json`, MAX_CONFIG_BYTES, parseConfig));
}

function parseConfig(json: unknown): Parsed<IndexConfig> {
  const { dl, api, 'auth-required': isPrivate } = fieldsOf(json);
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return { value: { dl: text(dl), api: text(api), isPrivate: isPrivate === true } };
}

/** An http or https address without a user in it; null for anything else. */
export function plainAddress(text: string): URL | null {
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) return null;
  const address = new URL(text);
  return address.username === '' && address.password === '' ? address : null;
}
