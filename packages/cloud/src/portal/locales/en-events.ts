import type { Operation } from '@homeward/protocol/operation';
import type { OutcomeKind } from '@homeward/protocol/outcome';
import type { EventsProblem } from '../../admin/ask-events.ts';

/** How a request ended, for administrators; the portal's pages tell it to the person it is about. */
const OUTCOME_WORDS = {
  applied: 'written',
  refusedByPolicy: 'refused by the password policy',
  notFound: 'no such account',
  ambiguous: 'more than one account',
  protectedAccount: 'the account is protected',
  notPermitted: 'the agent may not write this account',
  disabled: 'the account is disabled',
  accountExpired: 'the account has expired',
  locked: 'the account is locked',
  smartCardRequired: 'the account signs in by smart card',
  wrongCurrentPassword: 'the current password was wrong',
  cannotChangePassword: 'the account may not change its password',
  directoryUnreachable: 'no domain controller could be reached',
  directoryNotTrusted: 'the controller’s certificate is not trusted',
  serviceAccountRefused: 'the agent’s own sign-in was refused',
  policyHintsMissing: 'policy hints are required and not offered',
  directoryRefused: 'the directory refused it',
  refusedByAgent: 'refused by the agent’s own rules',
  expired: 'the request was too old',
  replayed: 'the request came a second time',
  undecryptable: 'the request could not be opened',
  superseded: 'somebody else wrote a password meanwhile',
  agentFault: 'a fault of the agent',
  unknown: 'not known whether it was written',
  notStarted: 'never begun',
} satisfies Record<OutcomeKind, string>;

const OPERATION_WORDS = {
  reset: 'reset',
  change: 'change',
  unlock: 'unlock',
  verify: 'check of a password',
  dryRun: 'check without a write',
  adminReset: 'reset by an administrator',
} satisfies Record<Operation, string>;

/** The words of the page of events; what each event means is in agent-events-words.ts. */
export const EVENTS_TEXT = {
  nav: 'Events',
  of: (agent: string) => `Events of ${agent}`,
  title: 'Events of the agents',
  lead: 'Every write, refusal and fault that agents tell of, newest first, by the agents’ clocks. The newest 20,000 of each agent are kept.',
  agent: 'Agent',
  allAgents: 'All agents',
  since: 'Since',
  spans: { all: 'The beginning', '1h': 'An hour ago', '24h': '24 hours ago', '7d': '7 days ago' },
  event: 'Event numbers',
  show: 'Show',
  showAll: 'Show all events',
  older: 'Older events',
  newest: 'Back to the newest',
  listHeading: 'What happened',
  meaningHeading: 'What these events mean',
  none: 'No agent has told of an event yet. They tell within a minute, as soon as they are enrolled.',
  noneFound: 'No such event. Choose less narrowly to see more.',
  noneOlder: 'There are no older events of this kind.',
  levels: { warn: 'Warning', error: 'Error' },
  operations: OPERATION_WORDS as Readonly<Record<string, string>>,
  outcomes: OUTCOME_WORDS as Readonly<Record<string, string>>,
  details: {
    rule: 'rule',
    forest: 'forest',
    controller: 'controller',
    version: 'version of the password',
    code: 'code',
  } as Readonly<Record<string, string>>,
  idsHeading: 'Ids',
  ids: {
    person: 'Person (cloudAnchor)',
    explain: 'Who that is, on the agent’s machine',
    request: 'Request',
    outcome: 'Outcome',
  },
  problems: {
    agentUnknown: 'No agent has this name or id. Choose one of the list, or all agents',
    eventMalformed:
      'These are no event numbers. Enter numbers such as 31002, 31003, or leave the field empty',
    sinceMalformed: 'That is no choice of this list. Choose one of it',
    placeMalformed: 'That place in the list is not there. Start again from the newest events',
  } satisfies Record<EventsProblem, string>,
};
