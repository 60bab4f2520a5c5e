import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finding } from '../../src/model/finding.ts';
import { renderAnnotations } from '../../src/report/outputs/github.ts';
import { dependency, judged, lockfileUsed, reportOf } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { HOSTILE_REPORT, largeReport, reportWith, STORY } from './output-reports.ts';

interface Command {
  readonly kind: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Reads a line as the runner does: null where it is no command. Written after its rules, not after our escaping. */
function readCommand(line: string): Command | null {
  const trimmed = line.trimStart();
  if (!trimmed.startsWith('::')) return null;
  const end = trimmed.indexOf('::', 2);
  if (end === -1) return null;
  const [kind = '', ...rest] = trimmed.slice(2, end).split(' ');
  const properties = rest
    .join(' ')
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair): readonly [string, string] => {
      const [name = '', ...value] = pair.split('=');
      return [name, unescapeProperty(value.join('='))];
    });
  return { kind, properties: Object.fromEntries(properties), message: unescapeData(trimmed.slice(end + 2)) };
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}

function commandsOf(text: string): Command[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const command = readCommand(line);
      if (command === null) throw new Error(`no command: ${line}`);
      return command;
    });
}

describe('annotations', () => {
  test('are at the line of the lockfile, errors first, and notes are none', () => {
    const commands = commandsOf(renderAnnotations(STORY));
    expect(commands.map(({ kind, properties: { file, line, title } }) => [kind, file, line, title])).toEqual([
      ['error', 'apps/web/package-lock.json', '61', '@scope/rewritten@2.0.0: integrity-mismatch'],
      ['error', 'apps/web/package-lock.json', '14', 'axios@1.14.1: provenance-lost'],
      ['error', 'apps/web/package-lock.json', '33', 'late@3.0.0: provenance-missing'],
      ['error', 'apps/web/package-lock.json', '14', 'axios@1.14.1: history-publisher-changed'],
      ['error', 'apps/web/package-lock.json', '70', 'silent@1.0.0: evidence-unavailable'],
      ['warning', 'apps/web/tools/package-lock.json', '29', 'plain-crypto-js@4.2.1: provenance-missing'],
      ['warning', 'apps/web/package-lock.json', '80', 'left-pad@1.3.0: provenance-missing'],
    ]);
    expect(commands[1]?.message).toMatch(/^axios@1\.14\.1 has no provenance.*\n\nNext: assay check axios@1\.14\.1$/);
  });

  test('are the command and the properties we mean, whatever the texts say', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const commands = commandsOf(renderAnnotations(reportWith(text)));
        expect(commands.length).toBeLessThanOrEqual(20);
        for (const { kind, properties } of commands) {
          expect(['error', 'warning']).toContain(kind);
          expect(['file,line,title', 'file,title']).toContain(Object.keys(properties).join());
          if ('line' in properties) expect(properties['line']).toBe('3');
        }
      }),
      { numRuns: 60 },
    );
    expect(commandsOf(renderAnnotations(HOSTILE_REPORT)).length).toBe(9);
  });

  test('a path with what properties are made of comes back as it is', () => {
    const file = 'a, b=c: 100%/package-lock.json';
    const about = dependency('a', '1.0.0', { places: [{ file, line: 7, path: '' }] });
    const report = reportOf([judged(about, 'warn', [finding('provenance-missing', { earlier: 0 })])], {
      lockfiles: [lockfileUsed(file, 1)],
    });
    expect(commandsOf(renderAnnotations(report))[0]?.properties).toMatchObject({ file, line: '7' });
  });

  test.each([
    [10, 10, null],
    [11, 10, 'assay: 2 more warnings'],
    [3000, 10, 'assay: 2991 more warnings'],
  ])('of %i warnings %i are written, and the last counts the rest', (number, written, title) => {
    const report = reportOf(
      Array.from({ length: number }, (_, i) =>
        judged(dependency(`p${i}`, '1.0.0'), 'warn', [finding('provenance-missing', { earlier: 0 })]),
      ),
    );
    const commands = commandsOf(renderAnnotations(report));
    expect(commands).toHaveLength(written);
    if (title !== null) expect(commands.at(-1)?.properties['title']).toBe(title);
  });

  test('of 500 errors the last annotation names all that are not shown, each with its line', () => {
    const report = reportOf(
      Array.from({ length: 500 }, (_, i) => {
        const places = [{ file: 'package-lock.json', line: 1000 + i, path: 'x' }];
        const found = [finding('provenance-lost', { predecessor: '0.9.0', published: null })];
        return judged(dependency(`p${i}`, '1.0.0', { places }), 'fail', found);
      }),
    );
    const commands = commandsOf(renderAnnotations(report));
    expect(commands).toHaveLength(10);
    for (let i = 0; i < 500; i += 1) {
      const isNamed = commands.some(
        ({ properties, message }) =>
          (properties['title'] === `p${i}@1.0.0: provenance-lost` && properties['line'] === String(1000 + i)) ||
          message.includes(`\np${i}@1.0.0 (package-lock.json:${1000 + i}): provenance-lost\n`),
      );
      expect(isNamed, `p${i}`).toBe(true);
    }
  });

  test('every lockfile that could not be audited is named', () => {
    const unread = Array.from({ length: 30 }, (_, i) => ({
      file: `p${i}/yarn.lock`,
      problem: `p${i}/yarn.lock: broken`,
    }));
    const text = renderAnnotations({ ...reportOf([]), unread });
    for (const { problem } of unread) expect(unescapeData(text)).toContain(problem);
    expect(commandsOf(text)).toHaveLength(10);
  });

  test('errors and warnings are limited apart from each other', () => {
    const kinds = commandsOf(renderAnnotations(largeReport(3000))).map(({ kind }) => kind);
    expect(kinds).toEqual([...Array<string>(10).fill('error'), ...Array<string>(10).fill('warning')]);
  });
});
