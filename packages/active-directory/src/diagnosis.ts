import type { Outcome } from '@homeward/protocol/outcome';
import type { ConnectionFailureReason } from './connection-failure.ts';
import type { AnswerReason } from './directory-answer.ts';
import type { Right } from './directory-rights.ts';

/**
 * What an operator needs beyond the outcome: the closed reason and the numbers behind it. For logs, `status` and
 * the administrator; it does not travel to the person.
 */
export type Diagnosis = {
  reason: AnswerReason | ConnectionFailureReason;
  /** host name of the controller that answered or failed */
  controller?: string;
  ldapResult?: number;
  /** Win32 code of the answer */
  adCode?: number;
  /** rights that our account lacks on this person, where the descriptor shows it */
  missingRights?: readonly Right[];
  /** which of the agent's own rules refused */
  rule?: string;
};

export type DirectoryOutcome = Outcome & { diagnosis?: Diagnosis };
