import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordingLog } from '../link/relay.fixture.ts';
import { fakeTerminal } from '../permissions/directory.fixture.ts';
import { DEFAULT_RULES } from './agent-rules.ts';
import { closeBreakers, showBreakers } from './breaker-commands.ts';
import { openBreaker } from './write-breaker.ts';

let stateFolder: string;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'homeward-breaker-'));
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

test('an open breaker is shown with its time and cause, and closed', () => {
  const rules = { ...DEFAULT_RULES, writesPerMinute: 1 };
  const run = (command: typeof showBreakers | typeof closeBreakers) => {
    const terminal = fakeTerminal();
    const exit = command(
      { stateFolder, rules },
      { terminal, command: 'homeward-agent', log: recordingLog() },
    );
    return { exit, text: terminal.text() };
  };
  expect(run(showBreakers)).toMatchObject({ exit: 0, text: expect.stringContaining('Closed') });
  expect(run(closeBreakers).text).toContain('No breaker was open.');
  const breaker = openBreaker(stateFolder, rules);
  const at = Date.UTC(2026, 10, 21, 12);
  breaker.countWrite('S-1-5-21-1-2-3', at);
  breaker.countWrite('S-1-5-21-1-2-3', at);
  breaker.close();
  const shown = run(showBreakers);
  expect(shown.exit).toBe(1);
  expect(shown.text).toContain('It opened at 2026-11-21 12:00:00 UTC: more than 1 writes in a minute.');
  expect(run(closeBreakers).text).toContain('S-1-5-21-1-2-3: closed.');
  expect(run(showBreakers).exit).toBe(0);
});
