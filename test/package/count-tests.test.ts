import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeFolder } from '../support/remove-folder.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/count-tests.mjs');

let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-count-'));
});

afterAll(() => {
  removeFolder(folder);
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
  const suites = Array.from({ length: unloadable }, () => ({ status: 'failed', assertionResults: [] }));
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
    const line = { stdout: '5 passed, 2 failed\n', status: 1 };
    expect(count(1, report({ passed: 3, failed: 2 }), report({ passed: 2 }))).toMatchObject(line);
  });

  test('counts a failed step without a failed test', () => {
    expect(count(1, report({ passed: 3 }))).toMatchObject({ stdout: '3 passed, 1 failed\n', status: 1 });
    expect(count(2, report({ passed: 3, failed: 1 }))).toMatchObject({ stdout: '3 passed, 2 failed\n', status: 1 });
  });

  test('counts a test file that cannot be loaded', () => {
    expect(count(1, report({ passed: 3, unloadable: 1 }))).toMatchObject({ stdout: '3 passed, 1 failed\n', status: 1 });
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
