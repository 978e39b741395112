import { z } from 'zod';
import type { AgentEventReader, EventPage } from '../agents/agent-events-reader.ts';
import { isPlace } from '../agents/agent-events-reader.ts';

/** What a query string asks for; a text that is empty asks for nothing. */
export type AskedEvents = { agent: string; event: string; since?: string | undefined; before: string };

export type EventsProblem = 'agentUnknown' | 'eventMalformed' | 'sinceMalformed' | 'placeMalformed';

const MOST_IDS = 100;

/** @returns the events, or all that is wrong with what was asked */
export async function askEvents(
  reader: AgentEventReader,
  tenantId: string,
  { agent, event, since = '', before }: AskedEvents,
  limit: number,
): Promise<EventPage | { problems: EventsProblem[] }> {
  const problems: EventsProblem[] = [];
  const agents = agent === '' ? undefined : await reader.agentsNamed(tenantId, agent);
  if (agents?.length === 0) problems.push('agentUnknown');
  const events = event === '' ? undefined : idsShape.safeParse(event.split(',')).data;
  if (event !== '' && events === undefined) problems.push('eventMalformed');
  const from = since === '' ? undefined : timeShape.safeParse(since).data;
  if (since !== '' && from === undefined) problems.push('sinceMalformed');
  if (before !== '' && !isPlace(before)) problems.push('placeMalformed');
  if (problems.length > 0) return { problems };
  const place = before === '' ? undefined : before;
  return reader.page(tenantId, { agents, events, since: from, before: place, limit });
}

const idsShape = z
  .array(
    z
      .string()
      .trim()
      .regex(/^\d{1,5}$/)
      .transform(Number),
  )
  .max(MOST_IDS);
const timeShape = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);
