import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../bench/audit/random.ts';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { sha512 } from './support.ts';

const A = sha512('a');
const B = sha512('b');
/** More by hand: ASSAY_MUTATIONS=10000; the same again: ASSAY_SEED. */
const COUNT = Number(process.env['ASSAY_MUTATIONS'] ?? 250);
const SEED = process.env['ASSAY_SEED'] ?? String(Date.now());

interface Snapshot {
  readonly resolution: { readonly integrity?: string | null; readonly tarball?: string | null; readonly type?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Project extends Pick<Snapshot, 'dependencies' | 'optionalDependencies'> {
  readonly devDependencies?: Readonly<Record<string, string>>;
}
interface TheirLockfile {
  readonly importers: Readonly<Record<string, Project>>;
  readonly packages?: Readonly<Record<string, Snapshot>>;
}
interface Theirs {
  readonly readWantedLockfile: (folder: string, options: object) => Promise<TheirLockfile | null>;
  readonly nameVerFromPkgSnapshot: (key: string, snapshot: Snapshot) => { name: string; version: string };
  readonly refToRelative: (reference: string, alias: string) => string | null;
}

const V9 = `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(c@1.0.0)
      alias:
        specifier: npm:@s/b@2
        version: '@s/b@2.0.0'
    devDependencies:
      d:
        specifier: ^1.0.0
        version: 1.0.0

packages:

  '@s/b@2.0.0':
    resolution: {integrity: ${B}}

  a@1.0.0:
    resolution: {integrity: ${A}}
    engines: {node: '>=10'}
    peerDependencies:
      c: '*'

  c@1.0.0:
    resolution: {integrity: ${A}, tarball: https://registry.example/c/-/c-1.0.0.tgz}

  d@1.0.0:
    resolution: {integrity: ${B}}
    deprecated: |-
      no
      more

snapshots:

  '@s/b@2.0.0': {}

  a@1.0.0(c@1.0.0):
    dependencies:
      b: '@s/b@2.0.0'
      c: 1.0.0
    optionalDependencies:
      d: 1.0.0

  c@1.0.0: {}

  d@1.0.0: {}
`;
const V6 = `lockfileVersion: '6.0'

dependencies:
  a:
    specifier: ^1.0.0
    version: 1.0.0(c@1.0.0)
  alias:
    specifier: npm:@s/b@2
    version: /@s/b@2.0.0

packages:

  /@s/b@2.0.0:
    resolution: {integrity: ${B}}
    dev: false

  /a@1.0.0(c@1.0.0):
    resolution: {integrity: ${A}}
    peerDependencies:
      c: '*'
    dependencies:
      b: /@s/b@2.0.0
      c: 1.0.0
    dev: false

  /c@1.0.0:
    resolution: {integrity: ${A}}
`;
const PIECES = [
  ...[
    '\u00a0',
    '\ufeff',
    '\u3000',
    '\u2028',
    '\u0085',
    ' ',
    '  ',
    '\t',
    '\n',
    '#',
    ' # ',
    ':',
    ': ',
    ',',
    '-',
    '?',
    '? ',
  ],
  ...[
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '!!str ',
    '|',
    '>-\n',
    '~',
    'null',
    '<<: ',
    '1',
    '1.0',
    '0x1',
    'true',
    '@',
    '/',
    '(',
  ],
  ...[
    'c@1.0.0',
    '@s/b@2.0.0',
    '/c@1.0.0',
    'link:x',
    'file:x',
    '2.0.0',
    '__proto__',
    'version: 1.0.0',
    A,
    B,
    ')',
    '\\',
    '\r\n',
    'npm:c@1',
  ],
] as [string, ...string[]];

/** A few changes to a text: characters, pieces, words and lines of itself, here or there. */
function mutate(text: string, random: ReturnType<typeof seededRandom>): string {
  let changed = text;
  for (let left = 1 + random.integer(3); left > 0; left -= 1) {
    const at = random.integer(changed.length);
    const lines = changed.split('\n');
    const line = random.integer(lines.length);
    const words = text.match(/[^\s:{}]+/g) ?? ['x'];
    switch (random.integer(7)) {
      case 0:
        changed = changed.slice(0, at) + random.pick(PIECES) + changed.slice(at);
        break;
      case 1:
        changed = changed.slice(0, at) + changed.slice(at + 1 + random.integer(3));
        break;
      case 2:
        changed =
          changed.slice(0, at) +
          changed.slice(at).replace(/[^\s:{}]+/, () => words[random.integer(words.length)] ?? '');
        break;
      case 3:
        changed = [...lines.slice(0, line), lines[random.integer(lines.length)] ?? '', ...lines.slice(line)].join('\n');
        break;
      case 4:
        changed = lines.filter((_, index) => index !== line).join('\n');
        break;
      case 5:
        changed = lines
          .map((each, index) => (index === line ? each.replace(/^ {2}|^/, random.pick(['', '  ', '    '])) : each))
          .join('\n');
        break;
      default:
        changed = lines.map((each, index) => (index === line ? each + random.pick(PIECES) : each)).join('\n');
    }
  }
  return changed;
}

function ours(text: string): Lockfile | null {
  try {
    return parseLockfile('pnpm-lock.yaml', Buffer.from(text));
  } catch (error) {
    if (error instanceof LockfileError) return null;
    throw error;
  }
}

/** What is fetched, what gets what, and what a project gets, of registries: the same lines of both readers. */
function linesOfOurs({ dependencies }: Lockfile): ReadonlySet<string> {
  return new Set(
    dependencies.flatMap(({ name, version, artifacts: [{ digests: integrity, source }], claims = [], direct }) => {
      if (source.kind !== 'registry') return [];
      const hashes = integrity.map(
        ({ algorithm, hex }) => `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`,
      );
      const spec = `${name}@${version}`;
      return [
        `${spec} ${hashes.join(' ')} ${source.resolved ?? ''}`,
        ...claims.flatMap(({ answers = {} }) =>
          Object.entries(answers).map(([alias, got]) => `${spec} > ${alias} = ${got}`),
        ),
        ...(direct ? [`direct ${spec}`] : []),
      ];
    }),
  );
}

/** Options behind a hash change nothing, and what is no text is none. */
function hashesOf(integrity: unknown): string {
  return typeof integrity === 'string' ? integrity.replace(/\?\S*/g, '') : '';
}

function linesOfTheirs({ importers, packages = {} }: TheirLockfile, pnpm: Theirs): readonly string[] {
  const target = (alias: string, reference: string): { name: string; version: string } | null => {
    const key = pnpm.refToRelative(reference, alias);
    const snapshot = key === null ? undefined : packages[key];
    if (key === null || snapshot === undefined || snapshot.resolution.type !== undefined) return null;
    const found = pnpm.nameVerFromPkgSnapshot(key, snapshot);
    return /^\d/.test(found.version) ? found : null;
  };
  const entries = Object.entries(packages).flatMap(([key, snapshot]) => {
    const { name, version } = pnpm.nameVerFromPkgSnapshot(key, snapshot);
    if (typeof version !== 'string' || !/^\d/.test(version) || snapshot.resolution.type !== undefined) return [];
    const { integrity, tarball } = snapshot.resolution;
    const below = Object.entries({ ...snapshot.dependencies, ...snapshot.optionalDependencies });
    return [
      `${name}@${version} ${hashesOf(integrity)} ${tarball ?? ''}`,
      ...below.flatMap(([alias, reference]) => {
        const got = target(alias, reference);
        return got === null ? [] : [`${name}@${version} > ${alias} = ${got.name}`];
      }),
    ];
  });
  const asked = Object.values(importers).flatMap(({ dependencies, devDependencies, optionalDependencies }) =>
    Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }),
  );
  const direct = asked.flatMap(([alias, reference]) => {
    const got = target(alias, reference);
    return got === null ? [] : [`direct ${got.name}@${got.version}`];
  });
  return [...entries, ...direct];
}

/** pnpm's own reader, of an exact version; null where it cannot be had. */
function theirs(spec: string): Theirs | null {
  const folder = fromRegistry(spec);
  if (folder === null) return null;
  const load = createRequire(join(folder, 'lib/index.js'));
  const { readWantedLockfile } = load(folder) as Pick<Theirs, 'readWantedLockfile'>;
  const { nameVerFromPkgSnapshot } = load('@pnpm/lockfile-utils') as Pick<Theirs, 'nameVerFromPkgSnapshot'>;
  const { refToRelative } = load('@pnpm/dependency-path') as Pick<Theirs, 'refToRelative'>;
  return { readWantedLockfile, nameVerFromPkgSnapshot, refToRelative };
}

describe('what is accepted is read as pnpm reads it', () => {
  it.for([
    ['9.0', V9],
    ['6.0', V6],
  ] as const)(`version %s, ASSAY_SEED=${SEED}`, { timeout: 3_600_000 }, async ([, text], { skip }) => {
    const spec = '@pnpm/lockfile-file@9.1.3';
    const pnpm = theirs(spec);
    if (pnpm === null) return skip(notToBeHad(spec));
    const random = seededRandom(SEED);
    const folder = mkdtempSync(join(tmpdir(), 'assay-pnpm-differential-'));
    let accepted = 0;
    let compared = 0;
    try {
      for (let tried = 0; accepted < COUNT && tried < COUNT * 40; tried += 1) {
        const changed = mutate(text, random);
        const lockfile = ours(changed);
        if (lockfile === null) continue;
        accepted += 1;
        writeFileSync(join(folder, 'pnpm-lock.yaml'), changed);
        // What pnpm's reader stumbles over, it does not install.
        const lines = await pnpm
          .readWantedLockfile(folder, { ignoreIncompatible: true })
          .then((read) => (read === null ? [] : linesOfTheirs(read, pnpm)))
          .catch(() => []);
        if (lines.length > 0) compared += 1;
        const known = linesOfOurs(lockfile);
        const missed = lines.filter((line) => !known.has(line));
        expect({ missed, changed: missed.length === 0 ? '' : changed }).toEqual({ missed: [], changed: '' });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    expect(accepted).toBe(COUNT);
    expect(compared).toBeGreaterThan(COUNT / 2);
  });
});
