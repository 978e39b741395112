/** A program in another language, with nothing but a standard crypto library, reads what was frozen. */
import { join } from 'node:path';
import { CHARACTER_KINDS, EVIDENCE, OUTCOMES, RULES } from '@homeward/protocol/outcome';
import { beforeAll, expect, test } from 'vitest';
import vectors from '../../packages/protocol/vectors/v1.json' with { type: 'json' };
import { mustRun } from '../forest/run-command.ts';

type Changes = { refused: number; accepted: number };
type PythonRead = {
  requests: { name: string; opened: object[]; requestId: string; bytes: number }[];
  replies: Record<string, unknown>[];
  changes: Record<'package' | 'envelope' | 'binding' | 'reply', Changes>;
};

const FOLDER = join(import.meta.dirname, '../../packages/protocol/vectors');
let read: PythonRead;

beforeAll(async () => {
  // Debian's own Python has python3-cryptography; another one in front of it on PATH may not.
  const printed = await mustRun('/usr/bin/python3', [
    join(FOLDER, 'read_vectors.py'),
    join(FOLDER, 'v1.json'),
  ]);
  read = JSON.parse(printed) as PythonRead;
});

test('Python reads every request, and each of its recipients opens the passwords', () => {
  expect(read.requests).toHaveLength(vectors.requests.length);
  for (const [at, { name, binding, passwords, frame }] of vectors.requests.entries()) {
    const { opened, ...told } = read.requests[at] ?? { opened: [] };
    const { tenantId: _, ...bound } = binding;
    expect(told).toEqual({ name, bytes: frame.length / 2, ...bound });
    expect(opened.length).toBeGreaterThan(0);
    for (const one of opened) expect(one).toEqual(passwords);
  }
  expect(read.requests.filter(({ opened }) => opened.length === 2)).not.toEqual([]);
});

test("Python verifies every reply's signature and reads the same outcome", () => {
  expect(read.replies).toEqual(
    vectors.replies.map(({ requestId, reply, frame }) => {
      const { kind, refusal, evidence } = reply.outcome;
      const bits = (table: Record<string, number>, names: string[]) =>
        names.reduce((sum, name) => sum | (table[name] ?? 0), 0);
      return {
        requestId,
        bytes: frame.length / 2,
        outcome: OUTCOMES[kind as keyof typeof OUTCOMES].code,
        event: reply.event,
        sspr: OUTCOMES[kind as keyof typeof OUTCOMES].sspr,
        rules: bits(RULES, refusal.rules),
        evidence: EVIDENCE[evidence.kind as keyof typeof EVIDENCE],
        retryAt: refusal.retryAt,
        writtenAt: 0,
        versionBefore: evidence.versionBefore,
        versionAfter: 0,
        minimumLength: refusal.minimumLength,
        missingKinds: bits(CHARACTER_KINDS, refusal.missingKinds),
        historyLength: 0,
      };
    }),
  );
});

test('Python refuses each of them with one bit changed, and for anybody or anything else', () => {
  for (const [what, { refused, accepted }] of Object.entries(read.changes))
    expect([what, accepted, refused > 10]).toEqual([what, 0, true]);
  const frames = vectors.requests.reduce((sum, { frame }) => sum + frame.length / 2, 0);
  expect(read.changes.package.refused).toBe(frames);
});
