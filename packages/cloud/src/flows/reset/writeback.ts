import type { Outcome } from '@homeward/protocol/outcome';
import type { Password } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';

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
    password: Password;
    deadline: number;
  }): Promise<{ requestId: string; outcome: Outcome | Pending }>;
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
