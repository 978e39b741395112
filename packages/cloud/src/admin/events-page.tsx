import { OPERATIONS } from '@homeward/protocol/operation';
import type { EventPage, ReadEvent } from '../agents/agent-events-reader.ts';
import { eventWords } from '../agents/agent-events-words.ts';
import type { KnownAgent } from '../agents/agent-list.ts';
import { detailsOf } from '../agents/events-command.ts';
import { ErrorSummary, type Problem } from '../portal/components.tsx';
import { EVENTS_TEXT as words } from '../portal/locales/en-events.ts';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import type { EventsProblem } from './ask-events.ts';
import { EventFilters, type ShownFilters } from './events-filters.tsx';
import { eventsPath, PATHS } from './paths.ts';
import { shownName } from './shown-name.ts';

export type EventsPageProps = {
  administrator: Administrator;
  agents: readonly KnownAgent[];
  asked: ShownFilters & { before: string };
  found: EventPage;
  problems: readonly EventsProblem[];
};

const FIELDS: Partial<Record<EventsProblem, string>> = {
  agentUnknown: 'agent',
  eventMalformed: 'event',
  sinceMalformed: 'since',
};

export function eventsPage(site: Site, { administrator, agents, asked, found, problems }: EventsPageProps) {
  const told = problems.map((problem): Problem => {
    const field = FIELDS[problem];
    return { ...(field !== undefined && { field }), text: words.problems[problem] };
  });
  const isAll = asked.agent === '' && asked.event === '' && asked.since === '';
  const events = withoutBegunTwice(found.events);
  return (
    <AdminLayout {...{ site, administrator, title: words.title, error: told.length > 0 }} at="events">
      <ErrorSummary site={site} problems={told} />
      <h1>{words.title}</h1>
      <p>{words.lead}</p>
      <EventFilters {...{ site, agents, asked, problems: told }} />
      {events.length > 0 ? (
        <section class="group">
          <h2>{words.listHeading}</h2>
          <ul class="log">
            {events.map((event) => (
              <li>
                <Row site={site} event={event} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {events.length === 0 && told.length === 0 ? (
        <p class="notice">{asked.before ? words.noneOlder : isAll ? words.none : words.noneFound}</p>
      ) : null}
      <p class="actions">
        {found.older === undefined ? null : (
          <a class="button" href={eventsPath({ ...asked, before: found.older })} rel="next">
            {words.older}
          </a>
        )}
        {asked.before === '' ? null : <a href={eventsPath({ ...asked, before: '' })}>{words.newest}</a>}
        {isAll ? null : <a href={PATHS.events}>{words.showAll}</a>}
      </p>
      <Meanings events={events} />
    </AdminLayout>
  );
}

const BEGINNINGS = new Set<number>(Object.values(OPERATIONS).map(({ started }) => started));

/** A request that has ended below is one line, not two. */
function withoutBegunTwice(events: readonly ReadEvent[]): ReadEvent[] {
  const ended = new Set(
    events.flatMap(({ event, requestId }) => (BEGINNINGS.has(event) ? [] : (requestId ?? []))),
  );
  return events.filter(({ event, requestId }) => !BEGINNINGS.has(event) || !ended.has(requestId ?? ''));
}

const STATES = { warn: 'waiting', error: 'away' } as const;

function Row({ site, event }: { site: Site; event: ReadEvent }) {
  const { level, agentId, agentName } = event;
  const at = site.momentInList(event.time);
  const about = sentence(event);
  return (
    <article class="event">
      <div class="what">
        <h3>
          {eventWords(event.event).heading} <a href={`#event-${event.event}`}>{event.event}</a>
        </h3>
        {level === 'info' ? null : <p class={`state ${STATES[level]}`}>{words.levels[level]}</p>}
        {about === '' ? null : <p>{about}</p>}
        <Codes event={event} />
      </div>
      <p class="when">
        <time datetime={at.iso}>{at.text}</time>
      </p>
      <p class="who">{agentName === null ? agentId : shownName(agentName)}</p>
    </article>
  );
}

/** `Reset: written, forest corp.example.com, version of the password 7 → 8` */
function sentence(event: ReadEvent): string {
  const { operation, outcome } = event;
  const done = operation === null ? null : (words.operations[operation] ?? shownName(operation));
  const end = outcome === null ? null : (words.outcomes[outcome] ?? shownName(outcome));
  const first = [done, end].filter((text) => text !== null).join(': ');
  const rest = detailsOf(event)
    .filter(([name]) => name in words.details)
    .map(([name, value]) => `${words.details[name]} ${shownName(value)}`);
  const text = [first, ...rest].filter(Boolean).join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What other places know it by: folded, since it is as long as all the rest. */
function Codes({ event }: { event: ReadEvent }) {
  const { person, requestId, outcome } = event;
  if (person === null && requestId === null && outcome === null) return null;
  const codes = [
    ...(person === null ? [] : [[words.ids.person, person] as const]),
    ...(person === null ? [] : [[words.ids.explain, `homeward-agent sync explain ${person}`] as const]),
    ...(requestId === null ? [] : [[words.ids.request, requestId] as const]),
    ...(outcome === null ? [] : [[words.ids.outcome, shownName(outcome)] as const]),
  ];
  return (
    <details>
      <summary>{words.idsHeading}</summary>
      <dl class="facts">
        {codes.map(([name, text]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              <code>{text}</code>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Meanings({ events }: { events: readonly ReadEvent[] }) {
  const ids = [...new Set(events.map(({ event }) => event))].toSorted((a, b) => a - b);
  if (ids.length === 0) return null;
  return (
    <section class="group">
      <h2>{words.meaningHeading}</h2>
      <dl class="facts">
        {ids.map((id) => {
          const { heading, meaning, next } = eventWords(id);
          return (
            <div id={`event-${id}`}>
              <dt>{`${id} ${heading}`}</dt>
              <dd>{next === undefined ? meaning : `${meaning} ${next}`}</dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
