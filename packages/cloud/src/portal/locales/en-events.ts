import type { EventsProblem } from '../../admin/ask-events.ts';

/** The words of the page of events; what each event means is in agent-events-words.ts. */
export const EVENTS_TEXT = {
  nav: 'Events',
  of: (agent: string) => `Events of ${agent}`,
  title: 'Events of the agents',
  lead: 'Every write, refusal and fault that agents tell of, newest first. Times are those of the agents’ clocks. The newest 20,000 of each agent are kept.',
  agent: 'Agent',
  agentHint: 'Its name or id. Leave it empty for all agents.',
  event: 'Event',
  eventHint: 'One number or several, such as 31002, 31003. Leave it empty for all.',
  show: 'Show',
  showAll: 'Show all events',
  older: 'Older events',
  newest: 'Back to the newest',
  listHeading: 'What happened',
  meaningHeading: 'What these events mean',
  none: 'No agent has told of an event yet. They tell within a minute, as soon as they are enrolled.',
  noneFound: 'No such event. Leave a field empty to see more.',
  noneOlder: 'There are no older events of this kind.',
  levels: { warn: 'Warning', error: 'Error' },
  details: {
    operation: 'operation',
    outcome: 'outcome',
    rule: 'rule',
    forest: 'forest',
    controller: 'controller',
    version: 'version of the password',
    code: 'code',
  } as Readonly<Record<string, string>>,
  ids: { person: 'Person (cloudAnchor)', request: 'Request' } as Readonly<Record<string, string>>,
  problems: {
    agentUnknown: 'No agent has this name or id. Choose one of the list, or leave the field empty',
    eventMalformed:
      'These are no event numbers. Enter numbers such as 31002, 31003, or leave the field empty',
    sinceMalformed: 'That is no time. Start again from the newest events',
    placeMalformed: 'That place in the list is not there. Start again from the newest events',
  } satisfies Record<EventsProblem, string>,
};
