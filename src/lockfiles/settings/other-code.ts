import type { NodeManager } from '../../model/dependency.ts';
import { isObject } from '../../model/value.ts';
import { manifestFields } from '../../readers/manifest.ts';
import {
  handedOn,
  nodeOptions,
  OF_REPOSITORY,
  path,
  SCRIPTS,
  type CodePlace,
  type OtherCode,
  type Rule,
} from './code-rules.ts';
import { nameOf, settingName, textsOf, type UseSetting } from './names.ts';
import { codeOfVariable } from './variables.ts';

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

/** Bun loads it before it installs the rest: a file, or a package, which is judged as any other where it is locked. */
const scanner: Rule = (value, { isLocked }) => (value === '' || isLocked(value) ? null : OF_REPOSITORY);

const isOn: Rule = (value) => (value === '' || value === 'false' ? null : OF_REPOSITORY);

const RULES: Readonly<Record<NodeManager, Readonly<Record<string, Rule>>>> = {
  npm: { ...SCRIPTS, git: path },
  pnpm: {
    ...SCRIPTS,
    'use-node-version': ownNode,
    'execution-env.node-version': ownNode,
    pnpmfile,
    'global-pnpmfile': pnpmfile,
  },
  'yarn-classic': { ...SCRIPTS, 'yarn-path': yarnRelease },
  yarn: { 'yarn-path': yarnRelease, plugin: yarnRelease, 'enable-constraints-checks': isOn },
  bun: { 'install.security.scanner': scanner },
  vlt: { 'script-shell': path, 'node-options': nodeOptions },
};

/**
 * Those that hand every setting on to install scripts, and those that take variables for them from files of the
 * project.
 */
const HANDS_ON: readonly NodeManager[] = ['npm', 'pnpm', 'yarn-classic'];
const TAKES_VARIABLES: readonly NodeManager[] = ['bun', 'yarn'];

/** What a setting of the project adds to what runs in an installation; null for nothing. */
export function otherCode(manager: NodeManager, [key, value]: UseSetting, place: CodePlace): OtherCode | null {
  if (isObject(value)) return null;
  const name = nameOf(manager, key);
  const rules = RULES[manager];
  const rule = Object.hasOwn(rules, name) ? rules[name] : unlisted(manager, key, name);
  const found = textsOf(value).flatMap((text) => rule?.(text, place) ?? []);
  return found.find(({ isUsual }) => !isUsual) ?? found[0] ?? null;
}

/** What a variable in a package manager's environment adds to what runs in an installation; null for nothing. */
export function otherCodeOfVariable([name, value]: UseSetting, place: CodePlace): OtherCode | null {
  const rule = codeOfVariable(name);
  return (
    textsOf(value)
      .map((text) => rule?.(text, place) ?? null)
      .find((found) => found !== null) ?? null
  );
}

function unlisted(manager: NodeManager, key: string, name: string): Rule | undefined {
  if (HANDS_ON.includes(manager)) return handedOn(name);
  return TAKES_VARIABLES.includes(manager) ? codeOfVariable(key) : undefined;
}

/**
 * What corepack is told to fetch as the package manager: an address in place of a version, or a registry of the
 * project. `manifests` are the package.json of the folder and of those above it, the nearest first: the first that
 * names one counts.
 */
export function fetchedManager(
  manager: NodeManager,
  manifests: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const named = manifests
    .map((text) => manifestFields('package.json', text, manager)['packageManager'])
    .find((one) => typeof one === 'string' && one !== '');
  // Whatever is an address to it, of whichever scheme.
  const [, version] = typeof named === 'string' ? (/^[^@]+@(.+)$/s.exec(named) ?? []) : [];
  const isAddress = version !== undefined && URL.canParse(version);
  const set = ['COREPACK_NPM_REGISTRY', 'COREPACK_INTEGRITY_KEYS'].filter((name) => variables[name] !== undefined);
  return [
    ...(isAddress ? [`"packageManager": ${JSON.stringify(named)} of package.json`] : []),
    ...set.map((name) => `${name}=${variables[name] ?? ''} of .corepack.env`),
  ];
}
