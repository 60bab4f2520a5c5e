import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, had, startWorld, type World } from './gate-world.ts';
import { CLIENTS, type RealClient } from './real-clients.ts';
import type { Run } from './run.ts';

const TAKEN = 'assay: an older version was taken: axios@1.14.1 has no provenance, but 1.14.0';
const REFUSED = 'assay: refused: axios@1.14.1 has no provenance, but 1.14.0';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world.close());

/** What a package manager says by itself, before assay says anything of the command. */
function ofClient({ stdout, stderr }: Run): string {
  return stdout + stderr.slice(0, stderr.indexOf('assay: refused:'));
}

/** What the same package manager locks by itself, step by step, from a registry that never had 1.14.1. */
async function withoutGate(client: RealClient, kind: 'workspace' | 'alone', steps: Step[]): Promise<readonly string[]> {
  world.serve('good');
  const project = world.project(client, kind);
  const locked: string[] = [];
  for (const [words, within] of steps) {
    ended(await project.directly(words, within));
    locked.push(project.lockfile());
  }
  world.serve('all');
  return locked;
}

type Step = readonly [words: readonly string[], within?: string];

describe.each(CLIENTS)('$name at the gate', (client) => {
  const { add, install, frozen } = client;

  it('takes 1.14.0 by a range, also of an alias in a workspace, beside a scope with a token', async ({ skip }) => {
    had(client, skip);
    const [first, both] = await withoutGate(client, 'workspace', [[install], [[...add, 'between'], 'w']]);
    const project = world.project(client, 'workspace');
    const run = ended(await project.atGate(install));
    expect(run.stderr).toContain(TAKEN);
    expect(project.lockfile()).toBe(first);
    // Yarn 4 takes no other registry for a scope than its files name.
    const isPast = client.name === 'Yarn 4';
    expect(project.past()).toEqual(
      isPast ? [expect.stringMatching(/^\/@acme/), expect.stringMatching(/^\/@acme/)] : [],
    );
    expect(run.stderr.includes('Yarn asks the registries of @acme itself, past the gate')).toBe(isPast);
    for (const name of ['x', '@acme/tool']) {
      const places = [`node_modules/${name}`, `w/node_modules/${name}`].map((path) => join(project.folder, path));
      expect(places.some((path) => existsSync(join(path, 'package.json')))).toBe(true);
    }
    for (const path of ['node_modules', 'w/node_modules']) {
      rmSync(join(project.folder, path), { recursive: true, force: true });
    }
    expect(ended(await project.atGate(frozen)).stderr).not.toContain('refused');
    expect(existsSync(join(project.folder, 'node_modules/axios/package.json'))).toBe(true);
    expect(project.lockfile()).toBe(first);
    // The lockfile is that of the folder above.
    ended(await project.atGate([...add, 'between'], 'w'));
    expect(project.lockfile()).toBe(both);
    expect(project.wrong()).toEqual([]);
  });

  it('takes 1.14.0 as latest, and fails where 1.14.1 is asked for', async ({ skip }) => {
    had(client, skip);
    const [expected] = await withoutGate(client, 'alone', [[[...add, 'axios']]]);
    // A proxy, and a variable in other letters, have no say.
    const project = world.project(client, 'alone', world.leadingElsewhere(client));
    expect(ended(await project.atGate([...add, 'axios'])).stderr).toContain(TAKEN);
    expect(project.lockfile()).toBe(expected);
    expect(project.past()).toEqual([]);

    const exact = await project.atGate([...add, 'axios@1.14.1']);
    expect(exact.status).not.toBe(0);
    expect(exact.stderr).toContain(REFUSED);
    if (client.says.document !== null) expect(ofClient(exact)).toMatch(client.says.document);
    expect(project.lockfile()).toBe(expected);

    // No document was judged by this one.
    const tarball = await project.atGate([...add, 'between@1.0.1']);
    expect(tarball.status).not.toBe(0);
    expect(tarball.stderr).toContain('assay: refused: between@1.0.1 has no provenance');
    if (client.says.tarball !== null) expect(ofClient(tarball)).toMatch(client.says.tarball);
    expect(project.wrong()).toEqual([]);
  });

  it('is not run where the lockfile has 1.14.1', async ({ skip }) => {
    had(client, skip);
    const other = world.project(client, 'alone');
    ended(await other.directly([...add, 'axios@1.14.1'], '.'), client.endsWithIgnoredScripts);
    expect(other.wrong()).not.toEqual([]);
    const locked = other.lockfile();
    rmSync(join(other.folder, 'node_modules'), { recursive: true, force: true });
    const run = ended(await other.atGate(frozen), 1);
    expect(run.stderr).toContain('provenance-lost');
    expect(run.stderr).toContain('assay: not run: ');
    expect(other.lockfile()).toBe(locked);
    expect(existsSync(join(other.folder, 'node_modules'))).toBe(false);
  });
});
