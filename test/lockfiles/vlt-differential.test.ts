import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom, type Random } from '../../bench/audit/random.ts';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';
import { ranOrSkip, registryInUse, type Ran } from './real.ts';
import { foldersIn, vltInUse, type VltInUse } from './vlt-in-use.ts';
import { unlessRefused } from './support.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** Raise the first to try more; give the second to try the same again. */
const COUNT = Number(process.env['ASSAY_DIFFERENTIAL'] ?? 200);
const SEED = process.env['ASSAY_SEED'] ?? 'vlt';

const SETTINGS = { workspaces: { packages: 'packages/*' }, catalog: { 'is-buffer': '2.0.5' } };
const MANIFESTS: Readonly<Record<string, object>> = {
  '': {
    name: 'app',
    version: '1.0.0',
    dependencies: {
      '@app/w': 'workspace:*',
      'is-odd': '^3.0.1',
      odd: 'npm:is-odd@0.1.2',
      local: 'file:./local',
      mkdirp: '^0.5.6',
      'use-sync-external-store': '1.2.0',
    },
    devDependencies: { ms: '2.1.3', semver: '7.7.1' },
  },
  'packages/w': {
    name: '@app/w',
    version: '1.0.0',
    dependencies: { 'is-number': '^7.0.0', 'is-buffer': 'catalog:', ms: '2.0.0' },
  },
  local: { name: 'local', version: '1.0.0', dependencies: { ms: '2.0.0' } },
  evil: { name: 'evil', version: '1.0.0', bin: { evil: 'x.js' } },
};
/** What the command line gives: `local` and `evil` are only there. */
const given = new Map(['', 'packages/w'].map((folder) => [folder, JSON.stringify(MANIFESTS[folder])]));
const settings = [{ path: 'vlt.json', content: SETTINGS, ofProject: true }];

let root = '';
let project = '';
let vlt: VltInUse = { obstacle: null, folder: '', node: '' };

function run(...args: readonly string[]): Ran {
  const env = foldersIn(root);
  return spawnSync(vlt.node, args, { cwd: project, encoding: 'utf8', timeout: 3_600_000, env, maxBuffer: 2 ** 30 });
}

interface VltLock {
  lockfileVersion: unknown;
  options: Record<string, unknown>;
  nodes: Record<string, unknown[]>;
  edges: Record<string, string>;
}

/** Values that an edited lockfile may have anywhere. */
const IDS = [
  ...[
    '~npm~ms@2.1.3',
    '~npm~ms@2.0.0',
    '~npm~ms@9.9.9',
    '~npm~minimist@1.2.8',
    '~~ms@2.1.3',
    '··ms@2.1.3',
    ';;ms@2.1.3',
  ],
  ...['~npm~evil@1.0.0', '~npm~is-number@7.0.0', '~custom~ms@2.1.3', '~https_c++evil.example~ms@2.1.3'],
  ...['file~evil', 'file~local', 'file~packages+w', 'workspace~packages+w', 'workspace~evil', 'file~_d', 'file~_d_d+x'],
  ...[
    'file~vendor+a.tgz',
    'git~github_co+r~0123abc',
    'git~git_pssh_c++git_ah.org+r.git~abc',
    'remote~https_c++h.org+a.tgz',
  ],
  ...['remote~https_c++registry.npmjs.org+ms+-+ms-2.1.3.tgz', '~npm~ms@2.1.3~peer.1', '~npm~ms@2.1.3~_croot_s_g_s#ms'],
  ...[
    '~npm~__proto____@1.0.0',
    '~npm~ms@v2.1.3',
    '~npm~ms@2.1.3 ',
    '~npm~MS@2.1.3',
    '~npm~ms',
    'x~ms@1',
    '',
    'MISSING',
  ],
] as const;
const NAMES = [
  'ms',
  'is-odd',
  'odd',
  'is-number',
  'evil',
  'minimist',
  '@app/w',
  'local',
  'zz',
  '__proto__',
  'MS',
] as const;
const SPECS = [
  ...[
    '*',
    '^1.0.0',
    '^2.0.0',
    '2.1.3',
    '2.0.0',
    '^3.0.1',
    'latest',
    '',
    ' ',
    'npm:minimist@^1.2.6',
    'npm:is-odd@0.1.2',
  ],
  ...['npm:ms@2.1.3', 'custom:ms@2.1.3', 'registry:https://evil.example/#ms@2.1.3', 'jsr:1', 'catalog:', 'catalog:x'],
  ...[
    'file:./evil',
    'file:./local',
    'file:evil',
    'workspace:*',
    'workspace:@app/w@*',
    'link:./evil',
    'o/r',
    'github:o/r',
  ],
  ...[
    'git+ssh://git@h.org/r.git',
    'https://h.org/a.tgz',
    '>=1 <3',
    '2.1.3 || 7',
    '\u00a02.1.3',
    '2.1.3\u00a0',
    '^2.0.0\t',
  ],
] as const;
const KINDS = ['prod', 'dev', 'optional', 'peer', 'peerOptional', 'bundled', 'PROD', ''] as const;
const ADDRESSES = [
  ...[
    'https://registry.npmjs.org/ms/-/ms-2.1.3.tgz',
    'https://evil.example/ms/-/ms-2.1.3.tgz',
    'evil',
    './evil',
    'file:evil',
  ],
  ...['git+ssh://git@h.org/r.git', 'https://codeload.github.com/o/r/tar.gz/0123abc', ' ', '', null, 7],
] as const;
const PLACES = [
  ...['./evil', 'evil', 'local', './local', 'packages/w', '../x', 'node_modules/.vlt/x', '', null, 3, '/etc', 'local/'],
  ...['./node_modules/.vlt/~npm~ms@2.1.3/node_modules/ms', 'node_modules/ms'],
] as const;
const HASHES = [`sha512-${Buffer.alloc(64, 1).toString('base64')}`, 'sha1-x', 'sha512-x', '', null, 1] as const;

/** vlt reads its own aliases ("npm") as its versions differ; another one means the same to all. */
function editOptions(value: VltLock, random: Random): void {
  const [key, content] = random.pick<readonly [string, unknown]>([
    ['registry', 'https://evil.example/'],
    ['registry', 'x'],
    ['registries', { custom: 'https://evil.example/' }],
    ['scope-registries', { '@app': 'https://evil.example/' }],
    ['scoped-registries', { '@app': 'https://evil.example/' }],
    ['jsr-registries', { custom: 'https://evil.example/' }],
    ['catalog', { 'is-buffer': random.pick(SPECS) }],
    ['catalog', {}],
    ['catalogs', { x: { ms: random.pick(SPECS) } }],
    ['modifiers', { '#ms': random.pick(SPECS) }],
    ['git-hosts', { github: 'git+ssh://git@evil.example/$1/$2.git' }],
    ['default-registry-alias', 'custom'],
  ]);
  value.options[key] = content;
}

/** One or two edits of the lockfile's value, and sometimes one of its text. */
function mutate(text: string, random: Random): string {
  const value = JSON.parse(text) as VltLock;
  const keysOf = (holder: object): [string, ...string[]] => Object.keys(holder) as [string, ...string[]];
  const id = random.pick(keysOf(value.nodes));
  const node = value.nodes[id] ?? [];
  const anyId = (): string => (random.integer(2) === 0 ? random.pick(IDS) : random.pick(keysOf(value.nodes)));
  const anyFrom = (): string => random.pick(['file~_d', 'workspace~packages+w', anyId()]);
  const edge = random.pick(keysOf(value.edges));
  const [kind = '', ...rest] = (value.edges[edge] ?? '').split(' ');
  const [spec, to] = [rest.slice(0, -1).join(' '), rest.at(-1) ?? ''];
  const put = (at: number, what: unknown): void => {
    while (node.length < at) node.push(null);
    node[at] = what;
  };
  const edits: readonly [() => unknown, ...(() => unknown)[]] = [
    () => void (value.edges[edge] = `${kind} ${spec} ${anyId()}`),
    () => void (value.edges[edge] = `${kind} ${spec} ${anyId()}`),
    () => void (value.edges[edge] = `${kind} ${random.pick(SPECS)} ${to}`),
    () => void (value.edges[edge] = `${kind} ${random.pick(SPECS)} ${anyId()}`),
    () => void (value.edges[edge] = `${random.pick(KINDS)} ${spec} ${to}`),
    () =>
      void (value.edges[`${anyFrom()} ${random.pick(NAMES)}`] =
        `${random.pick(KINDS)} ${random.pick(SPECS)} ${anyId()}`),
    () => void (value.edges[`${id} ${random.pick(NAMES)}`] = `prod ${random.pick(SPECS)} ${anyId()}`),
    () => Reflect.deleteProperty(value.edges, edge),
    () =>
      void (value.edges[edge] = random.pick([
        `${kind}  ${spec} ${to}`,
        `${kind} ${spec}  ${to}`,
        ` ${kind} ${spec} ${to}`,
      ])),
    () =>
      void (value.edges[edge.replace(' ', random.pick(['  ', '\t', '\u00a0', ' (unknown)']))] =
        `${kind} ${spec} ${to}`),
    () => Reflect.deleteProperty(value.nodes, id),
    () => void (value.nodes[anyId()] = [...node]),
    () => void (value.nodes[random.pick(IDS)] = [0, random.pick(NAMES), HASHES[0]]),
    () => void (value.nodes[id] = [...(value.nodes[anyId()] ?? [])]),
    () => put(0, random.pick([0, 1, 2, 3, 4, 5, 7, 8, -1, 1.5, '0', null, true])),
    () => put(1, random.pick([...NAMES, null, '', 7])),
    () => put(2, random.pick<unknown>(HASHES)),
    () => put(3, random.pick<unknown>(ADDRESSES)),
    () => put(3, random.pick<unknown>(ADDRESSES)),
    () => put(4, random.pick<unknown>(PLACES)),
    () => put(4, random.pick<unknown>(PLACES)),
    () =>
      put(
        5,
        random.pick<unknown>([{ name: 'evil', version: '1.0.0' }, { dependencies: { evil: '*' } }, null, {}, 'x']),
      ),
    () => put(6, random.pick([{ name: 'evil' }, null])),
    () => put(7, random.pick<unknown>([{ os: ['none'] }, { engines: { node: '<1' } }, null, 'x'])),
    () =>
      put(
        8,
        random.pick<unknown>([{ node: 'x.js' }, { '../../x': 'x.js' }, 'x.js', {}, { '@s/x': './a/../x.js' }, null]),
      ),
    () => put(9, random.pick([0, 1, 2, 3, null])),
    () => void node.splice(random.integer(node.length), 1),
    () => (random.integer(3) === 0 ? editOptions(value, random) : put(3, random.pick<unknown>(ADDRESSES))),
    () => void (value.lockfileVersion = random.pick([0, 1, 1, 2, '1', null])),
  ];
  for (let left = 1 + random.integer(2); left > 0; left -= 1) random.pick(edits)();
  const written = JSON.stringify(value, null, 2);
  const at = random.integer(written.length);
  const lines = written.split('\n');
  const line = random.integer(lines.length);
  switch (random.integer(12)) {
    case 0:
      return `${written.slice(0, at)}${random.pick([' ', ',', '"', '\u00a0', '\ufeff', '\\', '\u0000', '~', '+'])}${written.slice(at)}`;
    case 1:
      return [...lines.slice(0, line), lines[line] ?? '', ...lines.slice(line)].join('\n');
    default:
      return written;
  }
}

function read(text: string): Lockfile | null {
  return unlessRefused(() => parseLockfile('vlt-lock.json', Buffer.from(text), given, settings));
}

/** What vlt-install.mjs says of one lockfile. */
interface Installed {
  readonly error?: string;
  /** What the registry would have been asked for anew. */
  readonly asked: readonly string[];
  readonly fetched: readonly { spec: string; type: string; target: string; integrity?: string; resolved?: string }[];
  readonly nodes?: readonly { id: string; name: string; bins?: unknown; importer: boolean; location: string }[];
  readonly edges?: readonly { name: string; from: string; to: string | null; wanted: { type: string; name: string } }[];
}

/** How our reading of a lockfile that vlt installs from differs. */
function differences(lockfile: Lockfile, { asked, fetched, nodes = [], edges = [] }: Installed): readonly string[] {
  const found: string[] = [];
  const byId = new Map<string, Dependency>();
  for (const dependency of lockfile.dependencies) {
    for (const { path } of dependency.places) byId.set(path, dependency);
  }
  const skipped = new Set(lockfile.skipped.map(({ place }) => place.path));
  const isTold =
    lockfile.findings !== undefined || lockfile.dependencies.some(({ substitutes = [] }) => substitutes.length > 0);
  if (asked.length > 0 && !isTold) found.push(`the registry is asked for ${asked.join(', ')}`);
  const ids = new Map<string, string>();
  for (const { spec, type, target, integrity, resolved } of fetched) {
    const [, id = '', name = ''] = /^node_modules\/\.vlt\/([^/]+)\/node_modules\/(.+)$/.exec(target) ?? [];
    ids.set(id, name);
    const ours = byId.get(id);
    if (ours === undefined) {
      found.push(`${target} is fetched`);
      continue;
    }
    if (ours.name !== name) found.push(`${id} is installed as ${name}, not ${ours.name}`);
    if (type !== 'registry') continue;
    // Where the options name another registry, it asks for the same package by an alias.
    if (spec.replace(`@npm:${name}@`, '@') !== `${ours.name}@${ours.version}`)
      found.push(`${id} is fetched as ${spec}, not as ${ours.version}`);
    const basename = name.slice(name.indexOf('/') + 1);
    const usual = `https://registry.npmjs.org/${name}/-/${basename}-${ours.version}.tgz`;
    const address = ours.artifacts[0].source.kind === 'registry' ? (ours.artifacts[0].source.resolved ?? usual) : null;
    if (resolved !== undefined && resolved !== address) found.push(`${id} is fetched from ${resolved}, not ${address}`);
    const hashes = ours.artifacts[0].digests.map(
      (one) => `${one.algorithm}-${Buffer.from(one.hex, 'hex').toString('base64')}`,
    );
    if (ours.artifacts[0].digests.length > 0 && integrity?.trim() !== hashes[0])
      found.push(`${id} is held to ${integrity}`);
  }
  for (const { id, importer, location, bins } of nodes) {
    if (importer) continue;
    const ours = byId.get(id);
    if (ours === undefined && !skipped.has(id)) found.push(`nothing is known of ${id}`);
    const isInStore = location.startsWith('./node_modules/.vlt/');
    const path = id.startsWith('file~') ? id.slice('file~'.length).replaceAll('+', '/').replaceAll('_d', '.') : '';
    if (!isInStore && posix.join(location, '/') !== posix.join(path, '/')) found.push(`${id} is at ${location}`);
    const bin = Object.keys(bins ?? {}).map((key) => key.replace(/^@[^/]+\//, ''));
    const claimed = ours?.claims?.flatMap((one) => Object.keys(one.bin ?? {}));
    if (claimed !== undefined && bin.some((key) => !claimed.includes(key)))
      found.push(`${id} has commands ${bin.join()}`);
  }
  const importers = new Set(nodes.filter(({ importer }) => importer).map(({ id }) => id));
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  for (const { name, from, to, wanted } of edges) {
    if (to === null) continue;
    const ours = byId.get(to);
    const isAnswer = wanted.type !== 'registry' || (/^[~·;]/.test(to) && names.get(to) === wanted.name);
    const isSaid = (ours?.substitutes ?? []).length > 0;
    if (!isAnswer && !isSaid) found.push(`${to} answers ${from} ${name}, which asks for ${wanted.name}`);
    // In the place of a wrong answer vlt takes the right one, where there is one.
    if (!isTold && importers.has(from) && ours?.direct === false) found.push(`${to} is direct`);
    const claims = byId.get(from)?.claims?.map((one) => ({ ...one.dependencies, ...one.peerDependencies }));
    if (claims?.some((one) => !Object.hasOwn(one, name)) === true) found.push(`${from} claims no ${name}`);
  }
  return found;
}

beforeAll(() => {
  vlt = vltInUse();
  root = mkdtempSync(join(tmpdir(), 'assay-vlt-mutations-'));
  project = join(root, 'project');
  for (const [folder, manifest] of Object.entries(MANIFESTS)) {
    mkdirSync(join(project, folder), { recursive: true });
    writeFileSync(join(project, folder, 'package.json'), JSON.stringify(manifest));
  }
  writeFileSync(join(project, 'vlt.json'), JSON.stringify(SETTINGS));
}, 400_000);

afterAll(() => removeFolder(root));

describe(`an edited vlt-lock.json (seed ${SEED})`, () => {
  it(
    'is read as vlt installs it, or refused, or said to put one thing for another',
    { timeout: 3_600_000 },
    ({ skip }) => {
      if (vlt.obstacle !== null) return skip(vlt.obstacle);
      ranOrSkip(run(join(vlt.folder, 'vlt.js'), 'install', `--registry=${registryInUse()}`), skip);
      const lock = readFileSync(join(project, 'vlt-lock.json'), 'utf8');
      const random = seededRandom(SEED);
      const texts = [lock, ...Array.from({ length: COUNT }, () => mutate(lock, random))];
      const requests = join(root, 'requests');
      writeFileSync(requests, texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
      const ran = run(join(import.meta.dirname, 'vlt-install.mjs'), vlt.folder, project, requests);
      expect([ran.status, ran.stderr]).toEqual([0, '']);
      const answers = ran.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Installed);
      expect(answers).toHaveLength(texts.length);
      expect([answers[0]?.error, answers[0]?.asked, read(lock)?.skipped.length]).toEqual([undefined, [], 1]);
      const seen = { installed: 0, refusedByVlt: 0, refusedByUs: 0 };
      const found: { text: string; differences: readonly string[] }[] = [];
      for (const [index, answer] of answers.entries()) {
        const text = texts[index] ?? '';
        const lockfile = read(text);
        const isInstalled = answer.error === undefined || answer.asked.length > 0;
        if (!isInstalled) seen.refusedByVlt += 1;
        else if (lockfile === null) seen.refusedByUs += 1;
        else {
          seen.installed += 1;
          const differing = differences(lockfile, answer);
          if (differing.length > 0) found.push({ text, differences: differing });
        }
      }
      process.stdout.write(`vlt-lock.json, seed ${SEED}, ${COUNT} edits: ${JSON.stringify(seen)}\n`);
      expect(found.slice(0, 3)).toEqual([]);
      expect(seen.installed).toBeGreaterThan(COUNT / 10);
    },
  );
});
