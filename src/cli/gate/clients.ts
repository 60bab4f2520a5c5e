import type { Gate } from '../../gate/index.ts';
import type { NpmConfig } from '../../registries/npm/config/npmrc.ts';

/**
 * The variables by which package managers of npm's kind ask the gate: each outranks the files of the project. Yarn 4
 * has none for registries of scopes; pnpm takes those of the command line alone.
 */
export function clientVariables(gate: Pick<Gate, 'npm'>, { scopes }: Pick<NpmConfig, 'scopes'>): NodeJS.ProcessEnv {
  return {
    npm_config_registry: gate.npm,
    // An address of the registry in a lockfile is asked of the gate, and stays as it is.
    npm_config_replace_registry_host: 'always',
    ...Object.fromEntries([...scopes.keys()].map((scope) => [`npm_config_${scope}:registry`, gate.npm])),
    pnpm_config_registry: gate.npm,
    YARN_REGISTRY: gate.npm,
    YARN_NPM_REGISTRY_SERVER: gate.npm,
    YARN_UNSAFE_HTTP_WHITELIST: new URL(gate.npm).hostname,
    BUN_CONFIG_REGISTRY: gate.npm,
  };
}
