import type { AgentWarning, ForestLink, TenantState } from '../../agents/status.ts';

/** For administrators: what is so, what it means for people, and what to do next. */
export type LinkWords = { heading: string; meaning: string; next?: string };

const nobody = 'People of this forest cannot reset their passwords now.';

export const enForestLinks: Record<ForestLink, LinkWords> = {
  up: {
    heading: 'Up and running',
    meaning: 'A moment ago an agent reached this directory and could have written a password.',
  },
  noAgent: {
    heading: 'No agent serves here',
    meaning: `None was enrolled for this forest, or the last one was revoked or disabled. ${nobody}`,
    next: 'Install an agent beside a domain controller, then run "homeward-agent writeback enable" there.',
  },
  pendingAdmission: {
    heading: 'The agent waits to be admitted',
    meaning: `It is enrolled, but nobody has confirmed yet that it may receive passwords. ${nobody}`,
    next: 'Compare its fingerprint with the one in its terminal, then admit it: "homeward-agent admit" on the first agent, or two administrators here.',
  },
  cloned: {
    heading: 'Two machines run as one agent',
    meaning: `A copy of the agent’s state folder is in use somewhere, or it was set back to a snapshot. Neither machine gets anything now. ${nobody}`,
    next: 'Find out which machine is the copy and stop it. Then let the agent in again: "homeward-cloud agent reinstate".',
  },
  agentOffline: {
    heading: 'The agent is not connected',
    meaning: `It is enrolled, but has no connection to this cloud. ${nobody}`,
    next: 'On its machine run "homeward-agent status", then "homeward-agent preflight": it names what is in the way.',
  },
  cloudStarting: {
    heading: 'Waiting for the agent to come back',
    meaning: 'This cloud was started less than a minute ago; agents connect again by themselves.',
    next: 'Look again in a minute.',
  },
  softwareTooOld: {
    heading: 'The agent is too old to be asked',
    meaning: 'Its version does not understand how this cloud asks, so nothing true can be said of it.',
    next: 'Install the agent in the version of this cloud.',
  },
  agentSilent: {
    heading: 'The agent does not answer',
    meaning: `It is connected, but has not answered for half a minute or longer. ${nobody}`,
    next: 'Look into its log; restart it if it hangs. Nothing that was begun is lost by that.',
  },
  notAskedYet: {
    heading: 'Being asked now',
    meaning: 'The agent is connected; its answer is still to come.',
    next: 'Look again in a moment.',
  },
  clockWrong: {
    heading: 'The agent’s clock is wrong',
    meaning: `It differs from this cloud’s by more than a minute, and requests expire by the clock. ${nobody}`,
    next: 'Let both machines keep their time by NTP, such as from the domain.',
  },
  breakerOpen: {
    heading: 'The agent holds all writes',
    meaning: `There were more in a short time than its own rules allow, so its breaker is open. ${nobody}`,
    next: 'Look at who was reset lately. If all is well, close the breaker on the agent’s machine; it cannot be closed from here.',
  },
  directoryUnreachable: {
    heading: 'No domain controller answers',
    meaning: `The agent is well, but reaches none of this forest’s controllers over LDAPS. ${nobody}`,
    next: 'On the agent’s machine run "homeward-agent preflight".',
  },
  notTrusted: {
    heading: 'The controller’s certificate is not trusted',
    meaning: `The agent does not send a password to a controller that it cannot verify. ${nobody}`,
    next: 'Renew the certificate, or give the agent the CA that signed it (caFile).',
  },
  accountRefused: {
    heading: 'The agent’s account is refused',
    meaning: `The directory does not take the name or password that the agent signs in with, or the account is locked or disabled. ${nobody}`,
    next: 'Set its password in the directory and in the agent’s password file to the same.',
  },
  noPolicyHints: {
    heading: 'Policy hints are required and not offered',
    meaning: `The agent is told to write only where password history holds on a reset, and this controller cannot promise that. ${nobody}`,
    next: 'Serve the forest from a controller that offers policy hints, or set requirePolicyHints to false.',
  },
};

export const enTenantStates: Record<TenantState, LinkWords> = {
  up: {
    heading: 'Writeback is up and running',
    meaning: 'Every forest was reached through an agent in the last minutes.',
  },
  upOutdated: {
    heading: 'Writeback is up and running, on older software',
    meaning: 'Every forest was reached in the last minutes; at least one agent is older than this cloud.',
    next: 'Update the agents when it suits you.',
  },
  upWithWarnings: {
    heading: 'Writeback is running, with something to look at',
    meaning: 'Every forest was reached in the last minutes: passwords can be reset. Look at:',
  },
  partlyUp: {
    heading: 'Writeback runs for some forests only',
    meaning: 'People of the other forests cannot reset their passwords now.',
  },
  down: {
    heading: 'Writeback is down',
    meaning: 'Nobody can reset a password now.',
  },
  notSetUp: {
    heading: 'Writeback is not set up',
    meaning: 'No agent is enrolled, so no directory can be written to.',
    next: 'Install an agent beside a domain controller, then run "homeward-agent writeback enable" there.',
  },
};

export const enAgentWarnings: Record<AgentWarning, string> = {
  oneLink: 'Only one of its two connections is open: when that one ends, resets wait until it is back.',
  clockDrifts: 'Its clock differs by more than half a minute; from a minute on, requests are refused.',
  softwareOutdated: 'It is older than this cloud. Update it when it suits you.',
  keysOld: 'Its keys are over 200 days old. They roll over by themselves; its log says what is in the way.',
  unsettled: 'At least one write has no known end yet. It is being resolved with the directory.',
};

/** The same in a few words, after the agent's name. */
export const enWarningNames: Record<AgentWarning, string> = {
  oneLink: 'one connection only',
  clockDrifts: 'its clock drifts',
  softwareOutdated: 'older than this cloud',
  keysOld: 'its keys are old',
  unsettled: 'a write has no known end yet',
};

/** The page of the administrators' portal. */
export const enIntegration = {
  title: 'On-premises integration',
  nav: 'Integration',
  links: enForestLinks,
  states: enTenantStates,
  warnings: enAgentWarnings,
  forests: 'Forests',
  agents: 'Agents',
  askAgain: 'Ask again now',
  asked: (at: string) => `Asked ${at}.`,
  servedBy: 'Served by',
  nobody: 'no agent',
  open: (links: number) => `${links} of 2 connections open`,
  facts: {
    connections: 'Connections',
    version: 'Version',
    lastHeard: 'Last heard',
    never: 'never',
    keys: 'Keys',
    generation: (number: number, since: string) => `generation ${number}, since ${since}`,
    counts: 'Since its start',
    countsText: (served: number, applied: number) => `${served} requests, ${applied} written`,
    people: 'People it can write',
  },
  reinstate: {
    link: (name: string) => `Let ${name} in again`,
    hint: 'Only after the copy is stopped: whichever machine connects first counts as the agent.',
    title: (name: string) => `Let ${name} in again?`,
    body: [
      'Do this only after you found the copy and stopped it: whichever machine connects first counts as the agent, and receives the passwords of everybody whose forest it serves.',
      'Every administrator is told by mail.',
    ],
    action: 'Let it in again',
    keep: 'Keep it shut out',
  },
  news: {
    reinstated:
      'Let in again. The machine connects by itself within a minute, and every administrator is told by mail.',
    notReinstated: 'That agent was not shut out. This is how things are now.',
  },
};
