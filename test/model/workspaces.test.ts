import { describe, expect, it } from 'vitest';
import { expanded, isFollowed, isMember, isWorkspace } from '../../src/model/workspaces.ts';

describe('whether a folder is a member of a workspace', () => {
  it.each([
    [['app'], true],
    [['./app/'], true],
    [['*'], true],
    [['**'], true],
    [['?pp'], true],
    [['@(app)'], true],
    [['@(lib|app)'], true],
    [['[a]pp'], true],
    [['[a-c]pp'], true],
    [['{lib,app}'], true],
    [['{l,{a,b}}pp'], true],
    [['*', '!!app'], true],
    [[], false],
    [['lib'], false],
    [['App'], false],
    [['packages/*'], false],
    [['[b-z]pp'], false],
    [['*', '!app'], false],
    [['*', '!@(app)'], false],
    [['*', '![a]pp'], false],
  ])('%j: %s', (patterns, expected) => {
    expect(isMember(patterns, 'app')).toBe(expected);
    expect(isWorkspace(patterns, 'app')).toBe(expected);
  });

  it.each([
    [['x/../app']],
    [['+(app)']],
    [['?(a)pp']],
    [['!(b)']],
    [['(app)']],
    [['{app}']],
    [['{a..c}pp']],
    [['[!b]pp']],
    [['[c-a]pp']],
    [['[[:alpha:]]pp']],
    [['a\\pp']],
    [['*', '!+(app)']],
    // npm 8 takes the last one, npm 11 and Yarn 1 the other way; Bun what is named as it is.
    [['!app', '*']],
    [['app', '!*']],
  ])('%j: it cannot be said', (patterns) => {
    expect(isMember(patterns, 'app')).toBeNull();
  });

  it('can be said of a folder that a strange pattern is followed by another one for', () => {
    expect(isMember(['+(app)', 'lib', '!app'], 'lib')).toBe(true);
    expect(isMember(['+(lib)', '*', '!app'], 'app')).toBe(false);
    expect(isMember(['+(lib)', 'app'], 'app')).toBe(true);
    expect(isMember(['packages/+(app)', './packages/(app)', '/x.y/+(app)'], 'app')).toBe(false);
    expect(isMember(['packages/+(app)'], 'packages/app')).toBeNull();
    expect(isMember(['packages/../+(app)'], 'app')).toBeNull();
    expect(isMember(['{app,+(lib)/x}'], 'app')).toBeNull();
  });

  it('is not said of a hidden folder by a wildcard, which some take for it and some do not', () => {
    expect(isMember(['*'], '.app')).toBeNull();
    expect(isMember(['.app', '!*'], '.app')).toBeNull();
    expect(isMember(['.app'], '.app')).toBe(true);
    expect(isMember(['packages/*'], '.github/app')).toBe(false);
  });

  it('follows no list without an end', () => {
    const many = `{${Array.from({ length: 100 }, (_, i) => i).join(',')}}`;
    expect(isFollowed(many)).toBe(true);
    expect(isFollowed(many.repeat(3))).toBe(false);
    expect(isMember([many.repeat(3)], 'app')).toBeNull();
    expect(expanded('a').length).toBe(1);
  });
});
