import type { Moment } from '../moment.ts';

const listed = (names: readonly string[]) => new Intl.ListFormat('en').format(names);

/** The administrators' portal. */
export const enAdmin = {
  name: 'Administration',
  nav: { label: 'Administration', agents: 'Agents', signOut: 'Sign out' },
  signedInAs: (userName: string) => `Signed in as ${userName}`,
  userName: 'User name',
  password: 'Password',
  code: 'Code from your authenticator app',

  signIn: {
    heading: 'Administrator sign-in',
    lead: 'Administrators have an account of their own here. An account of your directory does not work on this page.',
    signedOut: 'You are signed out.',
    ended: 'Your session is over. Sign in again to go on.',
    problems: {
      empty: 'Enter your user name and your password',
      wrong: 'User name and password do not belong together, or the account is disabled',
    },
  },

  codePage: {
    heading: 'Enter the code from your authenticator app',
    hint: 'It has 6 digits and changes every half a minute. Each code works once.',
    otherAccount: 'Use another account',
    problems: {
      wrong: 'That code is not right. Enter the newest one',
      usedBefore: 'That code was used already. Wait for the next one, up to half a minute',
    },
  },

  lost: {
    heading: 'Password forgotten, or authenticator lost?',
    body: 'Whoever runs this cloud’s machine ends the account there, and makes it anew under the same name:',
    commands: [
      'homeward-cloud admin disable --user-name <name>',
      'homeward-cloud admin create --user-name <name>',
    ],
  },

  agents: {
    title: 'Agents',
    lead: 'An agent is a machine of yours that writes new passwords to the directory. It receives the password of everybody whose forest it serves.',
    none: 'No agent has been set up yet. On a machine that reaches the directory, run:',
    noneLeft:
      'No agent is in service any more: nobody can reset a password now. On a machine that reaches the directory, run:',
    waitingHeading: 'Waiting for approval',
    servingHeading: 'In service',
    endedHeading: 'No longer in service',
    approveAction: 'Approve a machine by its code',
    news: {
      approved:
        'Approved. The machine fetches its enrolment within a few seconds; look again then. Until it has, it is listed as approved.',
      refused: 'Refused. The machine is told so, and gets nothing.',
      admitted: 'Admitted. The agent is in service from now on, and every administrator is told by mail.',
      oneMore: 'Your approval is written down. Another administrator has to approve the agent too.',
      notWaiting: 'That agent no longer waits. This is how things are now.',
      revoked:
        'Revoked. The agent is cut off and gets nothing any more. Every administrator is told by mail.',
    },
    approved: {
      heading: 'Approved, not yet enrolled',
      state: 'Has not fetched its enrolment',
      next: (until: Moment) =>
        `The command on the machine does so within a few seconds. If this is still here in a minute, the command was stopped: run it again there, before ${until.text}.`,
    },
    states: {
      waiting: 'Waits for approval',
      connected: 'Connected',
      away: 'Not connected',
      revoked: 'Revoked',
      cloned: 'Stopped: its keys were seen on two machines',
    },
    forests: 'Serves',
    since: 'Since',
    fingerprint: 'Fingerprint',
    look: (name: string) => `Check and approve ${name}`,
    revoke: (name: string) => `Revoke ${name}`,
  },

  facts: {
    name: 'Host name',
    address: 'Asks from',
    forest: (domain: string) => `Forest ${domain}`,
    fingerprint: 'Fingerprint of its key',
    masked: 'the last 6 characters are hidden',
    approvedBy: 'Approved by',
  },

  enterCode: {
    heading: 'Which code does the machine show?',
    hint: 'Eight letters, such as BCDF-GHJK, in the terminal where "homeward-agent writeback enable" waits.',
    problems: {
      empty: 'Enter the code that the machine shows',
      malformed: 'A code has 8 letters and no vowels. Check what you entered',
      unknown:
        'No machine waits with this code. It may be older than 10 minutes: run the command there again',
    },
    limitedTitle: 'Too many codes that no machine shows',
    limitedBody: (until: Moment) => [
      'For your account no more codes are taken for now. Machines that wait at this moment have to ask for new ones.',
      `You can try again from ${until.text}.`,
    ],
  },

  machine: {
    title: 'Make this machine an agent?',
    powers: (domains: readonly string[]) =>
      `This machine will receive the passwords of everyone in ${listed(domains)}.`,
    further:
      'An agent serves there already. After your approval this one waits until that agent admits it, or a second administrator approves it too.',
    replacement:
      'The last agent there was revoked in this portal within the last 24 hours. After your approval this one waits until a second administrator approves it too, so that nobody replaces an agent alone.',
    warning:
      'Approve only a machine that you set up yourself, or whose operator you are talking to now. If somebody sent you the code, refuse.',
    proveHeading: 'Prove that it is you, and that it is this machine',
    proveYouHeading: 'Prove that it is you',
    ending: 'The last 6 characters of the fingerprint',
    endingHint: 'Read them from the terminal of that machine, not from anywhere else.',
    codeHint: 'Wait for the next one if you have just used one to sign in.',
    approve: 'Approve this machine',
    refuse: 'Refuse it',
    problems: {
      empty: 'Fill in all three fields',
      emptyGates: 'Enter your password and the newest code from your authenticator app',
      ending:
        'These are not the last characters of this machine’s fingerprint. If they are what its terminal shows, another machine asks in its place: refuse it',
      password: 'The password is not right',
      code: 'That code is not right. Enter the newest one',
      codeUsed: 'That code was used already. Wait for the next one, up to half a minute',
    },
    over: {
      title: 'This request is over',
      body: [
        'Nothing was approved. It was decided before, its ten minutes have passed, or there were five wrong entries.',
        'To try again, run the command on the machine once more: it shows a new code.',
      ],
      action: 'Go to the agents',
    },
    inDirectory: {
      title: 'This account cannot let machines in any more',
      body: [
        'Somebody in the directory has the same name as your account. Whoever rules the directory must not decide which machines receive passwords, so nothing was changed.',
        'Make an administrator whose name is used here alone, on this cloud’s machine: homeward-cloud admin create',
      ],
    },
  },

  waiting: {
    title: 'Put this agent in service?',
    how: 'Two different administrators have to approve it. Or, without this page: run this on the machine of an agent that serves the forest already, with the whole fingerprint from the new machine’s terminal.',
    howWithoutAgent:
      'Two different administrators have to approve it, because no agent in service speaks for all of its forests. After an agent is revoked in this portal, nobody puts another machine in its place alone.',
    onlyOne:
      'You are the only administrator. So that there is a second one, run "homeward-cloud admin create" on this cloud’s machine, for somebody else.',
    approvedBy: (names: readonly string[]) => `Approved so far by ${listed(names)}.`,
    approvedByYou: 'You have approved it. Another administrator has to do the same.',
    approve: 'Approve this agent',
    gone: {
      title: 'This agent does not wait for approval',
      body: ['It was admitted or revoked before, or it never existed. Nothing was changed.'],
    },
  },

  revoke: {
    title: (name: string) => `Revoke ${name}?`,
    body: [
      'It is cut off at once and receives no password any more. This cannot be undone: to serve again, the machine has to enrol again with new keys.',
      'What it is writing at this moment may still reach the directory, and its answer is not heard. Where no other agent serves the forest, nobody there can reset a password until one does.',
      'Every administrator is told by mail.',
    ],
    bereft: (domains: readonly string[]) =>
      `No other agent serves ${listed(domains)}. For the next 24 hours a machine that enrols for it waits until two administrators approve it.`,
    onlyOne:
      'You are the only administrator. To replace this agent without a second one, revoke it on this cloud’s machine instead, by "homeward-cloud agent revoke": the next machine does not wait then.',
    confirm: 'Revoke this agent',
    keep: 'Keep it',
  },

  limited: {
    title: 'Too many attempts',
    body: (until: Moment) => [
      'To protect administrators, no more passwords and codes are taken for this account for now.',
      `You can try again from ${until.text}. Whoever runs this cloud’s machine can make another administrator there.`,
    ],
  },

  busy: {
    title: 'Too many sign-ins at once',
    body: ['Nothing was changed. Wait a moment, then go back and try again.'],
  },
};

export type AdminTexts = typeof enAdmin;
