import { ConnectionFailure } from '@homeward/active-directory';
import { expect, test } from 'vitest';
import type { ForestRun } from './open-sync-runner.ts';
import { runLines } from './print-run.ts';
import { failedRun } from './serve-sync.ts';
import { SyncRunError } from './sync-error.ts';

const FOREST = 'S-1-5-21-1-2-3';
const deps = { terminal: { width: 80 }, command: 'homeward-agent' };

const quiet = {
  ...{ forest: FOREST, domain: 'corp.example.com', mode: 'delta', ms: 120, waitingFor: [], unreadable: 0 },
  ...{ seen: 0, added: 0, changed: 0, moved: 0, deleted: 0 },
  exported: { created: 0, updated: 0, deleted: 0, refused: 0 },
  held: { inForest: undefined, inCloud: undefined },
} as unknown as ForestRun;

test('a directory that cannot be used is told with what that means and what to do', () => {
  const failed = failedRun(FOREST, 'corp.example.com');
  const lines = runLines(failed(new ConnectionFailure('connectionEnded', 'dc1.corp.example.com')), deps);
  expect(lines.join(' ')).toBe(
    'corp.example.com: the cycle failed. dc1.corp.example.com: The controller ended the connection. It is restarting or overloaded, or something between cuts connections. Next: Try again; if it comes back, look at the controller’s event log and at firewalls between.',
  );
  expect(lines.every((line) => line.length <= 80)).toBe(true);
});

test('another fault keeps its code, which the page of errors explains', () => {
  const error = new SyncRunError('ERR_SYNC_CLOUD_ANSWER', 'the cloud answered with HTML');
  expect(runLines(failedRun(FOREST, 'corp.example.com')(error), deps).join(' ')).toBe(
    'corp.example.com: the cycle failed (ERR_SYNC_CLOUD_ANSWER). the cloud answered with HTML.',
  );
});

test('a cycle that had nothing for the cloud does not say that it spoke to it', () => {
  expect(runLines(quiet, deps)).toEqual([
    'corp.example.com: 0 changes read: 0 new, 0 changed, 0 moved, 0 gone (0.1 s)',
    '  nothing had to be sent to the cloud',
  ]);
  const exported = { created: 2, updated: 1, deleted: 0, refused: 1 };
  expect(runLines({ ...quiet, exported }, deps)[1]).toBe(
    '  exported to the cloud: 2 created, 1 updated, 0 deleted, 1 refused by the cloud (see its log)',
  );
});

test('while a forest was never read nothing is said of an export', () => {
  expect(runLines({ ...quiet, waitingFor: ['S-1-5-21-4-5-6'] } as ForestRun, deps)[1]).toBe(
    '  nothing is exported before every forest was read once; another forest is missing.',
  );
});
