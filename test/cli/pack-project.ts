import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tufRepository, type TufRepository } from '../../lab/tuf.ts';
import { indexBytes, type PackIndex } from '../../src/pack/index-file.ts';
import { headerOf } from '../../src/pack/layout.ts';
import { openPack } from '../../src/pack/open.ts';
import { tarOf } from '../pack/packs.ts';
import { serveRepository } from '../support/serve-repository.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { assayInside } from './inside.ts';
import { CLI, configOf, environmentOf, start, type Run } from './run.ts';

/** A project whose trusted root a TUF repository publishes, seen from a side with a network and from one without. */
export interface PackProject extends LabProject {
  readonly repository: TufRepository;
  /** Runs assay with the repository, at the side that has a network. */
  readonly online: (...args: string[]) => Promise<Run>;
  /** Runs assay with the same options and a cache of its own; no port of the lab's is contacted. */
  readonly gap: (...args: string[]) => Promise<Run>;
  /** The same in a network namespace that has no routes. */
  readonly inNamespace: (...args: string[]) => Promise<Run>;
  /** The options that name the repository. */
  readonly options: readonly string[];
  /** Requests to the registry and to the repository by now. */
  readonly asked: () => number;
}

/** Why the namespace tests are skipped; empty where they run. */
export const WITHOUT_NAMESPACE =
  spawnSync('unshare', ['-rn', 'true']).status === 0 ? '' : ' (skipped: unshare -rn is not permitted here)';

export function withPack(work: (project: PackProject) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab, folder } = project;
    const targets = { 'trusted_root.json': lab.trustedRoot, 'registry.npmjs.org/keys.json': lab.tufKeys };
    const repository = tufRepository({ targets });
    writeFileSync(join(folder, 'tuf-root.json'), repository.root);
    repository.files.set('1.root.json', repository.root);
    const server = await serveRepository(repository);
    const trust = ['--tuf', server.url, '--tuf-root', 'tuf-root.json'];
    const envOf = (side: string): Readonly<Record<string, string>> => {
      mkdirSync(join(folder, side), { recursive: true });
      return {
        ASSAY_CACHE: join(folder, side, 'cache'),
        XDG_CONFIG_HOME: join(configOf(folder), side),
        npm_config_fetch_retries: '0',
      };
    };
    try {
      await work({
        ...project,
        repository,
        options: trust,
        online: (...args) => assayInside([...args, ...trust], folder, envOf('online')),
        gap: (...args) => assayInside([...args, ...trust], folder, envOf('gap')),
        inNamespace: (...args) =>
          start(
            'unshare',
            ['-rn', process.execPath, CLI, ...args, ...trust],
            folder,
            environmentOf(folder, envOf('gap')),
          ),
        asked: () => server.requests.length + lab.requests.length,
      });
    } finally {
      await server.close();
    }
  });
}

/** A report without its times: when trust was confirmed is the one that it has. */
export function timeless({ stdout }: Run): unknown {
  return JSON.parse(stdout, (key, value: unknown) => (key === 'confirmed' ? null : value)) as unknown;
}

/** The members of a tar as an independent program unpacks them. */
export function unpacked(tar: string, into: string): ReadonlyMap<string, Buffer> {
  mkdirSync(into);
  const { status, stderr } = spawnSync('tar', ['-xf', tar, '-C', into], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const paths = readdirSync(into, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    paths.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(into.length + 1), readFileSync(path)];
    }),
  );
}

/** Writes e.tar again as forged.tar, with another index and other contents that fit it. */
export function forge(
  folder: string,
  change: (index: PackIndex) => PackIndex,
  contentOf: (path: string, content: string) => string = (_, content) => content,
): void {
  const pack = openPack(join(folder, 'e.tar'), 'e.tar');
  const contents = pack.index.members.map(({ path, sha256 }) => ({
    ...{ path, before: sha256 },
    content: contentOf(path, Buffer.concat([...pack.read(sha256)]).toString()),
  }));
  pack.close();
  const members = contents.map(({ path, content }) => ({
    path,
    sha256: createHash('sha256').update(content).digest('hex'),
    size: Buffer.byteLength(content),
  }));
  const digests = new Map(contents.map(({ before }, i) => [before, members[i]?.sha256 ?? '']));
  const answers = pack.index.answers.map((answer) =>
    answer.state === 'present' && 'sha256' in answer ? { ...answer, sha256: digests.get(answer.sha256) ?? '' } : answer,
  );
  const index = indexBytes(change({ ...pack.index, members, answers }));
  const entries = contents.map(({ content }, i) => [headerOf(members[i] ?? { path: '', size: 0 }), content] as const);
  writeFileSync(join(folder, 'forged.tar'), tarOf(index, entries));
}
