import type { Bytes } from '@homeward/protocol/bytes';
import type { Outcome } from '@homeward/protocol/outcome';
import type { Password } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';
import type { Ticket } from '@homeward/protocol/ticket';
import type { Database } from '../../store/database.ts';

/** `inner`: the inner envelope; `ticket`: Ticket.ticket, as it was given. */
export type SealedPassword = { ticket: string; inner: Bytes };
export type SealedCheck = 'good' | 'staleRecipients' | 'refused';

export type Pending = { kind: 'pending' };

/** What the flow needs of the agents: one order at a time, and the truth about it whenever it is known. */
export type Writeback = {
  /** The tenant's state, the same for everybody; told before any gate. */
  isUp(tenantId: string): boolean | Promise<boolean>;
  /** Resolves with the outcome, or with `pending` when there is none in time. `deadline` in Unix ms. */
  order(order: {
    operation: 'reset';
    flowId: string;
    personId: string;
    actorId: string;
    /** typed without script, and sealed here on receipt */
    password?: Password;
    /** sealed in the browser; checked by `checkSealed` before */
    sealed?: SealedPassword;
    deadline: number;
    /** in the transaction that grants the request to an agent, before a byte leaves; false stops it: `pending` */
    granting?: (transaction: Database) => Promise<boolean>;
    /** writes down, in the transaction that settles the request, what follows from its end, while `order` waits */
    settling?: (transaction: Database, requestId: string, outcome: Outcome) => Promise<void>;
  }): Promise<{ requestId: string; outcome: Outcome | Pending }>;
  /** For a browser that seals; undefined where no agent of the person can take a request now. */
  ticket?(asked: { flowId: string; personId: string }): Promise<Ticket | undefined>;
  /** Whether this can be ordered. `staleRecipients`: an agent's keys changed meanwhile; seal again with a new ticket. */
  checkSealed?(asked: { flowId: string; personId: string; sealed: SealedPassword }): SealedCheck;
  /** A dry run: reads only. Whether a reset would succeed, and the rules that apply; `patience` in ms. */
  inspect?(asked: {
    flowId: string;
    personId: string;
    patience: number;
  }): Promise<{ outcome: Outcome | Pending; policy?: PersonPolicy }>;
  /** Undefined for a request that nobody knows. */
  find(requestId: string): Promise<Outcome | Pending | undefined>;
  /** The newest request of a flow, recorded before anything of it is sent: after a restart in the middle of an order
   * its id is not known here. */
  findByFlow(flowId: string): Promise<{ requestId: string; outcome: Outcome | Pending } | undefined>;
};
