import type { Moment } from '../moment.ts';

/** A mail in paragraphs; one of them may be a code, shown large. */
export type MailWords = { subject: string; paragraphs: readonly (string | { code: string })[] };

export type MailFacts = { tenantName: string; displayName: string; support: string | undefined };

const sign = ({ tenantName, support }: MailFacts) => [
  ...(support ? [`Help desk: ${support}`] : []),
  `This mail was sent automatically by the password reset of ${tenantName}.`,
];

export type AgentFacts = { name: string; domains: readonly string[] };

const listed = (names: readonly string[]) => new Intl.ListFormat('en').format(names);

export const enMail = {
  code: (facts: MailFacts, code: string, minutes: number): MailWords => ({
    subject: 'Your code to reset your password',
    paragraphs: [
      `Hello ${facts.displayName},`,
      'this is the code to go on with:',
      { code },
      `It works for ${minutes} minutes, on the page where you asked for it. Nobody from ${facts.tenantName} will ever ask you for it.`,
      'If you did not ask to reset your password, do nothing: your password stays as it is. If this mail comes again, tell your help desk.',
      ...sign(facts),
    ],
  }),
  passwordReset: (facts: MailFacts, at: Moment): MailWords => ({
    subject: 'Your password was changed',
    paragraphs: [
      `Hello ${facts.displayName},`,
      `your password was changed on ${at.text}, with a code that was sent to this address.`,
      'If that was you, there is nothing more to do here. Remember to enter the new password on your phone and other devices too.',
      'If it was not you, contact your help desk at once: someone may be able to read your mail.',
      ...sign(facts),
    ],
  }),
  resetNotDone: (facts: MailFacts, at: Moment): MailWords => ({
    subject: 'Your password was not changed',
    paragraphs: [
      `Hello ${facts.displayName},`,
      `when you asked for a new password, we could not tell at once what became of it. Since ${at.text} we know: your password was not changed. The old one still holds.`,
      'If you still need a new one, reset your password again.',
      'If it was not you who asked, contact your help desk: someone may be able to read your mail.',
      ...sign(facts),
    ],
  }),
  resetUnknown: (facts: MailFacts, at: Moment): MailWords => ({
    subject: 'Your password may have been changed',
    paragraphs: [
      `Hello ${facts.displayName},`,
      `you asked for a new password, and on ${at.text} we had to give up finding out whether it was set.`,
      'Try the new password. If it does not work, reset your password again.',
      'If it was not you who asked, contact your help desk at once: someone may be able to read your mail.',
      ...sign(facts),
    ],
  }),
  agentWaits: (facts: MailFacts, agent: AgentFacts, at: Moment): MailWords => ({
    subject: `A machine waits to be admitted: ${agent.name}`,
    paragraphs: [
      `Hello ${facts.displayName},`,
      `on ${at.text} the machine ${agent.name} enrolled as a further agent for ${listed(agent.domains)}. It does nothing until it is admitted: by an agent that serves the same forest already, or by two administrators in the portal.`,
      'Once admitted, it receives every password that people of that forest choose. If nobody of you set this machine up, revoke it in the portal.',
      ...sign(facts),
    ],
  }),
  agentAdmitted: (facts: MailFacts, agent: AgentFacts, at: Moment): MailWords => ({
    subject: `A machine was admitted as an agent: ${agent.name}`,
    paragraphs: [
      `Hello ${facts.displayName},`,
      `since ${at.text} the machine ${agent.name} serves ${listed(agent.domains)}: it receives every password that people there choose, and writes it to the directory.`,
      'If nobody of you set this machine up, revoke it in the portal at once, and find out who approved it.',
      ...sign(facts),
    ],
  }),
};
