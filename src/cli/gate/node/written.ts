import { NPM_REGISTRY } from '../../../ecosystems/conventions/npm-names.ts';
import type { NodeManager } from '../../../model/dependency.ts';
import type { NpmConfig } from '../../../registries/npm/config/npmrc.ts';

/** What Yarn 1 asks where nobody says anything else; it writes this in place of npm's registry. */
const YARN_REGISTRY = 'https://registry.yarnpkg.com/';

/** How a package manager writes the address of a tarball, as a registry that it asks itself says it. */
export function writtenBy(manager: NodeManager, { registry, namedBy }: Pick<NpmConfig, 'registry' | 'namedBy'>) {
  return (address: string): string => {
    if (!/^https?:\/\/registry\.npmjs\.org\//.test(address)) return address;
    // Empty for the registry that it knows by itself.
    if (manager === 'bun') return address.startsWith(NPM_REGISTRY) ? '' : address;
    const isYarns = registry === YARN_REGISTRY || namedBy.get('registry') === 'defaults';
    if (manager !== 'yarn-classic' || !isYarns) return address;
    return address.replace(/^https?:\/\/registry\.npmjs\.org\//, YARN_REGISTRY);
  };
}
