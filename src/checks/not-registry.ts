import { withoutCredentials } from '../model/address.ts';
import type { Source } from '../model/dependency.ts';
import { finding, type Finding } from '../model/finding.ts';

/** Where do the bytes come from? Git, http and file sources have no registry that could vouch for them. */
export function checkNotRegistry(source: Source): Finding | null {
  if (source.kind === 'registry') return null;
  return finding('lockfile-not-registry', { kind: source.kind, url: withoutCredentials(locationOf(source)) });
}

function locationOf(source: Exclude<Source, { kind: 'registry' }>): string {
  if (source.kind === 'other') return source.locator;
  return source.kind === 'file' ? source.path : source.url;
}
