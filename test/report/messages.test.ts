import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finding, FINDING_CODES, type Finding, type FindingCode, type RefusalReason } from '../../src/model/finding.ts';
import { silentTexts } from '../../src/report/commands/silent.ts';
import { describe as describeFinding, findingTitle } from '../../src/report/words/messages.ts';
import { REFUSALS } from '../../src/report/words/refusals.ts';
import { argsWith, everyFinding, NOON } from './fixtures.ts';
import { HOSTILE, hostileText } from './hostile.ts';

const AXIOS = { name: 'axios', version: '1.14.1' };

describe('messages', () => {
  test.each([
    [
      finding('provenance-lost', { predecessor: '1.14.0', published: NOON }),
      'axios@1.14.1 has no provenance, but 1.14.0 (published 2026-03-31T00:00:00Z) before it has; it did not come from the build that published before, which is what a stolen token looks like.',
      'assay check axios@1.14.1',
    ],
    [
      finding('provenance-lost', { predecessor: '1.14.0', published: null }),
      'axios@1.14.1 has no provenance, but 1.14.0 before it has; it did not come from the build that published before, which is what a stolen token looks like.',
      'assay check axios@1.14.1',
    ],
    [
      finding('provenance-missing', { earlier: 0 }),
      'axios@1.14.1 has no provenance, and there is no earlier version to compare with; nothing shows who built it, and from which source.',
      'assay explain provenance-missing',
    ],
    [
      finding('provenance-invalid', { attestation: 'publish', reason: 'log-inclusion', detail: 'root hash differs' }),
      'axios@1.14.1 has a publish attestation that is refused because the entry is not shown to be included in the log ("root hash differs"); a real build does not leave a broken attestation behind, so it was changed or made up.',
      'Do not install it. assay check axios@1.14.1',
    ],
    [
      finding('identity-unexpected-repository', {
        expected: 'https://github.com/axios/axios',
        actual: 'https://github.com/evil/axios',
        source: 'history',
        version: '1.14.0',
      }),
      'axios@1.14.1 was built from https://github.com/evil/axios, but 1.14.0 has https://github.com/axios/axios; other people decide what goes into another repository.',
      'assay check axios@1.14.1',
    ],
    [
      finding('evidence-unavailable', { evidence: 'keys', url: 'https://r.example/', reason: 'HTTP 500' }),
      'axios@1.14.1 cannot be judged because the registry\'s keys could not be obtained from https://r.example/ ("HTTP 500"); no answer is not a good answer.',
      'Run the same command again; if the answer stays away: assay explain evidence-unavailable',
    ],
    [
      finding('evidence-stripped', { registry: 'https://mirror.example/' }),
      'axios@1.14.1 comes from https://mirror.example/, which serves no signature for any version of it; without them a forged release looks like any other.',
      'Ask the registry behind it: --registry URL; or, where none signs, tolerate it in assay.yml: findings: [{ code: evidence-stripped, level: note, reason: ... }]; more: assay explain evidence-stripped',
    ],
    [
      finding('evidence-stripped', { registry: 'https://registry.npmjs.org/' }),
      'axios@1.14.1 comes from https://registry.npmjs.org/, which serves no signature for any version of it; without them a forged release looks like any other.',
      'That registry signs every version, so a proxy answered in its name: ask who runs it; or, until it is mended, tolerate it in assay.yml: findings: [{ code: evidence-stripped, level: note, reason: ... }]; more: assay explain evidence-stripped',
    ],
  ] as [Finding, string, string][])(
    'say what was found, why it matters and what to do (%#)',
    (about, message, help) => {
      expect(describeFinding(about, AXIOS)).toEqual({ message, help });
    },
  );

  test('of what a team lets pass already advise no tolerating, and say where that is outranked', () => {
    for (const registry of ['https://mirror.example/', 'https://registry.npmjs.org/']) {
      const about = finding('evidence-stripped', { registry });
      const helpOf = (lowered: 'held' | 'outranked'): string => describeFinding({ ...about, lowered }, AXIOS).help;
      for (const help of [helpOf('held'), helpOf('outranked')]) expect(help).not.toContain('tolerate');
      expect(helpOf('held')).toMatch(/(?:--registry URL|ask who runs it); more: assay explain evidence-stripped$/);
      expect(helpOf('outranked')).toContain('assay.yml lets it pass, but provenance is demanded');
    }
  });

  test.each([
    'not in the evidence of 2026-04-01T10:00:00Z',
    'e.tar cannot be read any more',
    'the entry of npm/p in e.tar is not what its index says',
    'no answer when the evidence was gathered (2026-04-01T10:00:00Z): connection refused',
  ])('of what a pack does not have advise another pack: %s', (reason) => {
    for (const evidence of ['keys', 'newer-keys'] as const) {
      const { help } = describeFinding(
        finding('evidence-unavailable', { evidence, url: 'https://r.example/', reason }),
        AXIOS,
      );
      expect(help).toMatch(/^Make the pack anew where the network is \(assay pack\)/);
    }
  });

  test('of a registry that leaves out name another one to ask, unless it is the one that has them', () => {
    const [mirror = '', npm = ''] = silentTexts({
      signatures: ['https://mirror.example/', 'https://registry.npmjs.org/'],
      attestations: [],
      indexes: new Set(),
    });
    expect(mirror).toContain('--registry URL');
    expect(npm).toContain('a proxy answered in its name: ask who runs it (assay explain evidence-stripped)');
    expect(npm).not.toMatch(/--registry|private/);
    expect(
      silentTexts({ signatures: [], attestations: ['https://registry.npmjs.org/'], indexes: new Set() })[0],
    ).toMatch(/no attestations .*a proxy .*evidence-not-served/);
  });

  test('of an index of files name what it leaves out, and how another one is asked', () => {
    const signatures = ['https://mirror.example/simple/', 'https://pypi.org/simple/'];
    const [mirror = '', pypi = ''] = silentTexts({ signatures, attestations: [], indexes: new Set(signatures) });
    for (const text of [mirror, pypi]) {
      expect(text).toMatch(/ says of no file here whether it has attestations: .*assay explain evidence-stripped/);
      expect(text).not.toMatch(/signatures|--registry|private/);
    }
    expect(mirror).toContain('UV_DEFAULT_INDEX, or PIP_INDEX_URL for requirements');
    expect(pypi).toContain('a proxy answered in its name: ask who runs it');
  });

  test('of PyPI name what the index leaves out, and how another one is asked', () => {
    const helpOf = (registry: string): string =>
      describeFinding(finding('evidence-stripped', { registry, of: 'attestations' }), {
        ...AXIOS,
        ecosystem: 'pypi',
      }).help;
    expect(helpOf('https://mirror.example/simple/')).toMatch(
      /^Ask an index that passes attestations on, for this run: UV_DEFAULT_INDEX, .*tolerate it.*more: assay explain/,
    );
    expect(helpOf('https://pypi.org/simple/')).toMatch(/^That index says it of every file, so a proxy answered/);
  });

  /** Codes that only npm's packages and lockfiles have, so that npm's words are right. */
  const OF_NPM: Readonly<Partial<Record<FindingCode, string>>> = {
    'lockfile-bundle-mismatch': 'only tarballs of npm carry other packages',
    'history-install-script-added': 'registries of no other ecosystem name install scripts',
    'history-new-package-script': 'registries of no other ecosystem name install scripts',
    'lockfile-unbound': 'no other ecosystem has a shrinkwrap in a package',
  };
  const ARCHIVES = { go: 'zip', pypi: 'file', cargo: 'crate' } as const;

  describe.each(Object.entries(ARCHIVES) as [keyof typeof ARCHIVES, string][])('of %s', (ecosystem, archive) => {
    const subject = { ...AXIOS, ecosystem };
    const EVERY: readonly Finding[] = [
      ...everyFinding('text'),
      ...(['registry', 'attestation', 'bytes', 'lockfile', 'log'] as const).map((source) =>
        finding('integrity-mismatch', { locked: 'a', actual: 'b', source }),
      ),
      finding('integrity-mismatch', { locked: 'a', actual: 'b', source: 'bytes', basis: 'registry' }),
      finding('evidence-unavailable', { evidence: 'tarball', url: 'https://r.example/', reason: 'HTTP 500' }),
      finding('evidence-malformed', { evidence: 'tarball', url: 'https://r.example/', reason: 'HTTP 500' }),
      finding('evidence-stripped', { registry: 'https://r.example/', of: 'attestations' }),
    ];

    test('have no words and no advice of npm', () => {
      for (const one of EVERY.filter(({ code }) => OF_NPM[code] === undefined)) {
        const { message, help } = describeFinding(one, subject);
        for (const text of [message, help, findingTitle(one.code)]) {
          expect(text, one.code).not.toMatch(/npmrc|\bnpm (?:view|ci|install|diff)|package\.json|tarball|npmjs/);
        }
      }
    });

    test('call what a version is packed in by its name', () => {
      const bytes = finding('integrity-mismatch', { locked: 'a', actual: 'b', source: 'bytes' });
      expect(describeFinding(bytes, subject).message).toContain(`the ${archive}'s bytes are`);
      const differs = finding('history-manifest-differs', { field: 'f', registry: 'a', tarball: 'b' });
      expect(describeFinding(differs, subject).message).toContain(`in its ${archive};`);
      expect(describeFinding(differs, AXIOS).message).toContain('in its tarball;');
    });
  });

  test.each(['policy', 'baseline', 'history', 'manifest'] as const)(
    'name the %s as the source of an expectation',
    (source) => {
      const about = finding('identity-unexpected-issuer', { expected: 'before', actual: 'now', source });
      const words = {
        policy: 'the policy',
        baseline: 'the baseline',
        history: 'expected is',
        manifest: 'its manifest',
      };
      expect(describeFinding(about, AXIOS).message).toContain(words[source]);
    },
  );

  test.each(FINDING_CODES)('of %s are one sentence that names the package and calls it nothing it is not', (code) => {
    const { message, help } = describeFinding(finding(code, argsWith('text')[code]), AXIOS);
    expect(message).toMatch(/^axios@1\.14\.1 [^!]+; [^!]+[^.]\.$/);
    for (const text of [message, help, findingTitle(code)]) {
      expect(text).not.toMatch(/\b(?:safe|trusted|secure)(?:ly)?\b|!/i);
      expect(text).not.toMatch(/undefined|null|NaN|\[object/);
      expect(text.trim()).not.toBe('');
    }
    expect(help).toMatch(/assay (?:check axios@1\.14\.1|explain )/);
  });

  test.each(Object.keys(REFUSALS) as RefusalReason[])('of a bundle refused for %s say which step failed', (reason) => {
    const about = finding('provenance-invalid', { attestation: 'provenance', reason, detail: 'd' });
    expect(describeFinding(about, AXIOS).message).toContain(`is refused because ${REFUSALS[reason]} ("d")`);
  });

  test('of a note about an expired key name whose word the time is', () => {
    const about = finding(
      'signature-key-expired',
      { keyId: 'k', expired: NOON, time: NOON - 1000, basis: 'registry' },
      'note',
    );
    expect(describeFinding(about, AXIOS).message).toContain(
      'signed at 2026-03-30T23:59:59Z by the word of the registry alone',
    );
  });

  test('are inert and short whatever package, registry and certificate say', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (text, name) => {
        for (const about of everyFinding(text)) {
          const { message, help } = describeFinding(about, { name, version: text });
          expect(message + help).not.toMatch(HOSTILE);
          expect(message).not.toMatch(/::|##/);
          expect(message.length).toBeLessThan(1500);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('commands to copy', () => {
  const lost = finding('provenance-lost', { predecessor: '1.14.0', published: NOON });

  test.each([
    ['@scope/name', '1.0.0-rc.1+build.5'],
    ['lodash.merge', '4.6.2'],
    ['JSONStream', '1.3.5'],
  ])('name %s@%s', (name, version) => {
    expect(describeFinding(lost, { name, version }).help).toBe(`assay check ${name}@${version}`);
  });

  test.each([
    ['a;id', '1.0.0'],
    ['$(id)', '1.0.0'],
    ['a`id`', '1.0.0'],
    ['a b', '1.0.0'],
    ['--registry=https://evil.example/', '1.0.0'],
    ['-x', '1.0.0'],
    ['~root', '1.0.0'],
    ['a', '1.0.0 && id'],
    ['a', '1.0.0\nid'],
    ['a', '>=1'],
    ['../a', '1.0.0'],
    ['a'.repeat(300), '1.0.0'],
  ])('never carry what a shell would read (%#)', (name, version) => {
    expect(describeFinding(lost, { name, version }).help).toBe('assay explain provenance-lost');
  });
});
