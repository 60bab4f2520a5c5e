import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NPM_REGISTRY } from '../../src/ecosystems/conventions/npm-names.ts';
import { finding, FINDING_CODES, FINDING_KINDS, type FindingCode, type FindingKind } from '../../src/model/finding.ts';
import { failsFrom } from '../../src/policy/enforce.ts';
import { displayWidth } from '../../src/report/words/escape.ts';
import { renderCodeList, renderPage } from '../../src/report/commands/explain.ts';
import { argsWith } from './fixtures.ts';
import { HOSTILE, hostileText } from './hostile.ts';

const FOLDER = join(import.meta.dirname, '../../docs/findings');
const PLAIN = { color: false, columns: 80 };
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

const SECTIONS = [
  '## What it means',
  '## How an attacker causes it',
  '## Innocent causes',
  '## What to do',
  '## Level',
];

/** Commands that pages may name. */
const COMMANDS = ['audit', 'update', 'check', 'accept', 'explain', 'verify-bundle', 'trust', 'demo'];

/** What only packages of npm can have: what their registry keeps, their lockfiles say, and their manifests run. */
const OF_NPM_ALONE: ReadonlySet<FindingCode> = new Set([
  'evidence-not-served',
  'history-dist-tag-moved-back',
  'history-exotic-dependency',
  'history-install-script-added',
  'history-new-package-script',
  'lockfile-bundle-mismatch',
  'lockfile-dependency-added',
  'lockfile-entry-differs',
  'lockfile-hook-changed',
  'lockfile-parts-differ',
  'lockfile-patched',
  'lockfile-substituted',
  'lockfile-unbound',
  'publish-attestation-missing',
  'signature-invalid',
  'signature-key-expired',
  'signature-key-unknown',
  'signature-missing',
]);

/** How the Level section of a page begins, by the kind and the first phase in which a finding of the code fails. */
function levelOf(code: FindingCode): RegExp {
  const args = argsWith(NPM_REGISTRY);
  const found = code === 'provenance-missing' ? finding(code, { earlier: 12 }) : finding(code, args[code]);
  const first = failsFrom(found, null);
  const words = {
    observe: 'an error in every phase',
    guard: 'a warning in `observe`; an error for every dependency from `guard`, the default, on',
    critical:
      'a warning in `observe` and `guard`; an error for the critical set in `critical` (without a policy: the direct dependencies); an error for every dependency in `all`.',
    all: '',
  }[first ?? 'all'];
  const starts: Readonly<Record<FindingKind, string>> = {
    contradiction: `A contradiction: ${words}`,
    advisory: `An advisory: ${words}`,
    loss: `A loss: ${words}`,
    identity: `An identity finding: ${words}`,
    gap: `A gap: ${words}`,
    anomaly: 'An anomaly: a warning in every phase',
    unavailable: 'Unavailable: in every phase there is no statement[^.]*. The run ends with exit status 3',
    note: 'A note in every phase',
  };
  return new RegExp(`^${starts[FINDING_KINDS[code]].replace(/(?<!\*)[.()]/g, '\\$&').replaceAll(' ', '\\s+')}`);
}

describe('the pages of the findings', () => {
  test('are exactly one for each code, and an index that lists them', () => {
    const pages = readdirSync(FOLDER)
      .filter((name) => name !== 'README.md')
      .sort();
    expect(pages).toEqual(FINDING_CODES.map((code) => `${code}.md`).sort());
    const index = read('README.md');
    for (const code of FINDING_CODES) expect(index).toContain(`[${code}](${code}.md)`);
    expect(index.match(/\.md\)/g)).toHaveLength(FINDING_CODES.length);
  });

  test.each(FINDING_CODES)('%s has the same summary in the index as on its page', (code) => {
    const [, summary = ''] = read(`${code}.md`).split('\n\n');
    const index = read('README.md').replace(/\s+/g, ' ');
    expect(index).toContain(`[${code}](${code}.md): ${summary.replace(/\s+/g, ' ')}`);
  });

  test.each(FINDING_CODES)('%s has all sections, in order, and none is empty', (code) => {
    const page = read(`${code}.md`);
    expect(page.startsWith(`# ${code}\n\n`)).toBe(true);
    expect(page.match(/^#+ .*$/gm)).toEqual([`# ${code}`, ...SECTIONS]);
    for (const part of page.split(/^#+ .*$/m).slice(1)) expect(part.trim().length).toBeGreaterThan(40);
    const [, summary = ''] = page.split('\n\n');
    expect(summary).toMatch(/^[A-Z][^\n.]*(?:\.json[^\n.]*)?\.$/);
    const words = page.split(/\s+/).length;
    expect(words).toBeGreaterThanOrEqual(120);
    expect(words).toBeLessThanOrEqual(300);
  });

  test.each(FINDING_CODES)('%s states the level of its kind', (code) => {
    const kind = FINDING_KINDS[code];
    expect(read(`${code}.md`).split('## Level\n\n')[1]).toMatch(levelOf(code));
    const heading = `## ${kind.charAt(0).toUpperCase()}${kind.slice(1)}\n`;
    expect(read('README.md').split(heading)[1]?.split('\n## ')[0]).toContain(`[${code}]`);
  });

  test.each([...FINDING_CODES, 'README'])(
    '%s calls no package safe, trusted or secure, and names existing commands only',
    (code) => {
      const page = read(`${code}.md`).replaceAll('--trusted-root', '');
      expect(page).not.toMatch(/\b(?:safe|trusted|secure)(?:ly)?\b|!/i);
      const commands = [...page.matchAll(/(?:^|`)assay ([a-z-]+)/gm)].map(([, command]) => command);
      for (const command of commands) expect(COMMANDS).toContain(command);
      for (const [, link = ''] of page.matchAll(/\]\(([^)]*)\)/g)) {
        expect([...FINDING_CODES.map((each) => `${each}.md`)]).toContain(link);
      }
      for (const [name = ''] of page.matchAll(/`[a-z]+-[a-z-]+`/g)) {
        if (/^`(?:integrity|signature|provenance|identity|history|lockfile|evidence|publish)-/.test(name)) {
          expect(FINDING_CODES).toContain(name.slice(1, -1));
        }
      }
    },
  );

  test.each(FINDING_CODES)('%s sends the name of a private package to no public registry', (code) => {
    const page = read(`${code}.md`);
    if (!page.includes('--registry https://registry.npmjs.org')) return;
    expect(page.replace(/\s+/g, ' ')).toMatch(/public package, as its name is sent there|names are sent there/);
  });

  test.each(FINDING_CODES)('%s has no commands of npm alone, unless the finding is of npm alone', (code) => {
    if (OF_NPM_ALONE.has(code)) return;
    const blocks = [...read(`${code}.md`).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    for (const lockfile of ['package-lock.json', 'package.json --']) expect(blocks.join('')).not.toContain(lockfile);
    const [, toDo = ''] = read(`${code}.md`).split('## What to do');
    const first = toDo.search(/(?:^|`)(?:npm|pnpm|yarn) [a-z]|--registry https:..registry\.npmjs/m);
    if (first === -1) return;
    // Whoever reads from the top comes to the words of another ecosystem first.
    expect(toDo.slice(0, first)).toMatch(/\b(?:cargo|go|uv|pip|pip-compile) [a-z-]|UV_|Cargo|Go /);
  });

  test.each(FINDING_CODES)('%s fits every terminal but for commands to copy', (code) => {
    const page = read(`${code}.md`);
    for (const columns of [40, 80, 200]) {
      const lines = renderPage(page, { color: false, columns }).split('\n');
      for (const line of lines.filter((each) => !each.startsWith('    '))) {
        expect(displayWidth(line)).toBeLessThanOrEqual(Math.min(columns, 100));
      }
    }
    const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    expect(
      Math.max(
        0,
        ...commands
          .join('')
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(90);
  });
});

describe('renderPage', () => {
  const PAGE = `# title

A paragraph with \`code\`, a [page](other.md), a [site](https://example.com/a)
and **strong** words, long enough to be wrapped at forty columns.

- one
- two, long enough to be wrapped at forty columns as well
  and continued

1. first
2. second

\`\`\`sh
assay check "a  b"   # spaces stay
\`\`\`
End:
`;

  test('shows headings, paragraphs, lists, code and links', () => {
    expect(renderPage(PAGE, { color: false, columns: 40 })).toBe(`title

A paragraph with \`code\`, a page, a site
(https://example.com/a) and strong
words, long enough to be wrapped at
forty columns.

- one
- two, long enough to be wrapped at
  forty columns as well and continued

1. first
2. second

    assay check "a  b"   # spaces stay

End:
`);
  });

  test('colours headings and code and nothing else', () => {
    const colored = renderPage(PAGE, { color: true, columns: 80 });
    expect(colored).toContain('\u001b[1mtitle\u001b[0m');
    expect(colored).toContain('    \u001b[36massay check "a  b"   # spaces stay\u001b[0m');
    // eslint-disable-next-line no-control-regex -- our own colour codes
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(renderPage(PAGE, PLAIN));
  });

  test('survives any text and lets nothing invisible through', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(hostileText, fc.constantFrom('```', '# ', '- ', '\n', '\n\n', '`', '[a](b)')), {
          maxLength: 12,
        }),
        (parts) => {
          expect(renderPage(parts.join(''), PLAIN).replaceAll('\n', '')).not.toMatch(HOSTILE);
        },
      ),
    );
  });
});

describe('renderCodeList', () => {
  const codes = FINDING_CODES.map((code) => ({
    code,
    kind: FINDING_KINDS[code],
    title: `What ${code} is, in one sentence.`,
  }));

  test('shows every code once, aligned', () => {
    const lines = renderCodeList(codes, { color: false, columns: 140 }).trimEnd().split('\n');
    expect(lines).toHaveLength(codes.length);
    expect(new Set(lines.map((line) => line.indexOf('What '))).size).toBe(1);
  });

  test('puts the sentence below on a narrow terminal', () => {
    const text = renderCodeList(codes, { color: false, columns: 40 });
    expect(text).toContain('evidence-malformed (unavailable)\n    What evidence-malformed is, in one\n');
  });

  test('of nothing is nothing', () => {
    expect(renderCodeList([])).toBe('');
  });
});
