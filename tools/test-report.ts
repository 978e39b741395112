export type Tally = {
  passed: number;
  /** Tests that failed, were left out, or could not be loaded: whatever keeps the run from being whole. */
  failed: number;
  /** Why something counts as failed that is no failed test, a sentence each. */
  remarks: string[];
};

/**
 * Counts a run from vitest's JSON report. A run only passes when every test in it ran and passed: a report that is
 * missing or not understood, no test at all, a skipped test, and a runner that failed by itself count as failed.
 *
 * @param report the report's text, or undefined when there is none
 * @param exitCode of the runner; null when a signal ended it
 */
export function tallyRun(report: string | undefined, exitCode: number | null): Tally {
  const counts = readCounts(report);
  if (typeof counts === 'string') return { passed: 0, failed: 1, remarks: [counts] };
  const remarks: string[] = [];
  let failed = counts.failed;
  for (const file of counts.unloadable) {
    failed += 1;
    remarks.push(`${file} could not be loaded.`);
  }
  if (counts.skipped > 0) {
    failed += counts.skipped;
    remarks.push(`Skipped or todo, which counts as failed: ${counts.skipped}.`);
  }
  if (failed === 0 && counts.passed === 0) {
    failed = 1;
    remarks.push('No test ran.');
  }
  if (failed === 0 && exitCode !== 0) {
    failed = 1;
    remarks.push(`Every test passed, but the runner ended with ${exitCode ?? 'a signal'}: see above.`);
  }
  return { passed: counts.passed, failed, remarks };
}

export function tallyLine({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

type Counts = { passed: number; failed: number; skipped: number; unloadable: string[] };

function readCounts(report: string | undefined): Counts | string {
  if (report === undefined) return 'The runner left no report.';
  let parsed: unknown;
  try {
    parsed = JSON.parse(report);
  } catch {
    return 'The report is not JSON.';
  }
  const files = isRecord(parsed) ? parsed['testResults'] : undefined;
  if (!Array.isArray(files)) return 'The report lists no test files.';
  const counts: Counts = { passed: 0, failed: 0, skipped: 0, unloadable: [] };
  for (const file of files) {
    const tests = isRecord(file) ? file['assertionResults'] : undefined;
    if (!isRecord(file) || !Array.isArray(tests)) return 'The report has a file without its tests.';
    const statuses = tests.map((test) => (isRecord(test) ? test['status'] : undefined));
    const failed = statuses.filter((status) => status === 'failed').length;
    const passed = statuses.filter((status) => status === 'passed').length;
    counts.passed += passed;
    counts.failed += failed;
    counts.skipped += statuses.length - passed - failed;
    if (file['status'] === 'failed' && failed === 0) counts.unloadable.push(String(file['name']));
  }
  return counts;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
