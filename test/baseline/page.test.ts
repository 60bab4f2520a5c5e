import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../src/baseline/file.ts';
import { FORMAT, formatBaseline, HEADER } from '../../src/baseline/text.ts';
import { entryDigest } from '../../src/checks/entry-digest.ts';
import { evidenceDigest } from '../../src/checks/npm/evidence-digest.ts';
import { hashText } from '../../src/model/hash.ts';
import { parseIntegrity } from '../../src/readers/integrity.ts';
import { asProof, dependency, NO_PROOFS } from '../report/fixtures.ts';
import { rulesOf } from './grammar.ts';

const DOCS = join(import.meta.dirname, '../../docs');

interface Block {
  /** What stands behind the opening fence. */
  readonly info: string;
  readonly text: string;
}

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(DOCS, page), 'utf8');
  return [...text.matchAll(/^```(\S.*)\n([^]*?)^```$/gm)].map(([, info = '', body = '']) => ({ info, text: body }));
}

const BLOCKS = blocksOf('assay-lock.md');
const of = (start: string): readonly Block[] => BLOCKS.filter(({ info }) => info.startsWith(start));
const ABNF = of('abnf')[0]?.text ?? '';
const RULES = rulesOf(ABNF);

function matches(rule: string, text: string): boolean {
  return new RegExp(`^${RULES.get(rule) ?? expect.unreachable(rule)}$`).test(text);
}

describe('docs/assay-lock.md', () => {
  it('is of the version that is written', () => {
    expect(readFileSync(join(DOCS, 'assay-lock.md'), 'utf8')).toContain(
      `# The format of assay.lock, version ${FORMAT}\n`,
    );
    expect(matches('header', `${HEADER}\n`)).toBe(true);
    expect(of('assay.lock').length).toBeGreaterThan(15);
  });

  it.each(of('assay.lock accepted'))('example $# is read, and written as it stands', ({ text }) => {
    const { content, format } = parseBaseline('assay.lock', text);
    expect(format).toBe(FORMAT);
    expect(formatBaseline(content)).toBe(text);
    expect(matches('file', text)).toBe(true);
  });

  it.each(of('assay.lock refused'))('example $# is refused in the line that is stated', ({ info, text }) => {
    const [, line = ''] = /^assay\.lock refused line (\d+)$/.exec(info) ?? [];
    expect(() => parseBaseline('assay.lock', text)).toThrow(new RegExp(`^assay\\.lock:${line}: `));
  });

  it('binds an acceptance of several artifacts to their lines', () => {
    const [files] = of('text files');
    const [{ text } = expect.unreachable()] = of('assay.lock accepted files');
    const hash = createHash('sha256')
      .update(files?.text ?? '')
      .digest('base64');
    const [accepted] = parseBaseline('assay.lock', text).content.accepted;
    expect(accepted && hashText(accepted.bytes)).toBe(`files:${hash}`);
    const artifacts = of('assay.lock accepted').flatMap((block) => block.text.match(/(?<= artifact )\S+ \S+\n/g) ?? []);
    expect(artifacts.join('')).toBe(files?.text);
  });
});

describe('docs/evidence-digest.md', () => {
  const blocks = blocksOf('evidence-digest.md');
  const after = (info: string, later = 1): string => {
    const at = blocks.findIndex((block) => block.info === info);
    return blocks[at + later]?.text.trimEnd() ?? '';
  };
  const sha256 = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

  it('has examples of the evidence digest that are what assay makes of the same evidence', () => {
    const text = blocks.find(({ info }) => info === 'text evidence')?.text ?? '';
    const alone = text
      .split('\n')
      .slice(0, 2)
      .map((line) => `${line}\n`)
      .join('');
    expect([after('text evidence'), after('text evidence', 2)]).toEqual([sha256(text), sha256(alone)]);

    const [, spec = '', hash = ''] = /^message (.+):(sha512-.+)$/m.exec(text) ?? [];
    const [, keyId = '', signature = ''] = /^signature (\S+) (\S+)$/m.exec(text) ?? [];
    const [publish = '', provenance = ''] = [...text.matchAll(/ sha256:([0-9a-f]{64})$/gm)].map(([, hex]) => hex);
    const [name = '', version = ''] = spec.split('@');
    const [digest = expect.unreachable()] = parseIntegrity(hash);
    const signed = {
      ...NO_PROOFS,
      integrity: asProof(digest),
      signature: asProof({ keyId, signature, integrity: digest, by: 'registry-key' as const }),
    };
    const whole = {
      ...signed,
      publish: asProof({ digest: publish }),
      provenance: asProof({ digest: provenance }),
    };
    const digestOf = (proofs: unknown): string => {
      const made = evidenceDigest(dependency(name, version), proofs as Parameters<typeof evidenceDigest>[1]);
      return made === null ? '' : hashText(made);
    };
    expect([digestOf(whole), digestOf(signed)]).toEqual([after('text evidence'), after('text evidence', 2)]);
    expect(digestOf({ ...whole, signature: null })).toBe('');
    expect(digestOf({ ...whole, integrity: null })).toBe('');
  });

  it('has examples of the entry digest that are what assay makes of the same entry', () => {
    const text = blocks.find(({ info }) => info === 'json entry')?.text.trimEnd() ?? '';
    const said = JSON.parse(text) as Required<Pick<Parameters<typeof entryDigest>[0], 'bundles' | 'claims'>>;
    const { bundles, claims } = said;
    expect(after('json entry')).toBe(sha256(text));
    expect(hashText(entryDigest(dependency('axios', '1.14.0', { bundles, claims })))).toBe(after('json entry'));
    expect(hashText(entryDigest(dependency('axios', '1.14.0')))).toBe(after('json entry', 2));
  });
});
