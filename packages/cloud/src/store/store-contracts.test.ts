/** Every store's contract on the embedded engine. The next engine is one more row here. */
import { describe } from 'vitest';
import { newFlow, resetFlowStoreContract } from '../flows/reset/flow-store.contract.ts';
import { outboxStoreContract } from '../mail/outbox-store.contract.ts';
import { groupsStoreContract } from '../people/groups-store.contract.ts';
import { peopleStoreContract } from '../people/people-store.contract.ts';
import { emailCodeStoreContract } from '../verify/email-code/code-store.contract.ts';
import { DEFAULT_LIMITS } from '../verify/throttle/limits.ts';
import { throttleStoreContract } from '../verify/throttle/throttle-store.contract.ts';
import { storeOn } from './store.ts';
import { openTestDatabase } from './test-database.ts';

const engines = {
  async SQLite() {
    const opened = await openTestDatabase();
    const store = storeOn(opened.database, DEFAULT_LIMITS);
    return {
      ...store,
      async newFlowId() {
        const flow = newFlow();
        await store.flows.insert(flow);
        return flow.id;
      },
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  },
};

describe.each(Object.entries(engines))('on %s', (_name, open) => {
  describe('people', () => peopleStoreContract(open));
  describe('groups', () => groupsStoreContract(open));
  describe('limits', () => throttleStoreContract(open));
  describe('reset flows', () => resetFlowStoreContract(open));
  describe('e-mail codes', () => emailCodeStoreContract(open));
  describe('outbox', () => outboxStoreContract(open));
});
