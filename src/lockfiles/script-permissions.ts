import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import type { ScriptPermissions } from '../model/dependency.ts';
import type { ProjectManifests } from './format.ts';

const UNKNOWN: ScriptPermissions = () => 'unknown';

/**
 * Reads the project's own list beside a lockfile: `allowScripts` for npm, which obeys its denials since 11.16 and runs only
 * what it allows since 12 (https://docs.npmjs.com/cli/v12/commands/npm-install-scripts), and `trustedDependencies` for Bun
 * (https://bun.sh/docs/pm/lifecycle). The other package managers keep theirs elsewhere.
 */
export function scriptPermissions(file: string, manifests: ProjectManifests = new Map()): ScriptPermissions {
  const manifest = readManifest(manifests.get(''));
  if (manifest === null) return UNKNOWN;
  if (/(?:package-lock|npm-shrinkwrap)\.json$/.test(file)) return npmPermissions(manifest['allowScripts']);
  return file.endsWith('bun.lock') ? bunPermissions(manifest['trustedDependencies']) : UNKNOWN;
}

function readManifest(text: string | undefined): Readonly<Record<string, unknown>> | null {
  if (text === undefined) return null;
  try {
    const json = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
    return isRecord(json) ? json : null;
  } catch {
    // The lockfile's own reader says what is wrong with it, where it needs it.
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One key of `allowScripts`: NAME, or NAME@VERSION with exact versions between "||"; null for what npm ignores. */
interface Rule {
  readonly name: string;
  /** Null for every version. */
  readonly versions: string | null;
  readonly allows: boolean;
}

function npmPermissions(list: unknown): ScriptPermissions {
  const rules = isRecord(list) ? Object.entries(list).flatMap(([key, allows]) => ruleOf(key, allows) ?? []) : [];
  return ({ name, version, source }) => {
    // Keys for git and web addresses are of another form, which no release of a registry is matched by.
    if (source.kind !== 'registry') return 'unknown';
    const matching = rules.filter((rule) => {
      return rule.name === name && (rule.versions === null || isAmong(version, rule, source.resolved !== null));
    });
    if (matching.some(({ allows }) => !allows)) return 'denied';
    return matching.length > 0 ? 'allowed' : 'unlisted';
  };
}

function ruleOf(key: string, allows: unknown): Rule | null {
  const [, name, spec = ''] = /^((?:@[^/@]+\/)?[^/@]+)(?:@(.*))?$/s.exec(key.trim()) ?? [];
  if (name === undefined || typeof allows !== 'boolean') return null;
  const versions = spec.trim();
  if (versions === '' || versions === '*') return { name, versions: null, allows };
  return versions.split('||').every((one) => valid(one.trim()) !== null) ? { name, versions, allows } : null;
}

/** Without an address in the lockfile npm does not know the version: what denies then does, and what allows does not. */
function isAmong(version: string, { versions, allows }: Rule, hasAddress: boolean): boolean {
  return hasAddress ? satisfies(version, versions ?? '*', { loose: true }) : !allows;
}

/** Where the list is there, only what it names runs; without it, Bun's own list of well-known packages decides. */
function bunPermissions(list: unknown): ScriptPermissions {
  if (!Array.isArray(list)) return UNKNOWN;
  const names = new Set<unknown>(list);
  return ({ name }) => (names.has(name) ? 'allowed' : 'denied');
}
