import { EVENTS } from '@homeward/protocol/event';
import { expect, test } from 'vitest';
import { eventHeading } from '../../packages/agent/src/events/event-headings.ts';
import { eventWords } from '../../packages/cloud/src/agents/agent-events-words.ts';

test.each(Object.entries(EVENTS))('%s is called the same at the agent and at the cloud', (_, id) => {
  expect(eventHeading(id)).toBe(eventWords(id).heading);
});
