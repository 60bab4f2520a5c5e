import { describe, expect, it } from 'vitest';
import { readPath } from '../../src/gate/npm/asked.ts';

describe('what a path asks a registry of npm’s kind for', () => {
  it.each([
    ['/axios', { kind: 'document', name: 'axios' }],
    ['/@a%2fb', { kind: 'document', name: '@a/b' }],
    ['/@a%2Fb', { kind: 'document', name: '@a/b' }],
    ['/%40a%2fb', { kind: 'document', name: '@a/b' }],
    ['/@a/b', { kind: 'document', name: '@a/b' }],
    ['/axios/1.0.0', { kind: 'manifest', name: 'axios', wanted: '1.0.0' }],
    ['/@a/b/latest', { kind: 'manifest', name: '@a/b', wanted: 'latest' }],
    ['/axios/-/axios-1.0.0.tgz', { kind: 'artifact', name: 'axios', path: 'axios/-/axios-1.0.0.tgz' }],
    ['/@a/b/-/b-1.0.0.tgz', { kind: 'artifact', name: '@a/b', path: '@a/b/-/b-1.0.0.tgz' }],
    ['/@a%2fb/-/b-1.0.0.tgz', { kind: 'artifact', name: '@a/b', path: '@a/b/-/b-1.0.0.tgz' }],
    ['/download/@a/b/1.0.0/00ff', { kind: 'artifact', name: '@a/b', path: 'download/@a/b/1.0.0/00ff' }],
    ['/download', { kind: 'document', name: 'download' }],
    ['/download/1.0.0', { kind: 'manifest', name: 'download', wanted: '1.0.0' }],
    ['/-/npm/v1/keys', { kind: 'other', path: '-/npm/v1/keys', name: null }],
    [
      '/-/npm/v1/attestations/@a%2fb@1.0.0',
      { kind: 'other', path: '-/npm/v1/attestations/@a%2fb@1.0.0', name: '@a/b' },
    ],
    ['/-/package/@a%2fb/dist-tags', { kind: 'other', path: '-/package/@a%2fb/dist-tags', name: '@a/b' }],
  ])('%s', (path, asked) => {
    expect(readPath(path)).toEqual(asked);
  });

  it.each([
    '/',
    '/a%2f..%2fb',
    '/../a',
    '/a/../b',
    '/a/%2e%2e/b',
    '/%2e%2e%2fa',
    '/@a',
    '/@a%2f',
    '/@a%2f..',
    '/a%2fb',
    '/a//b',
    '/a%5cb',
    '/a%00',
    '/a%0d%0ab',
    '/%E0%A4%A',
    '/a/-',
    '/-a%2f/x',
    '/.a',
    '/a/b%2fc',
    `/${'a'.repeat(1000)}`,
  ])('%s is nothing', (path) => {
    expect(readPath(path)).toEqual({ kind: 'nothing' });
  });
});
