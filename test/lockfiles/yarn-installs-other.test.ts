import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, token, type Lab, type Published } from '../../lab/index.ts';
import { checkClaims } from '../../src/checks/npm/claims.ts';
import { parseManifest } from '../../src/registries/npm/documents.ts';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

const ACCOUNT = token({ user: 'account' });
const APP = { name: 'app', version: '1.0.0', private: true, dependencies: { kit: '^1.0.0' } };

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
async function install(
  script: string,
  args: readonly string[],
  lockfile: string,
  more: object = {},
  yarnrc: Readonly<Record<string, unknown>> = {},
): Promise<Outcome> {
  const manifest = JSON.stringify({ ...APP, ...more });
  const folder = mkdtempSync(join(root, 'project-'));
  mkdirSync(join(folder, 'evil'));
  writeFileSync(join(folder, 'evil/package.json'), JSON.stringify({ name: 'evil', version: '6.6.6' }));
  writeFileSync(join(folder, 'package.json'), manifest);
  writeFileSync(join(folder, '.yarnrc.yml'), JSON.stringify(yarnrc));
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
  const found = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : null;
  return {
    status,
    installed: found === null ? null : `${found['name'] ?? ''}@${found['version'] ?? ''}`,
    read: readOr(lockfile, manifest, yarnrc),
  };
}

function readOr(lockfile: string, manifest: string, content: object): Lockfile | LockfileError {
  const settings = [{ path: '.yarnrc.yml', ofProject: true, content }];
  try {
    return parseLockfile('yarn.lock', Buffer.from(lockfile), new Map([['', manifest]]), settings);
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
  const run = (lockfile: string, more = {}): Promise<Outcome> | null =>
    yarn1 === null
      ? null
      : install(
          join(yarn1, 'bin/yarn.js'),
          ['install', '--frozen-lockfile', '--non-interactive', '--ignore-scripts'],
          lockfile,
          more,
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

  it.for([
    ['pad', (): string => 'npm:evil@1.0.0'],
    ['kit/pad', (): string => evil.manifest.dist.tarball],
    ['**/pad', (): string => 'file:./evil'],
    ['pad', (): string => '1.1.0'],
  ] as const)(
    'a resolution of %s that the lockfile does not have',
    { timeout: 90_000 },
    async ([key, spec], { skip }) => {
      const lockfile = classicLock(classicEntry(kit, 'kit@^1.0.0', KIT_ASKS), classicEntry(pad));
      const outcome = await run(lockfile, { resolutions: { [key]: spec() } });
      if (outcome === null) return skip(notToBeHad('Yarn 1'));
      const installed = spec() === '1.1.0' ? 'pad@1.1.0' : spec().startsWith('file:') ? 'evil@6.6.6' : 'evil@1.0.0';
      expect(outcome).toMatchObject({ status: 0, installed });
      expect(saidOf(outcome.read)).toContain('lockfile-not-used');
    },
  );

  it('what it names, with resolutions that it has, that apply to nothing or that Yarn 1 passes over', async ({
    skip,
  }) => {
    const lockfile = classicLock(
      classicEntry(kit, 'kit@^1.0.0', KIT_ASKS),
      classicEntry(newPad, 'pad@1.1.0, pad@^1.0.0'),
      classicEntry(evil, 'evil@^1.0.0'),
    );
    const resolutions = { '**/pad': '1.1.0', 'nobody/evil': '^1.0.0', kit: 'latest' };
    const outcome = await run(lockfile, { resolutions });
    if (outcome === null) return skip(notToBeHad('Yarn 1'));
    expect(outcome).toMatchObject({ status: 0, installed: 'pad@1.1.0' });
    expect(saidOf(outcome.read)).toEqual([]);
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
  const LOOSE = { enableImmutableInstalls: false };

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

  it.for([
    ['a resolution', { resolutions: { 'kit/pad': 'npm:evil@1.0.0' } }, {}, 'evil@1.0.0'],
    ['a resolution of a folder', { resolutions: { 'pad@^1.0.0': 'portal:./evil' } }, {}, 'evil@6.6.6'],
    ['a package extension', {}, { packageExtensions: { 'pad@*': { dependencies: { evil: '*' } } } }, 'pad@1.0.0'],
  ] as const)(
    '%s that it does not have, where it may be changed',
    { timeout: 90_000 },
    async ([, more, yarnrc, installed], { skip }) => {
      if (yarn4 === null) return skip(notToBeHad('Yarn 4'));
      const lockfile = berryLock('npm:^1.0.0', entryOf('pad@npm:^1.0.0', 'pad@npm:1.0.0'));
      const outcome = await install(join(yarn4, 'bin/yarn.js'), ['install'], lockfile, more, { ...LOOSE, ...yarnrc });
      expect(outcome).toMatchObject({ status: 0, installed });
      expect(saidOf(outcome.read)).toEqual(['lockfile-not-used']);
    },
  );

  const OPTIONAL = '  dependenciesMeta:\n    pad:\n      optional: ';
  const WRONG = `  checksum: 10c0/${'0'.repeat(128)}\n`;

  it.for([
    ['an archive of another checksum, not', '', '', WRONG, false],
    ['nor with conditions alone', '', '  conditions: os=linux\n', WRONG, false],
    ['nor of what is optional', `${OPTIONAL}true\n`, '', WRONG, false],
    ['but with both', `${OPTIONAL}true\n`, `  conditions: os=${process.platform}\n`, WRONG, true],
    ['not where 1 is to stand for true', `${OPTIONAL}1\n`, `  conditions: os=${process.platform}\n`, WRONG, false],
    ['nor where it is false', `${OPTIONAL}false\n`, `  conditions: os=${process.platform}\n`, WRONG, false],
  ] as const)('%s', { timeout: 90_000 }, async ([, optional, conditions, checksum, isInstalled], { skip }) => {
    const lock = berryLock('npm:^1.0.0', entryOf('pad@npm:^1.0.0', 'pad@npm:1.0.0', checksum + conditions));
    const outcome = await run(lock.replace('    pad: "npm:^1.0.0"\n', `    pad: "npm:^1.0.0"\n${optional}`));
    if (outcome === null) return skip(notToBeHad('Yarn 4'));
    expect(outcome).toMatchObject(isInstalled ? { status: 0, installed: 'pad@1.0.0' } : { status: 1, installed: null });
    if (outcome.read instanceof LockfileError) throw outcome.read;
    // Nothing of it was published: that is what both entries are held to.
    const codes = outcome.read.dependencies.flatMap((one) => {
      const { manifest } = one.name === 'kit' ? kit : pad;
      const parsed = parseManifest(manifest, one.name, one.version);
      if (!('value' in parsed)) throw new Error(parsed.malformed);
      return checkClaims(one, parsed.value).map(({ args }) => ('field' in args ? args.field : ''));
    });
    const isOptional = optional.includes('true');
    expect(codes).toEqual([
      ...(isOptional ? ['optionalDependencies'] : []),
      ...(conditions === '' ? [] : ['os, cpu, libc']),
    ]);
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
