import type { PackageManager } from '../model/dependency.ts';
import { settingName, textsOf, type UseSetting } from './use-settings.ts';

/** What runs in an installation beside what the lockfile names. */
export interface OtherCode {
  readonly code: 'repository' | 'fetched';
  /** As most projects of this package manager have it. */
  readonly isUsual: boolean;
}

/** What has to be known beside a setting. */
export interface CodePlace {
  /** Whether a path of a setting leads into the repository. */
  readonly isInRepository: (path: string) => boolean;
  readonly settings: readonly UseSetting[];
}

type Rule = (value: string, place: CodePlace) => OtherCode | null;

const OF_REPOSITORY: OtherCode = { code: 'repository', isUsual: false };
const FETCHED: OtherCode = { code: 'fetched', isUsual: false };

/** A program by its path; one by its name alone is the machine's. */
const program: Rule = (value, { isInRepository }) =>
  /[/\\]/.test(value) && !URL.canParse(value) && isInRepository(value) ? OF_REPOSITORY : null;

/** Options by which Node runs or loads something before a script. */
const LOADS =
  /(?:^|\s)["']?(?:-r|--require|--import|--(?:experimental-)?loader|--env-file(?:-if-exists)?|--experimental-config-file|--openssl-config)(?=[\s="']|$)/;
const nodeOptions: Rule = (value) => (LOADS.test(value) ? OF_REPOSITORY : null);

/** pnpm fetches this Node to run everything with, from where a mirror says, and holds it to nothing of the lockfile. */
const ownNode: Rule = (_, { settings }) => ({
  code: 'fetched',
  isUsual: !settings.some(([key]) => /^node-(?:mirror:|download-mirrors\.)/.test(settingName(key))),
});

const pnpmfile: Rule = (value) =>
  value === '' ? null : { code: 'repository', isUsual: /^(?:\.\/)?\.?pnpmfile\.[cm]?js$/.test(value) };

const yarnRelease: Rule = (value) => ({
  code: 'repository',
  isUsual: /^(?:\.[/\\])?\.yarn[/\\](?:releases[/\\]yarn-[\w.-]+|plugins[/\\][\w@.+/\\-]+)\.c?js$/.test(value),
});

const isOn: Rule = (value) => (value === '' || value === 'false' ? null : OF_REPOSITORY);

/** What npm hands on to install scripts: programs they start, and addresses they download from. */
const SCRIPTS: Readonly<Record<string, Rule>> = {
  'script-shell': program,
  'node-options': nodeOptions,
  'node-gyp': program,
  python: program,
};

const RULES: Readonly<Record<PackageManager, Readonly<Record<string, Rule>>>> = {
  npm: { ...SCRIPTS, git: program },
  pnpm: {
    ...SCRIPTS,
    'use-node-version': ownNode,
    'execution-env.node-version': ownNode,
    pnpmfile,
    'global-pnpmfile': pnpmfile,
  },
  'yarn-classic': { ...SCRIPTS, 'yarn-path': yarnRelease },
  yarn: { 'yarn-path': yarnRelease, plugin: yarnRelease, 'enable-constraints-checks': isOn },
  bun: {},
  vlt: { 'config.script-shell': program, 'config.node-options': nodeOptions },
};

/** Variables of the files that a package manager takes into the environment of scripts. */
const VARIABLES: Readonly<Record<string, Rule>> = { 'node-options': nodeOptions };

/** Where install scripts of many packages download their binaries from, by the end of the setting's name. */
const MIRROR = /(?:^|[-_])(?:binary-(?:host|site)(?:-mirror)?|mirror|disturl|dist-url|download-(?:base-)?url|cdn-url)$/;
const HANDS_ON: readonly PackageManager[] = ['npm', 'pnpm', 'yarn-classic'];

/** What a setting of the project adds to what runs in an installation; null for nothing. */
export function otherCode(manager: PackageManager, [key, value]: UseSetting, place: CodePlace): OtherCode | null {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return null;
  const name = settingName(key);
  const rules = manager === 'bun' || manager === 'yarn' ? { ...RULES[manager], ...VARIABLES } : RULES[manager];
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  const found = textsOf(value).flatMap((text) => {
    if (rule !== undefined) return rule(text, place) ?? [];
    return HANDS_ON.includes(manager) && MIRROR.test(name) && /^https?:/i.test(text) ? FETCHED : [];
  });
  return found.find(({ isUsual }) => !isUsual) ?? found[0] ?? null;
}

/** What corepack is told to fetch as the package manager: an address in place of a version, or a registry of the project. */
export function fetchedManager(
  manifest: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const address = /"packageManager"\s*:\s*"(\w+@https?:[^"]*)"/.exec(manifest ?? '')?.[1];
  const named = ['COREPACK_NPM_REGISTRY', 'COREPACK_INTEGRITY_KEYS'].filter((name) => variables[name] !== undefined);
  return [
    ...(address === undefined ? [] : [`"packageManager": "${address}" of package.json`]),
    ...named.map((name) => `${name}=${variables[name] ?? ''} of .corepack.env`),
  ];
}
