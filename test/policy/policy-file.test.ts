import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FINDING_CODES } from '../../src/model/finding.ts';
import { PolicyError } from '../../src/readers/file-error.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { VALID, WRONG_FILE, WRONG_MEANING, WRONG_SHAPE } from './corpus.ts';
import { startCpu } from '../support/cpu.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const schema = JSON.parse(readFileSync(join(DOCS, 'schemas/policy-1.schema.json'), 'utf8')) as object;
const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(
  schema,
);

function fitsSchema(text: string): boolean {
  return validate(parse(text));
}

function refusal(text: string | Uint8Array): PolicyError {
  try {
    parsePolicy('assay.yml', typeof text === 'string' ? Buffer.from(text) : text);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('what parser and schema accept', () => {
  it.each(Object.entries(VALID))('%s', (_, text) => {
    expect(() => parsePolicy('assay.yml', Buffer.from(text))).not.toThrow();
    expect(fitsSchema(text), JSON.stringify(validate.errors)).toBe(true);
  });

  it('a level for every code, as an error', () => {
    const text = `findings:\n${FINDING_CODES.map((code) => `  - {code: ${code}, level: error, reason: r}\n`).join('')}`;
    expect(parsePolicy('assay.yml', Buffer.from(text)).findings).toHaveLength(FINDING_CODES.length);
    expect(fitsSchema(text)).toBe(true);
  });

  it('the example of the documentation', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(DOCS, 'policy.md'), 'utf8')) ?? [];
    const policy = parsePolicy('assay.yml', Buffer.from(example));
    expect(policy).toMatchObject({ enforce: 'guard', releaseAge: 48 });
    expect(policy.critical?.capabilities.map(({ capability }) => capability)).toEqual([
      'install-script',
      'network',
      'process',
    ]);
    expect(policy.critical?.packages.map(({ text }) => text)).toEqual(['@babel/*']);
    expect(policy.capabilities).toMatchObject([{ packages: { text: 'chalk' }, capabilities: [] }]);
    expect(policy.expect.map(({ packages }) => packages.text)).toEqual(['axios', '@babel/*', '*']);
    for (const list of [policy.findings, policy.mirrors, policy.privateRegistries, policy.redirects, policy.exempt]) {
      expect(list.length).toBeGreaterThan(0);
    }
    expect(fitsSchema(example), JSON.stringify(validate.errors)).toBe(true);
  });
});

describe('what parser and schema refuse', () => {
  it.each(Object.entries(WRONG_SHAPE))('%s', (_, [text, line, message]) => {
    const error = refusal(text);
    expect(error.message).toMatch(message);
    expect(error.line).toBe(line);
    expect(error.message).toMatch(/^assay\.yml:\d+: [^\n]+$/);
    expect(fitsSchema(text)).toBe(false);
  });
});

describe('what the parser alone can refuse', () => {
  it.each(Object.entries({ ...WRONG_MEANING, ...WRONG_FILE }))('%s', (_, [text, line, message]) => {
    const error = refusal(text);
    expect(error.message).toMatch(message);
    expect(error.line).toBe(line);
    expect(error.message).not.toContain('\n');
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeffenforce: all', 'utf16le')],
    ['Latin-1', Buffer.from('# caf\u00e9\nenforce: all\n', 'latin1')],
  ])('%s', (_, bytes) => {
    expect(refusal(bytes).message).toBe('assay.yml: not UTF-8');
  });
});

describe('whatever the bytes are', () => {
  const accepts = (bytes: Uint8Array): void => {
    const cpu = startCpu();
    try {
      parsePolicy('assay.yml', bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyError);
      expect((error as PolicyError).message).not.toContain('\n');
    }
    expect(cpu()).toBeLessThan(5000);
  };
  const files = Object.values({ ...WRONG_FILE, ...WRONG_MEANING, ...WRONG_SHAPE }).map(([text]) => text);
  const all = [...Object.values(VALID), ...files].filter((text) => text.length < 2000);

  it('there is a policy or a PolicyError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), accepts), { numRuns: 300 });
  });

  it('also for text that is almost a policy', () => {
    const piece = fc.constantFrom(
      ...[
        'enforce',
        'critical',
        'expect',
        'findings',
        'registries',
        'since',
        'a',
        '"@a/*"',
        '*',
        '&a',
        '*a',
        '!t',
        '!!',
      ],
      ...[
        ': ',
        '- ',
        '? ',
        '\n',
        '\n  ',
        '\n    ',
        '[',
        ']',
        '{',
        '}',
        ', ',
        '|\n',
        '>\n',
        '"',
        "'",
        '#',
        '---\n',
        '...\n',
      ],
      ...['%', '\t', '\u0000', '\ufeff', '\u2028', '\r', '<<', '0x', '.inf', '~', 'null', '1e999', '2026-01-01', '\\'],
    );
    const text = fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join('')));
    fc.assert(fc.property(text, accepts), { numRuns: 2000 });
  });

  it('also for policies with a piece cut out, doubled or replaced', () => {
    const changed = fc
      .tuple(fc.constantFrom(...all), fc.nat(), fc.nat({ max: 20 }), fc.string({ maxLength: 5 }), fc.boolean())
      .map(([text, at, length, inserted, twice]) => {
        const start = at % (text.length + 1);
        const cut = text.slice(start, start + length);
        return Buffer.from(text.slice(0, start) + inserted + (twice ? cut + cut : '') + text.slice(start + length));
      });
    fc.assert(fc.property(changed, accepts), { numRuns: 1000 });
  });

  it.each([
    ['[\n', 18_000],
    ['- \n', 18_000],
    ['? ', 999],
    ['- ', 999],
    ['&a ', 660],
    ['!a ', 660],
    ['{a: ', 400],
    ['a: [\n', 18_000],
    ['a\n', 19_000],
    ['"\n', 19_000],
    [' - a\n', 19_000],
    ['a: |\n  x\n', 9_000],
    ['? - a\n', 18_000],
    ['\n', 19_000],
    ['# x\n', 19_000],
    ['[]\n', 19_000],
    ['k: {}\n', 18_000],
  ])('also for %j many times', (piece, times) => {
    accepts(Buffer.from(piece.repeat(times)));
    accepts(Buffer.from(`critical:\n  ${piece.repeat(times)}`));
    accepts(Buffer.from(`${piece.repeat(times)}\n`.repeat(Math.ceil(40_000 / (piece.length * times)))));
  });
});
