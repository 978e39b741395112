import {
  ANSWERS,
  type AnswerReason,
  type ConnectionFailureReason,
  type DirectoryOutcome,
} from '@homeward/active-directory';
import { RIGHT_NAMES } from '../permissions/right-names.ts';
import type { Advice } from './advice.ts';
import { ANSWER_ADVICE } from './answer-advice.ts';
import { CONNECTION_ADVICE } from './connection-advice.ts';
import { OUTCOME_ADVICE } from './outcome-advice.ts';

/** What an outcome tells an operator: by its diagnosis where it has one, with the numbers and names in it. */
export function adviceFor(outcome: DirectoryOutcome): Advice {
  const { diagnosis } = outcome;
  if (diagnosis === undefined) return OUTCOME_ADVICE[outcome.kind];
  const advice = adviceForReason(diagnosis.reason);
  const missing = diagnosis.missingRights ?? [];
  if (missing.length === 0) return advice;
  const names = missing.map((right) => RIGHT_NAMES[right].name).join(', ');
  return { ...advice, happened: `${advice.happened} Not held: ${names}.` };
}

export function adviceForReason(reason: AnswerReason | ConnectionFailureReason): Advice {
  return isAnswer(reason) ? ANSWER_ADVICE[reason] : CONNECTION_ADVICE[reason];
}

function isAnswer(reason: AnswerReason | ConnectionFailureReason): reason is AnswerReason {
  return reason in ANSWERS;
}
