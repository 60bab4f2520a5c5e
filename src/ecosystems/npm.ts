import { assess } from '../checks/npm/chain.ts';
import { pickVersion } from '../checks/npm/pick-version.ts';
import { checkResolved } from '../checks/npm/source.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Evidence, Manifest } from '../model/evidence.ts';
import { NPM_KEYS, NPM_KEYS_DIGEST, NPM_KEYS_TARGET, parseKeysDocument } from '../registries/npm/keys.ts';
import { npmConventions } from './conventions/npm.ts';
import type { Chain, EcosystemRecord, Questions, ChainContext, Sources } from './ecosystem.ts';
import { gatherBytes } from './npm/bytes.ts';
import { tarballCapabilities } from './npm/capabilities.ts';
import { bundlesIn, gather, gatherMore, validatorOf } from './npm/gather.ts';
import { openInstalled } from './npm/installed.ts';
import { assessInRounds } from './rounds.ts';

/** npm, and every package manager that takes packages from a registry of its kind. */
export const npmEcosystem: EcosystemRecord = {
  id: 'npm',
  conventions: npmConventions,
  manager: 'npm',
  keys: {
    pinned: NPM_KEYS,
    target: NPM_KEYS_TARGET,
    digest: NPM_KEYS_DIGEST,
    parse: (json) => parseKeysDocument(json, 'pinned'),
  },
  questions,
  openChain,
  openInstalled,
  trustsKept: false,
  hasBundles: true,
};

function questions({ registry }: Sources): Questions {
  return {
    urlFor: (name) => registry.urlFor(name),
    history: (name) => registry.packument(name),
    resolve: async (name, wanted) => {
      const answer = await registry.packument(name);
      if (answer.state !== 'present') return answer;
      const history = answer.value;
      return { state: 'present', value: { history, version: pickVersion(history, wanted) } };
    },
  };
}

function openChain({ sources: { registry }, trust, verifying, store }: ChainContext): Chain {
  /** What the registry said in this run. */
  const seen = new WeakMap<Dependency, Evidence<Manifest>>();
  return {
    isUnclear: (dependency, address, { addresses }) =>
      checkResolved(dependency, address, null, addresses)?.code === 'lockfile-resolved-mismatch',
    assessUnasked: (dependency, known) => assess(dependency, null, known, trust).assessment,
    assess: async (dependency, known, registryTrust) => {
      const { instance } = known.expectation;
      const { evidence, assessment } = await assessInRounds(
        await gather(dependency, registry, registryTrust, known),
        async (all) => assess(dependency, all, known, await verifying(bundlesIn(all), all.keys, instance)),
        (all, versions) => gatherMore(all, versions, registry),
      );
      seen.set(dependency, evidence.manifest);
      return { assessment, validator: validatorOf(evidence) };
    },
    revalidate: ({ name }, validator, now) => registry.revalidate(name, validator, now),
    bytes: (dependency, { installed, assessing }) =>
      gatherBytes(dependency, {
        registry,
        assessing,
        manifestSeen: () => seen.get(dependency) ?? null,
        installed,
        store,
      }),
    capabilities: (dependency) => tarballCapabilities(dependency, registry),
  };
}
