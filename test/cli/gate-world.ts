import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { ciWorkflow, startLab, token, type Lab } from '../../lab/index.ts';
import { notToBeHad } from '../lockfiles/real.ts';
import { removeFolder } from '../support/remove-folder.ts';
import type { RealClient } from './real-clients.ts';
import { CLI, environmentOf, start, type Run } from './run.ts';

const DAY = 86_400_000;
const TOKEN = 'of-acme-alone';
const TEAM = ciWorkflow({ repository: 'axios/axios' });
const THIEF = token({ user: 'maintainer' });
/** In the files of what must not be there. */
const MARKED = { 'mark.txt': 'bytes-of-a-stolen-token' };
const FETCHED = /\/axios-1\.14\.1\.tgz|\/plain-crypto-js-/;

/** Demands that a program ended with this status; says what it said where it did not. */
export function ended(run: Run, status = 0): Run {
  expect(run.status, run.stdout + run.stderr).toBe(status);
  return run;
}

/** Skips a test of a package manager that cannot be had here. */
export function had(client: RealClient, skip: (note: string) => void): void {
  if (client.command() === null) skip(notToBeHad(client.name));
}

/** A public registry with axios as it was on 31 March 2026, and one of a company, which wants a token. */
export interface World {
  readonly lab: Lab;
  /** Takes axios 1.14.1 off the registry, or puts it back. */
  readonly serve: (what: 'all' | 'good') => void;
  readonly project: (client: RealClient, kind: 'workspace' | 'alone', more?: Additions) => Project;
  /** What would lead a package manager past the gate, or to no registry, were it heard. */
  readonly leadingElsewhere: (client: RealClient) => Additions;
  readonly close: () => Promise<void>;
}

interface Additions {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A project with a home folder of its own. */
interface Project {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the package manager itself. */
  readonly directly: (words: readonly string[], within?: string) => Promise<Run>;
  readonly atGate: (words: readonly string[], within?: string, options?: readonly string[]) => Promise<Run>;
  /** A run at the gate, of which somebody writes down how the package manager ends. */
  readonly watched: (words: readonly string[]) => { readonly line: readonly string[]; readonly statusIn: string };
  /** The address that a package manager is given at the gate, without the port. */
  readonly address: (options?: readonly string[]) => Promise<string>;
  readonly lockfile: () => string;
  /** What the package manager asked the registries itself since the project was made. */
  readonly past: () => readonly string[];
  /** What of the stolen release is on disk, was fetched, or ran; and whose token was sent where it does not belong. */
  readonly wrong: () => readonly string[];
}

export async function startWorld(): Promise<World> {
  const [lab, company] = await Promise.all([startLab(), startLab({ requireToken: TOKEN })]);
  const ofOthers = ciWorkflow({ repository: 'form-data/form-data' });
  await lab.publish({ name: 'form-data', version: '4.0.5', by: ofOthers });
  for (const [version, by] of [
    ['1.0.0', ofOthers],
    ['1.0.1', THIEF],
    ['1.0.2', ofOthers],
  ] as const) {
    lab.clock.advance(10 * DAY);
    await lab.publish({ name: 'between', version, by });
  }
  const dependencies = { 'form-data': '^4.0.5' };
  for (const version of ['1.13.6', '1.14.0']) {
    lab.clock.advance(14 * DAY);
    await lab.publish({ name: 'axios', version, by: TEAM, manifest: { dependencies } });
  }
  lab.clock.advance(4 * DAY);
  const scripts = { postinstall: `node -e "require('fs').writeFileSync(process.env.MARK, '')"` };
  await lab.publish({ name: 'plain-crypto-js', version: '4.2.1', by: THIEF, manifest: { scripts }, files: MARKED });
  const stolen = { dependencies: { ...dependencies, 'plain-crypto-js': '^4.2.1' } };
  await lab.publish({ name: 'axios', version: '1.14.1', by: THIEF, manifest: stolen, files: MARKED });
  await company.publish({ name: '@acme/tool', version: '1.0.0', by: token({ user: 'acme' }) });

  const root = mkdtempSync(join(tmpdir(), 'assay-test-'));
  const trust = [join(root, 'root.json'), join(root, 'keys.json')] as const;
  writeFileSync(trust[0], JSON.stringify(lab.trustedRoot));
  writeFileSync(trust[1], JSON.stringify({ keys: [...lab.keys.keys, ...company.keys.keys] }));

  return {
    lab,
    serve: (what) =>
      lab.tamperPackument('axios', (document) => {
        if (what === 'all') return document;
        const good = <T>(by: Readonly<Record<string, T>>): Record<string, T> =>
          Object.fromEntries(Object.entries(by).filter(([version]) => version !== '1.14.1'));
        const [versions, time] = [good(document.versions), good(document.time)];
        const modified = time['1.14.0'] ?? '';
        return { ...document, versions, time: { ...time, modified }, 'dist-tags': { latest: '1.14.0' } };
      }),
    leadingElsewhere: ({ name }) => {
      const nowhere = 'http://127.0.0.1:9';
      const { host } = new URL(lab.url);
      return {
        env: { NPM_CONFIG_REGISTRY: lab.url, HTTP_PROXY: nowhere, http_proxy: nowhere, NO_PROXY: host },
        ...(/^(?:pnpm|Yarn 1)/.test(name) && { files: { '.npmrc': `proxy=${nowhere}\nnoproxy=${host}\n` } }),
      };
    },
    project: (client, kind, more = {}) => projectOf(client, kind, more, { lab, company, root, trust }),
    close: async () => {
      removeFolder(root);
      await Promise.all([lab.close(), company.close()]);
    },
  };
}

interface Around {
  readonly lab: Lab;
  readonly company: Lab;
  readonly root: string;
  readonly trust: readonly [root: string, keys: string];
}

function projectOf(
  client: RealClient,
  kind: 'workspace' | 'alone',
  more: Additions,
  { lab, company, root, trust }: Around,
): Project {
  const place = mkdtempSync(join(root, 'p-'));
  const [home, folder, mark] = [join(place, 'home'), join(place, 'app'), join(place, 'mark')];
  const { 'pnpm-workspace.yaml': ofWorkspace, ...others } = client.files;
  const manifest = { name: 'app', version: '1.0.0', private: true, license: 'MIT' };
  const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
  write(folder, others);
  if (kind === 'alone') write(folder, { 'package.json': json(manifest) });
  else {
    const own = { x: 'npm:axios@^1', '@acme/tool': '^1' };
    write(folder, {
      'package.json': json({ ...manifest, workspaces: ['w'], dependencies: { axios: '^1' } }),
      'w/package.json': json({ ...manifest, name: 'w', dependencies: own }),
      ...(ofWorkspace !== undefined && { 'pnpm-workspace.yaml': ofWorkspace }),
    });
  }
  write(folder, more.files ?? {});
  const registries = { registry: lab.url, scope: '@acme', scopeRegistry: company.url, token: TOKEN };
  write(home, client.settings(registries));
  const env = environmentOf(folder, {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.local'),
    YARN_CACHE_FOLDER: join(home, 'yarn-cache'),
    YARN_GLOBAL_FOLDER: join(home, 'yarn'),
    MARK: mark,
    CI: '',
    ...more.env,
  });
  const trusted = ['--trusted-root', trust[0], '--registry-keys', trust[1]];
  const line = (
    words: readonly string[],
    command = client.command() ?? [],
    options: readonly string[] = [],
  ): readonly string[] => [process.execPath, CLI, 'gate', ...trusted, ...options, '--', ...command, ...words];
  const run = (all: readonly string[], within: string): Promise<Run> =>
    start(all[0] ?? '', all.slice(1), join(folder, within), env);
  const from = { lab: lab.requests.length, company: company.requests.length };
  return {
    folder,
    env,
    watched: (words) => {
      const [program = '', ...first] = client.command() ?? [];
      const statusIn = join(place, 'status');
      // It has the name of what it starts.
      const script = join(
        place,
        `${client.add[0] === 'install' ? 'npm' : client.lockfile.replace(/[-.]lock.*/, '')}.mjs`,
      );
      const all = `[...${JSON.stringify(first)}, ...process.argv.slice(2)]`;
      writeFileSync(
        script,
        `import { spawnSync } from 'node:child_process';\nimport { writeFileSync } from 'node:fs';\n` +
          `const { status } = spawnSync(${JSON.stringify(program)}, ${all}, { stdio: 'inherit' });\n` +
          `writeFileSync(${JSON.stringify(statusIn)}, String(status));\n`,
      );
      return { line: line(words, [process.execPath, script]), statusIn };
    },
    address: async (options = []) => {
      const script = join(place, 'npm.mjs');
      writeFileSync(script, 'console.log(new URL(process.env.npm_config_registry).pathname)');
      return ended(await run(line([], [process.execPath, script], options), '.')).stdout;
    },
    directly: (words, within = '.') => run([...(client.command() ?? []), ...words], within),
    atGate: (words, within = '.', options = []) => run(line(words, undefined, options), within),
    past: () =>
      [...lab.requests.slice(from.lab), ...company.requests.slice(from.company)]
        .filter(({ headers }) => headers['user-agent']?.startsWith('assay ') !== true)
        .map(({ url }) => url),
    lockfile: () => readFileSync(join(folder, client.lockfile), 'utf8'),
    wrong: () => {
      const asked = lab.requests.slice(from.lab);
      return [
        ...asked.filter(({ url }) => FETCHED.test(url)).map(({ url }) => `fetched ${url}`),
        ...asked.filter(({ headers }) => headers.authorization !== undefined).map(({ url }) => `token for ${url}`),
        ...filesBelow(place).filter((path) => readFileSync(path).includes(MARKED['mark.txt'])),
        ...filesBelow(place).filter((path) => /axios[^/]*1\.14\.1|plain-crypto-js/.test(path)),
        ...(existsSync(mark) ? ['a script ran'] : []),
      ];
    },
  };
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
