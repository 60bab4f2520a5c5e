import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { OUTPUTS } from '../../src/report/outputs/index.ts';
import { reportOf } from './fixtures.ts';
import { HOSTILE, hostileText } from './hostile.ts';
import { HOSTILE_REPORT, hostileReport, largeReport, reportWith, STORY } from './output-reports.ts';

const NAMES = Object.keys(OUTPUTS);

function render(name: string, report: Report): string {
  const text = OUTPUTS[name]?.render(report, () => '# page\n\nSee [another](other.md).\n') ?? '';
  return typeof text === 'string' ? text : [...text].join('');
}

/** Every line, without line ends, which are ours. */
function expectPrintable(text: string): void {
  // An assertion for each of many thousand lines takes longer than writing them.
  expect(text.split('\n').filter((line) => HOSTILE.test(line))).toEqual([]);
}

describe.each(NAMES)('%s', (name) => {
  test('is what it was, for a stolen release among others', async () => {
    const golden = join(import.meta.dirname, `golden/story.${OUTPUTS[name]?.extension ?? ''}`);
    await expect(render(name, STORY)).toMatchFileSnapshot(golden);
  });

  test('is what it was, for hostile words', async () => {
    const golden = join(import.meta.dirname, `golden/hostile.${OUTPUTS[name]?.extension ?? ''}`);
    // JSON has everything as it is, at its full length.
    const report = name === 'json' ? hostileReport('') : HOSTILE_REPORT;
    await expect(render(name, report)).toMatchFileSnapshot(golden);
  });

  test('is printable text, without a command for a pipeline that is not ours', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const output = render(name, reportWith(text));
        expectPrintable(output);
        const commands = output.split('\n').filter((line) => /^\s*::|##\[|##vso|##teamcity/.test(line));
        expect(
          commands.filter(
            (line) => name !== 'github' || !/^::(?:error|warning) (?:file=|title=assay%3A \d+ more )/.test(line),
          ),
        ).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  test('the order of dependencies does not matter', () => {
    const reversed = { ...STORY, dependencies: [...STORY.dependencies].reverse() };
    expect(render(name, reversed)).toBe(render(name, STORY));
  });

  test('says that a lockfile could not be audited', () => {
    const problem = "yarn.lock: Yarn's lockfiles are not supported";
    const report = { ...reportOf([]), verdict: 'unverified', unread: [{ file: 'yarn.lock', problem }] } as const;
    expect(render(name, report)).toMatch(name === 'vsa' ? /"verificationResult": "FAILED"/ : /yarn\.lock/);
    if (name !== 'vsa') expect(render(name, report)).toContain('lockfiles are not supported');
  });

  test('nothing at all is said, too', () => {
    const empty = render(name, reportOf([], { lockfiles: [] }));
    if (name === 'github') expect(empty).toBe('');
    else expect(empty).toMatch(/\S\n$/);
  });

  test('grows with the tree, and no faster', () => {
    const lengths: number[] = [];
    const times = [500, 8000].map((number) => {
      const report = largeReport(number);
      return Math.min(
        ...[1, 2, 3].map(() => {
          const start = performance.now();
          lengths.push(render(name, report).length);
          return performance.now() - start;
        }),
      );
    });
    // Sixteen times as many; what is quadratic would take 256 times as long.
    expect(lengths.at(-1)).toBeLessThan(20 * (lengths[0] ?? 0));
    expect(times[1]).toBeLessThan(200 * Math.max(5, times[0] ?? 0));
  });
});

test('every format is described, with what consumes it', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/outputs.md'), 'utf8');
  for (const name of NAMES) expect(page).toContain(`\`${name}\``);
});
