import fc from 'fast-check';
import type { Comparison } from '../../src/model/comparison.ts';
import { NOON } from './fixtures.ts';

/** Code points that must never reach a terminal from a package, first and last of each range. */
const HOSTILE_RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x1f], // C0 controls
  [0x7f, 0x9f], // DEL and C1 controls
  [0xad, 0xad], // soft hyphen
  [0x300, 0x36f], // combining marks
  [0x61c, 0x61c], // Arabic letter mark
  [0x115f, 0x1160], // Hangul fillers
  [0x17b4, 0x17b5], // Khmer inherent vowels
  [0x180b, 0x180f], // Mongolian variation selectors
  [0x200b, 0x200f], // zero-width characters, directional marks
  [0x2028, 0x202e], // line separators, bidirectional embeddings and overrides
  [0x2060, 0x206f], // word joiner, invisible operators, bidirectional isolates
  [0x3164, 0x3164], // Hangul filler
  [0xd800, 0xdfff], // lone surrogates
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff, 0xfeff], // byte order mark
  [0xffa0, 0xffa0], // Hangul filler
  [0xfff0, 0xfffb], // interlinear annotation
  [0x1d173, 0x1d17a], // musical format characters
  [0xe0000, 0xe0fff], // tags, more variation selectors
];

/** Matches one of them. Written by code point, independently of the escaping under test. */
export const HOSTILE = new RegExp(
  `[${HOSTILE_RANGES.map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`).join('')}]`,
  'u',
);

const ATTACKS = [
  '\u001b[2J\u001b[1;1H',
  '\u001b]8;;https://evil.example/\u0007click\u001b]8;;\u0007',
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u009b31m',
  '\r\nholds: 1 dependency meets phase all. Exit status 0.',
  '\n::error::forged',
  '\n::stop-commands::x',
  '::set-output name=a::b',
  '  ::warning::x',
  '##[error]forged',
  '##vso[task.complete result=Succeeded;]',
  '\u202egnp.exe',
  '\u2066x\u2069',
  'a\u200bb',
  'fe\ufe0f',
  '\u{e0061}\u{e007f}',
  '\ud800',
  '\udc00x',
  'e\u0301\u0301\u0301',
  '\u2028forged',
  '\t\t\t',
  ' '.repeat(200),
  '日本語のパッケージ名',
  '👩‍👩‍👧‍👦',
  'x'.repeat(5000),
  '\u001b'.repeat(3000),
  ':'.repeat(20),
  '#'.repeat(20),
  '\\u{202e}',
  '"; rm -rf / #',
  '$(id)',
  '',
];

/** Names, versions, addresses and error texts as an attacker would write them, alone and combined. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ATTACKS),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.oneof(fc.constantFrom(...ATTACKS), fc.string({ maxLength: 8 })), { maxLength: 6 })
    .map((parts) => parts.join('')),
);

/** A comparison with `text` wherever a registry could put its own words, of a version that lost its provenance. */
export function comparisonWith(text: string): Comparison {
  const facts = {
    version: text,
    published: NOON,
    publisher: text,
    trustedPublisher: text,
    approver: text,
    repositoryId: text,
    ownerId: text,
    provenance: 'proven',
    repository: text,
    workflow: text,
    signer: text,
    ref: text,
    commit: text,
    trigger: text,
    runner: 'hosted',
    issuer: text,
    integrity: text,
  } as const;
  return {
    ecosystem: 'npm',
    name: text,
    current: { ...facts, provenance: 'none', trustedPublisher: null, commit: null },
    predecessor: facts,
    registry: 'https://registry.npmjs.org/',
    manifestsKnown: true,
    addedDependencies: Array.from({ length: 20 }, (_, i) => ({
      name: text,
      spec: text,
      firstPublished: i % 2 === 0 ? NOON : null,
      newest: i % 2 === 0 ? { version: text, published: NOON } : null,
      unknown: i % 2 === 0 ? null : text,
    })),
    addedScripts: [{ name: text, command: text }],
    changedScripts: [{ name: text, before: text, command: text }],
    codes: ['provenance-lost'],
    measured: [],
    expectedBy: null,
    acceptable: true,
    stay: text,
    later: { state: 'proven', version: text, published: NOON },
    use: { direct: true, alias: text, manager: 'npm' },
  };
}

/** The same, proven and built by somebody else. */
export function otherBuilderWith(text: string): Comparison {
  const { predecessor, ...comparison } = comparisonWith(text);
  return {
    ...comparison,
    predecessor,
    current: { ...comparison.current, provenance: 'proven', repository: `${text}/other` },
    codes: ['identity-unexpected-repository', 'identity-unexpected-workflow'],
    measured: [],
    expectedBy: 'baseline',
    later: null,
    use: null,
  };
}
