import type { OutcomeKind } from '@homeward/protocol/outcome';
import type { Activity, AuditResult } from '../../audit/audit-log.ts';

/** `name` is what was going on, `done` how it is told where it simply succeeded. */
type ActivityWords = { name: string; done: string };

/** What one step came to, and what it means for whoever helps. */
type ResultWords = { heading: string; meaning?: string };

const activities: Record<Activity, ActivityWords> = {
  addUser: { name: 'Provisioning', done: 'Person added' },
  updateUser: { name: 'Provisioning', done: 'Person updated' },
  deleteUser: { name: 'Provisioning', done: 'Person deleted' },
  addGroup: { name: 'Provisioning', done: 'Group added' },
  updateGroup: { name: 'Provisioning', done: 'Group updated' },
  deleteGroup: { name: 'Provisioning', done: 'Group deleted' },
  resetFlowProgress: { name: 'Reset', done: 'Step taken' },
  resetPassword: { name: 'Answer of the directory', done: 'Password changed' },
  resetBlocked: { name: 'Reset blocked', done: 'Blocked' },
  addAdministrator: { name: 'Administrators', done: 'Administrator made' },
  disableAdministrator: { name: 'Administrators', done: 'Administrator disabled' },
  administratorSignIn: {
    name: 'Administrator’s sign-in or confirmation',
    done: 'Administrator passed both gates',
  },
  administratorBlocked: { name: 'Administrator’s sign-in or confirmation', done: 'Blocked' },
  authorizeDevice: { name: 'Approving a machine', done: 'Approved' },
  registerAgent: { name: 'Enrolling an agent', done: 'Agent enrolled' },
  admitAgent: { name: 'Admitting an agent', done: 'Agent in service' },
  revokeAgent: { name: 'Revoking an agent', done: 'Agent revoked' },
  rollAgentKeys: { name: 'Keys of an agent', done: 'An agent’s keys replaced' },
  rollSigningKey: { name: 'Signing key', done: 'Signing key replaced' },
  agentCloned: { name: 'Two machines as one agent', done: 'Agent shut out' },
  agentReinstated: { name: 'Letting an agent in again', done: 'Agent let in again' },
  outcomeRecovered: { name: 'Answer to a request that a restore has lost', done: 'Answer recovered' },
  backUpStore: { name: 'Backup', done: 'Backup made' },
  restoreStore: { name: 'Restore', done: 'Store restored from a backup' },
};

const steps: Record<Exclude<AuditResult, OutcomeKind | 'success'>, ResultWords> = {
  userIdSubmitted: {
    heading: 'User ID entered',
    meaning: 'Somebody began a reset. Who it is, nothing has proven yet.',
  },
  newCodeAsked: { heading: 'Another code asked for' },
  codeSent: {
    heading: 'Code sent',
    meaning: 'The mail server took the e-mail. If it does not come, look into the junk folder.',
  },
  codeNotSent: {
    heading: 'Code not sent',
    meaning: 'The mail server did not take the e-mail. The cloud’s log says why.',
  },
  noUsableAccount: {
    heading: 'No code sent: no account for it',
    meaning:
      'Nobody is called what was entered, more than one person is, or the account is disabled or has no e-mail address. The page does not say so.',
  },
  accountLimited: {
    heading: 'No code sent: too many for this account',
    meaning: 'Too many codes were asked for, or entered wrong. The limit passes by itself.',
  },
  addressChanged: {
    heading: 'E-mail address changed or removed',
    meaning: 'The old address gets a mail that says so.',
  },
  addressTooNew: {
    heading: 'No code sent: the address is new',
    meaning: 'It changed within the last 24 hours, and codes do not go to such an address here.',
  },
  codeWrong: { heading: 'Wrong code entered' },
  codeUsedUp: {
    heading: 'Code not valid any more',
    meaning: 'Its time was over, or it was entered wrong too often. Another one can be asked for.',
  },
  codeProven: {
    heading: 'Right code entered',
    meaning: 'Whoever it is reads the mailbox of this account.',
  },
  passwordSubmitted: { heading: 'New password sent to the directory' },
  tooManyStarts: {
    heading: 'Too many resets begun',
    meaning: 'With this user ID or from this address. The limit passes by itself.',
  },
  clearPasswordRefused: {
    heading: 'Password not taken: it was not sealed',
    meaning: 'Only passwords that the browser has sealed are taken here. The browser must run script.',
  },
  tooManyCodes: {
    heading: 'Too many codes asked for',
    meaning: 'With this user ID. The limit passes by itself; the last code still holds.',
  },
  tooManyWrongCodes: {
    heading: 'Too many wrong codes',
    meaning: 'No code is taken for this user ID, or from this address, until the limit has passed.',
  },
  confirmationMailed: { heading: 'Told by e-mail', meaning: 'The mail server took the mail about it.' },
  lateOutcomeMailed: {
    heading: 'Late answer told by e-mail',
    meaning: 'The page had said that it is not known yet.',
  },
  passwordRight: { heading: 'Password right', meaning: 'The code of the authenticator comes next.' },
  passwordWrong: {
    heading: 'Wrong password',
    meaning: 'Or nobody of this name may sign in. Names that are nobody’s are not kept.',
  },
  totpWrong: { heading: 'Wrong code of the authenticator' },
  totpUsedBefore: {
    heading: 'Code of the authenticator used before',
    meaning: 'Each is good for one use. The next one comes within half a minute.',
  },
  tooManyTries: { heading: 'Too many tries', meaning: 'The limit passes by itself.' },
  approved: { heading: 'Approved' },
  denied: { heading: 'Refused by the administrator' },
  fingerprintWrong: {
    heading: 'Wrong end of the fingerprint',
    meaning: 'It was misread, or another machine asked than the one that was looked at.',
  },
  userCodeWrong: { heading: 'No machine asks with this code' },
  pendingAdmission: {
    heading: 'Agent waits to be admitted',
    meaning: 'It gets no passwords until an agent or two administrators admit it.',
  },
  keyDestroyed: { heading: 'Old signing key destroyed' },
  inDirectory: {
    heading: 'Refused: the name is in a directory',
    meaning: 'An agent describes somebody of this administrator’s name. Make another administrator.',
  },
  pending: { heading: 'Begun' },
  agentCloned: {
    heading: 'Agent shut out',
    meaning: 'Two machines ran with its keys. It gets nothing until an administrator lets it in again.',
  },
};

const outcomes: Record<OutcomeKind, ResultWords> = {
  applied: { heading: 'Password changed', meaning: 'The new password holds in the directory.' },
  refusedByPolicy: {
    heading: 'Refused: the password breaks the rules',
    meaning: 'The page named each broken rule. Another password can be tried at once, without a new code.',
  },
  notFound: {
    heading: 'Not changed: the account was not found',
    meaning: 'It was moved or deleted. It is known again after the next synchronisation.',
  },
  ambiguous: {
    heading: 'Not changed: more than one account matches',
    meaning: 'An administrator has to mend the join: homeward-agent sync explain shows it.',
  },
  protectedAccount: {
    heading: 'Not changed: a protected account',
    meaning: 'Members of groups with special rights are reset by an administrator in the directory.',
  },
  notPermitted: {
    heading: 'Not changed: the agent lacks the right',
    meaning: 'An administrator runs homeward-agent permissions show: it names what is missing.',
  },
  disabled: {
    heading: 'Not changed: the account is disabled',
    meaning: 'Enable it in the directory, if that is meant to be.',
  },
  accountExpired: {
    heading: 'Not changed: the account has expired',
    meaning: 'Set another end date in the directory, if that is meant to be.',
  },
  locked: {
    heading: 'Not changed: the account is locked',
    meaning: 'The lockout passes, or is lifted there.',
  },
  smartCardRequired: {
    heading: 'Not changed: a smart card is required',
    meaning: 'The account has no password that its owner could use.',
  },
  wrongCurrentPassword: { heading: 'Not changed: the current password was wrong' },
  cannotChangePassword: {
    heading: 'Not changed: the account may not change its password',
    meaning: 'That is set on the account in the directory.',
  },
  directoryUnreachable: {
    heading: 'Not changed: the directory could not be reached',
    meaning: 'It can be tried again in a few minutes, without a new code. The page Integration says more.',
  },
  directoryNotTrusted: {
    heading: 'Not changed: the directory could not be verified',
    meaning: 'Its certificate has to be looked at: homeward-agent preflight.',
  },
  serviceAccountRefused: {
    heading: 'Not changed: the agent could not sign in to the directory',
    meaning: 'Its account’s password or state has to be mended: homeward-agent preflight.',
  },
  policyHintsMissing: {
    heading: 'Not changed: the controller does not offer policy hints',
    meaning: 'The agent’s requirePolicyHints is set, and this controller cannot check history on a reset.',
  },
  directoryRefused: {
    heading: 'Not changed: the directory refused',
    meaning: 'The agent’s own log has its answer: homeward-agent events.',
  },
  refusedByAgent: {
    heading: 'Not changed: a rule of the agent refused it',
    meaning: 'The page Events names the rule. Only whoever runs the agent can change it.',
  },
  expired: {
    heading: 'Not changed: it took too long',
    meaning: 'It was given up before anything was written. It can be tried again.',
  },
  replayed: {
    heading: 'Not carried out twice',
    meaning: 'This request had come before; the first one counts.',
  },
  undecryptable: {
    heading: 'Not changed: it could not be opened',
    meaning: 'If it happens again, an administrator looks at the agent’s keys: homeward-agent status.',
  },
  superseded: {
    heading: 'Overtaken: somebody else changed the password meanwhile',
    meaning: 'What was chosen here does not apply. Ask who else was at it.',
  },
  agentFault: {
    heading: 'Not changed: a fault in the agent',
    meaning: 'The agent’s own log says more: homeward-agent events.',
  },
  unknown: {
    heading: 'Not known whether the password was changed',
    meaning: 'Let the new one be tried, then the old one. A later line may have the answer.',
  },
  notStarted: {
    heading: 'Not changed: it did not get through',
    meaning: 'Nothing was written. It can be tried again.',
  },
};

/** Who did it, where nobody is named. */
const nobody: Record<Activity, string> = {
  ...{ addUser: 'an agent', updateUser: 'an agent', deleteUser: 'an agent' },
  ...{ addGroup: 'an agent', updateGroup: 'an agent', deleteGroup: 'an agent' },
  resetFlowProgress: 'somebody not proven yet',
  resetBlocked: 'somebody not proven yet',
  resetPassword: 'the directory',
  addAdministrator: 'a command on the cloud’s machine',
  disableAdministrator: 'a command on the cloud’s machine',
  administratorSignIn: 'a name that nobody has',
  administratorBlocked: 'a name that nobody has',
  authorizeDevice: 'an administrator',
  registerAgent: 'a token or an approved code',
  admitAgent: 'a token, an approved code or a command on the cloud’s machine',
  revokeAgent: 'a command on the cloud’s machine',
  agentReinstated: 'a command on the cloud’s machine',
  rollAgentKeys: 'an agent',
  rollSigningKey: 'the cloud',
  agentCloned: 'the cloud',
  outcomeRecovered: 'an agent',
  backUpStore: 'a command on the cloud’s machine',
  restoreStore: 'a command on the cloud’s machine',
};

/** The words of the audit log, for the administrators' portal and the command line. */
export const enAudit = {
  activities,
  results: { ...steps, ...outcomes } satisfies Record<Exclude<AuditResult, 'success'>, ResultWords>,
  nobody,
  cloud: 'the cloud',
  from: (address: string) => `from ${address}`,
  askedFrom: (address: string) => `asked from ${address}`,
};
