import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween, otherChanges } from '../../src/baseline/changes.ts';
import { formatBaseline } from '../../src/baseline/text.ts';
import type {
  Baseline,
  BaselinePackage,
  BaselineUpdate,
  BaselineVersion,
  LastingIdentity,
} from '../../src/model/baseline.ts';
import type { PackageId } from '../../src/model/package.ts';
import { renderSummary } from '../../src/report/commands/update-summary.ts';
import { escapeHidden } from '../../src/report/words/escape.ts';
import { dependency } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { expectInertMarkdown, partsOf } from './markdown-reader.ts';
import { removeFolder } from '../support/remove-folder.ts';

const NOON = Date.UTC(2026, 6, 1, 12);
const PIPE = { color: false, unicode: true };
const TEAM: LastingIdentity = {
  issuer: 'https://token.actions.githubusercontent.com',
  repository: 'https://github.com/team/p',
  repositoryId: '100',
  ownerId: '200',
  workflow: '.github/workflows/publish.yml',
  signer: null,
  runner: 'hosted',
};
const MOVED: LastingIdentity = { ...TEAM, workflow: '.github/workflows/release.yml' };

const hex = (algorithm: 'sha256' | 'sha512', text: string): string => createHash(algorithm).update(text).digest('hex');

function entry(of: string, change: Partial<BaselineVersion> = {}): BaselineVersion {
  return {
    artifacts: [{ file: null, hash: { algorithm: 'sha512', hex: hex('sha512', of) } }],
    evidence: { algorithm: 'sha256', hex: hex('sha256', of) },
    entry: { algorithm: 'sha256', hex: hex('sha256', `${of} entry`) },
    provenance: { identity: TEAM },
    publisher: 'GitHub Actions',
    published: NOON,
    capabilities: null,
    ...change,
  };
}

function known(
  versions: Readonly<Record<string, BaselineVersion>>,
  change: Partial<BaselinePackage> = {},
): BaselinePackage {
  const map = new Map(Object.entries(versions));
  const proven = [...map.values()].some(({ provenance }) => provenance.identity !== null);
  const own = proven
    ? { identity: TEAM, since: { version: '1.0.0', published: NOON } }
    : { identity: null, since: null };
  return { ecosystem: 'npm', ...own, channels: new Map(), versions: map, ...change };
}

function baseline(packages: Readonly<Record<string, BaselinePackage>>, change: Partial<Baseline> = {}): Baseline {
  const entries = Object.entries(packages).map(([name, one]) => [`npm:${name}`, one] as [PackageId, BaselinePackage]);
  return { heads: [], packages: new Map(entries), accepted: [], seen: [], ...change };
}

function summary(before: Baseline | null, after: Baseline, change: Partial<BaselineUpdate> = {}): string {
  const update: BaselineUpdate = {
    ...{ baseline: after, added: [], removed: [], measures: [], despite: [], expired: [], unchanged: 0, leftOut: [] },
    ...change,
  };
  const changed = { packages: changesBetween(before, after), others: otherChanges(before, after) };
  return renderSummary('assay.lock', changed, update, PIPE);
}

const NONE = { identity: null, earlier: 3 } as const;

describe('what a reviewer must read of an update', () => {
  it('is one line where no entry changes', () => {
    const same = baseline({ p: known({ '1.0.0': entry('p') }) });
    expect(summary(same, same)).toBe('`assay.lock`: no entry changes\n');
  });

  it('says what changes beside entries, where only that does', () => {
    const p = { ecosystem: 'npm', name: 'p', version: '1.0.1' } as const;
    const q = { ecosystem: 'npm', name: 'q', version: '2.0.0' } as const;
    const bytes = { algorithm: 'sha512', hex: hex('sha512', 'b') } as const;
    const accepted = { ...q, bytes, code: 'provenance-lost', by: 'jane', why: 'read', until: NOON } as const;
    const of = (change: Partial<Baseline>): Baseline => baseline({ p: known({ '1.0.0': entry('p') }) }, change);
    const before = of({ seen: [{ ...q, time: NOON }], accepted: [accepted] });
    const after = of({ seen: [{ ...p, time: NOON }] });
    expect(summary(before, after).split('\n')).toEqual([
      '`assay.lock`: no entry changes, but 3 lines about what waits or was accepted',
      '- accepted before, and no longer locked: `q@2.0.0` provenance-lost (until 2026-07-01T12:00:00Z by `jane`)',
      '- waiting for a decision from now on: `p@1.0.1` (first seen 2026-07-01T12:00:00Z)',
      '- no longer waiting for a decision: `q@2.0.0` (first seen 2026-07-01T12:00:00Z)',
      '',
    ]);
    expect(summary(before, before)).toBe('`assay.lock`: no entry changes\n');
  });

  it('names packages of another ecosystem than npm with it', () => {
    const of = (version: string): Baseline => {
      const one = known({ [version]: entry(version) }, { ecosystem: 'go' });
      return { ...baseline({}), packages: new Map([['go:example.com/x', one]]) };
    };
    expect(summary(of('v1.0.0'), of('v1.1.0'))).toContain(': `go:example.com/x` `v1.0.0` -> `v1.1.0`\n');
  });

  it('is one line with a count where all is as it was', () => {
    const before = baseline({
      p: known({ '1.0.0': entry('p') }),
      q: known({ '1.0.0': entry('q') }),
      r: known({ '1.0.0': entry('r', { provenance: NONE, publisher: 'ann' }) }),
      s: known({ '1.0.0': entry('s') }),
      t: known({ '1.0.0': entry('t') }),
    });
    const after = baseline({
      p: known({ '1.0.1': entry('p1') }),
      q: known({ '1.1.0': entry('q1') }),
      r: known({ '1.0.1': entry('r1', { provenance: NONE, publisher: 'ann' }) }),
      t: known({ '1.0.0': entry('t', { capabilities: [] }) }),
    });
    expect(summary(before, after).split('\n')).toEqual([
      '`assay.lock`: 5 packages changed, 0 to read',
      '- 2 packages by the same builder as before, with provenance: `p` `1.0.0` -> `1.0.1`, `q` `1.0.0` -> `1.1.0`',
      '- 1 package by the same publisher as before, without provenance as before: `r` `1.0.0` -> `1.0.1`',
      '- 1 package removed, no longer locked: `s` `1.0.0`',
      '- 1 package the same, with something recorded anew: `t` `1.0.0`',
      '',
    ]);
  });

  it.each<[string, BaselinePackage | null, BaselinePackage, readonly string[]]>([
    [
      'another builder, by what differs',
      known({ '1.0.0': entry('a') }),
      known({ '1.0.1': entry('b', { provenance: { identity: MOVED } }) }, { identity: MOVED }),
      [
        '- `p` `1.0.0` -> `1.0.1`',
        '  - another builder: workflow `.github/workflows/publish.yml` -> `.github/workflows/release.yml`',
      ],
    ],
    [
      'a builder where there was none',
      known({ '1.0.0': entry('a', { provenance: NONE }) }),
      known({ '1.0.1': entry('b') }, { since: null }),
      [
        '- `p` `1.0.0` -> `1.0.1`',
        '  - builder: `https://github.com/team/p` `.github/workflows/publish.yml`, nobody known before',
        '  - provenance proven, which `1.0.0` had not',
      ],
    ],
    [
      'a channel of its own',
      known({ '1.0.0': entry('a') }),
      known(
        { '1.0.0': entry('a'), '2.0.0-next.1': entry('b', { provenance: { identity: MOVED } }) },
        { channels: new Map([['next', MOVED]]) },
      ),
      [
        '- `p` `2.0.0-next.1`',
        '  - builder `next`: `https://github.com/team/p` `.github/workflows/release.yml`, nobody known before',
      ],
    ],
    [
      'a version that its channel’s builder did not build',
      known({ '1.0.0': entry('a'), '1.1.0': entry('b') }),
      known({ '1.1.0': entry('b'), '1.0.1': entry('c', { provenance: { identity: MOVED } }) }),
      [
        '- `p` `1.0.0` -> `1.0.1`',
        '  - built by `https://github.com/team/p` `.github/workflows/release.yml`, not by who builds its channel',
      ],
    ],
    [
      'provenance that is lost',
      known({ '1.0.0': entry('a') }),
      known(
        {
          '1.0.1': entry('b', {
            provenance: { identity: null, lost: { version: '1.0.0', published: NOON } },
            publisher: 'thief',
            despite: { codes: ['provenance-lost'], expected: null },
          }),
        },
        { identity: TEAM, since: { version: '1.0.0', published: NOON } },
      ),
      [
        '- `p` `1.0.0` -> `1.0.1`',
        '  - provenance lost: `1.0.0` had it',
        '  - published by `thief`, `1.0.0` by `GitHub Actions`',
        '  - taken in despite provenance-lost',
        '  - provenance-lost accepted until 2026-07-01T12:00:00Z by `jane`: `read`',
      ],
    ],
    [
      'no approval where there was one',
      known({ '1.0.0': entry('a', { approver: 'bob' }) }),
      known({ '1.0.1': entry('b') }),
      ['- `p` `1.0.0` -> `1.0.1`', '  - approved by nobody named, `1.0.0` by `bob`'],
    ],
    [
      'what it newly reaches',
      known({ '1.0.0': entry('a', { capabilities: ['network'] }) }),
      known({ '1.0.1': entry('b', { capabilities: ['network', 'process'] }) }),
      ['- `p` `1.0.0` -> `1.0.1`', '  - reaches process, which `1.0.0` does not'],
    ],
    [
      'a new package',
      null,
      known({ '1.0.0': entry('a') }),
      [
        '- new `p` `1.0.0`',
        '  - built by `https://github.com/team/p` `.github/workflows/publish.yml`',
        '  - published by `GitHub Actions`',
      ],
    ],
    [
      'a new package without provenance',
      null,
      known({ '1.0.0': entry('a', { provenance: NONE, publisher: null }) }),
      ['- new `p` `1.0.0`', '  - no provenance, nor had any of 3 earlier versions'],
    ],
  ])('names %s', (_, was, is, lines) => {
    const isAccepted = [...is.versions.values()].some(({ despite }) => despite !== undefined);
    const bytes = { algorithm: 'sha512', hex: hex('sha512', 'b') } as const;
    const decision = { code: 'provenance-lost', by: 'jane', why: 'read', until: NOON } as const;
    const accepted = isAccepted ? [{ ecosystem: 'npm' as const, name: 'p', version: '1.0.1', bytes, ...decision }] : [];
    const text = summary(baseline(was === null ? {} : { p: was }), baseline({ p: is }, { accepted }));
    expect(text.split('\n')).toEqual(['`assay.lock`: 1 package changed, 1 to read', ...lines, '']);
  });

  it('is shorter than the diff of the file, of ten updates of which some need reading', () => {
    const names = Array.from({ length: 10 }, (__, i) => `package-${i}`);
    const before = baseline(Object.fromEntries(names.map((name) => [name, known({ '1.0.0': entry(name) })])));
    const after = baseline(
      Object.fromEntries(
        names.map((name, i) => {
          const moved = entry(`${name} new`, i === 3 ? { provenance: { identity: MOVED } } : {});
          return [name, known({ '1.0.1': moved }, i === 3 ? { identity: MOVED } : {})];
        }),
      ),
    );
    const folder = mkdtempSync(join(tmpdir(), 'assay-summary-'));
    try {
      writeFileSync(join(folder, 'before'), formatBaseline(before));
      writeFileSync(join(folder, 'after'), formatBaseline(after));
      const args = ['diff', '--no-index', '--no-color', 'before', 'after'];
      const { stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
      const text = summary(before, after);
      // Four lines out and four in of each, and one of each for the workflow.
      expect(stdout.match(/^[-+](?![-+])/gm)).toHaveLength(82);
      expect(text.split('\n').length).toBeLessThan(stdout.split('\n').length / 10);
      expect(text.length).toBeLessThan(stdout.length / 10);
    } finally {
      removeFolder(folder);
    }
  });

  /** A summary with `text` wherever a registry, a certificate, a lockfile or a person can put its own words. */
  function withText(text: string): string {
    const by = { ...TEAM, repository: text, workflow: text, signer: text };
    const bytes = { algorithm: 'sha512', hex: hex('sha512', 'b') } as const;
    const decision = { bytes, code: 'provenance-lost', by: text, why: text, until: NOON } as const;
    const one = { ecosystem: 'npm', name: text, version: `${text}2` } as const;
    const despite = { codes: ['provenance-lost'], expected: null } as const;
    const lost = { identity: null, lost: { version: text, published: NOON } };
    const before = baseline(
      {
        [text]: known({ [text]: entry('a', { publisher: text }) }),
        [`${text}3`]: known({ [text]: entry('c') }),
        [`${text}4`]: known({ [text]: entry('d') }),
      },
      { accepted: [{ ...one, ...decision, version: 'gone' }], seen: [{ ...one, time: NOON }] },
    );
    const after = baseline(
      {
        [text]: known(
          {
            [`${text}2`]: entry('b', { publisher: `${text}2`, approver: text, provenance: { identity: by } }),
            [`${text}1`]: entry('l', { provenance: lost, despite }),
          },
          { identity: by, channels: new Map([[text, by]]), since: { version: `${text}9`, published: NOON } },
        ),
        [`${text}4`]: known({ [text]: entry('d', { capabilities: [] }) }),
      },
      { accepted: [{ ...one, ...decision }], seen: [{ ...one, version: text, time: NOON }] },
    );
    const file = { file: text, line: 3, path: text };
    const leftOut = {
      ...{ dependency: dependency(text, text, { places: [file] }), codes: ['provenance-lost' as const] },
      ...{ accepted: false, acceptable: true, kept: false, silent: false },
    };
    const acceptable = { ...leftOut, dependency: dependency('@scope/p', '1.0.0', { places: [file] }) };
    return summary(before, after, {
      leftOut: [leftOut, acceptable, { ...acceptable, dependency: dependency('@scope/q', '1.0.0') }],
      measures: [text],
      expired: [{ ...one, ...decision }],
    });
  }

  it.each([
    '<img src=x onerror=alert(1)>',
    '![x](https://evil.example/x.png)',
    '[x](https://evil.example) https://evil.example @octocat #1',
    '`` ` ``',
    'a\n\n# heading\n- item\n\n    code',
    `${'x '.repeat(60)}# heading > quote - item 1. item \`\`\``,
  ])('is Markdown in which %j is code', (text) => {
    const markdown = withText(text);
    expectInertMarkdown(markdown);
    expect(partsOf(markdown)).toEqual(partsOf(withText('plain')));
    expect(markdown.match(/^- next/gm)).toHaveLength(1);
  });

  it('is Markdown in which any text is code', () => {
    const plain = partsOf(withText('plain'));
    fc.assert(
      fc.property(hostileText, (text) => {
        // Packages are in the order of their names, which the text is part of: the parts are, whatever that order is.
        const markdown = withText(text);
        expectInertMarkdown(markdown);
        expect(partsOf(markdown).toSorted()).toEqual(plain.toSorted());
      }),
      { numRuns: 100 },
    );
  });

  it('has nothing that acts on a terminal, whatever certificates and people wrote', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\u001b[2J\u202e\n::error::x'));
    fc.assert(
      fc.property(text, text, (one, other) => {
        const by = { ...TEAM, repository: one, workflow: other };
        const before = baseline({ p: known({ '1.0.0': entry('a', { publisher: one }) }) });
        const after = baseline({
          p: known(
            { '1.0.1': entry('b', { publisher: other, approver: one, provenance: { identity: by } }) },
            { identity: by },
          ),
        });
        const lines = summary(before, after).split('\n');
        for (const line of lines) expect(escapeHidden(line)).toBe(line);
        expect(lines.filter((line) => line.startsWith('::'))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
