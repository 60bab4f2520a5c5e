import { expect, it } from 'vitest';
import { cachePlace } from '../../src/store/place.ts';

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
