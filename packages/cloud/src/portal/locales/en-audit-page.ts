import type { AuditProblem } from '../../admin/audit-query.ts';

/** The words of the page of the audit log; what happened is told in en-audit.ts. */
export const AUDIT_TEXT = {
  nav: 'Audit',
  title: 'Audit log',
  lead: 'Who did what, when, from where, and what came of it. A person who is stuck reads you the support code at the foot of their page. Times are in UTC.',
  flow: 'Support code',
  person: 'User name',
  activity: 'What',
  topics: {
    all: 'Everything',
    resets: 'Resets',
    administrators: 'Administrators',
    agents: 'Agents',
    provisioning: 'People and groups',
    store: 'Keys, backup, restore',
  },
  show: 'Show',
  showAll: 'Show everything',
  older: 'Earlier',
  newest: 'Back to the newest',
  later: 'Further steps',
  first: 'Back to the first step',
  listHeading: 'What happened',
  reset: (code: string) => `The reset ${code}, step by step`,
  resetOf: (code: string, person: string) => `The reset ${code} of ${person}, step by step`,
  ambiguous: (count: number, more: boolean) =>
    more
      ? `More than ${count} resets have a code that begins so; these are ${count} of them. Enter more of the code, or the user name as well.`
      : `${count} resets have a code that begins so. Compare times and names, or enter the user name as well.`,
  about: 'About',
  by: 'By',
  request: 'Request id',
  none: 'Nothing has happened yet.',
  noneFound: 'Nothing of that is in the audit log. Leave a field empty to see more.',
  noneOfCode:
    'No reset has this support code, or not with the other choices. Ask for the code again, and for the time: it may be longer ago than the audit log reaches. A page that says that something failed on our side has a code of its own, which is in the cloud’s log instead.',
  problems: {
    flowMalformed: 'That is no support code. One looks like 4D33-385A',
    personUnknown: 'Nobody here has this name. Enter a whole user ID',
    activityUnknown: 'That kind of entry does not exist. Choose one of the list',
    sinceMalformed: 'That is no time. Start again from the newest entries',
    placeMalformed: 'That place in the list is not there. Start again from the newest entries',
  } satisfies Record<AuditProblem, string>,
};
