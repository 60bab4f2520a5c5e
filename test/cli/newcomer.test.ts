import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { CLI } from './run.ts';

const DAY = 86_400_000;
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/getting-started.md'), 'utf8');

/** A code block of the page. */
interface Block {
  readonly language: string;
  readonly text: string;
}

const BLOCKS: readonly Block[] = [...PAGE.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(
  ([, language = '', text = '']) => ({
    language,
    text,
  }),
);

const TEAM = { repository: 'axios/axios', repositoryId: '23088740', ownerId: '32372333', ref: 'refs/heads/v1.x' };
const FILES = {
  'lib/adapters/http.js': "const https = require('https');\nconst proxy = process.env.HTTPS_PROXY;\n",
};

/** How long before the story its last release came out. */
const LATELY = 2 * DAY;

/**
 * What the page tells of: releases of axios by one workflow, and one by another, the last as lately as such a thing
 * arrives.
 */
async function publish(lab: Lab): Promise<void> {
  lab.clock.set(Date.now() - LATELY - 26 * DAY);
  const release = (
    version: string,
    workflow: string,
    dependencies: Readonly<Record<string, string>>,
  ): Promise<unknown> =>
    lab.publish({
      name: 'axios',
      version,
      by: ciWorkflow({ ...TEAM, workflow, commit: Buffer.from(version.padEnd(20)).toString('hex') }),
      files: FILES,
      manifest: { dependencies },
    });
  await lab.publish({ name: 'ms', version: '2.1.3', by: token({ user: 'somebody' }) });
  await lab.publish({ name: 'form-data', version: '4.0.5', by: ciWorkflow({ repository: 'form-data/form-data' }) });
  await release('1.13.6', '.github/workflows/publish.yml', { 'form-data': '^4.0.5' });
  lab.clock.advance(14 * DAY);
  await release('1.14.0', '.github/workflows/publish.yml', { 'form-data': '^4.0.5' });
  lab.clock.advance(11 * DAY);
  await lab.publish({ name: 'proxy-from-env', version: '1.1.0', by: ciWorkflow({ repository: 'someone/proxy' }) });
  lab.clock.advance(DAY);
  await release('1.15.0', '.github/workflows/release.yml', { 'form-data': '^4.0.5', 'proxy-from-env': '^1.1.0' });
}

/** A shell in the project of a newcomer with a remote, in which `assay` is the built one, for the lab. */
function shellOf({ folder }: LabProject): (command: string) => Promise<{ status: number | null; output: string }> {
  const bin = join(folder, '.git/bin');
  mkdirSync(bin, { recursive: true });
  const trust = `--trusted-root '${join(folder, 'root.json')}' --registry-keys '${join(folder, 'keys.json')}'`;
  writeFileSync(join(bin, 'assay'), `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@" ${trust}\n`);
  chmodSync(join(bin, 'assay'), 0o755);
  const config = ['user.name=Ada Lovelace', 'user.email=ada@example.com', 'commit.gpgsign=false'];
  for (const pair of config) git(folder, ['config', ...(pair.split(/=(.*)/).slice(0, 2) as [string, string])]);
  const env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: bin,
    LANG: 'C.UTF-8',
    GIT_CONFIG_SYSTEM: '/dev/null',
    npm_config_cache: join(bin, 'cache'),
    npm_config_globalconfig: join(bin, 'npmrc'),
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  return (command) =>
    new Promise((done, fail) => {
      const options = { cwd: folder, env, timeout: 60_000 };
      // Both streams as a terminal shows them.
      const child = spawn('sh', ['-c', `exec 2>&1; ${command}`], options);
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.on('error', fail);
      child.on('close', (status) => done({ status, output }));
    });
}

/** A repository whose main branch is pushed, before anybody thought of assay. */
async function start({ lab, lock, folder }: LabProject): Promise<void> {
  await lock({ axios: '1.14.0', ms: '2.1.3' });
  git(folder, ['init', '-q', '-b', 'main']);
  appendFileSync(join(folder, '.git/info/exclude'), '.npmrc\nroot.json\nkeys.json\n');
  git(folder, ['init', '-q', '--bare', '-b', 'main', '.git/origin.git']);
  git(folder, ['remote', 'add', 'origin', join(folder, '.git/origin.git')]);
  git(folder, ['add', '-A']);
  git(folder, ['commit', '-qm', 'Start']);
  git(folder, ['push', '-q', '-u', 'origin', 'main']);
  expect(lab.requests).toEqual([]);
}

/** Whether an output is what is shown of it, wherever it was wrapped; `...` stands for anything. */
function isShown(shown: string, output: string): boolean {
  const words = shown.trim().split(/\s+/);
  const pattern = words.map((word) => word.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&').replaceAll('\\.\\.\\.', '[^]*?'));
  return new RegExp(pattern.join('\\s+')).test(` ${output}`);
}

describe.skipIf(!hasGit)(`the page for newcomers${WITHOUT_GIT}`, () => {
  it('leads through what it says, command by command, with the outputs it shows', async () => {
    await withProject(async (project) => {
      await publish(project.lab);
      await start(project);
      const shell = shellOf(project);
      let output = '';
      const ran: string[] = [];
      for (const { language, text } of BLOCKS) {
        if (language === 'text') expect(isShown(text, output), `shown:\n${text}\nprinted:\n${output}`).toBe(true);
        if (language !== 'sh') continue;
        output = '';
        for (const command of text.trimEnd().split('\n')) {
          const run = await shell(command);
          const status = Number(/# exit status (\d)$/.exec(command)?.[1] ?? 0);
          expect(run, `${command}\n${run.output}`).toMatchObject({ status });
          output += run.output;
          ran.push(command);
        }
      }
      for (const step of ['assay init', 'assay review', 'assay accept', 'assay update', 'git merge axios-1.15.0'])
        expect(
          ran.some((command) => command.startsWith(step)),
          step,
        ).toBe(true);
      expect(git(project.folder, ['status', '--porcelain'])).toBe('');
      expect(git(project.folder, ['rev-parse', 'HEAD'])).toBe(git(project.folder, ['rev-parse', 'origin/main']));
    });
  });

  it('has the steps of a pipeline in an order that verifies before anything runs', () => {
    const [pipeline, ...others] = BLOCKS.filter(({ language }) => language === 'yaml');
    expect(others).toEqual([]);
    expect(pipeline?.text).toMatch(/fetch-depth: 0[^]*run: npm install --global .*\n- run: assay\n- run: npm ci\n/);
  });
});
