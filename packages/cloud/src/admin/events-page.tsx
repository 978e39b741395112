import type { EventPage, ReadEvent } from '../agents/agent-events-reader.ts';
import { eventWords, KNOWN_EVENTS } from '../agents/agent-events-words.ts';
import type { KnownAgent } from '../agents/agent-list.ts';
import { detailsOf } from '../agents/events-command.ts';
import { ErrorSummary, type Problem } from '../portal/components.tsx';
import { EVENTS_TEXT as words } from '../portal/locales/en-events.ts';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import type { AskedEvents, EventsProblem } from './ask-events.ts';
import { eventsPath, PATHS } from './paths.ts';

export type EventsPageProps = {
  administrator: Administrator;
  agents: readonly KnownAgent[];
  asked: AskedEvents;
  found: EventPage;
  problems: readonly EventsProblem[];
};

const FIELDS: Partial<Record<EventsProblem, string>> = { agentUnknown: 'agent', eventMalformed: 'event' };

export function eventsPage(site: Site, { administrator, agents, asked, found, problems }: EventsPageProps) {
  const told = problems.map((problem): Problem => {
    const field = FIELDS[problem];
    return { ...(field !== undefined && { field }), text: words.problems[problem] };
  });
  const isAll = asked.agent === '' && asked.event === '';
  const { events, older } = found;
  return (
    <AdminLayout {...{ site, administrator, title: words.title, error: told.length > 0 }} at="events">
      <ErrorSummary site={site} problems={told} />
      <h1>{words.title}</h1>
      <p>{words.lead}</p>
      <Choice site={site} agents={agents} asked={asked} problems={told} />
      {events.length > 0 ? (
        <section class="group">
          <h2>{words.listHeading}</h2>
          <ul class="cards">
            {events.map((event) => (
              <li>
                <Card site={site} event={event} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {events.length === 0 && told.length === 0 ? (
        <p class="notice">{asked.before ? words.noneOlder : isAll ? words.none : words.noneFound}</p>
      ) : null}
      <p class="actions">
        {older === undefined ? null : (
          <a class="button" href={eventsPath({ ...asked, before: older })} rel="next">
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

type ChoiceProps = { site: Site; agents: readonly KnownAgent[]; asked: AskedEvents; problems: Problem[] };

/** A plain form: what is shown is in the address, so that it can be kept and sent on. */
function Choice({ site, agents, asked, problems }: ChoiceProps) {
  const names = [...new Set(agents.map(({ name }) => name))];
  return (
    <div class="choice">
      <form method="get" action={PATHS.events}>
        <Filter {...{ site, problems, name: 'agent', value: asked.agent }}>
          <datalist id="agent-list">
            {names.map((name) => (
              <option value={name} />
            ))}
          </datalist>
        </Filter>
        <Filter {...{ site, problems, name: 'event', value: asked.event }}>
          <datalist id="event-list">
            {KNOWN_EVENTS.map((event) => (
              <option value={String(event)}>{eventWords(event).heading}</option>
            ))}
          </datalist>
        </Filter>
        <p class="actions">
          <button type="submit">{words.show}</button>
        </p>
      </form>
    </div>
  );
}

type FilterProps = {
  site: Site;
  name: 'agent' | 'event';
  value: string;
  problems: readonly Problem[];
  children?: unknown;
};

function Filter({ site, name, value, problems, children }: FilterProps) {
  const problem = problems.find(({ field }) => field === name);
  return (
    <div class={problem ? 'field wrong' : 'field'}>
      <label for={name} class="label">
        {words[name]}
      </label>
      <div id={`${name}-hint`} class="hint">
        {words[`${name}Hint`]}
      </div>
      {problem ? (
        <div id={`${name}-error`} class="error">
          <p>
            <span class="visually-hidden">{site.texts.errorPrefix}</span>
            {problem.text}
          </p>
        </div>
      ) : null}
      <input
        {...{ id: name, name, value, type: 'text', list: `${name}-list`, autocomplete: 'off' }}
        spellcheck={false}
        aria-describedby={problem ? `${name}-hint ${name}-error` : `${name}-hint`}
        {...(problem ? { 'aria-invalid': 'true' } : {})}
      />
      {children}
    </div>
  );
}

const STATES = { warn: 'waiting', error: 'away' } as const;

function Card({ site, event }: { site: Site; event: ReadEvent }) {
  const { level, agentId, agentName } = event;
  const at = site.moment(event.time);
  const details = detailsOf(event);
  const ids = details.filter(([name]) => name in words.ids);
  const rest = details.filter(([name]) => !(name in words.ids));
  return (
    <article class="card">
      <h3>
        {eventWords(event.event).heading} <a href={`#event-${event.event}`}>{event.event}</a>
      </h3>
      {level === 'info' ? null : <p class={`state ${STATES[level]}`}>{words.levels[level]}</p>}
      <p class="soft">
        {agentName ?? agentId}
        {', '}
        <time datetime={at.iso}>{at.text}</time>
      </p>
      {rest.length === 0 ? null : <p>{sentence(rest)}</p>}
      {ids.length === 0 ? null : (
        <dl class="facts">
          {ids.map(([name, text]) => (
            <div>
              <dt>{words.ids[name]}</dt>
              <dd>
                <code>{text}</code>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  );
}

/** `Operation reset, outcome applied, version 7 → 8`: a line for each would fill a phone with one event. */
function sentence(details: [string, string][]): string {
  const text = details.map(([name, value]) => `${words.details[name] ?? name} ${value}`).join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
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
