import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ciWorkflow, type Lab, startLab, token } from '../../lab/index.ts';
import { removeFolder } from '../support/remove-folder.ts';

const run = promisify(execFile);
let lab: Lab;
let directory: string;
beforeAll(async () => {
  lab = await startLab();
  directory = await mkdtemp(join(tmpdir(), 'assay-lab-'));
  const by = ciWorkflow({ repository: 'lab/pkg' });
  await lab.publish({ name: 'leaf', version: '1.0.0', by, files: { 'index.js': 'module.exports = 42;\n' } });
  await lab.publish({ name: '@lab/pkg', version: '1.0.0', by, manifest: { dependencies: { leaf: '^1.0.0' } } });
  await lab.publish({
    name: 'scripted',
    version: '1.0.0',
    by: token({ user: 'someone' }),
    manifest: { scripts: { postinstall: 'exit 1' }, optionalDependencies: { leaf: '1.0.0' } },
  });
  await lab.writeProject(directory, { '@lab/pkg': '1.0.0', scripted: '1.0.0' });
});
afterAll(async () => {
  await lab.close();
  removeFolder(directory);
});

/** npm itself, with nothing of this machine's configuration. */
async function npm(...args: string[]): Promise<string> {
  const { PATH = '' } = process.env;
  const env = {
    PATH,
    HOME: directory,
    npm_config_cache: join(directory, 'cache'),
    npm_config_userconfig: join(directory, 'user-npmrc'),
    npm_config_globalconfig: join(directory, 'global-npmrc'),
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  const { stdout } = await run('npm', args, { cwd: directory, env, timeout: 50_000 });
  return stdout;
}

const installed = async (path: string): Promise<string> => readFile(join(directory, 'node_modules', path), 'utf8');

describe('npm, against the lab', () => {
  it('installs from the lockfile, and finds nothing to change in it', async () => {
    const lockfile = await readFile(join(directory, 'package-lock.json'), 'utf8');
    await npm('ci', '--ignore-scripts');
    expect(await installed('leaf/index.js')).toBe('module.exports = 42;\n');
    expect(await installed('@lab/pkg/package.json')).toContain('"version": "1.0.0"');
    await npm('install', '--ignore-scripts');
    expect(JSON.parse(await readFile(join(directory, 'package-lock.json'), 'utf8'))).toEqual(JSON.parse(lockfile));
  });

  it('views a version', async () => {
    expect(await npm('view', '@lab/pkg', 'dist-tags.latest')).toBe('1.0.0\n');
    expect(await npm('view', '@lab/pkg@1.0.0', 'repository.url')).toBe('git+https://github.com/lab/pkg.git\n');
  });
});
