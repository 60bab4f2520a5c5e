import { githubRoot, GITHUB_ROOT_DIGEST } from './github.ts';
import { STRICT, type Thresholds } from '../model/trust.ts';
import { publicGoodRoot, PUBLIC_GOOD_ROOT_DIGEST } from './public-good.ts';
import type { WitnessPolicy } from '../tlog/cosignature.ts';
import type { TrustedRoot } from './trusted-root.ts';

/** What GitHub's instance shows: nothing is logged, and its timestamp authority says when. */
const STAMPED: Thresholds = { log: 0, sct: 0, time: 1 };

/**
 * One Sigstore: who may issue certificates, keep logs and say the time, and what its bundles have to show. What they
 * have to show is fixed: it follows neither from a bundle nor from what of the root can be read here.
 */
export interface Instance {
  readonly name: string;
  readonly thresholds: Thresholds;
  /** Parsed when it is first asked for. */
  readonly root: () => TrustedRoot;
  /** SHA-256 of the root's bytes, hex. */
  readonly digest: string;
  /** Who must have signed checkpoints of its logs beside these; null or left out where nobody must. */
  readonly witnesses?: WitnessPolicy | null;
}

/** Everything that decides what an instance accepts, as data. */
export function demandsOf({ name, digest, thresholds, witnesses }: Omit<Instance, 'root'>): readonly unknown[] {
  const { log, sct, time } = thresholds;
  return [name, digest, log, sct, time, witnesses?.text ?? null];
}

export const PUBLIC_GOOD: Instance = {
  name: 'public-good',
  thresholds: STRICT,
  root: publicGoodRoot,
  digest: PUBLIC_GOOD_ROOT_DIGEST,
};

/** GitHub's, which signs for private repositories. */
export const GITHUB: Instance = {
  name: 'github',
  thresholds: STAMPED,
  root: githubRoot,
  digest: GITHUB_ROOT_DIGEST,
};

/** The pinned instance that a root is of: each of its chains ends in an anchor of that one; null for another root. */
export function pinnedInstanceOf(root: TrustedRoot): Instance | null {
  const found = anchorsOf(root);
  const isOf = (instance: Instance): boolean => {
    const known = anchorsOf(instance.root());
    return found.length > 0 && found.every((anchor) => known.some((one) => one.equals(anchor)));
  };
  return [PUBLIC_GOOD, GITHUB].find(isOf) ?? null;
}

/** What bundles under a root have to show where nobody says: what a pinned instance demands that it is of. */
export function thresholdsOf(root: TrustedRoot): Thresholds {
  return pinnedInstanceOf(root)?.thresholds ?? STRICT;
}

function anchorsOf({ certificateAuthorities }: TrustedRoot): readonly Buffer[] {
  return certificateAuthorities.flatMap(({ chain }) => chain.at(-1)?.spki ?? []);
}

/**
 * Why no bundle could show what is demanded, as the root names nobody who could sign it; null where one could. Whether
 * their keys can be read here plays no part.
 */
export function impossibleDemand({ listed }: TrustedRoot, { log, sct, time }: Thresholds): string | null {
  const named = (many: number, what: string): string => `names ${many === 0 ? 'no' : `only ${many}`} ${what}`;
  if (log > listed.tlogs) return `${named(listed.tlogs, 'transparency log')}, and log is ${log}`;
  if (sct > listed.ctlogs) return `${named(listed.ctlogs, 'certificate-transparency log')}, and sct is ${sct}`;
  const times = listed.tlogs + listed.timestampAuthorities;
  return time > times ? `${named(times, 'log or timestamp authority')}, and time is ${time}` : null;
}

/** A certificate authority that two instances have: then it would be chance which demands hold. Null where none is. */
export function sharedAuthority(one: TrustedRoot, other: TrustedRoot): string | null {
  const keysOf = (root: TrustedRoot): readonly Buffer[] =>
    root.certificateAuthorities.flatMap(({ chain }) => chain.map(({ spki }) => spki));
  const others = keysOf(other);
  const shared = one.certificateAuthorities.find(({ chain }) =>
    chain.some(({ spki }) => others.some((key) => key.equals(spki))),
  );
  return shared?.name ?? null;
}
