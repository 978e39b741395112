import { describe, expect, test } from 'vitest';
import { tallyLine, tallyRun } from './test-report.ts';

const file = (
  name: string,
  statuses: string[],
  status = statuses.includes('failed') ? 'failed' : 'passed',
) => ({
  name,
  status,
  assertionResults: statuses.map((each) => ({ status: each })),
});
const report = (...testResults: unknown[]) => JSON.stringify({ testResults });

describe('a run', () => {
  test('passes when every test in it passed', () => {
    const tally = tallyRun(report(file('a', ['passed', 'passed']), file('b', ['passed'])), 0);
    expect(tally).toEqual({ passed: 3, failed: 0, remarks: [] });
    expect(tallyLine(tally)).toBe('3 passed, 0 failed');
  });

  test('fails by the number of its failed tests', () => {
    expect(tallyRun(report(file('a', ['passed', 'failed', 'failed'])), 1)).toEqual({
      passed: 1,
      failed: 2,
      remarks: [],
    });
  });

  test('fails when a file could not be loaded, although none of its tests failed', () => {
    expect(tallyRun(report(file('a', ['passed']), file('broken.test.ts', [], 'failed')), 1)).toEqual({
      passed: 1,
      failed: 1,
      remarks: ['broken.test.ts could not be loaded.'],
    });
  });

  test.each(['skipped', 'todo', 'pending', 'disabled'])('fails when a test is %s', (status) => {
    const tally = tallyRun(report(file('a', ['passed', status])), 0);
    expect(tally).toMatchObject({ passed: 1, failed: 1 });
    expect(tally.remarks).toEqual(['Skipped or todo, which counts as failed: 1.']);
  });

  test('fails when no test ran', () => {
    expect(tallyRun(report(), 0)).toEqual({ passed: 0, failed: 1, remarks: ['No test ran.'] });
  });

  test.each([1, null])('fails when every test passed but the runner ended with %s', (exitCode) => {
    expect(tallyRun(report(file('a', ['passed'])), exitCode)).toMatchObject({ passed: 1, failed: 1 });
  });

  test.each([
    ['is missing', undefined],
    ['is cut short', '{"testResults": ['],
    ['is something else', '[]'],
    ['has a file without tests', report({ name: 'a', status: 'passed' })],
  ])('fails when its report %s', (_what, text) => {
    expect(tallyRun(text, 0)).toMatchObject({ passed: 0, failed: 1, remarks: [expect.any(String)] });
  });
});
