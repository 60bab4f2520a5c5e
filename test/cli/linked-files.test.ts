import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assayHere } from './in-process.ts';

const SECRET = 'login bob password S3CR3T-TOKEN';
let root: string;
let project: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-linked-'));
  project = join(root, 'project');
  mkdirSync(join(project, '.git'), { recursive: true });
  mkdirSync(join(root, 'home/other/.git'), { recursive: true });
  for (const name of ['.netrc', 'x.txt', 'other/x.txt', 'package.json']) {
    writeFileSync(join(root, 'home', name), `machine corp ${SECRET}\n`);
  }
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('a file of a project that a link leads out of', () => {
  it.each([
    ['yarn.lock', '.netrc', []],
    ['go.mod', '.netrc', [['go.sum', '']]],
    [
      'go.work',
      '.netrc',
      [
        ['go.sum', ''],
        ['go.mod', 'module a.b/c\n'],
      ],
    ],
    ['assay.yml', '.netrc', [['requirements.txt', `a==1 --hash=sha256:${'a'.repeat(64)}\n`]]],
    ['assay.lock', '.netrc', [['requirements.txt', `a==1 --hash=sha256:${'a'.repeat(64)}\n`]]],
    ['pyproject.toml', '.netrc', [['uv.lock', 'version = 1\n']]],
    ['x.txt', '.netrc', [['requirements.txt', `-r x.txt\na==1 --hash=sha256:${'a'.repeat(64)}\n`]]],
    ['c.txt', '.netrc', [['requirements.txt', `-c c.txt\na==1 --hash=sha256:${'a'.repeat(64)}\n`]]],
    ['sub', '.', [['requirements.txt', `-r sub/x.txt\na==1 --hash=sha256:${'a'.repeat(64)}\n`]]],
    ['sub', 'other', [['requirements.txt', `-r sub/x.txt\na==1 --hash=sha256:${'a'.repeat(64)}\n`]]],
  ] as const)('%s -> %s is not read', async (name, target, files) => {
    symlinkSync(join(root, 'home', target), join(project, name));
    for (const [file, text] of files) writeFileSync(join(project, file), text);
    const { status, stdout, stderr } = await assayHere(['audit'], project);
    expect(stdout + stderr).toContain('leads out of the project');
    for (const word of SECRET.split(' ')) expect(stdout + stderr).not.toContain(word);
    expect(status).toBe(2);
  });

  it('is read where it stays in the repository', async () => {
    mkdirSync(join(project, 'a'));
    mkdirSync(join(project, 'b'));
    writeFileSync(join(project, 'a/x.txt'), 'one thing\n');
    symlinkSync('../a/x.txt', join(project, 'b/x.txt'));
    writeFileSync(join(project, 'b/requirements.txt'), `-r x.txt\na==1 --hash=sha256:${'a'.repeat(64)}\n`);
    const { stderr } = await assayHere(['audit'], join(project, 'b'));
    expect(stderr).toContain('is not a requirement');
    expect(stderr).not.toContain('thing');
  });
});
