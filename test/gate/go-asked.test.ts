import { describe, expect, it } from 'vitest';
import { readPath } from '../../src/gate/go/asked.ts';

describe('what the go command asks', () => {
  it.each([
    ['/a.example/one/@v/list', { kind: 'list', name: 'a.example/one' }],
    ['/github.com/!burnt!sushi/toml/@latest', { kind: 'latest', name: 'github.com/BurntSushi/toml' }],
    ['/github.com/%21burnt%21sushi/toml/@latest', { kind: 'latest', name: 'github.com/BurntSushi/toml' }],
    ['/a.example/one/v2/@v/v2.0.0-!r!c.1.info', { kind: 'info', name: 'a.example/one/v2', wanted: 'v2.0.0-RC.1' }],
    [
      '/a.example/one/@v/v1.0.0+incompatible.mod',
      { kind: 'mod', name: 'a.example/one', wanted: 'v1.0.0+incompatible' },
    ],
    [
      '/golang.org/toolchain/@v/v0.0.1-go1.22.0.linux-amd64.zip',
      { kind: 'zip', wanted: 'v0.0.1-go1.22.0.linux-amd64' },
    ],
    ['/a.example/one/@v/main.info', { kind: 'info', wanted: 'main' }],
    ['/sumdb/sum.golang.org/supported', { kind: 'database', database: 'sum.golang.org', path: 'supported' }],
    ['/sumdb/a.example/db/latest', { kind: 'database', database: 'a.example/db', path: 'latest' }],
    ['/sumdb/s.example/lookup/a.example/!one@v1.0.0', { path: 'lookup/a.example/!one@v1.0.0' }],
    ['/sumdb/s.example/tile/8/0/x001/234.p/5', { path: 'tile/8/0/x001/234.p/5' }],
  ])('%s', (path, expected) => {
    expect(readPath(path)).toMatchObject(expected);
  });

  it.each([
    '/',
    '/a.example/one',
    '/a.example/one/@v/',
    '/a.example/one/@v/v1.0.0.ziphash',
    '/a.example/One/@v/list',
    '/a.example/!1/@v/list',
    '/a.example/../one/@v/list',
    '/a.example//one/@v/list',
    '/a.example/%2e%2e/one/@v/list',
    '/a.example/%/@v/list',
    '/a.example/one/@v/v1%2f0.info',
    '/noHost/one/@v/list',
    '/a.example/one/@v/../v1.0.0.zip',
    '/a.example/one/@v/v1/0.info',
    '/a.example/one/@v/v1.0.0?x.info',
    '/sumdb/s.example/other',
    '/sumdb/s.example/lookup/../latest',
    '/sumdb/s.example/lookup/a.example/one',
    '/sumdb/s.example/tile/8/0/../../latest',
    '/sumdb/supported',
  ])('nothing is at %s', (path) => {
    expect(readPath(path)).toEqual({ kind: 'nothing' });
  });
});
