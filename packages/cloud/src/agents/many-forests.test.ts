import { maxHeaderSize } from 'node:http';
import { MOST_FORESTS } from '@homeward/protocol/report';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentsSide, idIn, newMachine, startAgentsSide } from './enrolling-machine.fixture.ts';

let side: AgentsSide;
beforeEach(async () => {
  side = await startAgentsSide();
});
afterEach(() => side[Symbol.asyncDispose]());

/** With the longest SIDs and names that ASCII allows. */
const forests = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    sid: `S-1-5-21-4294967295-4294967295-${4_294_967_295 - index}`,
    domain: `${'corp'.repeat(15)}.`.repeat(4).padEnd(253, 'x'),
    netbiosName: 'A'.repeat(15),
  }));

test('a machine may serve as many forests as a report has room for, and speaks for all of them', async () => {
  const machine = await newMachine(side, 'dc-agent-1', forests(MOST_FORESTS));
  expect((await machine.askForCode()).user_code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
  const enrolled = await machine.enrolByToken();
  expect(enrolled.status).toBe(201);
  const { body } = await machine.credential(idIn(enrolled), 'scim');
  const credential = String(body['access_token']);
  expect(credential.length, 'it is a header, beside others').toBeLessThan(maxHeaderSize / 8);
  const caller = await side.agents.tokens.verify(credential);
  expect(caller?.forests).toEqual(forests(MOST_FORESTS).map(({ sid }) => sid));
});

test('one forest more is refused at the enrolment, and nothing is made', async () => {
  const machine = await newMachine(side, 'dc-agent-1', forests(MOST_FORESTS + 1));
  expect(await machine.enrolByToken()).toMatchObject({ status: 400, body: { error: 'request_invalid' } });
  expect(await side.agents.onboarding.agents()).toEqual([]);
});

test('only an enrolment may be that long', async () => {
  const { status } = await fetch(`${side.url}/agents/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `client_assertion=${'x'.repeat(17 * 1_024)}`,
  });
  expect(status).toBe(413);
});
