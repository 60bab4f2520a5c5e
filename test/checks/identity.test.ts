import { describe, expect, it } from 'vitest';
import {
  checkAgainstIdentity,
  checkAgainstManifest,
  checkBuild,
  repositoryAddress,
} from '../../src/checks/identity.ts';
import type { Identity } from '../../src/model/proof.ts';

const BEFORE: Identity = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'https://github.com/o/r/.github/workflows/release.yml@refs/heads/main',
  repository: 'https://github.com/o/r',
  repositoryId: '1',
  owner: 'https://github.com/o',
  ownerId: '2',
  workflow: '.github/workflows/release.yml',
  ref: 'refs/heads/main',
  commit: 'a'.repeat(40),
  trigger: 'push',
  runner: 'hosted',
  visibility: 'public',
  run: null,
  signer: null,
};

function codes(change: Partial<Identity>, before: Partial<Identity> = {}): string[] {
  const expected = { identity: { ...BEFORE, ...before }, source: 'history' as const, version: '1.0.0' };
  return checkAgainstIdentity({ ...BEFORE, ...change }, expected).map((finding) => finding.code);
}

describe('against history', () => {
  it.each<[string, Partial<Identity>, string[]]>([
    ['another ref, commit, trigger and run', { ref: 'refs/tags/v2', commit: 'b'.repeat(40), trigger: 'release' }, []],
    [
      'a fork',
      { repository: 'https://github.com/x/r', repositoryId: '9', owner: 'https://github.com/x', ownerId: '8' },
      ['identity-unexpected-repository'],
    ],
    ['a renamed repository', { repository: 'https://github.com/o/r2' }, []],
    ['a recreated repository', { repositoryId: '9' }, ['identity-unexpected-repository']],
    ['a recreated owner', { ownerId: '9', repositoryId: '8' }, ['identity-owner-changed']],
    [
      'a transferred repository',
      { repository: 'https://github.com/x/r', owner: 'https://github.com/x', ownerId: '9' },
      ['identity-owner-changed'],
    ],
    ['another workflow', { workflow: '.github/workflows/x.yml' }, ['identity-unexpected-workflow']],
    [
      'a reusable workflow where there was none',
      { signer: 'https://github.com/s/w/.github/workflows/r.yml@refs/heads/main' },
      ['identity-unexpected-workflow'],
    ],
    ['another issuer', { issuer: 'https://gitlab.com' }, ['identity-unexpected-issuer']],
  ])('%s', (_, change, expected) => {
    expect(codes(change)).toEqual(expected);
  });

  it('compares names where either certificate has no ids', () => {
    const none = { repositoryId: null, ownerId: null };
    expect(codes(none)).toEqual([]);
    expect(codes({}, none)).toEqual([]);
    expect(codes({ ...none, repository: 'https://github.com/x/r' })).toEqual(['identity-unexpected-repository']);
    expect(codes({ repository: 'https://github.com/O/r' }, none)).toEqual(['identity-unexpected-repository']);
  });

  it('does not take one issuer’s ids for another’s', () => {
    expect(codes({ issuer: 'https://gitlab.com', repository: 'https://gitlab.com/o/r' })).toEqual([
      'identity-unexpected-issuer',
      'identity-unexpected-repository',
    ]);
  });

  it('takes a reusable workflow at another ref for the same one', () => {
    const at = (ref: string): string => `https://github.com/s/w/.github/workflows/r.yml@${ref}`;
    expect(codes({ signer: at('v2') }, { signer: at('v1') })).toEqual([]);
  });
});

describe('a move within a name', () => {
  const mono = { repository: 'https://github.com/o/mono', repositoryId: '9' };
  const under = (change: Partial<Identity>): string[] => {
    const expected = { identity: BEFORE, source: 'history' as const, version: '1.0.0' };
    const policy = { repository: { kind: 'exact', text: 'https://github.com/o/mono' } } as const;
    return checkAgainstIdentity({ ...BEFORE, ...change }, expected, policy).map((finding) => finding.code);
  };

  it('of the same owner is another repository, and nothing where a policy names it', () => {
    expect(codes(mono)).toEqual(['identity-unexpected-repository']);
    expect(under(mono)).toEqual([]);
  });

  it('of another owner is a name that was taken over, whatever a policy names', () => {
    expect(codes({ ...mono, ownerId: '66' })).toEqual(['identity-owner-changed']);
    expect(under({ ...mono, ownerId: '66' })).toEqual(['identity-owner-changed']);
  });
});

describe('against the manifest', () => {
  const same = [
    'git+https://github.com/o/r.git',
    'github:o/r',
    'o/r',
    'git@github.com:o/r.git',
    'https://github.com/O/R#main',
    'https://github.com/o/r/issues',
    'https://github.com/o/r/packages/a',
    'https://github.com/o/r/tree/main/packages/a',
  ];
  it.each(same)('%s is it', (claim) => {
    expect(checkAgainstManifest(BEFORE, claim)).toEqual([]);
  });

  it.each(['https://github.com/o/r2', 'https://gitlab.com/o/r', 'https://github.com.evil.example/o/r'])(
    '%s is not',
    (claim) => {
      expect(checkAgainstManifest(BEFORE, claim)).toMatchObject([
        { code: 'identity-unexpected-repository', args: { source: 'manifest' } },
      ]);
    },
  );

  it('expects nothing where nothing usable is claimed', () => {
    expect(checkAgainstManifest(BEFORE, null)).toEqual([]);
    expect(checkAgainstManifest(BEFORE, 'see README')).toEqual([]);
  });
});

describe('repository addresses', () => {
  it.each([
    ['git+ssh://git@github.com/o/r.git', 'https://github.com/o/r'],
    ['ssh://git@github.com:o/r.git', 'https://github.com/o/r'],
    ['git://github.com/o/r', 'https://github.com/o/r'],
    ['https://github.com/o/r/tree/main/packages/x', 'https://github.com/o/r'],
    ['gitlab:o/r', 'https://gitlab.com/o/r'],
    ['https://gitlab.com/group/sub/r', 'https://gitlab.com/group/sub/r'],
    ['https://www.github.com/o/r/', 'https://github.com/o/r'],
    ['https://github.com/o/r/issues', 'https://github.com/o/r'],
    ['https://github.com/o/r/packages/a', 'https://github.com/o/r'],
    ['git+https://github.com/o/r.git/packages/a', 'https://github.com/o/r'],
    ['https://github.com/o/r/blob/main/README.md', 'https://github.com/o/r'],
    ['https://bitbucket.org/o/r/src/main', 'https://bitbucket.org/o/r'],
    ['https://gitlab.com/group/sub/r/-/tree/main/a', 'https://gitlab.com/group/sub/r'],
    ['https://gitlab.com/group/sub/r/-/issues', 'https://gitlab.com/group/sub/r'],
    ['https://git.example/o/r/tree/main', 'https://git.example/o/r'],
    ['https://git.example/group/issues/r', 'https://git.example/group/issues/r'],
    ['https://github.com/o', 'https://github.com/o'],
    ['https://github.com.evil.example/o/r/issues', 'https://github.com.evil.example/o/r/issues'],
    ['javascript:alert(1)', null],
    ['', null],
  ])('%s', (text, address) => {
    expect(repositoryAddress(text)).toBe(address);
  });
});

describe('the build itself', () => {
  const before = (identity: Identity): Parameters<typeof checkBuild>[1] => {
    return { identity, source: 'history', version: '1.0.0', trigger: identity.trigger };
  };

  it('reports a self-hosted runner unless it was one before', () => {
    const now: Identity = { ...BEFORE, runner: 'self-hosted' };
    expect(checkBuild(now, null)).toMatchObject([{ code: 'identity-self-hosted-runner' }]);
    expect(checkBuild(now, before(BEFORE))).toMatchObject([{ code: 'identity-self-hosted-runner' }]);
    expect(checkBuild(now, before(now))).toEqual([]);
    expect(checkBuild(BEFORE, before(now))).toEqual([]);
  });

  it('reports a build of a pull request', () => {
    expect(checkBuild({ ...BEFORE, ref: 'refs/pull/7/merge' }, before(BEFORE))).toMatchObject([
      { code: 'identity-unexpected-ref', args: { actual: 'refs/pull/7/merge' } },
    ]);
  });

  it.each(['pull_request_target', 'issue_comment', 'issues', 'fork', 'watch'])(
    'warns of one that an outsider could start (%s) where the release before was none',
    (trigger) => {
      const now: Identity = { ...BEFORE, trigger };
      expect(checkBuild(now, before(BEFORE))).toEqual([
        {
          code: 'identity-unexpected-trigger',
          args: { expected: 'push', actual: trigger, source: 'history', version: '1.0.0' },
          kind: 'anomaly',
        },
      ]);
      expect(checkBuild(now, before(now))).toEqual([]);
      expect(checkBuild(now, before(BEFORE), { trigger: { kind: 'exact', text: trigger } })).toEqual([]);
      // A baseline has no events, and the first release nothing before it.
      const recorded = { identity: BEFORE, source: 'baseline' as const };
      for (const expected of [recorded, null]) expect(checkBuild(now, expected)).toMatchObject([{ kind: 'note' }]);
    },
  );

  it.each(['release', 'workflow_dispatch', 'schedule', 'workflow_run', null])('and not of %s', (trigger) => {
    expect(checkBuild({ ...BEFORE, trigger }, before(BEFORE))).toEqual([]);
  });
});
