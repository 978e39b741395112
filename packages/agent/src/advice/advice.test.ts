import { ANSWERS, CONNECTION_FAILURES, ConnectionFailure } from '@homeward/active-directory';
import { CLOSE_CODES } from '@homeward/protocol/close-code';
import { OUTCOMES, RULES } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { AgentError } from '../errors.ts';
import { adviceFor, adviceForReason } from './advice-for.ts';
import { ANSWER_ADVICE } from './answer-advice.ts';
import { CLOSE_ADVICE } from './close-advice.ts';
import { CONNECTION_ADVICE } from './connection-advice.ts';
import { faultText } from './fault-text.ts';
import { OUTCOME_ADVICE } from './outcome-advice.ts';
import { RULE_ADVICE } from './rule-advice.ts';

const tables = [
  ['outcome', OUTCOMES, OUTCOME_ADVICE],
  ['answer', ANSWERS, ANSWER_ADVICE],
  ['connection failure', CONNECTION_FAILURES, CONNECTION_ADVICE],
  ['close code', CLOSE_CODES, CLOSE_ADVICE],
] as const;

test.each(tables)('every %s has what happened, what it means and what to do next', (_, keys, advice) => {
  expect(Object.keys(advice).sort()).toEqual(Object.keys(keys).sort());
  for (const [key, { happened, means, next }] of Object.entries(advice))
    for (const sentence of [happened, means, next]) expect(sentence, key).toMatch(/^[^!]{6,}[.]$/s);
});

test('every password rule is explained', () => {
  expect(Object.keys(RULE_ADVICE).sort()).toEqual(Object.keys(RULES).sort());
});

test('an outcome without a diagnosis gets the advice of its kind', () => {
  expect(adviceFor({ kind: 'unknown' })).toBe(OUTCOME_ADVICE.unknown);
});

test('a diagnosis is more exact than the outcome, and names the rights that are not held', () => {
  const reason = 'insufficientRights' as const;
  const diagnosis = { reason, missingRights: ['writeLockoutTime', 'writePwdLastSet'] as const };
  const advice = adviceFor({ kind: 'notPermitted', diagnosis });
  expect(advice.happened).toBe(
    `${ANSWER_ADVICE.insufficientRights.happened} Not held: Write lockoutTime, Write pwdLastSet.`,
  );
  expect(adviceForReason('certificateExpired')).toBe(CONNECTION_ADVICE.certificateExpired);
});

test('a command that ends by a fault says what to do next; a wrong call ends with 2', () => {
  const failure = new ConnectionFailure('accountLocked', 'dc1.corp.example.com');
  expect(faultText(failure)).toEqual({
    text: `dc1.corp.example.com: The agent’s account is locked. ${CONNECTION_ADVICE.accountLocked.means}\nNext: ${CONNECTION_ADVICE.accountLocked.next}`,
    exit: 1,
  });
  expect(faultText(new AgentError('ERR_CONFIG_INVALID', 'x: must be y'))).toEqual({
    text: 'x: must be y',
    exit: 2,
  });
  expect(faultText(new TypeError('not foreseen')).text).toContain('advice.test.ts');
});
