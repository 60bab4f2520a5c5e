import type { AgedInstance, TrustOptions } from '../../audit/options.ts';
import { instancesOf } from '../../audit/instances.ts';
import type { TrustSession, TrustSource } from '../../audit/trust.ts';
import type { InstanceRule, TufRule } from '../../model/policy.ts';
import { STRICT } from '../../model/trust.ts';
import { GITHUB_PINNED_AT } from '../../sigstore/github.ts';
import { GITHUB, impossibleDemand, pinnedInstanceOf, type Instance } from '../../sigstore/instance.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { demandApart, loadInstances, STATE_IT } from '../trust-files.ts';
import { policyFile, type LoadedPolicy } from './policy.ts';

/** A further instance whose trusted root a TUF repository publishes. */
interface PublishedInstance {
  readonly name: string;
  readonly source: TrustSource;
}

/** The further instances of a run: those whose root is at hand, and those whose repository is asked. */
export interface FurtherInstances {
  readonly given: readonly AgedInstance[];
  readonly published: readonly PublishedInstance[];
}

/** Makes the source of a repository that a policy names. */
type SourceOf = (
  rule: TufRule,
  rest: Pick<TrustSource, 'pinned' | 'pinnedAt' | 'stated' | 'keys' | 'namesKeys'>,
) => TrustSource;

/** The instances that a policy names or expects something of, beside the main one. Throws UsageError. */
export function furtherInstances(policy: LoadedPolicy, sourceOf: SourceOf, io: Io): FurtherInstances {
  const { instances, expect } = policy.policy;
  const wantsGithub = !instances.has(GITHUB.name) && expect.some(({ instance }) => instance === GITHUB.name);
  const given: AgedInstance[] = [];
  const published: PublishedInstance[] = [];
  for (const [name, rule] of instances) {
    const own = rule.root === null ? null : fromFile(name, rule, rule.root, policy, io);
    if (rule.tuf === null) {
      if (own !== null) given.push(own);
      continue;
    }
    const pinned = own ?? (name === GITHUB.name ? { ...GITHUB, from: 'pinned', confirmed: GITHUB_PINNED_AT } : null);
    const source = sourceOf(rule.tuf, {
      pinned: pinned && mainOf(pinned, pinned.from, []),
      pinnedAt: pinned?.confirmed ?? null,
      stated: rule.thresholds,
      keys: [],
      namesKeys: false,
    });
    published.push({ name, source });
  }
  if (wantsGithub) given.push({ ...GITHUB, from: 'pinned', confirmed: GITHUB_PINNED_AT });
  return { given, published };
}

/** An instance as what the main part of trust is. */
export function mainOf(
  { name, thresholds, root, digest }: Instance,
  rootName: string,
  keys: TrustOptions['keys'],
): TrustOptions {
  return { root: root(), rootName, rootDigest: digest, name, thresholds, keys };
}

function fromFile(name: string, rule: InstanceRule, root: string, policy: LoadedPolicy, io: Io): AgedInstance {
  const file = policyFile(policy, root, io);
  const [one, ...more] = loadInstances(file, { name, stated: rule.thresholds }, io);
  if (more.length > 0) throw new UsageError(`${file} has several trusted roots, and instance ${name} is one`);
  demandNotGithub(name, one.name, file);
  return { ...one, name, from: file, confirmed: rule.asOf };
}

function demandNotGithub(name: string, found: string | undefined, from: string): void {
  if (found !== GITHUB.name || name === GITHUB.name) return;
  throw new UsageError(`${from} is the trusted root of github, and not of an instance ${name}`);
}

/** What was verified of a repository, as the instance that it is of. Throws UsageError. */
function publishedInstance(name: string, trust: TrustOptions): AgedInstance {
  const { root, rootDigest: digest, rootName: from, thresholds: stated = STRICT, repository, confirmed } = trust;
  const pinned = pinnedInstanceOf(root);
  demandNotGithub(name, pinned?.name, from);
  return {
    ...{ name, digest, from, root: () => root },
    thresholds: pinned?.thresholds ?? stated,
    confirmed: repository?.confirmed ?? confirmed ?? null,
    ...(repository && { repository }),
  };
}

/**
 * What a run trusts: the main instance with those beside it. A repository may publish a root that nobody has looked at
 * here, so that each must be able to show what is demanded of it, and no two may have an authority in common, wherever
 * their roots are from. Throws UsageError.
 */
export function joinInstances(
  main: TrustOptions,
  given: readonly AgedInstance[],
  published: readonly { readonly name: string; readonly trust: TrustOptions }[],
): TrustOptions {
  const joined = {
    ...main,
    instances: [...given, ...published.map(({ name, trust }) => publishedInstance(name, trust))],
  };
  const instances = instancesOf(joined);
  const places = [main.rootName, ...joined.instances.map(({ from }) => from)];
  for (const [i, { root, thresholds }] of instances.entries()) {
    const wrong = impossibleDemand(root(), thresholds);
    if (wrong === null) continue;
    throw new UsageError(
      `the trusted root ${places[i] ?? ''} cannot be used: it ${wrong}; state what its bundles show (${STATE_IT})`,
    );
  }
  demandApart(instances);
  return joined;
}

/** One session of the main instance and of those beside it. Where one has nothing to use, there is no trust. */
export function joinSessions(
  main: TrustSession,
  given: readonly AgedInstance[],
  published: readonly { readonly name: string; readonly session: TrustSession }[],
): TrustSession {
  const join = (trust: TrustOptions, others: readonly TrustOptions[]): TrustOptions =>
    joinInstances(
      trust,
      given,
      published.flatMap(({ name }, i) => (others[i] === undefined ? [] : [{ name, trust: others[i] }])),
    );
  return {
    known: knownTogether(main, published, join),
    refresh: async () => {
      const [trust, ...others] = await Promise.all([
        main.refresh(),
        ...published.map(({ session }) => session.refresh()),
      ]);
      return join(trust, others);
    },
  };
}

/** What is known of all; null where that of one is missing, or cannot be used together: then the answers decide. */
function knownTogether(
  { known }: TrustSession,
  published: readonly { readonly session: TrustSession }[],
  join: (trust: TrustOptions, others: readonly TrustOptions[]) => TrustOptions,
): TrustOptions | null {
  const others = published.flatMap(({ session }) => session.known ?? []);
  if (known === null || others.length < published.length) return null;
  try {
    return join(known, others);
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}
