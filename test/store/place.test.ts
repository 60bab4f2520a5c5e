import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cachePlace, logStateFolder, projectsAround } from '../../src/store/place.ts';
import { inFolder } from '../cli/run.ts';

it.skipIf(process.platform === 'win32')('is where the platform keeps such files', () => {
  expect(cachePlace({}, '/home/a', 'linux')).toEqual({
    folder: '/home/a/.cache/assay',
    keyFile: '/home/a/.config/assay/cache.key',
  });
  expect(cachePlace({ XDG_CACHE_HOME: '/c', XDG_CONFIG_HOME: '/k' }, '/home/a', 'linux')).toEqual({
    folder: '/c/assay',
    keyFile: '/k/assay/cache.key',
  });
  expect(cachePlace({}, '/Users/a', 'darwin')).toEqual({
    folder: '/Users/a/Library/Caches/assay',
    keyFile: '/Users/a/Library/Application Support/assay/cache.key',
  });
  expect(cachePlace({ LOCALAPPDATA: '/l' }, '', 'win32')).toEqual({
    folder: '/l/assay/Cache',
    keyFile: '/l/assay/cache.key',
  });
});

it('is where ASSAY_CACHE says; its key stays with the user', () => {
  expect(cachePlace({ ASSAY_CACHE: '/elsewhere' }, '/home/a', 'linux')).toEqual({
    folder: '/elsewhere',
    keyFile: '/home/a/.config/assay/cache.key',
  });
});

it('is nowhere without a home, and where ASSAY_CACHE is empty', () => {
  expect(cachePlace({ ASSAY_CACHE: '' }, '/home/a', 'linux')).toBeNull();
  expect(cachePlace({}, '', 'linux')).toBeNull();
  expect(cachePlace({ ASSAY_CACHE: '/elsewhere' }, '', 'linux')).toBeNull();
  expect(cachePlace({ XDG_CACHE_HOME: '' }, '', 'darwin')).toBeNull();
  expect(cachePlace({}, '/home/a', 'win32')).toBeNull();
});

it.skipIf(process.platform === 'win32')('is never relative to the folder of a run', () => {
  const relative = { XDG_CACHE_HOME: '.cache', XDG_CONFIG_HOME: './.config', XDG_STATE_HOME: '../state' };
  expect(cachePlace(relative, '/home/a', 'linux')).toEqual(cachePlace({}, '/home/a', 'linux'));
  expect(logStateFolder(relative, '/home/a', 'linux')).toBe('/home/a/.local/state/assay/logs');
  for (const platform of ['linux', 'darwin'] as const) {
    expect(cachePlace({}, '.', platform)).toBeNull();
    expect(logStateFolder({}, 'home', platform)).toBeNull();
  }
  expect(cachePlace({ LOCALAPPDATA: 'AppData' }, '', 'win32')).toBeNull();
});

it.each([
  ['.git', true],
  ['.hg', false],
  ['package.json', false],
  ['go.mod', false],
])('is in a project where a folder above has %s', async (mark, isGit) => {
  await inFolder((place) => {
    const folder = realpathSync(place);
    const path = join(folder, 'a/b/key');
    expect(projectsAround(path)).toEqual([]);
    // Beside the folders above, it says nothing.
    mkdirSync(join(folder, 'beside'));
    writeFileSync(join(folder, 'beside', mark), '');
    expect(projectsAround(path)).toEqual([]);
    writeFileSync(join(folder, mark), '');
    expect(projectsAround(path)).toEqual([{ folder, isGit, path: join('a/b/key'), marks: [mark] }]);
    // A manifest below does not hide the working tree.
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'a/package.json'), '');
    expect(projectsAround(path)[0]?.isGit).toBe(isGit);
  });
});

it('is in the project that a link leads into, too', async () => {
  await inFolder((place) => {
    const folder = realpathSync(place);
    for (const name of ['.git', 'dot']) mkdirSync(join(folder, 'checkout', name), { recursive: true });
    symlinkSync(join(folder, 'checkout/dot'), join(folder, 'config'), 'junction');
    expect(projectsAround(join(folder, 'config/assay/key'))).toEqual([
      { folder: join(folder, 'checkout'), isGit: true, path: join('dot/assay/key'), marks: ['.git'] },
    ]);
  });
});
