import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom, type Random } from '../../bench/audit/random.ts';
import { PYPI_FORMATS } from '../../src/lockfiles/pypi/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { LockfileError } from '../../src/readers/error.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { pythonTools } from './python-tools.ts';
import { SAMPLES } from './samples.ts';

/** `ASSAY_MUTATIONS=10000 ASSAY_SEED=x npx vitest run test/lockfiles/pypi-differential.test.ts` for a run by hand. */
const MUTATIONS = Number(process.env['ASSAY_MUTATIONS'] ?? '400');
/** Of uv, which is started for each. */
const STARTS = Math.ceil(MUTATIONS / 10);
const SEED = process.env['ASSAY_SEED'] ?? 'pypi 1';

const tools = pythonTools();
const folder = mkdtempSync(join(tmpdir(), 'assay-pypi-differential-'));
afterAll(() => removeFolder(folder));

/** What is installed: hashes of each `name==version`, or of an address. */
type Installed = Readonly<Record<string, readonly string[]>>;

function installed(entries: readonly (readonly [string, readonly string[]])[]): Installed {
  const found = new Map<string, Set<string>>();
  for (const [key, hashes] of entries) found.set(key, new Set([...(found.get(key) ?? []), ...hashes]));
  return Object.fromEntries(
    [...found].map(([key, hashes]) => [key, [...hashes].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** What assay reads; null where it refuses. */
function read(file: string, text: string): Lockfile | null {
  const format = PYPI_FORMATS.find(({ fileNames }) => fileNames.includes(file));
  try {
    return format?.parse(file, Buffer.from(text), new Map(), []) ?? null;
  } catch (error) {
    if (error instanceof LockfileError) return null;
    throw error;
  }
}

function readInstalled(lockfile: Lockfile): Installed {
  return installed(
    lockfile.dependencies.map(({ name, version, artifacts }) => [
      `${name}==${version}`,
      artifacts.flatMap(({ digests }) => digests.map(({ algorithm, hex }) => `${algorithm}:${hex}`)),
    ]),
  );
}

const PIECES = [
  ...[' ', '\n', '\\\n', '\t', '\r', '#', ' #', '"', "'", '\\', '==', '=', ';', ',', '[x]', '[', ']', '{', '}', '-'],
  ...[
    '--hash=',
    '--hash',
    '-r ',
    '-e ',
    '--pre',
    '@ ',
    './',
    ':',
    '.',
    '_',
    '\u00a0',
    '\ufeff',
    '\u2028',
    '\f',
    '\x85',
  ],
] as const;

/** The text with one to three changes: a line or a word less, twice, elsewhere, or with something in it. */
function mutated(text: string, random: Random): string {
  let result = text;
  for (let change = random.integer(3); change >= 0; change -= 1) {
    const lines = result.split('\n');
    const [at, to] = [random.integer(lines.length), random.integer(lines.length)];
    const line = lines[at] ?? '';
    const place = random.integer(result.length + 1);
    const words = (result.match(/[\w.-]+|[^\s\w]/g) ?? ['x']) as [string, ...string[]];
    const [word, other] = [random.pick(words), random.pick(words)];
    const start = Math.max(result.indexOf(word, place), 0);
    const changes = [
      () => lines.toSpliced(at, 1).join('\n'),
      () => lines.toSpliced(to, 0, line).join('\n'),
      () => lines.toSpliced(at, 1).toSpliced(to, 0, line).join('\n'),
      () => result.slice(0, place) + random.pick(PIECES) + result.slice(place),
      () => result.slice(0, place) + result.slice(place + 1 + random.integer(4)),
      () => result.slice(0, start) + other + result.slice(start + word.length),
    ] as const;
    result = random.pick(changes)();
  }
  return result;
}

function textsOf(base: string, count: number, seed: string): readonly string[] {
  const random = seededRandom(`${SEED} ${seed}`);
  return [base, ...Array.from({ length: count }, () => mutated(base, random))];
}

const hex = (digit: string): string => digit.repeat(64);
const recorded = (name: string): string => readFileSync(sharedData(`ecosystems/pypi/locks/${name}`), 'utf8');

/** Of each text what pip takes from it; null where it refuses. `sees` are names, of whatever it is asked for. */
const PIP = `
import json, os, sys, tempfile
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements
from pip._vendor.packaging.utils import canonicalize_name
session = PipSession()
answers = []
folder = tempfile.mkdtemp()
os.chdir(folder)
path = os.path.join(folder, 'requirements.txt')
for text in json.load(sys.stdin):
    with open(path, 'wb') as file:
        file.write(text.encode('utf-8', 'surrogatepass'))
    try:
        entries, sees = [], []
        for line in parse_requirements(path, session=session):
            req = install_req_from_parsed_requirement(line)
            name = canonicalize_name(req.req.name) if req.req is not None else None
            sees.append(name or str(req.link))
            if name is not None and req.link is None and req.is_pinned:
                hashes = [f'{a}:{h}' for a, hs in req.hash_options.items() for h in hs]
                entries.append([name + '==' + next(iter(req.specifier)).version, hashes])
        answers.append({'entries': entries, 'sees': sees})
    except Exception as error:
        answers.append(None)
    except SystemExit:
        answers.append(None)
os.remove(path)
os.rmdir(folder)
json.dump(answers, sys.stdout)
`;

const PACKAGING = `
import json, sys, tomllib
from packaging.pylock import Pylock
answers = []
for text in json.load(sys.stdin):
    try:
        lock = Pylock.from_dict(tomllib.loads(text))
        entries = []
        for one in lock.packages:
            files = [f for f in [one.archive, one.sdist, *(one.wheels or [])] if f is not None]
            hashes = [f'{a}:{h.lower()}' for f in files for a, h in f.hashes.items()]
            entries.append([str(one.name), None if one.version is None else str(one.version), hashes])
        answers.append(entries)
    except Exception as error:
        answers.append(None)
json.dump(answers, sys.stdout)
`;

interface PipAnswer {
  readonly entries: readonly (readonly [string, readonly string[]])[];
  readonly sees: readonly string[];
}

describe.skipIf(tools === null)('beside the real tools (skipped where they cannot be had from an index)', () => {
  const REQUIREMENTS = `# Compiled.
a-one==1.2.3 \\
    --hash=sha256:${hex('a')} \\
    --hash=sha256:${hex('b')}
    # via -r requirements.in
b[extra,more]==2.0.0 ; python_version >= "3" \\
    --hash=sha256:${hex('c')}
C_c.d===3.0 --hash="sha256:${hex('d')}" # why
--no-binary :all:
e==1!4.0.post1 --hash sha256:${hex('e')}
f>=1
`;

  it.each([
    ['requirements', REQUIREMENTS],
    ['the sample', SAMPLES.find(({ format }) => format === 'pip')?.text ?? ''],
  ])('reads %s as pip does, whole and changed', (name, base) => {
    const texts = textsOf(base, MUTATIONS, `pip ${name}`);
    const answers = tools?.ask(PIP, texts) as readonly (PipAnswer | null)[];
    let compared = 0;
    for (const [at, text] of texts.entries()) {
      const [answer, lockfile] = [answers[at], read('requirements.txt', text)];
      // What pip refuses is not installed; what assay refuses is not passed.
      if (answer === null || answer === undefined || lockfile === null) continue;
      compared += 1;
      const own = readInstalled(lockfile);
      expect(own, JSON.stringify(text)).toMatchObject(installed(answer.entries));
      const count =
        lockfile.entries + (lockfile.findings ?? []).filter((one) => one.finding.code === 'lockfile-not-used').length;
      expect(count, JSON.stringify(text)).toBe(answer.sees.length);
    }
    expect(compared).toBeGreaterThan(texts.length / 10);
  });

  it.skipIf(!hasSharedData)('reads recorded requirements as pip does', () => {
    for (const name of ['warehouse-main', 'warehouse-tests', 'cdxgen-linux']) {
      const text = recorded(`requirements__${name}__requirements.txt`);
      const [answer] = tools?.ask(PIP, [text]) as readonly [PipAnswer];
      const lockfile = read('requirements.txt', text);
      expect(lockfile && readInstalled(lockfile), name).toEqual(installed(answer.entries));
      expect(answer.entries.length).toBeGreaterThan(40);
    }
  });

  function comparePylock(texts: readonly string[]): number {
    const answers = tools?.ask(PACKAGING, texts) as readonly (readonly [string, string | null, string[]][] | null)[];
    let compared = 0;
    for (const [at, text] of texts.entries()) {
      const [answer, lockfile] = [answers[at], read('pylock.toml', text)];
      if (answer === null || answer === undefined || lockfile === null) continue;
      compared += 1;
      const hashes = Object.values(readInstalled(lockfile)).flat().sort();
      const theirs = installed(answer.map(([name, version, all]) => [`${name}==${version ?? ''}`, all]));
      expect([...new Set(hashes)], text).toEqual([...new Set(Object.values(theirs).flat())].sort());
      const versions = new Set(lockfile.dependencies.map(({ name, version }) => `${name}==${version}`));
      const missing = answer.filter(
        ([name, version, all]) => version !== null && all.length > 0 && !versions.has(`${name}==${version}`),
      );
      expect(missing, text).toEqual([]);
      expect(lockfile.entries, text).toBe(answer.length);
    }
    return compared;
  }

  it('reads pylock.toml as packaging does, whole and changed', () => {
    const texts = textsOf(SAMPLES.find(({ format }) => format === 'pylock')?.text ?? '', MUTATIONS, 'pylock');
    expect(comparePylock(texts)).toBeGreaterThan(texts.length / 10);
  });

  it.skipIf(!hasSharedData)('reads recorded pylock.toml as packaging does', () => {
    const names = ['pylock__pdm-demo__pylock.toml', 'pylock__pip__pylock.toml', 'pylock__spec-example__pylock.toml'];
    expect(comparePylock(names.map(recorded))).toBe(3);
  });

  /** What uv would install from a uv.lock; null where it refuses. */
  function exported(text: string, project: string): Installed | null {
    writeFileSync(join(folder, 'uv.lock'), text);
    writeFileSync(
      join(folder, 'pyproject.toml'),
      `[project]\nname = "${project}"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = []\n`,
    );
    const options = ['--frozen', '--no-emit-local', '--all-extras', '--all-groups', '--no-annotate', '--no-header'];
    const output = tools?.uv(folder, 'export', ...options) ?? null;
    if (output === null) return null;
    // Each requirement is one line, which goes on in those of its hashes.
    const lines = output.replaceAll('\\\n', ' ').split('\n');
    return installed(
      lines
        .filter((line) => /^[a-z0-9][\w.-]*==/i.test(line))
        .map((line) => [line.split(/[\s;]/, 1)[0] ?? '', line.match(/(?<=--hash=)\S+/g) ?? []]),
    );
  }

  it('reads uv.lock with everything that uv exports, whole and changed', { timeout: 240_000 }, () => {
    const texts = textsOf(SAMPLES.find(({ format }) => format === 'uv')?.text ?? '', STARTS, 'uv');
    let compared = 0;
    for (const text of texts) {
      const lockfile = read('uv.lock', text);
      const theirs = lockfile === null ? null : exported(text, 'project');
      if (lockfile === null || theirs === null) continue;
      compared += 1;
      expect(readInstalled(lockfile), text).toMatchObject(theirs);
    }
    expect(compared).toBeGreaterThan(1);
  });

  it.skipIf(!hasSharedData)('reads recorded uv.lock with everything that uv exports', () => {
    for (const [name, project] of [
      ['uv__benchmark__uv.lock', 'benchmark'],
      ['uv__uv__uv.lock', 'uv'],
      ['made/poisoned-url.uv.lock', 't'],
    ] as const) {
      const text = recorded(name);
      const lockfile = read('uv.lock', text);
      const theirs = exported(text, project) ?? {};
      expect(Object.keys(theirs).length, name).toBeGreaterThan(0);
      expect(lockfile && readInstalled(lockfile), name).toMatchObject(theirs);
    }
  });
});
