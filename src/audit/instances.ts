import { STRICT } from '../model/trust.ts';
import type { Instance } from '../sigstore/instance.ts';
import type { TrustOptions } from './options.ts';

/** The instances of a run, the main one first. */
export function instancesOf(trust: TrustOptions): readonly [Instance, ...Instance[]] {
  const { root, rootDigest, name = 'public-good', thresholds = STRICT, witnesses = null, instances = [] } = trust;
  return [{ name, thresholds, witnesses, root: openerOf(root), digest: rootDigest }, ...instances];
}

/** One function for a root, by which its verifiers are found again. */
const openers = new WeakMap<TrustOptions['root'], Instance['root']>();

function openerOf(root: TrustOptions['root']): Instance['root'] {
  const known = openers.get(root) ?? (() => root);
  openers.set(root, known);
  return known;
}
