import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageLock } from '../../lab/lockfile.ts';
import { tarballPath } from '../../lab/publish.ts';
import { type KeysJson, newRegistryKeys, type TufKeysJson } from '../../lab/registry-keys.ts';
import { type Answer, newRegistry } from '../../lab/registry.ts';
import { startSigstore, type TrustedRootJson } from '../../lab/sigstore/index.ts';
import { type PackageHistory, publishHistory } from './documents.ts';
import { planTree } from './plan.ts';
import { seededRandom } from './random.ts';

/** Part of the cache's key: to be raised with every change of what is generated. */
const GENERATOR = 1;

/** What was generated, beside the bodies: `index.json` of its folder. */
export interface TreeIndex {
  /** Versions locked, and how many of them are attested. */
  readonly packages: number;
  readonly attested: number;
  readonly documents: number;
  /** An attested package with a predecessor, locked at one version: what the baseline lacks where one has changed. */
  readonly changed: string;
  readonly trustedRoot: TrustedRootJson;
  readonly keys: KeysJson;
  readonly tufKeys: TufKeysJson;
  /** Bodies as they are sent, one behind the other in `bodies.bin`. */
  readonly answers: readonly StoredAnswer[];
}

interface StoredAnswer {
  /** Decoded path, behind "abbreviated " where another document is sent to who asks for that. */
  readonly key: string;
  readonly type: string;
  readonly etag: string;
  readonly gzip: boolean;
  readonly start: number;
  readonly end: number;
}

export const ABBREVIATED = 'application/vnd.npm.install-v1+json';

const NOW = Date.UTC(2026, 3, 1);
const YEAR = 365 * 86_400_000;
/** Documents name the public registry, as everywhere: clients put the configured one in its place. */
const REGISTRY = 'https://registry.npmjs.org/';

/**
 * The folder of a tree of so many packages: `index.json`, `bodies.bin` and `project/`. Generates it where it is
 * missing.
 */
export function generatedTree(cache: string, packages: number, print: (line: string) => void): string {
  const folder = join(cache, `tree-${GENERATOR}-${packages}`);
  if (existsSync(folder)) return folder;
  print(`generating a tree of ${packages} packages`);
  const temporary = `${folder}.${process.pid}.tmp`;
  mkdirSync(join(temporary, 'project'), { recursive: true });
  try {
    generate(temporary, packages);
    renameSync(temporary, folder);
  } catch (error) {
    // Somebody else may have been faster.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
  return folder;
}

export function readTree(folder: string): TreeIndex {
  return JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as TreeIndex;
}

function generate(folder: string, packages: number): void {
  const random = seededRandom(`tree of ${packages}`);
  const plan = planTree(packages, random);
  const validity = { start: NOW - 10 * YEAR, end: NOW + 20 * YEAR };
  const keys = newRegistryKeys(validity.start);
  const sigstore = startSigstore(() => NOW, validity);
  const context = { url: REGISTRY, now: NOW, keys, sigstore, foreign: () => sigstore };

  const locked = newRegistry();
  const answers: StoredAnswer[] = [];
  const bodies: Buffer[] = [];
  let length = 0;
  const store = (key: string, answer: Answer | null): void => {
    if (answer === null) throw new Error(`nothing to serve as ${key}`);
    const body = answer.gzip ?? answer.body;
    const { type, etag } = answer;
    answers.push({ key, type, etag, gzip: answer.gzip !== null, start: length, end: length + body.length });
    bodies.push(body);
    length += body.length;
  };
  let changed: string | null = null;
  for (const planned of plan.names) {
    const history = publishHistory(planned, context, random);
    for (const version of history.locked) locked.add(version, 'latest');
    storeAnswers(history, store);
    const hasPredecessor = history.real.length === 2 * history.locked.length;
    if (planned.attested && !planned.twice && hasPredecessor) changed ??= planned.name;
  }
  if (changed === null) throw new Error(`no package of the tree has an attested predecessor`);

  const roots = Object.fromEntries(plan.roots.map((name) => [name, '^2.0.0']));
  const project = { name: 'project', version: '1.0.0', dependencies: roots };
  writeFileSync(join(folder, 'project/package.json'), JSON.stringify(project, null, 2));
  writeFileSync(join(folder, 'project/package-lock.json'), packageLock(locked, roots));
  writeFileSync(join(folder, 'bodies.bin'), Buffer.concat(bodies));
  const index: TreeIndex = {
    packages: plan.packages,
    attested: plan.attested,
    documents: plan.names.length,
    changed,
    trustedRoot: sigstore.trustedRoot,
    keys: keys.document(),
    tufKeys: keys.tufTarget(),
    answers,
  };
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
}

/** Keeps what the lab's registry answers about one package. */
function storeAnswers(
  { name, versions, real, locked, members }: PackageHistory,
  store: (key: string, answer: Answer | null) => void,
): void {
  // One registry per package: a registry remembers every answer.
  const registry = newRegistry();
  for (const published of versions) registry.add(published, 'latest');
  registry.tamperPackument(name, (document) => ({ ...members, ...document }));
  const ask = (path: string, accept = ''): void =>
    store(accept === '' ? path : `abbreviated ${path}`, registry.answer(path, accept));
  ask(name);
  ask(name, ABBREVIATED);
  for (const { version, attestations } of real) {
    ask(`${name}/${version}`);
    if (attestations !== null) ask(`-/npm/v1/attestations/${name}@${version}`);
  }
  for (const { version } of locked) ask(tarballPath(name, version));
}
