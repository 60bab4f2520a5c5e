import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import type { Gate } from '../../../gate/index.ts';
import type { NodeManager } from '../../../model/dependency.ts';
import { fieldsOf } from '../../../model/value.ts';
import type { NpmConfig } from '../../../registries/npm/config/npmrc.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { temporaryFolder } from '../../../store/temporary.ts';
import { UsageError } from '../../exit.ts';
import type { ManagerConfig } from '../../project/manager-config.ts';
import { over, unproxied, type Pointed } from '../common/kind.ts';

/** A command of one of them, and where it runs. */
export interface NodeGateCommand {
  readonly manager: NodeManager;
  readonly folder: string;
  /** `packageManager` of its package.json: "pnpm@11.0.0"; "" without one. */
  readonly wanted: string;
  readonly at: number;
}

type Named = Pick<NpmConfig, 'scopes' | 'namedBy' | 'proxy'>;

/**
 * Points a package manager at the gate, by its own means, each of which outranks the files of the project and of the
 * user: tried with npm 11 and 12, pnpm 10 to 12, Yarn 1.22 and 4, and Bun 1.4. `files` are its own, `env` its
 * variables. Throws UsageError where a file has the last word.
 */
export function pointAt(
  gate: Pick<Gate, 'url'>,
  line: readonly string[],
  command: NodeGateCommand,
  config: Named,
  files: ManagerConfig['files'],
  env: NodeJS.ProcessEnv,
): Pointed {
  const { manager, at } = command;
  demandHeard(command, files);
  const scopes = [...config.scopes.keys()];
  const own = WORDS[manager](gate.url, scopes, bypassOf(gate.url, config));
  const bunfig = manager === 'bun' && scopes.length > 0 ? bunfigOf(gate.url, scopes, files) : null;
  const options = bunfig === null ? {} : { BUN_OPTIONS: `${env['BUN_OPTIONS'] ?? ''} --config=${bunfig.path}`.trim() };
  return {
    line: [...line.slice(0, at), ...own, ...line.slice(at)],
    env: over(env, {
      ...variables(gate.url, scopes, manager),
      ...withoutProxy(gate.url, manager, config, env),
      ...options,
    }),
    // Those that Yarn knows by itself nobody has asked for.
    past: manager === 'yarn' ? pastOf(scopes.filter((scope) => config.namedBy.get(scope) !== 'yarn')) : [],
    close: () => bunfig?.remove(),
  };
}

function pastOf(scopes: readonly string[]): readonly string[] {
  if (scopes.length === 0) return [];
  const all = escapeText(scopes.join(', '), 200);
  return [`Yarn asks the registries of ${all} itself, past the gate: what they serve is audited once it is locked`];
}

/** Variables of one package manager are no business of another, and one may start another. */
function variables(npm: string, scopes: readonly string[], manager: NodeManager): Readonly<Record<string, string>> {
  // Yarn 4 ends where a variable of its own name is none of its settings.
  const prefixes = manager === 'yarn-classic' ? ['npm_config_', 'yarn_'] : ['npm_config_'];
  const ofScopes = scopes.flatMap((scope) => prefixes.map((prefix) => [`${prefix}${scope}:registry`, npm] as const));
  return {
    npm_config_registry: npm,
    // An address of the registry in a lockfile is asked of the gate, and stays as it is.
    npm_config_replace_registry_host: 'always',
    ...Object.fromEntries<string>(ofScopes),
    pnpm_config_registry: npm,
    YARN_REGISTRY: npm,
    YARN_NPM_REGISTRY_SERVER: npm.replace(/\/$/, ''),
    YARN_UNSAFE_HTTP_WHITELIST: new URL(npm).hostname,
    BUN_CONFIG_REGISTRY: npm,
  };
}

const NO_WORDS = (): readonly string[] => [];
/** Options before all others, where variables do not reach what a file says. */
const WORDS: Readonly<
  Record<NodeManager, (npm: string, scopes: readonly string[], bypass: string | null) => readonly string[]>
> = {
  // npm reads a variable's name in small letters, and with dashes.
  npm: (npm, scopes) => scopes.filter((scope) => /[A-Z_]/.test(scope)).map((scope) => `--${scope}:registry=${npm}`),
  pnpm: (npm, scopes, bypass) => [
    ...['registry', ...scopes.map((scope) => `${scope}:registry`)].map((key) => `--config.${key}=${npm}`),
    ...(bypass === null ? [] : [`--config.noproxy=${bypass}`]),
  ],
  'yarn-classic': NO_WORDS,
  yarn: NO_WORDS,
  bun: NO_WORDS,
  vlt: NO_WORDS,
};

/** What is asked without a proxy, the gate among it; null where no proxy stands before it. */
function bypassOf(npm: string, { proxy }: Named): string | null {
  return proxy.http === null ? null : [...new Set([...proxy.bypass, new URL(npm).hostname])].join(',');
}

function withoutProxy(
  npm: string,
  manager: NodeManager,
  config: Named,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const list = bypassOf(npm, config);
  if (list === null) return {};
  // Yarn knows no exceptions to its own setting, which is for addresses without TLS.
  const ofYarn = manager === 'yarn-classic' ? { npm_config_proxy: '' } : { YARN_HTTP_PROXY: '' };
  return { ...unproxied(env, list), npm_config_noproxy: list, ...ofYarn };
}

/** Throws UsageError: pnpm 10 takes `registries` of pnpm-workspace.yaml before every option and variable. */
function demandHeard({ manager, wanted }: NodeGateCommand, files: ManagerConfig['files']): void {
  if (manager !== 'pnpm' || /^pnpm@(?:1[1-9]|[2-9]\d)/.test(wanted)) return;
  const file = files.find(({ content }) => fieldsOf(content)['registries'] !== undefined);
  if (file === undefined) return;
  throw new UsageError(
    `pnpm 10 takes registries of ${escapeText(file.path, 200)} before anything the gate tells it: name them in .npmrc, or write "packageManager": "pnpm@11" or a later one into package.json`,
  );
}

/** Bun has no variables for scopes: its project's file as it is, with other registries of scopes, in its place. */
function bunfigOf(
  npm: string,
  scopes: readonly string[],
  files: ManagerConfig['files'],
): { readonly path: string; readonly remove: () => void } {
  const project = files.find(({ path, ofProject }) => ofProject && path.endsWith('bunfig.toml'));
  const settings = fieldsOf(project?.content);
  const own = Object.fromEntries(scopes.map((scope) => [scope.slice(1), npm]));
  const folder = temporaryFolder('gate');
  const path = join(folder.path, 'bunfig.toml');
  writeFileSync(path, stringify({ ...settings, install: { ...fieldsOf(settings['install']), scopes: own } }));
  return { path, remove: folder.remove };
}
