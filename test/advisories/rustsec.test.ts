import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdvisoryError } from '../../src/advisories/error.ts';
import { readRustsec } from '../../src/advisories/rustsec.ts';
import { saidOf } from './records.ts';

interface Written {
  readonly advisory?: string;
  readonly categories?: string;
  readonly versions?: string;
}

function advisory({
  advisory: more = '',
  categories = '["malicious"]',
  versions = 'patched = []',
}: Written = {}): string {
  const lines = ['[advisory]', 'id = "RUSTSEC-2026-0260"', 'package = "arrayref"', 'date = "2026-08-20"', more];
  const front = [...lines, `categories = ${categories}`, '', '[versions]', versions].join('\n');
  return `\`\`\`toml\n${front}\n\`\`\`\n\n# A title\n\n\`\`\`toml\nid = "another"\n\`\`\`\n`;
}

const said = (version: string, written: Written = {}, name = 'arrayref'): string[] =>
  saidOf(['cargo', name, version], readRustsec(advisory(written)));

describe('an advisory of RustSec', () => {
  it('that says malicious is about every version but the unaffected and patched ones', () => {
    expect(said('0.3.10')).toEqual(['RUSTSEC-2026-0260 whole']);
    const one = { versions: 'unaffected = ["<= 0.3.9"]\npatched = []' };
    expect(said('0.3.10', one)).toEqual(['RUSTSEC-2026-0260']);
    expect(said('0.3.9', one)).toEqual([]);
    const between = { versions: 'unaffected = ["< 1.4.1", "> 1.4.1"]\npatched = []' };
    expect(said('1.4.1', between)).toEqual(['RUSTSEC-2026-0260']);
    for (const other of ['1.4.0', '1.4.2', '2.0.0']) expect(said(other, between)).toEqual([]);
    const patched = { versions: 'patched = [">= 1.2.3, < 1.3.0", "^1.3.4"]' };
    for (const bad of ['1.2.2', '1.3.0', '2.0.0']) expect(said(bad, patched)).toEqual(['RUSTSEC-2026-0260']);
    for (const good of ['1.2.3', '1.3.5']) expect(said(good, patched)).toEqual([]);
    expect(said('0.3.10', {}, 'array-ref')).toEqual([]);
  });

  it('that is about a vulnerability, or withdrawn, says nothing', () => {
    expect(readRustsec(advisory({ categories: '["code-execution"]' }))).toEqual({
      kind: 'other',
      modified: Date.UTC(2026, 7, 20),
    });
    expect(said('0.3.10', { categories: '[]', advisory: 'informational = "unmaintained"' })).toEqual([]);
    expect(said('0.3.10', { advisory: 'withdrawn = "2026-08-21"' })).toEqual([]);
  });

  it('with a requirement that nobody can read is never taken for one that does not concern a version', () => {
    expect(said('0.3.10', { versions: 'patched = ["whenever"]' })).toEqual(['? "whenever" is no requirement of Cargo']);
  });

  it.each([
    ['', 'block of TOML'],
    ['# A title', 'block of TOML'],
    ['```toml\n[advisory\n```\n', 'its TOML:1'],
    [advisory().replace('[advisory]', '[another]'), '[advisory]'],
    [advisory().replace('[versions]', '[others]'), '[versions]'],
    [advisory().replace('2026-08-20', 'today'), 'date'],
    [advisory({ advisory: 'withdrawn = true' }), 'withdrawn'],
    [advisory({ categories: '"malicious"' }), 'categories'],
    [advisory({ versions: 'patched = [1]' }), 'patched'],
    [advisory().replace('package = "arrayref"', 'package = 1'), 'package'],
  ])('is refused where nobody could say what it is about: %s', (text, problem) => {
    expect(() => readRustsec(text)).toThrow(AdvisoryError);
    expect(() => readRustsec(text)).toThrow(problem);
  });

  it('of any text is read or refused', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(300), (text, at) => {
        const whole = advisory();
        for (const each of [
          `\`\`\`toml\n${text}\n\`\`\`\n`,
          whole.slice(0, at),
          whole.slice(0, at) + text + whole.slice(at),
        ]) {
          try {
            readRustsec(each);
          } catch (error) {
            expect(error).toBeInstanceOf(AdvisoryError);
          }
        }
      }),
    );
  });
});
