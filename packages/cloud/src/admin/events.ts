import type { EventPage } from '../agents/agent-events-reader.ts';
import { type HttpContext, page } from '../http/http-context.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { askEvents } from './ask-events.ts';
import { isSpan, SPANS } from './events-filters.tsx';
import { eventsPage } from './events-page.tsx';

const ON_A_PAGE = 25;
const NONE: EventPage = { events: [] };

export async function showEvents(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const { store, tenant, onboarding, site, clock } = deps;
  const typed = (name: string) => (context.req.query(name) ?? '').trim();
  const asked = {
    ...{ agent: typed('agent'), event: typed('event') },
    ...{ since: typed('since'), before: typed('before') },
  };
  // What is no span is left to be refused; a time in ms is for the command line.
  const since = isSpan(asked.since) ? String(clock() - SPANS[asked.since]) : asked.since && 'none';
  const answer = await askEvents(store.agentEvents, tenant.id, { ...asked, since }, ON_A_PAGE);
  const problems = 'problems' in answer ? answer.problems : [];
  const found = 'problems' in answer ? NONE : answer;
  const agents = await onboarding.agents();
  const shown = eventsPage(site, { administrator, agents, asked, found, problems });
  return page(context, shown, problems.length > 0 ? 400 : 200);
}
