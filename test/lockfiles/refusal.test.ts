import { describe, expect, it } from 'vitest';
import { LOCKFILE_FORMATS, LOCKFILE_NAMES, LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import { parse, refusal, sha512, v1, v3 } from './support.ts';

describe('file names', () => {
  it('are looked for in the order of npm, supported formats first', () => {
    expect(LOCKFILE_NAMES.slice(0, 2)).toEqual(['npm-shrinkwrap.json', 'package-lock.json']);
    expect(LOCKFILE_NAMES).not.toContain('.package-lock.json');
    expect(new Set(LOCKFILE_NAMES).size).toBe(LOCKFILE_NAMES.length);
    expect(LOCKFILE_FORMATS[0]?.name).toBe('npm');
  });

  it.each([
    ['package-lock.json', 'package-lock v3'],
    ['a/b/package-lock.json', 'package-lock v3'],
    ['old.package-lock.json', 'package-lock v3'],
    ['npm-shrinkwrap.json', 'npm-shrinkwrap v3'],
    ['node_modules/.package-lock.json', 'hidden lockfile v3'],
    ['node_modules\\.package-lock.json', 'hidden lockfile v3'],
  ])('%s is read as %s', (file, format) => expect(parse(v3({}), { file }).format).toBe(format));

  it.each([['deno.lock', 'Deno']])('%s is named and not read', (file, name) => {
    expect(refusal('', `dir/${file}`).message).toMatch(
      new RegExp(`^dir/${file}: this is a ${name} lockfile, which is not supported yet`),
    );
  });

  it('anything else is not a lockfile', () => {
    expect(refusal(v3({}), 'package.json').message).toContain(
      'not the name of a lockfile; known are npm-shrinkwrap.json',
    );
  });
});

describe('the file as a whole', () => {
  it('may be empty of packages', () => {
    for (const content of [v3({}), v1({}), { lockfileVersion: 3, packages: {} }, { lockfileVersion: 1 }]) {
      expect(parse(content).dependencies).toEqual([]);
    }
  });

  it('may begin with a byte order mark, once', () => {
    expect(parse(`\ufeff${JSON.stringify(v3({}))}`).entries).toBe(1);
    expect(refusal(`\ufeff\ufeff${JSON.stringify(v3({}))}`).message).toContain('not valid JSON');
  });

  it('must be UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"lockfileVersion":3,"packages":{"'),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from('":{}}}'),
    ]);
    expect(() => parseLockfile('package-lock.json', bytes)).toThrow(LockfileError);
    expect(() => parseLockfile('package-lock.json', Buffer.from(JSON.stringify(v3({})), 'utf16le'))).toThrow(
      LockfileError,
    );
  });

  it('may have 64 MB and not more', () => {
    const text = JSON.stringify(v3({}));
    const padded = Buffer.alloc(64 * 1024 * 1024, ' ');
    padded.write(text);
    expect(parseLockfile('package-lock.json', padded).entries).toBe(1);
    expect(() => parseLockfile('package-lock.json', Buffer.concat([padded, Buffer.from(' ')]))).toThrow(
      'larger than 64 MB',
    );
  });

  it.each(['', '[]', '"x"', 'null', '1', '{', 'not json'])('must be a JSON object, not %j', (text) => {
    expect(refusal(text).message).toMatch(/^package-lock\.json:1: /);
  });

  it('must not have marks of a merge conflict', () => {
    const conflict = `{\n  "lockfileVersion": 3,\n<<<<<<< HEAD\n  "packages": {}\n=======\n  "packages": {}\n>>>>>>> main\n}`;
    expect(refusal(conflict).message).toMatch(/^package-lock\.json:3: has marks of a git merge conflict; /);
  });

  it('must not have them in strings either: npm would mend what is no conflict', () => {
    const entries = { '': { 'a<<<<<<<': '', b: '=======', c: '>>>>>>>' } };
    expect(refusal({ lockfileVersion: 3, packages: entries }).message).toContain('merge conflict');
    expect(parse({ lockfileVersion: 3, packages: { '': { license: '<<<<<<< =======' } } }).entries).toBe(1);
  });

  it.each([
    ['no version', { packages: {} }, 'has no lockfileVersion'],
    ['no version, as a shrinkwrap may have', { dependencies: {} }, 'has no lockfileVersion'],
    ['version 0', { lockfileVersion: 0, packages: {} }, 'lockfileVersion is 0; supported are 1, 2 and 3'],
    ['version 4', { lockfileVersion: 4, packages: {} }, 'lockfileVersion is 4;'],
    ['version 1.5', { lockfileVersion: 1.5, packages: {} }, 'lockfileVersion is 1.5;'],
    ['a text for a version', { lockfileVersion: '3', packages: {} }, 'lockfileVersion is of another type'],
    ['version 3 without packages', { lockfileVersion: 3, dependencies: {} }, 'does not go with no "packages"'],
    ['version 2 without packages', { lockfileVersion: 2 }, 'does not go with no "packages"'],
    [
      'version 1 with packages',
      { lockfileVersion: 1, packages: {}, dependencies: {} },
      'does not go with a "packages"',
    ],
    ['packages null', { lockfileVersion: 3, packages: null }, 'is not an object'],
    [
      'packages false beside dependencies',
      { lockfileVersion: 2, packages: false, dependencies: {} },
      'is not an object',
    ],
    ['packages as a list', { lockfileVersion: 3, packages: [] }, 'is not an object'],
    ['dependencies as a text', { lockfileVersion: 1, dependencies: 'x' }, 'is not an object'],
  ])('is refused with %s', (_what, content, message) => {
    expect(refusal(content).message).toContain(message);
  });

  it('is refused as a shrinkwrap without version that has packages', () => {
    expect(refusal({ packages: {}, dependencies: {} }, 'npm-shrinkwrap.json').message).toContain(
      'has no lockfileVersion',
    );
  });

  it('is refused with a package twice, in the line of the second', () => {
    const text = `{"lockfileVersion":3,"packages":{\n"node_modules/a":{"version":"1.0.0"},\n"node_modules/a":{"version":"2.0.0"}}}`;
    expect(refusal(text)).toMatchObject({ line: 3 });
  });

  it('is refused with node_modules nested without end', () => {
    let entry: object = { version: '1.0.0' };
    for (let level = 0; level < 40; level += 1) entry = { version: '1.0.0', dependencies: { a: entry } };
    expect(refusal(v1({ a: entry })).message).toContain('nested deeper than 64 levels');
    expect(refusal(v3({ [Array(33).fill('node_modules/a').join('/')]: { version: '1.0.0' } })).line).toBe(7);
    expect(parse(v3({ [Array(32).fill('node_modules/a').join('/')]: { version: '1.0.0' } })).entries).toBe(2);
  });
});

describe('an entry', () => {
  const hostileNames = [
    '../evil',
    '..',
    '.',
    '.bin',
    '_x',
    '__proto__',
    'a/b',
    '@a',
    '@a/',
    '@/a',
    '@a/b/c',
    '@../x',
    'a b',
    'a\nb',
    'a\u0000',
    'a\u001b[2J',
    'a%2fb',
    'a\\b',
    'node_modules',
    'Node_Modules',
    'favicon.ico',
    'é',
    'a?b',
    'a#b',
    'a:b',
    ' a',
    'x'.repeat(215),
    '',
  ];

  it.each(hostileNames)('is refused with the name %j, wherever it stands', (name) => {
    expect(refusal(v3({ 'node_modules/a': { version: '1.0.0', name: name === '' ? ' ' : name } })).line).toBe(9);
    expect(refusal(v3({ [`node_modules/${name}`]: { version: '1.0.0' } })).line).toBe(7);
    const alias = JSON.stringify({ version: `npm:${name}@1.0.0` });
    expect(refusal(`{"lockfileVersion":1,"dependencies":{\n"a":${alias}}}`).line).toBe(2);
    expect(refusal(`{"lockfileVersion":1,"dependencies":{\n${JSON.stringify(name)}:{"version":"1.0.0"}}}`).line).toBe(
      2,
    );
  });

  it.each(['a', 'A', '-', 'JSONStream', 'a.b_c-d~e', '@s/a', '@S/_a', "a!*'()", 'x'.repeat(214), 'constructor', '1'])(
    'is read with the name %s',
    (name) => {
      expect(parse(v3({ [`node_modules/${name}`]: { version: '1.0.0' } })).dependencies[0]?.name).toBe(name);
      expect(parse(v1({ [name]: { version: '1.0.0' } })).dependencies[0]?.name).toBe(name);
    },
  );

  it.each([
    '',
    ' ',
    'latest',
    '^1.0.0',
    '1',
    '1.0',
    '1.0.0\n',
    '1.0.0/../..',
    '1.0.0\u0000',
    '../1.0.0',
    '1.0.0-é',
    `1.0.0-${'x'.repeat(300)}`,
  ])('is refused with the version %j', (version) => {
    expect(refusal(v3({ 'node_modules/a': { version } })).line).toBeGreaterThanOrEqual(7);
    expect(refusal(v1({ a: { version: `npm:b@${version}` } })).line).toBeGreaterThanOrEqual(7);
  });

  it.each(['1.0.0', '0.0.0-0', '1.2.3-alpha.1+build.5', '1.2.3beta', '10.20.30', '1.0.0-rc1'])(
    'is read with the version %s',
    (version) => {
      expect(parse(v3({ 'node_modules/a': { version } })).dependencies[0]?.version).toBe(version);
    },
  );

  it.each([
    ['no version', {}],
    ['a git address and a version that is none', { version: '../..', resolved: 'git+https://x.io/a.git' }],
    ['only flags, as a bug of npm once wrote', { optional: true, dev: true }],
    ['a number as version', { version: 1 }],
    ['a list as version', { version: ['1.0.0'] }],
    ['a number as address', { version: '1.0.0', resolved: 1 }],
    ['true as address', { version: '1.0.0', resolved: true }],
    ['a line break in the address', { version: '1.0.0', resolved: 'https://x.io/\na.tgz' }],
    ['an address without end', { version: '1.0.0', resolved: `https://x.io/${'a'.repeat(5000)}` }],
    ['an object as integrity', { version: '1.0.0', integrity: {} }],
    ['a text as flag', { version: '1.0.0', dev: 'false' }],
    ['a number as link', { version: '1.0.0', link: 1 }],
    ['dependencies as a list', { version: '1.0.0', dependencies: ['a'] }],
    ['a number as range', { version: '1.0.0', dependencies: { b: 1 } }],
  ])('is refused with %s', (_what, entry) => {
    expect(refusal(v3({ 'node_modules/a': entry })).message).toMatch(
      /^package-lock\.json:\d+: "node_modules\/a": .+; /,
    );
  });

  it.each([null, 1, 'x', [], true])('must be an object, not %j', (entry) => {
    expect(refusal({ lockfileVersion: 3, packages: { 'node_modules/a': entry } }).line).toBe(4);
    expect(refusal({ lockfileVersion: 1, dependencies: { a: entry } }).line).toBe(4);
  });

  it.each([
    '/node_modules/a',
    './node_modules/a',
    'node_modules//a',
    'node_modules/a/',
    'node_modules',
    'node_modules/a/../b',
    'x/../node_modules/a',
    'node_modules/../node_modules/a',
    'node_modules/node_modules/a',
    'node_modules\\a',
    'a\nb/node_modules/a',
    `${'a/'.repeat(2100)}node_modules/a`,
  ])('is refused at the location %j, which npm would read as another', (location) =>
    expect(refusal(v3({ [location]: { version: '1.0.0' } })).line).toBe(7),
  );

  it('is refused with a broken hash, in the line of the hash', () => {
    const error = refusal(v3({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-AAAA' } }));
    expect(error).toMatchObject({ file: 'package-lock.json', line: 9 });
    expect(error.message).toBe(
      'package-lock.json:9: "node_modules/a": sha512 integrity has 3 bytes, not 64; ' +
        'find out where it comes from, then let npm write the file again',
    );
    expect(refusal(v1({ a: { version: '1.0.0', integrity: `${sha512()} md6-x` } })).line).toBe(9);
  });

  it('cannot put anything into the message that a terminal would act on', () => {
    const hostile = 'node_modules/\u001b[2K\r\nok \u202e\u{1f600}';
    const { message } = refusal(v3({ [hostile]: { version: '1.0.0' } }), `\u001b]0;x\u0007/\u2028/package-lock.json`);
    expect(message).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
    expect(message).toContain('\\u{202e}');
    expect(message.length).toBeLessThan(400);
  });
});

describe('keys that are special to objects', () => {
  it('are names like any other', () => {
    const text = `{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0","dependencies":{"__proto__":"o/r","constructor":"^1"}},"node_modules/constructor":{"version":"1.0.0"}}}`;
    const lockfile = parse(text);
    expect(lockfile.dependencies.map(({ name, exotic }) => [name, exotic])).toEqual([
      ['a', [{ name: '__proto__', spec: 'o/r' }]],
      ['constructor', []],
    ]);
  });

  it('do not stand for packages', () => {
    const special = '{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1","__proto__":{"link":true}}}}';
    expect(refusal(special).message).toContain('has "__proto__", which npm never writes there');
    expect(refusal('{"lockfileVersion":3,"__proto__":{"packages":{}}}').message).toContain('no "packages"');
    expect(refusal('{"lockfileVersion":1,"dependencies":{"__proto__":{"version":"1.0.0"}}}').line).toBe(1);
  });
});
