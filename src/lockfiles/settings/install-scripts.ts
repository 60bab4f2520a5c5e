import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import type { ConfigFile, NodeLockfile, NodeManager, ScriptPermissions } from '../../model/dependency.ts';
import type { ScriptDecision } from '../../model/finding.ts';
import { fieldsOf, type Fields } from '../../model/value.ts';
import { manifestFields } from '../../readers/manifest.ts';
import type { ProjectManifests } from '../common/format.ts';

/** What a project's files beside package.json say that decides about install scripts. */
export interface ScriptSettings {
  /** The package manager's own, the strongest first. */
  readonly files: readonly ConfigFile[];
  /** Whether the project's .npmrc has `ignore-scripts`. */
  readonly ignoredByNpmrc: boolean;
}

const UNKNOWN: ScriptDecision = { permission: 'unknown' };

/**
 * Whether the project lets install scripts run under its lockfile's package manager. Only the project's own files
 * count: settings of one user do not hold on other machines.
 */
export function scriptPermissions(
  { manager, format }: Pick<NodeLockfile, 'manager' | 'format'>,
  manifests: ProjectManifests = new Map(),
  { files, ignoredByNpmrc }: ScriptSettings = { files: [], ignoredByNpmrc: false },
): ScriptPermissions {
  const text = manifests.get('');
  if (text === undefined) return () => UNKNOWN;
  const manifest = readManifest(text, manager);
  if (manifest === null) return () => UNKNOWN;
  const own = files.filter(({ ofProject }) => ofProject).map(({ content }) => fieldsOf(content));
  const npmrc = ignoredByNpmrc ? 'ignore-scripts of .npmrc' : null;
  switch (manager) {
    case 'npm':
      return npmrc === null ? npmPermissions(manifest) : always('denied', npmrc);
    case 'pnpm':
      return pnpmPermissions(manifest, own[0] ?? {});
    case 'yarn-classic':
      return yarnClassicPermissions(own, npmrc);
    case 'yarn':
      return yarnPermissions(manifest, own, format);
    case 'bun':
      return bunPermissions(manifest, own, npmrc);
    case 'vlt':
      return always('unlisted', 'vlt install', 'vlt until vlt build');
  }
}

function always(permission: ScriptDecision['permission'], by: string, stops?: string): ScriptPermissions {
  return () => ({ permission, by, ...(stops === undefined ? {} : { stops }) });
}

function readManifest(text: string, manager: NodeManager): Fields | null {
  try {
    return manifestFields('package.json', text, manager);
  } catch {
    // The lockfile's own reader says what is wrong with it, where it needs it.
    return null;
  }
}

/** Yarn 1's file has only texts. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** NAME, or NAME@VERSION with exact versions between "||". */
interface Rule {
  readonly name: string;
  /** Null for every version. */
  readonly versions: string | null;
  readonly allows: boolean;
}

function rulesOf(list: unknown): readonly Rule[] {
  return Object.entries(fieldsOf(list)).flatMap(([key, allows]) => ruleOf(key, allows) ?? []);
}

/** Null for what package managers pass over. */
function ruleOf(key: string, allows: unknown): Rule | null {
  const [, name, spec = ''] = /^((?:@[^/@]+\/)?[^/@]+)(?:@(.*))?$/s.exec(key.trim()) ?? [];
  if (name === undefined || typeof allows !== 'boolean') return null;
  const versions = spec.trim();
  if (versions === '' || versions === '*') return { name, versions: null, allows };
  return versions.split('||').every((one) => valid(one.trim()) !== null) ? { name, versions, allows } : null;
}

/**
 * npm obeys denials of `allowScripts` since 11.16, and runs only what it allows since 12
 * (https://docs.npmjs.com/cli/v12/commands/npm-install-scripts).
 */
function npmPermissions(manifest: Fields): ScriptPermissions {
  const rules = rulesOf(manifest['allowScripts']);
  const by = 'allowScripts of package.json';
  return ({ name, version, artifacts: [{ source }] }) => {
    // Keys for git and web addresses are of another form, which no release of a registry is matched by.
    if (source.kind !== 'registry') return UNKNOWN;
    const matching = rules.filter((rule) => {
      return rule.name === name && (rule.versions === null || isAmong(version, rule, source.resolved !== null));
    });
    if (matching.some(({ allows }) => !allows)) return { permission: 'denied', by };
    if (matching.length > 0) return { permission: 'allowed', by };
    return { permission: 'unlisted', by, stops: 'npm from version 12 on' };
  };
}

/**
 * Without an address in the lockfile npm does not know the version: what denies then does, and what allows does not.
 */
function isAmong(version: string, { versions, allows }: Rule, hasAddress: boolean): boolean {
  return hasAddress ? satisfies(version, versions ?? '*', { loose: true }) : !allows;
}

/**
 * pnpm has a list of what may run, of what may not, or both in one (https://pnpm.io/settings#build-settings), in
 * pnpm-workspace.yaml or, before version 11, in package.json. From version 10 on nothing runs that no list allows.
 */
function pnpmPermissions(manifest: Fields, workspace: Fields): ScriptPermissions {
  const older = fieldsOf(manifest['pnpm']);
  const find = (field: string): unknown => workspace[field] ?? older[field];
  const by = (field: string): string =>
    `${field} of ${(workspace[field] ?? null) === null ? 'package.json' : 'pnpm-workspace.yaml'}`;
  if (isTrue(workspace['ignoreScripts'])) return always('denied', by('ignoreScripts'));
  if (isTrue(find('dangerouslyAllowAllBuilds'))) return always('allowed', by('dangerouslyAllowAllBuilds'));
  const isIn = (field: string, name: string, version: string): boolean => {
    const list = find(field);
    return Array.isArray(list) && list.some((one) => typeof one === 'string' && isMeant(one, name, version));
  };
  const builds = Object.entries(fieldsOf(find('allowBuilds')));
  return ({ name, version, artifacts: [{ source }] }) => {
    if (source.kind !== 'registry' || find('onlyBuiltDependenciesFile') !== undefined) return UNKNOWN;
    const said = builds.filter(([key]) => isMeant(key, name, version)).map(([, allows]) => allows);
    if (said.includes(false)) return { permission: 'denied', by: by('allowBuilds') };
    if (said.includes(true)) return { permission: 'allowed', by: by('allowBuilds') };
    const denying = ['neverBuiltDependencies', 'ignoredBuiltDependencies'].find((field) => isIn(field, name, version));
    if (denying !== undefined) return { permission: 'denied', by: by(denying) };
    if (find('onlyBuiltDependencies') !== undefined) {
      const permission = isIn('onlyBuiltDependencies', name, version) ? 'allowed' : 'denied';
      return { permission, by: by('onlyBuiltDependencies') };
    }
    if (find('neverBuiltDependencies') !== undefined)
      return { permission: 'allowed', by: by('neverBuiltDependencies') };
    const listing = builds.length > 0 ? by('allowBuilds') : 'pnpm-workspace.yaml';
    return { permission: 'unlisted', by: listing, stops: 'pnpm from version 10 on' };
  };
}

/** NAME, NAME@VERSIONS, or a name with asterisks. */
function isMeant(key: string, name: string, version: string): boolean {
  if (key.includes('*')) {
    const parts = key.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return key.length <= 214 && parts.length <= 3 && new RegExp(`^${parts.join('.*')}$`).test(name);
  }
  const rule = ruleOf(key, true);
  return rule?.name === name && (rule.versions === null || satisfies(version, rule.versions, { loose: true }));
}

/** Yarn 1 runs all or none (https://classic.yarnpkg.com/docs/cli/install#toc-yarn-install-ignore-scripts). */
function yarnClassicPermissions(own: readonly Fields[], npmrc: string | null): ScriptPermissions {
  const isIgnored = own.some((fields) => isTrue(fields['ignore-scripts']));
  const by = isIgnored ? 'ignore-scripts of .yarnrc' : npmrc;
  return by === null ? always('allowed', 'Yarn 1') : always('denied', by);
}

/** Files of this version and later are of a Yarn (4.14) that runs no scripts unless it is told to. */
const FIRST_WITHOUT_SCRIPTS = 9;

/**
 * `built` of a package's `dependenciesMeta` decides, else `enableScripts`
 * (https://yarnpkg.com/configuration/manifest#dependenciesMeta,
 * https://yarnpkg.com/configuration/yarnrc#enableScripts).
 */
function yarnPermissions(manifest: Fields, own: readonly Fields[], format: string): ScriptPermissions {
  const version = Number(/\d+$/.exec(format)?.[0] ?? NaN);
  const enabled = own.map((fields) => fields['enableScripts']).find((value) => value !== undefined);
  const isEnabled = enabled === undefined ? version < FIRST_WITHOUT_SCRIPTS : isTrue(enabled);
  const setting = enabled === undefined ? "Yarn's default" : 'enableScripts of .yarnrc.yml';
  const metas = fieldsOf(manifest['dependenciesMeta']);
  return ({ name, version: locked }) => {
    const built = fieldsOf(metas[`${name}@${locked}`])['built'] ?? fieldsOf(metas[name])['built'];
    if (typeof built !== 'boolean') return { permission: isEnabled ? 'allowed' : 'denied', by: setting };
    return { permission: built ? 'allowed' : 'denied', by: 'dependenciesMeta of package.json' };
  };
}

/**
 * Where `trustedDependencies` is there, only what it names runs; else Bun's own list decides
 * (https://bun.sh/docs/pm/lifecycle).
 */
function bunPermissions(manifest: Fields, own: readonly Fields[], npmrc: string | null): ScriptPermissions {
  if (own.some((fields) => isTrue(fieldsOf(fields['install'])['ignoreScripts']))) {
    return always('denied', 'install.ignoreScripts of bunfig.toml');
  }
  if (npmrc !== null) return always('denied', npmrc);
  const by = 'trustedDependencies of package.json';
  const list = manifest['trustedDependencies'];
  if (!Array.isArray(list)) return always('unlisted', by, 'Bun unless it is on its own list');
  const names = new Set<unknown>(list);
  return ({ name }) => ({ permission: names.has(name) ? 'allowed' : 'denied', by });
}
