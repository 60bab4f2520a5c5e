import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { COMMAND_NAMES } from '../../src/cli/names.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { git, hasGit } from '../support/git.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { cargoLock } from './cargo-lock.ts';
import { assayInside } from './inside.ts';
import { withProject } from './lab-project.ts';
import { assay, configOf, inFolder, type Run } from './run.ts';

const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];

interface Case {
  readonly args: readonly string[];
  readonly status: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Each in the project as it was; every command is among them. */
const CASES: readonly Case[] = [
  { args: ['--help'], status: 0 },
  { args: ['audit', ...TRUST], status: 1 },
  { args: ['audit', '--json', ...TRUST], status: 1 },
  { args: ['audit', ...TRUST], status: 1, env: { GITHUB_ACTIONS: 'true' } },
  { args: ['audit', ...TRUST], status: 1, env: { LC_ALL: 'POSIX' } },
  { args: ['audit', '--registry', 'http://127.0.0.1:9/', ...TRUST], status: 3, env: { npm_config_fetch_retries: '0' } },
  { args: ['audit', '--base', 'HEAD', ...TRUST], status: 2, env: { PATH: '/nowhere' } },
  { args: ['audit', '--advisories', 'nowhere', ...TRUST], status: 2 },
  { args: ['init', ...TRUST], status: 0 },
  { args: ['update', ...TRUST], status: 0 },
  { args: ['review', ...TRUST], status: 2 },
  { args: ['accept', 'p@1.0.1', '--reason', 'looked at it', '--by', 'jane', ...TRUST], status: 0 },
  { args: ['check', 'p@1.0.0', ...TRUST], status: 0 },
  { args: ['verify-bundle', 'root.json'], status: 2 },
  { args: ['explain', 'provenance-lost'], status: 0 },
  { args: ['log', 'show', 'nothing', '--trusted-root', 'root.json'], status: 2 },
  { args: ['pack', '--output', 'evidence.tar', ...TRUST], status: 0 },
  { args: ['trust', ...TRUST], status: 0 },
  { args: ['completion', 'fish'], status: 0 },
  { args: ['cache'], status: 0, env: { ASSAY_CACHE: 'cache' } },
  { args: ['demo'], status: 0 },
  { args: ['demo', 'go'], status: 0 },
  { args: ['demo', 'pypi'], status: 0 },
  { args: ['demo', 'cargo'], status: 0 },
  { args: ['demo', 'nmp'], status: 2 },
  { args: ['exec', ...TRUST, '--', 'npm', 'ci', '--force'], status: 1 },
  { args: ['gate', ...TRUST, '--', 'npm', 'view', 'p'], status: 1 },
  { args: ['hook'], status: 2 },
  { args: ['mcp'], status: 0 },
  { args: ['nothing'], status: 2 },
];

/** Without the time, the hash of a pack, which says it, and the port of the demo's registry: no two runs share them. */
function comparable(run: Run): Run {
  return {
    ...run,
    stdout: run.stdout.replace(/(?<=T)\d\d:\d\d:\d\d|(?<=127\.0\.0\.1:)\d+|(?<=sha256 +)[0-9a-f]{64}/g, ''),
  };
}

/** Each case as it came, once it was the same inside of this process and apart. */
async function ofBoth(folder: string, cases: readonly Case[]): Promise<readonly object[]> {
  const saved = join(folder, '..', `${basename(folder)}-saved`);
  const restore = (from: string, to: string): void => {
    removeFolder(to);
    cpSync(from, to, { recursive: true });
  };
  const came: object[] = [];
  try {
    restore(folder, saved);
    for (const { args, env } of cases) {
      const inside = await assayInside(args, folder, env);
      restore(saved, folder);
      const apart = await assay(args, folder, env);
      restore(saved, folder);
      expect([args, comparable(inside)]).toEqual([args, comparable(apart)]);
      came.push({ args, status: inside.status, ...(env && { env }) });
    }
  } finally {
    removeFolder(saved);
  }
  return came;
}

describe('a run inside this process', () => {
  it('of every command says and comes to what one in a process of its own does', async () => {
    expect(COMMAND_NAMES.filter((name) => !CASES.some(({ args }) => args[0] === name))).toEqual([]);
    await withProject(async ({ lab, folder, lock }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      lab.clock.advance(86_400_000);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
      await lock({ p: '1.0.1' });
      if (hasGit) git(folder, ['init', '-q']);
      mkdirSync(join(folder, 'cache'));
      expect(await ofBoth(folder, CASES)).toEqual(CASES);
    });
  });

  it('of a Cargo project says and comes to the same, too', () =>
    withCratesLab((lab) =>
      inFolder(async (folder) => {
        const { checksum, text } = cargoLock(lab, new Date().toISOString());
        writeFileSync(join(folder, 'Cargo.lock'), text(checksum));
        mkdirSync(join(folder, 'home'));
        writeFileSync(join(folder, 'home/config.toml'), lab.config);
        if (hasGit) git(folder, ['init', '-q']);
        const env = { CARGO_HOME: 'home', HOME: folder, XDG_CONFIG_HOME: configOf(folder) };
        const cases = [
          { args: ['audit'], status: 0, env },
          { args: ['audit', '--bytes', '--json'], status: 0, env },
          { args: ['audit', '--installed'], status: 2, env },
          { args: ['check', 'cargo:alpha@1.0.0'], status: 0, env },
          { args: ['check', 'cargo:alpha@9.0.0'], status: 2, env },
          { args: ['init'], status: 0, env },
          { args: ['trust', 'hosts'], status: 0, env },
          { args: ['exec', '--', 'cargo', 'build'], status: 2, env },
        ];
        expect(await ofBoth(folder, cases)).toEqual(cases);
      }),
    ));

  it('leaves the folder and the variables of this process as they were', async () => {
    const before = { folder: process.cwd(), env: { ...process.env } };
    await withProject(async ({ folder }) => {
      expect((await assayInside(['nothing'], folder, { ONLY_THERE: '1' })).status).toBe(2);
      const [one, other] = await Promise.all([assayInside(['explain'], folder), assayInside(['--version'], folder)]);
      expect(one.stdout).not.toBe(other.stdout);
    });
    expect({ folder: process.cwd(), env: { ...process.env } }).toEqual(before);
  });
});
