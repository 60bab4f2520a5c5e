import { isTiled } from '../sigstore/log.ts';
import type { SigningLog } from '../sigstore/signing-config.ts';
import type { TrustedLog, TrustedRoot } from '../sigstore/trusted-root.ts';

/** A log of a trusted root, and where it is asked. */
export interface LogPlace {
  /** Base address without scheme: the name that its checkpoints are signed under. */
  readonly name: string;
  /** Without the last slash. */
  readonly url: string;
  /** Rekor v1 answers questions; v2 is files. */
  readonly api: 1 | 2;
  /** Every key that the trusted root has for it: which one signs today, only its answers show. */
  readonly keys: readonly TrustedLog[];
}

/**
 * The logs of trusted roots. `addresses` by name say where else one is asked; which kind each is, a signing
 * configuration may say, and else its key does.
 */
export function placesOf(
  { tlogs }: Pick<TrustedRoot, 'tlogs'>,
  addresses: ReadonlyMap<string, string>,
  configured: readonly SigningLog[] = [],
): readonly LogPlace[] {
  return [...new Set(tlogs.map(({ name }) => name))].map((name) => {
    const keys = tlogs.filter((log) => log.name === name);
    const url = addresses.get(name) ?? `https://${name}`;
    const api = configured.find((log) => log.name === name)?.api ?? (keys.some(isTiled) ? 2 : 1);
    return { name, url: url.replace(/\/+$/, ''), api: api === 2 ? 2 : 1, keys };
  });
}
