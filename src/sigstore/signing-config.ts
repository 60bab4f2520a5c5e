import { isUnset, list, object, text } from './json.ts';
import { malformed, show } from './refusal.ts';

/** A log that a signing configuration has clients write to. */
export interface SigningLog {
  /** Base address without scheme: the name that a trusted root has it by. */
  readonly name: string;
  readonly api: number;
}

/** The targets of a TUF repository that tell signers where to write: the usual one, and the one of Rekor v2. */
export const SIGNING_TARGETS = ['signing_config.v0.2.json', 'signing_config_rekor_v2.v0.2.json'] as const;

const MEDIA_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';
const MAX_LOGS = 256;

/** Reads the logs of a `SigningConfig` message (protobuf-specs, sigstore_trustroot.proto). Throws `Malformed`. */
export function parseSigningLogs(json: unknown): readonly SigningLog[] {
  const config = object(json, 'signing configuration');
  const mediaType = text(config['mediaType'], 'mediaType', 200);
  if (mediaType !== MEDIA_TYPE) malformed(`mediaType ${show(mediaType)} is not known`);
  return list(config['rekorTlogUrls'], 'rekorTlogUrls', MAX_LOGS).map((element, i) => {
    const path = `rekorTlogUrls[${i}]`;
    const log = object(element, path);
    const url = text(log['url'], `${path}.url`, 1000);
    const api = log['majorApiVersion'];
    if (isUnset(api) || !Number.isInteger(api)) malformed(`${path}.majorApiVersion is not a number`);
    return { name: url.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/+$/, ''), api: Number(api) };
  });
}
