import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { matchesPrefix } from '../../../src/ecosystems/conventions/go-patterns.ts';
import { goSettings, userFileOf, type GoSettings } from '../../../src/lockfiles/go/settings/index.ts';
import { variablesOf } from '../../../src/lockfiles/go/settings/variables.ts';
import { LockfileError } from '../../../src/readers/error.ts';
import { removeFolder } from '../../support/remove-folder.ts';

interface Given {
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string | null;
  readonly root?: string | null;
  readonly platform?: NodeJS.Platform;
}
const sources = ({ environment = {}, user = null, root = null, platform = 'linux' }: Given) => ({
  environment,
  userFile: user === null ? null : Buffer.from(user),
  rootFile: root === null ? null : Buffer.from(root),
  platform,
});
const read = (given: Given): GoSettings => goSettings(sources(given));
const problemOf = (given: Given): string => {
  try {
    read(given);
  } catch (error) {
    if (error instanceof LockfileError) return error.message;
    throw error;
  }
  return 'read';
};
const of = (name: string, value: string): Given => ({ environment: { HOME: '/home/x', [name]: value } });

describe('settings of Go', () => {
  it('are those of the Go project where nothing else is said', () => {
    expect(read({ environment: { HOME: '/home/x' } })).toEqual({
      proxies: [{ kind: 'address', url: 'https://proxy.golang.org', next: 'not-found' }, { kind: 'direct' }],
      sumDatabase: { name: 'sum.golang.org', key: null, url: null },
      ...{ noProxy: '', noSumDatabase: '', private: '', insecure: '', flags: new Map(), work: 'auto' },
      ...{ toolchain: 'auto', moduleCache: '/home/x/go/pkg/mod', path: '/home/x/go' },
      ofFiles: new Map(),
      origins: expect.objectContaining({ GOPROXY: 'default', GONOSUMDB: 'default' }) as unknown,
    });
    expect(read({})).toMatchObject({ moduleCache: null, path: null });
    const windows = { environment: { USERPROFILE: 'C:\\x' }, platform: 'win32' } as const;
    expect(read(windows)).toMatchObject({ moduleCache: 'C:\\x\\go\\pkg\\mod', path: 'C:\\x\\go' });
  });

  it('come from the environment before the file of the user before the one of the installation', () => {
    const root = '# comment\nGOPROXY=https://root.example\nGOSUMDB=off\nGOFLAGS=-mod=mod\n';
    const user = 'GOPROXY=https://user.example\nGOSUMDB=sum.golang.org\n';
    const settings = read({ environment: { GOPROXY: 'https://environment.example' }, user, root });
    expect(settings.proxies).toEqual([{ kind: 'address', url: 'https://environment.example', next: 'not-found' }]);
    expect(settings.sumDatabase).not.toBeNull();
    expect(settings.origins).toMatchObject({ GOPROXY: 'environment', GOSUMDB: 'user', GOFLAGS: 'root' });
    // What is empty in the environment is not set; what is empty in the file of the user hides the installation's.
    expect(read({ environment: { GOPROXY: '' }, user, root }).origins).toMatchObject({ GOPROXY: 'user' });
    expect(problemOf({ user: 'GOPROXY=\n', root })).toBe('GOPROXY: has no entries; "off" asks nobody');
  });

  it.each([
    ['a byte order mark hides the first line', '\ufeffGOFLAGS=-a\nGOPRIVATE=x', { GOFLAGS: '', GOPRIVATE: 'x' }],
    ['a carriage return is part of the value', 'GOPRIVATE=x\r\n', { GOPRIVATE: 'x\r' }],
    ['lines that are none are passed over', '=x\n#A=b\ngoprivate=x\n GOPRIVATE=y\nGOPRIVATE', { GOPRIVATE: '' }],
    ['the last line of the user counts', 'GOPRIVATE=x\nGOPRIVATE=y', { GOPRIVATE: 'y' }],
    ['a value has all that follows', 'GOFLAGS= -a=b=c ', { GOFLAGS: ' -a=b=c ' }],
    ['zero bytes stay', 'GOPRIVATE=x\0y', { GOPRIVATE: 'x\0y' }],
  ])('%s', (_, user, expected) => {
    const variable = variablesOf(sources({ user }));
    for (const [name, value] of Object.entries(expected)) expect(variable(name).value).toBe(value);
  });

  it('has the first line that an installation repeats', () => {
    expect(variablesOf(sources({ root: 'GOPRIVATE=x\nGOPRIVATE=y' }))('GOPRIVATE').value).toBe('x');
    // An installation without its own file says nothing of GOPROXY.
    expect(variablesOf(sources({ root: '' }))('GOPROXY')).toEqual({ value: '', origin: 'default' });
  });

  it('GOPRIVATE stands in for GONOPROXY and GONOSUMDB, and these override it', () => {
    const both = read({ environment: { GOPRIVATE: 'a.example' } });
    expect(both).toMatchObject({ noProxy: 'a.example', noSumDatabase: 'a.example', private: 'a.example' });
    const own = read({ environment: { GOPRIVATE: 'a.example', GONOSUMDB: 'none', GOINSECURE: 'b.example' } });
    expect(own).toMatchObject({ noProxy: 'a.example', noSumDatabase: 'none', insecure: 'b.example' });
  });

  const address = (url: string, next = 'not-found'): object => ({ kind: 'address', url, next });
  it.each([
    [
      'https://a.example|b.example/x , direct,c',
      [address('https://a.example', 'any-error'), address('https://b.example/x'), { kind: 'direct' }],
    ],
    [',| ,off,direct', [{ kind: 'off' }]],
    ['file:///srv/proxy', [address('file:///srv/proxy')]],
    ['http://user:secret@a.example', [address('http://user:secret@a.example')]],
    ['localhost:3000', [address('https://localhost:3000')]],
  ])('GOPROXY=%s', (list, expected) => {
    expect(read(of('GOPROXY', list)).proxies).toEqual(expected);
  });

  it.each([
    ['GOPROXY', 'ftp://a.example', 'no address of http'],
    ['GOPROXY', 'proxy', 'no address of http'],
    ['GOPROXY', 'file://host/x', 'no address of http'],
    ['GOPROXY', 'https://user:secret@', 'no address of http'],
    ['GOPROXY', ', |', 'has no entries'],
    ['GOSUMDB', ' off', 'Go has no key of "off"'],
    ['GOSUMDB', ' ', 'names no database'],
    ['GOSUMDB', 'sum.golang.org https://a.example x', 'more than a database and an address'],
    ['GOSUMDB', 'sum.example', 'Go has no key'],
    ['GOSUMDB', 'https://sum.golang.org', 'is not the name of a database'],
    ['GOSUMDB', 'sum.golang.org/', 'is not the name of a database'],
    ['GOSUMDB', 'sum.golang.org a.example', 'neither https nor http'],
    ['GOFLAGS', '-mod', 'read'],
    ['GOFLAGS', 'mod=mod', 'is no flag'],
    ['GOFLAGS', '---mod', 'is no flag'],
    ['GOFLAGS', '-=x', 'is no flag'],
    ['GOFLAGS', '""', 'is no flag'],
    ['GOFLAGS', '"-a', 'a quote without end'],
  ])('%s=%j: %s', (name, value, problem) => {
    expect(problemOf(of(name, value))).toContain(problem);
    expect(problemOf(of(name, value))).not.toContain('secret');
  });

  it('GOSUMDB is off, a name, a key, and where it is asked', () => {
    const database = (text: string): GoSettings['sumDatabase'] => read(of('GOSUMDB', text)).sumDatabase;
    expect(database('off')).toBeNull();
    expect(database('sum.golang.google.cn')).toEqual({
      ...{ name: 'sum.golang.org', key: null, url: 'https://sum.golang.google.cn' },
    });
    const key = 'sum.example/x+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';
    expect(database(`${key}\thttp://127.0.0.1:1/`)).toEqual({ name: 'sum.example/x', key, url: 'http://127.0.0.1:1/' });
  });

  it('GOFLAGS are split as Go splits them, and the last of a name counts', () => {
    expect([...read(of('GOFLAGS', `-mod=mod\t--mod=vendor '-ldflags=-X "a=b c"'"-x"  -tags=a'b`)).flags]).toEqual([
      ['mod', 'vendor'],
      ['ldflags', '-X "a=b c"'],
      ['x', 'true'],
      ['tags', "a'b"],
    ]);
  });

  it.each([
    [{ HOME: '/h' }, 'linux', '/h/.config/go/env'],
    [{ HOME: '/h', XDG_CONFIG_HOME: '/c' }, 'linux', '/c/go/env'],
    [{ HOME: '/h', XDG_CONFIG_HOME: 'c' }, 'linux', null],
    [{}, 'linux', null],
    [{ HOME: '/h', GOENV: 'off' }, 'linux', null],
    [{ HOME: '/h', GOENV: '/e' }, 'darwin', '/e'],
    [{ HOME: '/h' }, 'darwin', '/h/Library/Application Support/go/env'],
    [{ AppData: 'C:\\a' }, 'win32', 'C:\\a\\go\\env'],
  ] as const)('%j: the file of the user on %s is %s', (environment, platform, file) => {
    expect(userFileOf(environment, platform)).toBe(file);
  });

  it('are read in time that grows with their length', () => {
    for (const value of ['"'.repeat(99_999), ' '.repeat(100_000), ','.repeat(100_000), '-'.repeat(100_000)]) {
      const started = performance.now();
      for (const name of ['GOPROXY', 'GOSUMDB', 'GOFLAGS', 'GOPRIVATE']) problemOf(of(name, value));
      problemOf({ user: `GOFLAGS=${value}\n`.repeat(20) });
      expect(performance.now() - started).toBeLessThan(2000);
    }
  });
});

describe('patterns of GOPRIVATE', () => {
  it.each([
    ['*.corp.example.com,rsc.io/private', 'git.corp.example.com/xyzzy', true],
    ['*.corp.example.com,rsc.io/private', 'rsc.io/private/quux', true],
    ['*.corp.example.com,rsc.io/private', 'rsc.io/privateer', false],
    ['*.corp.example.com,rsc.io/private', 'corp.example.com/x', false],
    ['rsc.io/private/', 'rsc.io/private', true],
    ['rsc.io/private//', 'rsc.io/private', false],
    ['rsc.io/*', 'rsc.io', false],
    ['*/*/a', 'x.y/b/a/c', true],
    ['*', 'anything.example/x', true],
    [',,', 'a.b/c', false],
    ['', 'a.b/c', false],
    [' a.b', 'a.b/c', false],
    ['a.b ,c.d', 'a.b/c', false],
    ['A.b', 'a.b/c', false],
    ['[a', 'a/c', false],
    ['[a,a.b', 'a.b/c', true],
    ['/a.b', 'a.b/c', false],
    ['\\a.b', 'a.b/c', true],
  ])('%j on %s: %s', (patterns, path, expected) => {
    expect(matchesPrefix(patterns, path)).toBe(expected);
  });

  it('are matched without a blow-up', () => {
    const started = performance.now();
    expect(matchesPrefix(`${'*a'.repeat(500)}b`, 'a'.repeat(1000))).toBe(false);
    expect(matchesPrefix(`${'*'.repeat(50_000)}b`, 'a'.repeat(1000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'assay-go-settings-'));
afterAll(() => removeFolder(folder));
const { status, stdout: GOCACHE } = spawnSync('sh', ['-c', 'printf %s "$(go env GOCACHE)"'], { encoding: 'utf8' });
const hasGo = status === 0 && GOCACHE !== '';
const PATHS = { PATH: process.env['PATH'] ?? '', HOME: folder, GOCACHE, GOTOOLCHAIN: 'local' };

/** Splits as the documentation says it and asks Go's own path.Match of each prefix. */
const PROGRAM = `package main

import ("encoding/json"; "os"; "path"; "strings")

func main() {
	var pairs [][2]string
	if json.NewDecoder(os.Stdin).Decode(&pairs) != nil { os.Exit(1) }
	var answers []bool
	for _, pair := range pairs {
		answer := false
		for _, glob := range strings.Split(pair[0], ",") {
			glob = strings.TrimSuffix(glob, "/")
			have, want := strings.Split(pair[1], "/"), strings.Count(glob, "/") + 1
			if glob == "" || len(have) < want { continue }
			if ok, _ := path.Match(glob, strings.Join(have[:want], "/")); ok { answer = true }
		}
		answers = append(answers, answer)
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
`;

describe.skipIf(!hasGo)('settings as the go command has them (skipped where there is none)', () => {
  it('on patterns made of pieces', () => {
    writeFileSync(join(folder, 'match.go'), PROGRAM);
    const pieces = [
      'a',
      'b',
      '.',
      '/',
      '*',
      '**',
      '?',
      '[',
      ']',
      '^',
      '-',
      '\\',
      ',',
      '[a-c]',
      '[^a]',
      '[\\]*]',
      'a/b',
    ];
    const glob = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((some) => some.join(''));
    const name = fc.array(fc.constantFrom('a', 'b', 'c', '.', '/', '-', ']', '*'), { maxLength: 6 });
    const pairs = fc.sample(
      fc.tuple(
        glob,
        name.map((some) => some.join('')),
      ),
      { numRuns: 20_000, seed: 20261130 },
    );
    const options = { encoding: 'utf8', cwd: folder, env: PATHS, input: JSON.stringify(pairs) } as const;
    const { stdout, stderr } = spawnSync('go', ['run', 'match.go'], options);
    expect(stderr).toBe('');
    const answers = JSON.parse(stdout) as readonly boolean[];
    expect(answers.filter(Boolean).length).toBeGreaterThan(1000);
    for (const [i, [patterns, path]] of pairs.entries()) {
      expect(matchesPrefix(patterns, path), JSON.stringify([patterns, path])).toBe(answers[i]);
    }
  }, 120_000);

  it('on files and environments made of pieces', () => {
    const names = ['GOPRIVATE', 'GONOPROXY', 'GONOSUMDB', 'GOINSECURE', 'GOMODCACHE', 'GOPATH', 'GOPROXY', 'GOSUMDB'];
    const root = join(folder, 'root');
    mkdirSync(root, { recursive: true });
    const line = fc.tuple(
      fc.constantFrom('', ' ', '#', '\ufeff'),
      fc.constantFrom(...names),
      fc.constantFrom('=', '=', '=', '', ' '),
      fc.constantFrom('/a', '/b=', '', '/c,d', '/é', '/e\r', '/f '),
    );
    const file = fc.array(line, { maxLength: 6 }).map((lines) => lines.map((parts) => parts.join('')).join('\n'));
    const environment = fc.dictionary(fc.constantFrom(...names), fc.constantFrom('', '/x', '/y:/z'), { maxKeys: 2 });
    fc.assert(
      fc.property(file, file, environment, (user, own, variables) => {
        writeFileSync(join(folder, 'env'), user);
        writeFileSync(join(root, 'go.env'), own);
        const all = { ...PATHS, GOENV: join(folder, 'env'), GOROOT: root, ...variables };
        const { stdout, stderr } = spawnSync('go', ['env', '-json', ...names], {
          encoding: 'utf8',
          cwd: folder,
          env: all,
        });
        expect(stderr).toBe('');
        const variable = variablesOf({ ...sources({ user, root: own }), environment: all });
        const value = (name: string): string => variable(name).value;
        const path = value('GOPATH') || join(folder, 'go');
        expect(JSON.parse(stdout)).toEqual({
          ...Object.fromEntries(names.map((name) => [name, value(name)])),
          GOPATH: path,
          GOMODCACHE: value('GOMODCACHE') || join(path.split(':')[0] ?? '', 'pkg', 'mod'),
          GONOPROXY: value('GONOPROXY') || value('GOPRIVATE'),
          GONOSUMDB: value('GONOSUMDB') || value('GOPRIVATE'),
        });
      }),
      { numRuns: 60, seed: 20261130, endOnFailure: true },
    );
  }, 120_000);
});
