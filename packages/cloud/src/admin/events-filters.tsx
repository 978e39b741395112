import { eventWords, KNOWN_EVENTS } from '../agents/agent-events-words.ts';
import type { KnownAgent } from '../agents/agent-list.ts';
import type { Problem } from '../portal/components.tsx';
import { EVENTS_TEXT as words } from '../portal/locales/en-events.ts';
import type { Site } from '../portal/site.ts';
import { PATHS } from './paths.ts';
import { shownName } from './shown-name.ts';

/** How far back, in ms. */
export const SPANS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000 } as const;
export type Span = keyof typeof SPANS;

export function isSpan(text: string): text is Span {
  return Object.hasOwn(SPANS, text);
}

export type ShownFilters = { agent: string; event: string; since: string };

type FiltersProps = {
  site: Site;
  agents: readonly KnownAgent[];
  asked: ShownFilters;
  problems: readonly Problem[];
};

/** A plain form: what is shown is in the address, so that it can be kept and sent on. */
export function EventFilters({ site, agents, asked, problems }: FiltersProps) {
  const shared = { site, problems };
  return (
    <div class="choice">
      <form method="get" action={PATHS.events} class="filters">
        <Filter {...shared} name="agent">
          <Choice
            {...{ name: 'agent', ...shared, value: asked.agent }}
            of={agentChoices(agents, asked.agent)}
          />
        </Filter>
        <Filter {...shared} name="since">
          <Choice {...{ name: 'since', ...shared, value: asked.since }} of={spanChoices(asked.since)} />
        </Filter>
        <Filter {...shared} name="event">
          <input
            {...{ id: 'event', name: 'event', value: asked.event, type: 'text', list: 'event-list' }}
            {...{ autocomplete: 'off', spellcheck: false, ...described('event', problems) }}
          />
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

type FilterName = keyof ShownFilters;
type Choices = readonly (readonly [value: string, text: string])[];

/** By name: one that was given again after a revocation is one choice. What was asked stays in view. */
function agentChoices(agents: readonly KnownAgent[], asked: string): Choices {
  const names = [...new Set(agents.map(({ name }) => name))].toSorted();
  const byId = agents.find(({ id }) => id === asked);
  const other = byId === undefined ? shownName(asked) : `${shownName(byId.name)} (${asked})`;
  return [
    ['', words.allAgents] as const,
    ...names.map((name) => [name, shownName(name)] as const),
    ...(asked === '' || names.includes(asked) ? [] : [[asked, other] as const]),
  ];
}

function spanChoices(asked: string): Choices {
  const known = Object.keys(SPANS) as Span[];
  return [
    ['', words.spans.all] as const,
    ...known.map((span) => [span, words.spans[span]] as const),
    ...(asked === '' || isSpan(asked) ? [] : [[asked, asked] as const]),
  ];
}

type ChoiceProps = { name: FilterName; value: string; problems: readonly Problem[]; of: Choices };

function Choice({ name, value, problems, of }: ChoiceProps) {
  return (
    <select id={name} name={name} {...described(name, problems)}>
      {of.map(([each, text]) => (
        <option value={each} selected={each === value}>
          {text}
        </option>
      ))}
    </select>
  );
}

type FilterProps = {
  site: Site;
  name: FilterName;
  problems: readonly Problem[];
  children?: unknown;
};

function Filter({ site, name, problems, children }: FilterProps) {
  const problem = problems.find(({ field }) => field === name);
  return (
    <div class={problem ? 'field wrong' : 'field'}>
      <label for={name} class="label">
        {words[name]}
      </label>
      {problem ? (
        <div id={`${name}-error`} class="error">
          <p>
            <span class="visually-hidden">{site.texts.errorPrefix}</span>
            {problem.text}
          </p>
        </div>
      ) : null}
      {children}
    </div>
  );
}

function described(name: FilterName, problems: readonly Problem[]) {
  const isWrong = problems.some(({ field }) => field === name);
  return isWrong && { 'aria-describedby': `${name}-error`, 'aria-invalid': 'true' as const };
}
