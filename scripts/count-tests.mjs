/**
 * `node scripts/count-tests.mjs FAILED-STEPS FILE...` sums vitest's JSON reports and prints one line, "N passed, N
 * failed" with ", N skipped" where some were. Exits 1 where anything failed, a step gave no report, or no test ran: a
 * test file that cannot be loaded and a failed step count as one failure each.
 */
import { readFileSync } from 'node:fs';

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
