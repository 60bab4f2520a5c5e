import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, token, type Lab, type Published } from '../../lab/index.ts';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

const ACCOUNT = token({ user: 'account' });
const MANIFEST = JSON.stringify({ name: 'app', version: '1.0.0', private: true, dependencies: { kit: '^1.0.0' } });

let lab: Lab;
let root = '';
let pad: Published;
let newPad: Published;
let kit: Published;
let evil: Published;
let yarn1: string | null = null;
let yarn4: string | null = null;

beforeAll(async () => {
  [yarn1, yarn4] = [fromRegistry('yarn@1.22.22'), fromRegistry('@yarnpkg/cli-dist@4.18.1')];
  root = mkdtempSync(join(tmpdir(), 'assay-yarn-other-'));
  lab = await startLab();
  const publish = (name: string, version: string, dependencies: Record<string, string> = {}): Promise<Published> =>
    lab.publish({ name, version, by: ACCOUNT, files: { 'index.js': name }, manifest: { dependencies } });
  pad = await publish('pad', '1.0.0');
  newPad = await publish('pad', '1.1.0');
  kit = await publish('kit', '1.0.0', { pad: '^1.0.0' });
  evil = await publish('evil', '1.0.0');
}, 240_000);

afterAll(async () => {
  await lab.close();
  removeFolder(root);
});

interface Outcome {
  readonly status: number | null;
  /** Name and version of what was installed as pad. */
  readonly installed: string | null;
  readonly read: Lockfile | LockfileError;
}

/** Lets the real Yarn install from a lockfile that it may not change, and reads it. */
async function install(script: string, args: readonly string[], lockfile: string): Promise<Outcome> {
  const folder = mkdtempSync(join(root, 'project-'));
  mkdirSync(join(folder, 'evil'));
  writeFileSync(join(folder, 'evil/package.json'), JSON.stringify({ name: 'evil', version: '6.6.6' }));
  writeFileSync(join(folder, 'package.json'), MANIFEST);
  writeFileSync(join(folder, '.npmrc'), `registry=${lab.url}\n`);
  writeFileSync(join(folder, 'yarn.lock'), lockfile);
  const env = {
    ...process.env,
    HOME: folder,
    USERPROFILE: folder,
    YARN_CACHE_FOLDER: join(folder, 'cache'),
    YARN_ENABLE_TELEMETRY: '0',
    YARN_NODE_LINKER: 'node-modules',
    YARN_NPM_REGISTRY_SERVER: lab.url.replace(/\/$/, ''),
    YARN_UNSAFE_HTTP_WHITELIST: '*',
    YARN_ENABLE_HARDENED_MODE: '0',
  };
  const options = { cwd: folder, env, stdio: 'ignore', timeout: 60_000 } as const;
  const [status] = (await once(spawn(process.execPath, [script, ...args], options), 'exit')) as [number | null];
  const path = join(folder, 'node_modules/pad/package.json');
  const manifest = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : null;
  return {
    status,
    installed: manifest === null ? null : `${manifest['name'] ?? ''}@${manifest['version'] ?? ''}`,
    read: readOr(lockfile),
  };
}

function readOr(lockfile: string): Lockfile | LockfileError {
  try {
    return parseLockfile('yarn.lock', Buffer.from(lockfile), new Map([['', MANIFEST]]));
  } catch (error) {
    if (error instanceof LockfileError) return error;
    throw error;
  }
}

/** Codes of what assay says of the file before it asks anybody. */
function saidOf(read: Lockfile | LockfileError): readonly string[] {
  if (read instanceof LockfileError) return ['refused'];
  const substituted = read.dependencies.flatMap(({ substitutes = [] }) =>
    substitutes.map(() => 'lockfile-substituted'),
  );
  return [...substituted, ...(read.findings ?? []).map(({ finding }) => finding.code)];
}

function classicEntry({ name, version, integrity, manifest }: Published, key = `${name}@^1.0.0`, more = ''): string {
  const { tarball, shasum } = manifest.dist;
  return `${key}:\n  version "${version}"\n  resolved "${tarball}#${shasum}"\n  integrity ${integrity}\n${more}`;
}

const classicLock = (...entries: readonly string[]): string => `# yarn lockfile v1\n\n\n${entries.join('\n')}`;

describe('Yarn 1 installs with --frozen-lockfile what the lockfile does not name', () => {
  const KIT_ASKS = '  dependencies:\n    pad "^1.0.0"\n';
  const run = (lockfile: string): Promise<Outcome> | null =>
    yarn1 === null
      ? null
      : install(
          join(yarn1, 'bin/yarn.js'),
          ['install', '--frozen-lockfile', '--non-interactive', '--ignore-scripts'],
          lockfile,
        );

  it('and what it names, where nothing was changed', { timeout: 90_000 }, async ({ skip }) => {
    const outcome = await run(classicLock(classicEntry(kit, 'kit@^1.0.0', KIT_ASKS), classicEntry(pad)));
    if (outcome === null) return skip(notToBeHad('Yarn 1'));
    expect(outcome).toMatchObject({ status: 0, installed: 'pad@1.0.0' });
    expect(saidOf(outcome.read)).toEqual([]);
  });

  it.for([
    ['after a comment at column 0', (): string => classicEntry(pad).replace('\n', '\n#\n'), 'pad@1.1.0', ['refused']],
    ['an entry that is missing', (): string => '', 'pad@1.1.0', ['lockfile-not-used']],
    [
      'an entry without an address',
      (): string => 'pad@^1.0.0:\n  version "1.0.0"\n',
      'pad@1.1.0',
      ['lockfile-not-used'],
    ],
    [
      'a version outside of its range',
      (): string => classicEntry(pad).replace('"1.0.0"', '"2.0.0"'),
      'pad@1.1.0',
      ['lockfile-not-used'],
    ],
  ] as const)('%s', { timeout: 90_000 }, async ([, entry, installed, said], { skip }) => {
    const outcome = await run(classicLock(classicEntry(kit, 'kit@^1.0.0', KIT_ASKS), entry()));
    if (outcome === null) return skip(notToBeHad('Yarn 1'));
    expect(newPad.version).toBe('1.1.0');
    expect(outcome).toMatchObject({ status: 0, installed });
    expect(saidOf(outcome.read)).toEqual(said);
  });

  it('a folder or another package that an entry asks for', { timeout: 90_000 }, async ({ skip }) => {
    const link = await run(
      classicLock(
        classicEntry(kit, 'kit@^1.0.0', '  dependencies:\n    pad "link:./evil"\n'),
        '"pad@link:./evil":\n  version "0.0.0"\n  uid ""\n',
      ),
    );
    if (link === null) return skip(notToBeHad('Yarn 1'));
    expect(link).toMatchObject({ status: 0, installed: 'evil@6.6.6' });
    expect(link.read).toMatchObject({
      dependencies: [
        { claims: [{ dependencies: { pad: 'link:./evil' } }] },
        { artifacts: [{ file: null, source: { kind: 'file' } }] },
      ],
    });
    const alias = await run(
      classicLock(
        classicEntry(kit, 'kit@^1.0.0', '  dependencies:\n    pad "npm:evil@^1.0.0"\n'),
        classicEntry(evil, '"pad@npm:evil@^1.0.0"'),
      ),
    );
    expect(alias).toMatchObject({ status: 0, installed: 'evil@1.0.0' });
    expect(alias?.read).toMatchObject({
      dependencies: [{ claims: [{ dependencies: { pad: 'npm:evil@^1.0.0' } }] }, {}],
    });
  });
});

describe('Yarn 4 installs with --immutable what the lockfile says instead of what was asked for', () => {
  const run = (lockfile: string): Promise<Outcome> | null =>
    yarn4 === null ? null : install(join(yarn4, 'bin/yarn.js'), ['install', '--immutable'], lockfile);

  function berryLock(asks: string, ...others: readonly string[]): string {
    const head =
      '# This file is generated by running "yarn install" inside your project.\n# Manual changes might be lost - proceed with caution!\n\n__metadata:\n  version: 10\n  cacheKey: 10c0\n';
    const app =
      '"app@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "app@workspace:."\n  dependencies:\n    kit: "npm:^1.0.0"\n  languageName: unknown\n  linkType: soft\n';
    const entries = [entryOf('kit@npm:^1.0.0', 'kit@npm:1.0.0', `  dependencies:\n    pad: "${asks}"\n`), ...others];
    return [head, app, ...entries].join('\n');
  }

  function entryOf(key: string, resolution: string, more = ''): string {
    return `"${key}":\n  version: 1.0.0\n  resolution: "${resolution}"\n${more}  languageName: node\n  linkType: hard\n`;
  }

  it.for([
    [
      'and what was asked for, where nothing was changed',
      'npm:^1.0.0',
      'pad@npm:^1.0.0',
      'pad@npm:1.0.0',
      'pad@1.0.0',
      [],
    ],
    ['another package', 'npm:^1.0.0', 'pad@npm:^1.0.0', 'evil@npm:1.0.0', 'evil@1.0.0', ['lockfile-substituted']],
    ['what an entry asks for', 'npm:evil@^1.0.0', 'pad@npm:evil@^1.0.0', 'evil@npm:1.0.0', 'evil@1.0.0', []],
  ] as const)('%s', { timeout: 90_000 }, async ([, asks, key, resolution, installed, said], { skip }) => {
    const outcome = await run(berryLock(asks, entryOf(key, resolution)));
    if (outcome === null) return skip(notToBeHad('Yarn 4'));
    expect(outcome).toMatchObject({ status: 0, installed });
    expect(saidOf(outcome.read)).toEqual(said);
    const asked = asks === 'npm:^1.0.0' ? '^1.0.0' : asks;
    expect(outcome.read).toMatchObject({ dependencies: [{ claims: [{ dependencies: { pad: asked } }] }, {}] });
  });

  it('the archive of another package, by an address', { timeout: 90_000 }, async ({ skip }) => {
    const address = encodeURIComponent(evil.manifest.dist.tarball);
    const resolution = `pad@npm:1.0.0::__archiveUrl=${address}`;
    const outcome = await run(berryLock('npm:^1.0.0', entryOf('pad@npm:^1.0.0', resolution)));
    if (outcome === null) return skip(notToBeHad('Yarn 4'));
    expect(outcome).toMatchObject({ status: 0, installed: 'evil@1.0.0' });
    // checkResolved holds the address to the package.
    expect(outcome.read).toMatchObject({
      dependencies: [
        {},
        {
          name: 'pad',
          artifacts: [{ file: null, source: { kind: 'registry', resolved: evil.manifest.dist.tarball } }],
        },
      ],
    });
  });
});
