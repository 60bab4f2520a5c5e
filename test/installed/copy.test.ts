import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCopy } from '../../src/installed/copy.ts';
import { removeFolder } from '../support/remove-folder.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-copy-'));
  mkdirSync(join(root, 'a'));
});
afterEach(() => removeFolder(root));

const anySize = { sizesOf: () => [1], isPart: () => false };

it('what lies deeper than any archive could hold it is one thing that no tarball has', async () => {
  const deep = Array.from({ length: 600 }, () => 'd').join('/');
  mkdirSync(join(root, 'a', deep), { recursive: true });
  writeFileSync(join(root, 'a', deep, 'x'), 'x');
  const { files } = await readCopy(root, 'a', anySize);
  expect([...(files ?? [])]).toEqual([[deep.slice(0, 2 * 513 - 1), { kind: 'other', size: 0, digest: null }]]);
});

it('a loop of links is a link', async () => {
  symlinkSync('.', join(root, 'a/loop'));
  const { files } = await readCopy(root, 'a', anySize);
  expect([...(files ?? [])]).toEqual([['loop', { kind: 'link', size: 0, digest: null }]]);
});

it('a file of another size than it may have is not read', async () => {
  writeFileSync(join(root, 'a/x'), 'xx');
  const { files } = await readCopy(root, 'a', anySize);
  expect(files?.get('x')).toEqual({ kind: 'file', size: 2, digest: null });
});

it('another package in its node_modules is not read, unless it is a part', async () => {
  mkdirSync(join(root, 'a/node_modules/@s/b'), { recursive: true });
  writeFileSync(join(root, 'a/node_modules/@s/b/x'), 'x');
  expect([...((await readCopy(root, 'a', anySize)).files ?? []).keys()]).toEqual([]);
  const parts = { ...anySize, isPart: () => true };
  expect([...((await readCopy(root, 'a', parts)).files ?? []).keys()]).toEqual(['node_modules/@s/b/x']);
});
