import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
const URL = 'git+https://github.com/team/assay.git';
const READY = { ...MANIFEST, version: '1.2.3', repository: { type: 'git', url: URL } };
const RUN = { GITHUB_REPOSITORY: 'team/assay', GITHUB_REF: 'refs/tags/v1.2.3' };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-release-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** What the release workflow's first step says of a package.json, in a run. */
function check(
  manifest: object,
  run: Readonly<Record<string, string>> = RUN,
): { status: number | null; stderr: string } {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const script = join(ROOT, 'scripts/check-release.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8', env: run });
  expect(stdout).toBe('');
  return { status, stderr };
}

describe('a release', () => {
  test('goes on from the tag of the version, in the repository that package.json names', () => {
    expect(check(READY)).toEqual({ status: 0, stderr: '' });
  });

  test('is refused as long as package.json names no repository', () => {
    expect(check({ ...READY, repository: undefined })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('has no repository') as string,
    });
    // As this checkout is, until somebody sets it.
    if (MANIFEST['repository'] === undefined) expect(check(MANIFEST).status).toBe(1);
  });

  test.each([
    ['another owner', 'git+https://github.com/other/assay.git'],
    ['another name', 'git+https://github.com/team/assay2.git'],
    ['a name that begins like it', 'git+https://github.com/team/assay.git.evil.git'],
    ['another host', 'git+https://github.com.evil.example/team/assay.git'],
    ['another protocol', 'git+ssh://git@github.com/team/assay.git'],
  ])('is refused where the repository has %s', (_, url) => {
    const { status, stderr } = check({ ...READY, repository: { type: 'git', url } });
    expect(status).toBe(1);
    expect(stderr).toContain(`not {"type":"git","url":"${URL}"}`);
  });

  test.each([
    ['a shorthand', 'github:team/assay'],
    ['nothing', null],
    ['a folder of it', { type: 'git', url: URL, directory: 'packages/a' }],
  ])('is refused where the repository is %s', (_, repository) => {
    expect(check({ ...READY, repository }).status).toBe(1);
  });

  test.each([
    ['another tag', { ...RUN, GITHUB_REF: 'refs/tags/v1.2.4' }, /not refs\/tags\/v1\.2\.3/],
    ['a branch of the same name', { ...RUN, GITHUB_REF: 'refs/heads/v1.2.3' }, /not refs\/tags\/v1\.2\.3/],
    ['no workflow', {}, /GITHUB_REPOSITORY names no repository/],
  ])('is refused for %s', (_, run, reason) => {
    const { status, stderr } = check(READY, run);
    expect(status).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).toContain('docs/releasing.md');
  });

  test('is refused for a version that npm would not make the latest, and for a private package', () => {
    const run = { ...RUN, GITHUB_REF: 'refs/tags/v1.2.3-rc.1' };
    expect(check({ ...READY, version: '1.2.3-rc.1' }, run).stderr).toContain('is not MAJOR.MINOR.PATCH');
    expect(check({ ...READY, private: true }).stderr).toContain('is private');
  });
});
