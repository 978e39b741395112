import type { Outcome } from '@homeward/protocol/outcome';
import type { PasswordProblem } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';

/** The states and what leads from one to the next: states.md, beside this file. */
export type ResetState = 'proving' | 'choosing' | 'ordered' | 'done' | 'failed';

/** What the next page has to say about what was posted last. Kept in the row, so that a reload says it again. */
export type Notice =
  | { kind: 'codeEmpty' | 'codeMalformed' | 'codeUsedUp' | 'codeExpired' | 'newCodeSent' }
  | { kind: 'codeWrong'; triesLeft: number }
  | { kind: 'newCodeLimited' | 'locked'; until: number }
  | { kind: 'password'; problem: PasswordProblem | 'mismatch' | 'confirmationEmpty' }
  /** the outcome of the last order is to be told */
  | { kind: 'outcome' };

/** One reset in one browser, from the user ID to the answer. Times in Unix ms. */
export type ResetFlow = {
  /** also the support code at the bottom of the pages */
  id: string;
  tenantId: string;
  /** HMAC of the cookie that binds the flow to its browser */
  cookieHash: string;
  state: ResetState;
  /** HMAC of the folded user ID, under which limits are counted */
  identifierKey: string;
  /** what was typed, sealed; gone when the code is proven or the flow has ended */
  typed: string | null;
  /** known once the code is proven */
  personId: string | null;
  notice: Notice | null;
  /** orders sent in this flow */
  attempt: number;
  /** of the attempt under way or ended last, once it is known */
  requestId: string | null;
  /** of the attempt before: never mistaken for the answer to a later one */
  formerRequestId: string | null;
  /** of the last order that settled */
  outcome: Outcome | null;
  /** the rules that apply to the person, once the directory has told them */
  policy: PersonPolicy | null;
  clientAddress: string;
  startedAt: number;
  expiresAt: number;
  orderedAt: number | null;
  settledAt: number | null;
};
