/**
 * `node scripts/count-tests.mjs FAILED-STEPS FILE...` sums vitest's JSON reports and prints each failure again, so that the
 * end of a long log says what failed, and as last line "N passed, N failed" with ", N skipped" where some were. Exits 1
 * where anything failed, a step gave no report, or no test ran: a test file that cannot be loaded and a failed step count
 * as one failure each.
 */
import { readFileSync } from 'node:fs';

/** How much of a failure's text is printed again, in characters; the whole stands further up in the log. */
const FAILURE_LENGTH = 2000;

const [failedSteps, ...files] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
let broken = Number(failedSteps);
for (const file of files) {
  const report = read(file);
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + (report.numTodoTests ?? 0);
  // The step of a run with failed tests has failed as well; it is counted once, by its tests.
  const loaded = report.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0);
  failed += loaded.length;
  for (const suite of report.testResults) {
    if (loaded.includes(suite)) console.log(`FAILED ${suite.name}\n${suite.message ?? ''}`);
    for (const test of suite.assertionResults) {
      if (test.status !== 'failed') continue;
      console.log(
        `FAILED ${suite.name} > ${test.fullName}\n${test.failureMessages.join('\n').slice(0, FAILURE_LENGTH)}`,
      );
    }
  }
  if (!report.success && report.numFailedTests + loaded.length > 0) broken -= 1;
}
failed += Math.max(broken, 0);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [], success: true };
  }
}
