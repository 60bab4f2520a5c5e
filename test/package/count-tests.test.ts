import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../scripts/count-tests.mjs');

let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-count-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly passed?: number;
  readonly failed?: number;
  readonly skipped?: number;
  /** Test files that could not be loaded. */
  readonly unloadable?: number;
}

/** Writes a report as vitest's JSON reporter does, and returns its path. */
function report({ passed = 0, failed = 0, skipped = 0, unloadable = 0 }: Run): string {
  const suites: unknown[] = Array.from({ length: unloadable }, () => ({
    name: 'test/broken.test.ts',
    status: 'failed',
    message: 'SyntaxError: here',
    assertionResults: [],
  }));
  const test = (fullName: string, status: string): unknown => ({
    fullName,
    status,
    failureMessages: status === 'failed' ? ['AssertionError: one is not two'] : [],
  });
  const tests = Array.from({ length: failed }, (_, index) => test(`test ${index}`, 'failed'));
  if (failed > 0) {
    const assertionResults = [test('one that holds', 'passed'), ...tests];
    suites.push({ name: 'test/one.test.ts', status: 'failed', message: '', assertionResults });
  }
  return written({
    success: failed + unloadable === 0,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    testResults: suites,
  });
}

function written(content: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function count(failedSteps: number, ...paths: string[]): { stdout: string; status: number | null } {
  return spawnSync(process.execPath, [SCRIPT, String(failedSteps), ...paths], { encoding: 'utf8' });
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1);
}

describe('the line that counts the tests of all runs', () => {
  test('sums them', () => {
    expect(count(0, report({ passed: 3 }), report({ passed: 4 }))).toMatchObject({
      stdout: '7 passed, 0 failed\n',
      status: 0,
    });
  });

  test('names skipped tests', () => {
    const line = { stdout: '3 passed, 0 failed, 2 skipped\n', status: 0 };
    expect(count(0, report({ passed: 3, skipped: 2 }))).toMatchObject(line);
  });

  test('counts a failed test once, although its step failed as well', () => {
    const { stdout, status } = count(1, report({ passed: 3, failed: 2 }), report({ passed: 2 }));
    expect(status).toBe(1);
    expect(lastLine(stdout)).toBe('5 passed, 2 failed');
  });

  test('names each failure before the last line', () => {
    const { stdout } = count(1, report({ passed: 3, failed: 2, unloadable: 1 }));
    expect(stdout.split('\n').slice(0, -2)).toEqual([
      'FAILED test/broken.test.ts',
      'SyntaxError: here',
      'FAILED test/one.test.ts > test 0',
      'AssertionError: one is not two',
      'FAILED test/one.test.ts > test 1',
      'AssertionError: one is not two',
    ]);
  });

  test('counts a failed step without a failed test', () => {
    expect(count(1, report({ passed: 3 }))).toMatchObject({ stdout: '3 passed, 1 failed\n', status: 1 });
    expect(lastLine(count(2, report({ passed: 3, failed: 1 })).stdout)).toBe('3 passed, 2 failed');
  });

  test('counts a test file that cannot be loaded', () => {
    const { stdout, status } = count(1, report({ passed: 3, unloadable: 1 }));
    expect(status).toBe(1);
    expect(lastLine(stdout)).toBe('3 passed, 1 failed');
  });

  test('fails where no test ran, there is no report, or the report is cut off', () => {
    expect(count(0, report({}))).toMatchObject({ stdout: '0 passed, 0 failed\n', status: 1 });
    expect(count(0)).toMatchObject({ status: 1 });
    expect(count(1, report({ passed: 3 }), join(folder, 'missing.json'))).toMatchObject({ status: 1 });
    expect(count(1, report({ passed: 3 }), written('{"success":tr'))).toMatchObject({
      stdout: '3 passed, 1 failed\n',
      status: 1,
    });
  });
});
