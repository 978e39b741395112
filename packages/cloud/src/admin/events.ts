import type { EventPage } from '../agents/agent-events-reader.ts';
import { type HttpContext, page } from '../http/http-context.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { askEvents } from './ask-events.ts';
import { eventsPage } from './events-page.tsx';

const ON_A_PAGE = 25;
const NONE: EventPage = { events: [] };

export async function showEvents(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const { store, tenant, onboarding, site } = deps;
  const typed = (name: string) => (context.req.query(name) ?? '').trim();
  const asked = { agent: typed('agent'), event: typed('event'), before: typed('before') };
  const answer = await askEvents(store.agentEvents, tenant.id, asked, ON_A_PAGE);
  const problems = 'problems' in answer ? answer.problems : [];
  const found = 'problems' in answer ? NONE : answer;
  const agents = await onboarding.agents();
  const shown = eventsPage(site, { administrator, agents, asked, found, problems });
  return page(context, shown, problems.length > 0 ? 400 : 200);
}
