import { describe, expect, it } from 'vitest';
import { LockfileError } from '../../src/readers/error.ts';
import { isNamed, manifestFields, workspacePatterns } from '../../src/readers/manifest.ts';

describe('a package.json', () => {
  it('is read without a byte order mark', () => {
    for (const manager of ['npm', 'pnpm', 'yarn-classic', 'yarn', 'bun', 'vlt'] as const) {
      expect(manifestFields('package.json', '\uFEFF{"name":"a"}', manager)).toEqual({ name: 'a' });
    }
    expect(() => manifestFields('package.json', '\uFEFF\uFEFF{}', 'npm')).toThrow(LockfileError);
  });

  it('has the last of equal keys, for Bun the first', () => {
    const twice = '{"name":"a","name":"b","__proto__":1}';
    expect(Object.entries(manifestFields('package.json', twice, 'npm'))).toEqual([
      ['name', 'b'],
      ['__proto__', 1],
    ]);
    expect(manifestFields('package.json', twice, 'bun')['name']).toBe('a');
  });

  it('has comments and a comma before an end for Bun, and for no other', () => {
    const text = '// one\n{ /* two\n three */ "name": "a", // "name": "b"\n "x": [1, /**/ ], }\n//';
    expect(manifestFields('package.json', text, 'bun')).toEqual({ name: 'a', x: [1] });
    expect(() => manifestFields('package.json', text, 'npm')).toThrow('package.json:1: not valid JSON');
    expect(manifestFields('package.json', '{"a":"// no /* comment */"}', 'bun')).toEqual({ a: '// no /* comment */' });
  });

  it.each([
    ['{"a": /* b', 'package.json:1: not valid JSON: the end of the comment expected'],
    ['{"a": /b/ 1}', 'package.json:1: not valid JSON: a value expected'],
    ['/*\n\n*/ {\n "a": x}', 'package.json:4: not valid JSON'],
    ['//\n{ // c\n\n /* d\n */ "a" 1}', 'package.json:5: not valid JSON: a colon expected at column 9'],
    ['[]', 'package.json:1: the document is not an object; mend it'],
  ])('that even Bun cannot read is refused, with the line: %j', (text, message) => {
    expect(() => manifestFields('package.json', text, 'bun')).toThrow(message);
  });
});

describe('the workspaces of a package.json', () => {
  const of = (workspaces: unknown): readonly string[] =>
    workspacePatterns('package.json', JSON.stringify({ workspaces }), 'npm');

  it('are a list, or the packages of an object', () => {
    expect(of(['a', 'b'])).toEqual(['a', 'b']);
    expect(of({ packages: ['a'], nohoist: ['b'] })).toEqual(['a']);
    for (const none of [undefined, null, [], {}, { nohoist: ['b'] }]) expect(of(none)).toEqual([]);
  });

  it.each(['app', { packages: 'app' }, ['app', 1], [['app']], { packages: { app: 1 } }, true])(
    'are not none where they are something else: %j',
    (workspaces) => {
      expect(() => of(workspaces)).toThrow('package.json: workspaces is not a list of patterns; mend it');
    },
  );

  it('say which pattern does not say whether a folder is a member', () => {
    expect(isNamed('package.json', ['app'], 'app')).toBe(true);
    expect(isNamed('package.json', ['lib'], 'app')).toBe(false);
    expect(() => isNamed('package.json', ['lib', '+(app)'], 'app')).toThrow(
      'package.json: the pattern "+(app)" of the workspaces may name "app" or not; name folders with names, * and ** alone',
    );
    expect(() => isNamed('package.json', ['!app', '*'], 'app')).toThrow('patterns of the workspaces may name "app"');
  });
});
