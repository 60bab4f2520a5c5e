import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PackageManager } from '../../src/model/dependency.ts';
import type { Comparison, VersionFacts } from '../../src/model/comparison.ts';
import { decisionsOf, diffOf } from '../../src/report/words/decisions.ts';
import { BEFORE, OTHER_WORKFLOW, STOLEN } from './fixtures.ts';
import { comparisonWith, hostileText, otherBuilderWith } from './hostile.ts';

/** Every command, address and policy line by decision, with the notes. */
function told(comparison: Comparison): readonly string[] {
  return decisionsOf(comparison).flatMap(({ decision, edit, commands, policy, url, note }) => [
    ...(edit === null ? [] : [`${decision}: ${[edit.file, ...edit.lines].join(' | ')}`]),
    ...[...commands.map((words) => words.join(' ')), ...policy, ...(url === null ? [] : [url])].map(
      (text) => `${decision}: ${text}`,
    ),
    ...(note === null ? [] : [`${decision} (${note})`]),
  ]);
}

const MANAGERS = ['npm', 'pnpm', 'yarn-classic', 'yarn', 'bun', 'vlt'] as const satisfies PackageManager[];
const everyUse = MANAGERS.flatMap((manager) => [
  { direct: true, alias: null, manager },
  { direct: false, alias: null, manager },
]);

const transitive = { direct: false, alias: null, manager: 'npm' } as const;

describe('decisions about lost provenance', () => {
  it('of a direct dependency', () => {
    expect(told(STOLEN)).toEqual([
      'stay: npm install axios@1.14.0 --save-exact --ignore-scripts',
      'update: npm install axios@1.14.2 --save-exact --ignore-scripts',
      'update (verified by the next audit)',
      'accept: assay accept axios@1.14.1 --reason "..."',
      'ask: https://github.com/axios/axios/releases',
    ]);
  });

  it('of one that other packages bring in', () => {
    expect(told({ ...STOLEN, use: transitive }).slice(0, 4)).toEqual([
      'stay: npm pkg set "overrides[axios]=1.14.0"',
      'stay: npm update axios --ignore-scripts',
      'update: npm update axios --ignore-scripts',
      'update (the newest its dependents allow, verified by the next audit)',
    ]);
  });

  it('without a project, for both', () => {
    expect(told({ ...STOLEN, use: null, later: { state: 'none' } }).slice(0, 5)).toEqual([
      'stay: npm install axios@1.14.0 --save-exact --ignore-scripts',
      'stay (where the project itself depends on it)',
      'stay: npm pkg set "overrides[axios]=1.14.0"',
      'stay: npm update axios --ignore-scripts',
      'stay (where only other packages do)',
    ]);
  });

  it('keeps an alias, and gives no override for one', () => {
    expect(told({ ...STOLEN, use: { direct: true, alias: 'http', manager: 'npm' } })[0]).toBe(
      'stay: npm install http@npm:axios@1.14.0 --save-exact --ignore-scripts',
    );
    const indirect = told({ ...STOLEN, use: { direct: false, alias: 'http', manager: 'npm' } });
    expect(indirect.filter((line) => line.startsWith('stay') || line.startsWith('update'))).toEqual([]);
  });

  it('says where nothing shows who built the version to stay on', () => {
    const lines = told({ ...STOLEN, stay: '0.30.3' });
    expect(lines).toContain('stay (nothing here shows who built 0.30.3)');
    const unknown = { ...STOLEN, predecessor: { ...BEFORE, provenance: 'unknown' } } as const;
    expect(told(unknown)).toContain('stay (nothing here shows who built 1.14.0)');
    expect(told({ ...STOLEN, predecessor: { ...BEFORE, provenance: 'recorded' } }).join()).not.toContain('shows');
  });

  it('offers nothing that is not there', () => {
    const nothing = { ...STOLEN, stay: null, later: { state: 'unknown' }, predecessor: null } as const;
    expect(told(nothing)).toEqual(['accept: assay accept axios@1.14.1 --reason "..."']);
    expect(told({ ...nothing, acceptable: false })).toEqual([]);
    expect(told({ ...STOLEN, codes: [] })).toEqual([]);
  });
});

describe('in the words of the package manager whose lockfile it is', () => {
  const stay = (manager: PackageManager, direct: boolean, alias: string | null = null): readonly string[] =>
    told({ ...STOLEN, use: { direct, alias, manager } }).filter((line) => line.startsWith('stay'));
  const update = (manager: PackageManager, direct: boolean): readonly string[] =>
    told({ ...STOLEN, use: { direct, alias: null, manager } }).filter((line) => line.startsWith('update'));

  it.each([
    ['npm', 'npm install axios@1.14.0 --save-exact --ignore-scripts'],
    ['pnpm', 'pnpm add axios@1.14.0 --save-exact --ignore-scripts'],
    ['yarn-classic', 'yarn upgrade axios@1.14.0 --exact --ignore-scripts'],
    ['yarn', 'yarn up axios@1.14.0 --exact --mode=skip-build'],
    ['bun', 'bun add axios@1.14.0 --exact --ignore-scripts'],
    ['vlt', 'vlt install axios@1.14.0'],
  ] as const)('%s pins what the project asks for', (manager, command) => {
    expect(stay(manager, true)).toEqual([`stay: ${command}`]);
    expect(stay(manager, true, 'http')).toEqual([`stay: ${command.replace('axios@', 'http@npm:axios@')}`]);
    expect(stay(manager, false, 'http')).toEqual([]);
    expect(update(manager, true)).toEqual([
      `update: ${command.replace('1.14.0', '1.14.2')}`,
      'update (verified by the next audit)',
    ]);
  });

  it.each([
    ['npm', ['npm pkg set "overrides[axios]=1.14.0"', 'npm update axios --ignore-scripts']],
    ['pnpm', ["pnpm-workspace.yaml | overrides: |   'axios': '1.14.0'", 'pnpm install --ignore-scripts']],
    ['yarn-classic', ['package.json | "resolutions": { "axios": "1.14.0" }', 'yarn install --ignore-scripts']],
    ['yarn', ['package.json | "resolutions": { "axios": "1.14.0" }', 'yarn install --mode=skip-build']],
    ['bun', ['package.json | "overrides": { "axios": "1.14.0" }', 'bun install --ignore-scripts']],
    ['vlt', ['vlt.json | "modifiers": { "#axios": "1.14.0" }', 'vlt update']],
  ] as const)('%s overrides what others bring in', (manager, steps) => {
    const lines = stay(manager, false).filter((line) => line.startsWith('stay:'));
    expect(lines).toEqual(steps.map((step) => `stay: ${step}`));
  });

  it.each([
    ['pnpm', 'pnpm update axios --ignore-scripts'],
    ['yarn', 'yarn up --recursive axios --mode=skip-build'],
    ['bun', 'bun update axios --ignore-scripts'],
  ] as const)('%s updates what others bring in', (manager, command) => {
    expect(update(manager, false)).toEqual([
      `update: ${command}`,
      'update (the newest its dependents allow, verified by the next audit)',
    ]);
  });

  it.each(['yarn-classic', 'vlt'] as const)(
    '%s takes no such name, and overrides with the later version',
    (manager) => {
      const [edit, , note] = update(manager, false);
      expect(edit).toContain('1.14.2');
      expect(note).toMatch(/^update \(verified by the next audit/);
    },
  );
});

describe('decisions about another builder', () => {
  const expected = (comparison: Comparison): readonly string[] =>
    decisionsOf(comparison).find(({ decision }) => decision === 'expect')?.policy ?? [];
  const built = (facts: Partial<VersionFacts>): Comparison['current'] => ({ ...OTHER_WORKFLOW.current, ...facts });

  it('names repository and workflow', () => {
    expect(expected(OTHER_WORKFLOW)).toEqual([
      'expect:',
      "  'axios':",
      "    repository: 'https://github.com/axios/axios'",
      "    workflow: '.github/workflows/other.yml'",
    ]);
  });

  it('leaves the ref of a reusable workflow open, but no other character of it', () => {
    const at = (signer: string): string =>
      expected({ ...OTHER_WORKFLOW, current: built({ signer }) })
        .slice(-2)
        .join('\n');
    expect(at('https://github.com/o/shared/.github/workflows/r.yml@refs/tags/v2')).toBe(
      "    signer:\n      pattern: 'https://github.com/o/shared/.github/workflows/r.yml@**'",
    );
    expect(at('https://github.com/o/*/r.yml@refs/tags/v2')).toContain("signer: 'https://github.com/o/*/r.yml@refs");
  });

  it.each([
    ['identity-unexpected-ref', ["    ref: 'refs/heads/v1.x'"]],
    ['identity-unexpected-trigger', ["    trigger: 'push'"]],
    ['identity-self-hosted-runner', ["    runner: 'hosted'"]],
    ['identity-unexpected-runner', ["    runner: 'hosted'"]],
  ] as const)('%s names that fact only', (code, lines) => {
    expect(expected({ ...OTHER_WORKFLOW, codes: [code] }).slice(2)).toEqual(lines);
  });

  it('names no repository that is another one under the same name: a policy has no ids', () => {
    for (const code of ['identity-owner-changed', 'identity-unexpected-repository'] as const) {
      expect(expected({ ...OTHER_WORKFLOW, codes: [code] })).toEqual([]);
      const moved = { ...OTHER_WORKFLOW, codes: [code], current: built({ repository: 'https://github.com/o/moved' }) };
      expect(expected(moved)).toContain("    repository: 'https://github.com/o/moved'");
    }
  });

  it('names nothing that is not proven, nor a pull request', () => {
    expect(expected({ ...OTHER_WORKFLOW, current: built({ provenance: 'claimed' }) })).toEqual([]);
    const codes = ['identity-unexpected-ref'] as const;
    expect(expected({ ...OTHER_WORKFLOW, codes, current: built({ ref: 'refs/pull/7/merge' }) })).toEqual([]);
  });

  it('says where the policy itself expects another', () => {
    const note = (expectedBy: Comparison['expectedBy']): string | null =>
      decisionsOf({ ...OTHER_WORKFLOW, expectedBy }).find(({ decision }) => decision === 'expect')?.note ?? null;
    expect(note('policy')).toBe('in place of what assay.yml expects now');
    expect(note('baseline')).toBe('in assay.yml');
  });
});

describe('where to read and ask', () => {
  const between = (before: Partial<VersionFacts>, now: Partial<VersionFacts>): string | null =>
    diffOf({
      ...OTHER_WORKFLOW,
      predecessor: { ...BEFORE, ...before },
      current: { ...OTHER_WORKFLOW.current, ...now },
    }).url;

  it('names the registry to npm wherever npm would ask for the name at another one', () => {
    const command = (name: string, registry: string, manager: 'npm' | 'pnpm' | 'yarn' | null): string =>
      (
        diffOf({
          ...OTHER_WORKFLOW,
          name,
          registry,
          use: manager === null ? null : { direct: true, alias: null, manager },
        }).command ?? []
      )
        .slice(4)
        .join(' ');
    const own = 'https://npm.acme.test/';
    for (const manager of ['pnpm', 'yarn', null] as const) {
      expect(command('@acme/billing', own, manager)).toBe(`--@acme:registry=${own}`);
      expect(command('billing', own, manager)).toBe(`--registry=${own}`);
      expect(command('@acme/billing', 'https://registry.npmjs.org/', manager)).toBe('');
    }
    // It reads the same .npmrc.
    expect(command('@acme/billing', own, 'npm')).toBe('');
    const hostile = { ...OTHER_WORKFLOW, registry: 'https://x.test/$(id)/', use: null };
    expect(diffOf(hostile).command).toBeNull();
  });

  it('knows the forges and their addresses', () => {
    const range = `${'a'.repeat(40)}...${'b'.repeat(40)}`;
    expect(between({}, {})).toBe(`https://github.com/axios/axios/compare/${range}`);
    const gitlab = { repository: 'https://gitlab.com/group/sub/project' };
    expect(between(gitlab, gitlab)).toBe(`https://gitlab.com/group/sub/project/-/compare/${range}`);
  });

  it.each([
    ['another host', 'https://evil.example/axios/axios'],
    ['a host that only begins like one', 'https://github.com.evil.example/a/b'],
    ['a user name before the host', 'https://github.com@evil.example/a/b'],
    ['a way out of the repository', 'https://github.com/a/../b'],
    ['a query', 'https://github.com/a/b?x=y'],
    ['a shell', 'https://github.com/a/b$(id)'],
    ['no https', 'http://github.com/a/b'],
    ['only an owner', 'https://github.com/a'],
  ])('gives no address for %s', (_, repository) => {
    expect(between({ repository }, { repository })).toBeNull();
    expect(told({ ...STOLEN, predecessor: { ...BEFORE, repository } }).join()).not.toContain('ask');
  });

  it('gives no address between what is not proven, or is not the same repository', () => {
    expect(between({ provenance: 'recorded' }, {})).toBeNull();
    expect(between({}, { provenance: 'claimed' })).toBeNull();
    expect(between({}, { repository: 'https://github.com/thief/axios' })).toBeNull();
    expect(between({ commit: 'main' }, {})).toBeNull();
    expect(between({}, { commit: null })).toBeNull();
  });
});

describe('hostile text', () => {
  const NASTY = [
    'a; rm -rf /',
    '$(id)',
    '`id`',
    '-g',
    '--prefix=/',
    "a'b",
    'a"b',
    'a\nb',
    '../x',
    'a b',
    '@x',
    'a|b',
    '%PATH%',
    '!',
  ];

  it.each(NASTY)('%j as a name is part of no command and no policy', (name) => {
    for (const comparison of [STOLEN, OTHER_WORKFLOW]) {
      const lines = told({ ...comparison, name });
      expect(lines.filter((line) => !line.startsWith('ask:'))).toEqual([]);
      expect(diffOf({ ...comparison, name }).command).toBeNull();
    }
  });

  it.each(NASTY)('%j as a version is part of no command', (version) => {
    const hostile: Comparison = {
      ...STOLEN,
      current: { ...STOLEN.current, version },
      predecessor: { ...BEFORE, version },
      stay: version,
      later: { state: 'proven', version, published: null },
    };
    for (const use of [STOLEN.use, transitive, null, ...everyUse]) {
      expect(told({ ...hostile, use }).filter((line) => !line.startsWith('ask:'))).toEqual([]);
    }
    expect(diffOf(hostile).command).toBeNull();
  });

  it.each(NASTY)('%j as an alias is part of no command', (alias) => {
    const lines = told({ ...STOLEN, use: { direct: true, alias, manager: 'npm' } });
    expect(lines.filter((line) => line.startsWith('stay') || line.startsWith('update'))).toEqual([]);
  });

  it('never leaves what a shell or a terminal would take for something else', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const comparison of [
          comparisonWith(text),
          otherBuilderWith(text),
          { ...OTHER_WORKFLOW, current: { ...OTHER_WORKFLOW.current, workflow: text } },
        ]) {
          const decisions = [comparison.use, ...everyUse].flatMap((use) => decisionsOf({ ...comparison, use }));
          for (const { edit, commands, policy, url } of decisions) {
            for (const line of edit?.lines ?? []) expect(line).toMatch(/^[\w@/.#+:{}"' -]+$/);
            for (const word of commands.flat())
              expect(word).toMatch(/^(?:"overrides\[[\w@/.-]+\]=[\w.+-]+"|"\.\.\."|[\w@/:=.+-]+)$/);
            for (const line of policy) expect(line).toMatch(/^[\x20-\x7e]+$/);
            if (url !== null) expect(url).toMatch(/^https:\/\/(?:github|gitlab)\.com\/[\w./-]+$/);
          }
        }
      }),
    );
  });
});
