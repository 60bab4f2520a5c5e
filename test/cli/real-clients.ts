import { join } from 'node:path';
import { fromRegistry } from '../lockfiles/real.ts';
import { nodesUnderTest } from '../package/nodes.ts';

/** A package manager as people have it, of one version. */
export interface RealClient {
  readonly name: string;
  /** The program and its first arguments; null where it cannot be had here. */
  readonly command: () => readonly string[] | null;
  readonly add: readonly string[];
  readonly install: readonly string[];
  /** Installs what the lockfile has, and nothing else. */
  readonly frozen: readonly string[];
  readonly lockfile: string;
  /** Files of a project with one workspace `w`, beside package.json. */
  readonly files: Readonly<Record<string, string>>;
  /** What it shows of a refusal by itself: of a version that is left out of a document, and of a tarball. */
  readonly says: { readonly document: RegExp | null; readonly tarball: RegExp | null };
  /** Its status where it runs no script of a package, which it was not told to run. */
  readonly endsWithIgnoredScripts: number;
  /** The user's settings, in the home folder: registries of everything and of a scope, and the token of the latter. */
  readonly settings: (of: Registries) => Readonly<Record<string, string>>;
}

interface Registries {
  readonly registry: string;
  readonly scope: string;
  readonly scopeRegistry: string;
  readonly token: string;
}

function script(spec: string, file: string, needs: 'any' | 'later' = 'any'): () => readonly string[] | null {
  return () => {
    // Some need a later Node than assay does.
    const binary = needs === 'any' ? process.execPath : (nodesUnderTest().at(-1)?.binary ?? null);
    const folder = binary === null ? null : fromRegistry(spec);
    return binary === null || folder === null ? null : [binary, join(folder, file)];
  };
}

function binary(spec: string, file: string): () => readonly string[] | null {
  return () => {
    const folder = process.platform === 'win32' ? null : fromRegistry(spec);
    return folder === null ? null : [join(folder, file)];
  };
}

const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const place = (url: string): string => url.replace(/^http:/, '');

const npmrc: RealClient['settings'] = ({ registry, scope, scopeRegistry, token }) => ({
  '.npmrc': `registry=${registry}\n${scope}:registry=${scopeRegistry}\n${place(scopeRegistry)}:_authToken=${token}\n`,
});
const yarnrc: RealClient['settings'] = ({ registry, scope, scopeRegistry, token }) => ({
  '.yarnrc.yml': [
    `npmRegistryServer: "${registry.replace(/\/$/, '')}"`,
    `npmScopes:\n  ${scope.slice(1)}:\n    npmRegistryServer: "${scopeRegistry.replace(/\/$/, '')}"`,
    `    npmAuthToken: "${token}"\n    npmAlwaysAuth: true`,
    'unsafeHttpWhitelist:\n  - "127.0.0.1"\nenableTelemetry: false\nenableGlobalCache: true\n',
  ].join('\n'),
});

const npm = (name: string, command: RealClient['command']): RealClient => ({
  name,
  command,
  add: ['install', '--no-audit', '--no-fund'],
  install: ['install', '--no-audit', '--no-fund'],
  frozen: ['ci', '--no-audit', '--no-fund'],
  lockfile: 'package-lock.json',
  files: {},
  says: { document: /E403[\s\S]*policy violations:[\s\S]*provenance-lost/, tarball: /E403[\s\S]*provenance-lost/ },
  endsWithIgnoredScripts: 0,
  settings: npmrc,
});
const pnpm = (
  name: string,
  command: RealClient['command'],
  tarball: RegExp | null,
  endsWithIgnoredScripts: number,
): RealClient => ({
  name,
  command,
  add: ['add'],
  install: ['install'],
  frozen: ['install', '--frozen-lockfile'],
  lockfile: 'pnpm-lock.yaml',
  files: { 'pnpm-workspace.yaml': 'packages:\n  - w\n' },
  says: { document: null, tarball },
  endsWithIgnoredScripts,
  settings: npmrc,
});

/** The reason phrase of the answer. */
const PHRASE = /Refused by assay gate: provenance-lost/;

/** The last that asks the registry alone for its keys. */
export const OLD_NPM = npm('npm 8', script('npm@8.19.4', 'bin/npm-cli.js'));

export const CLIENTS: readonly RealClient[] = [
  npm('npm 11', () => ['npm']),
  npm('npm 12', script('npm@12', 'bin/npm-cli.js', 'later')),
  pnpm('pnpm 10', script('pnpm@10', 'bin/pnpm.cjs'), PHRASE, 0),
  pnpm('pnpm 11', script('pnpm@11', 'bin/pnpm.mjs', 'later'), PHRASE, 1),
  pnpm('pnpm 12', binary(`@pnpm/exe.${process.platform}-${arch}@12`, 'pnpm'), null, 1),
  {
    name: 'Yarn 1',
    command: script('yarn@1.22.22', 'bin/yarn.js'),
    add: ['add'],
    install: ['install'],
    frozen: ['install', '--frozen-lockfile'],
    lockfile: 'yarn.lock',
    files: {},
    says: { document: null, tarball: null },
    endsWithIgnoredScripts: 0,
    settings: npmrc,
  },
  {
    name: 'Yarn 4',
    command: script('@yarnpkg/cli-dist@4', 'bin/yarn.js'),
    add: ['add'],
    install: ['install'],
    frozen: ['install', '--immutable'],
    lockfile: 'yarn.lock',
    files: { 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: node-modules\n' },
    says: { document: null, tarball: PHRASE },
    endsWithIgnoredScripts: 0,
    settings: yarnrc,
  },
  {
    name: 'Bun',
    command: binary(
      `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : 'x64-baseline'}`,
      'bin/bun',
    ),
    add: ['add'],
    install: ['install'],
    frozen: ['install', '--frozen-lockfile'],
    lockfile: 'bun.lock',
    files: {},
    says: { document: null, tarball: null },
    endsWithIgnoredScripts: 0,
    settings: npmrc,
  },
];
