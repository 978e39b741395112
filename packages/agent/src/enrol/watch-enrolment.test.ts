import { mkdtempDisposableSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forgetEnrolment, writeEnrolment } from './enrolment-file.ts';
import { ENROLMENT_LOOK_EVERY, watchEnrolment } from './watch-enrolment.ts';

let folder: ReturnType<typeof mkdtempDisposableSync>;
let ended: ReturnType<typeof vi.fn<() => void>>;
let said: string[];
let stopLooking: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-watch-enrolment-'));
  ended = vi.fn<() => void>();
  said = [];
  enrolAs('0b8e9a34-6d7c-4a2f-9d1e-1f2a3b4c5d6e');
  const say = (_: object, message: string) => said.push(message);
  stopLooking = watchEnrolment({
    ...{ stateFolder: folder.path, onEnded: ended },
    enrolment: { agentId: '0b8e9a34-6d7c-4a2f-9d1e-1f2a3b4c5d6e' },
    log: { debug: say, info: say, warn: say, error: say },
  });
});
afterEach(() => {
  stopLooking();
  vi.useRealTimers();
  rmSync(folder.path, { recursive: true, force: true });
});

function enrolAs(agentId: string) {
  writeEnrolment(folder.path, { agentId, name: 'agent-1', forests: [] } as never);
}

test('an agent whose enrolment ended is told so once, and goes on until then', () => {
  vi.advanceTimersByTime(10 * ENROLMENT_LOOK_EVERY);
  expect(ended).not.toHaveBeenCalled();
  forgetEnrolment(folder.path);
  vi.advanceTimersByTime(10 * ENROLMENT_LOOK_EVERY);
  expect(ended).toHaveBeenCalledTimes(1);
  expect(said).toEqual(['this machine is no agent any more: the running agent stops']);
});

test('an agent that was enrolled anew meanwhile is another one, and ends too', () => {
  enrolAs('5d6e0b8e-7c9a-4a2f-9d1e-4c1f2a3b6d7c');
  vi.advanceTimersByTime(ENROLMENT_LOOK_EVERY);
  expect(ended).toHaveBeenCalledTimes(1);
});

test.each([
  ['a file that cannot be read', () => writeFileSync(join(folder.path, 'enrolment.json'), 'half of')],
  ['a state folder that is away', () => rmSync(folder.path, { recursive: true })],
])('%s ends no agent', (_, happen) => {
  happen();
  vi.advanceTimersByTime(10 * ENROLMENT_LOOK_EVERY);
  expect(ended).not.toHaveBeenCalled();
});
