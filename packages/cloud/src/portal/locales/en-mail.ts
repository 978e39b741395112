import type { Moment } from '../moment.ts';

/** A mail in paragraphs; one of them may be a code, shown large. */
export type MailWords = { subject: string; paragraphs: readonly (string | { code: string })[] };

export type MailFacts = { tenantName: string; displayName: string; support: string | undefined };

const sign = ({ tenantName, support }: MailFacts) => [
  ...(support ? [`Help desk: ${support}`] : []),
  `This mail was sent automatically by the password reset of ${tenantName}.`,
];

/** Who did something about an agent; a command is one on this cloud's own machine. */
export type AgentActor =
  | { kind: 'administrator'; userName: string }
  | { kind: 'command' }
  | { kind: 'itself' };

export type AgentFacts = { name: string; domains: readonly string[]; by: AgentActor };

function byWhom({ by }: AgentFacts): string {
  if (by.kind === 'administrator') return `by ${by.userName} in the portal`;
  return `by a command on ${by.kind === 'itself' ? 'its own' : 'this cloud’s'} machine`;
}

/** What to do about an administrator who acts under a name that somebody else may have taken over. */
function ifNobody({ by }: AgentFacts): string {
  return by.kind === 'administrator'
    ? `ask ${by.userName}. If it was not ${by.userName} either, somebody has their password and their authenticator: run "homeward-cloud admin disable ${by.userName}" on this cloud’s machine at once, and approve no machine that you did not set up.`
    : `find out at once who can sign in to ${by.kind === 'itself' ? 'the agent’s' : 'this cloud’s'} machine, and approve no machine that you did not set up.`;
}

const listed = (names: readonly string[]) => new Intl.ListFormat('en').format(names);

export const enMail = {
  code: (facts: MailFacts, code: string, minutes: number): MailWords => ({
    subject: 'Your code to reset your password',
    paragraphs: [
      `Hello ${facts.displayName},`,
      'this is the code to go on with:',
      { code },
      `It works for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, on the page where you asked for it. Nobody from ${facts.tenantName} will ever ask you for it.`,
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
  codesGuessed: (facts: MailFacts, at: Moment): MailWords => ({
    subject: 'Wrong codes were entered for your account',
    paragraphs: [
      `Hello ${facts.displayName},`,
      `somebody began to reset your password, and entered wrong codes so often that on ${at.text} we stopped taking any. Your password has not been changed by that.`,
      'To keep out whoever guesses, your password cannot be reset here under that user ID for a while. If you need a new one now, contact your help desk.',
      'If it was you, there is nothing more to do: wait, or contact your help desk. If it was not you, tell your help desk, too. Never give a code from a mail to anybody.',
      ...sign(facts),
    ],
  }),
  addressChanged: (facts: MailFacts, at: Moment): MailWords => ({
    subject: 'Your address for password resets was changed',
    paragraphs: [
      `Hello ${facts.displayName},`,
      `on ${at.text} the directory of ${facts.tenantName} replaced or removed the e-mail address of your account, which was this one.`,
      'From now on codes to reset your password are no longer sent to this address. Whoever reads the new address can reset your password.',
      'If you know of this, there is nothing to do. If it should not have changed, contact your help desk at once.',
      ...sign(facts),
    ],
  }),
  agentWaits: (facts: MailFacts, agent: AgentFacts, at: Moment): MailWords => ({
    subject: `A machine waits to be admitted: ${agent.name}`,
    paragraphs: [
      `Hello ${facts.displayName},`,
      `on ${at.text} the machine ${agent.name} enrolled as an agent for ${listed(agent.domains)}. It does nothing until it is admitted: by two administrators in the portal, or by an agent that serves the same forest already.`,
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
  agentRevoked: (facts: MailFacts, agent: AgentFacts, at: Moment): MailWords => ({
    subject: `An agent was revoked: ${agent.name}`,
    paragraphs: [
      `Hello ${facts.displayName},`,
      `on ${at.text} the agent ${agent.name}, which is enrolled for ${listed(agent.domains)}, was revoked ${byWhom(agent)}. It is cut off and receives no password any more.`,
      `Where no other agent serves the forest, nobody there can reset a password until one does.${agent.by.kind === 'administrator' ? ' A machine that enrols for it within the next 24 hours waits until two administrators approve it.' : ''}`,
      `If you know of this, there is nothing to do. If not, ${ifNobody(agent)}`,
      ...sign(facts),
    ],
  }),
  agentReinstated: (facts: MailFacts, agent: AgentFacts, at: Moment): MailWords => ({
    subject: `An agent was let in again: ${agent.name}`,
    paragraphs: [
      `Hello ${facts.displayName},`,
      `the agent ${agent.name} had been shut out, because two machines ran with its keys. On ${at.text} it was let in again ${byWhom(agent)}: whichever of the two connects first receives the passwords that people in ${listed(agent.domains)} choose.`,
      'If one of you found the copy and stopped it, there is nothing to do.',
      `If nobody did, revoke the agent in the portal at once, and ${ifNobody(agent)}`,
      ...sign(facts),
    ],
  }),
};
