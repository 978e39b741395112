import type { PasswordProblem } from '@homeward/protocol/password';
import type { Moment } from '../moment.ts';
import { enAdmin } from './en-admin.ts';
import { enAudit } from './en-audit.ts';
import { enIntegration } from './en-integration.ts';
import { enMail } from './en-mail.ts';
import { enCharacterKinds, enOutcomes, enRules } from './en-outcomes.ts';
import { enSealing } from './en-sealing.ts';

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);

/** Every text that people read. The path of a text is its id: other languages give the same shape. */
export const en = {
  language: 'en',
  skipToContent: 'Skip to the content',
  errorPrefix: 'Error: ',
  problemHeading: 'There is a problem',
  supportCode: 'Support code',
  resultCode: 'Result',
  helpDesk: 'Help desk',
  step: (step: number, of: number) => `Step ${step} of ${of}`,
  continue: 'Continue',
  startAgain: 'Start again',

  home: {
    title: 'Your password',
    lead: (tenant: string) => `Get back into your ${tenant} account by yourself.`,
    resetHeading: 'I forgot my password',
    resetBody:
      'Prove that it is you with a code by e-mail, then choose a new password. It usually takes about two minutes.',
    resetAction: 'Reset my password',
  },

  userId: {
    heading: 'What is your user ID?',
    hint: 'The name you sign in with at work, or your work e-mail address. For example anna.berg@example.com or EXAMPLE\\aberg.',
    problems: {
      empty: 'Enter your user ID',
      tooLong: 'That is too long for a user ID. Check what you entered',
    },
  },

  code: {
    heading: 'Enter the code from your e-mail',
    sent: 'If your user ID is known here and has an e-mail address, we are sending a 6-digit code to it.',
    hint: (minutes: number) =>
      `It usually arrives within a minute, and works for ${minutes} ${plural(minutes, 'minute', 'minutes')}.`,
    missingHeading: 'No e-mail yet?',
    missing:
      'Look in the spam folder, and make sure that you entered your user ID correctly. If none comes, contact your help desk: your account may have no e-mail address here, or another one. To keep accounts private, this page looks the same for every user ID, known or not.',
    missingFresh:
      'If your e-mail address was changed in the last 24 hours, no code is sent to it yet: wait for that time, or contact your help desk.',
    newCode: 'Send a new code',
    otherUserId: 'Use another user ID',
    newCodeSent: 'We are sending a new code. Only the newest one works.',
    problems: {
      codeEmpty: 'Enter the 6-digit code from your e-mail',
      codeMalformed: 'The code has 6 digits. Check what you entered',
      codeWrong: (tries: number) =>
        `That code is not right. You have ${tries} ${plural(tries, 'try', 'tries')} left`,
      newCodeLimited: (until: Moment) =>
        `No more codes can be sent for now. You can ask again from ${until.text}, or contact your help desk`,
    },
    /** nothing can be entered any more */
    ends: {
      heading: 'This code no longer works',
      codeUsedUp: 'It was wrong too often. Send a new code to go on.',
      codeExpired: 'That code has expired. Send a new code to go on.',
      lockedHeading: 'Too many wrong codes',
      locked: (until: Moment) =>
        `Wrong codes were entered too often for this user ID. You can start again from ${until.text}, or contact your help desk.`,
    },
  },

  password: {
    heading: 'Choose a new password',
    account: (userName: string) => `For the account ${userName}`,
    hint: 'Long is strong: several words that do not belong together are easy to remember and hard to guess. Do not use a password that you have elsewhere.',
    toField: 'Go to the password field',
    show: 'Show the passwords',
    hide: 'Hide the passwords',
    differ: 'The two passwords are not the same',
    newPassword: 'New password',
    confirmation: 'New password again',
    submit: 'Change my password',
    earlier: {
      heading: 'An earlier request for your account is not finished yet',
      body: (at: Moment) => [
        `Nothing was sent this time, so that the older of two passwords is never the last to be written. You can try again when the earlier request has ended, at the latest from ${at.text}.`,
        'If the earlier request succeeds, its password holds: you get an e-mail that says so.',
      ],
    },
    problems: {
      empty: 'Enter a new password',
      tooLong: 'The password is longer than 256 characters. Choose a shorter one',
      illFormed:
        'The password contains a character that cannot be transmitted. Enter it again, or leave that character out',
      containsNul: 'The password contains a character that cannot be used in passwords. Leave it out',
      mismatch: 'The two passwords are not the same. Enter both again',
      confirmationEmpty: 'Enter the new password a second time',
    } satisfies Record<PasswordProblem | 'mismatch' | 'confirmationEmpty', string>,
  },

  policy: {
    heading: 'Your directory asks for:',
    length: (minimum: number) => `${minimum} or more characters`,
    kinds: 'three of these: a capital letter, a small letter, a digit, a symbol, a letter of another script',
    names: 'no part of your name or user name',
    /** where a filter refuses, the controller does not say whether it was that or the history */
    history: (remembered: number) =>
      `none of your last ${remembered} passwords, and none that is on a list of forbidden ones`,
    met: 'met',
    broken: 'not met',
    allMet: 'All rules that can be checked here are met.',
    tooYoung: (at: Moment) =>
      `Your password was changed a short while ago. The directory may take a new one only from ${at.text}.`,
  },

  working: {
    heading: 'Your password is being changed',
    body: 'This takes a few seconds. The page updates by itself.',
  },

  pending: {
    heading: 'We do not know yet whether your password was changed',
    body: [
      'The request is on its way, but the directory has not answered. As soon as it does, this page tells you, and we send you an e-mail.',
      'You can wait here, or try to sign in with the new password. If it does not work, the old one still does.',
    ],
    again: 'Check now',
  },

  done: {
    heading: 'Your password has been changed',
    lead: (userName: string | undefined) =>
      `Use the new password ${userName === undefined ? '' : `for ${userName} `}from now on.`,
    nextHeading: 'What to do now',
    next: [
      'Enter the new password on your phone, in your mail program and wherever else the old one was saved. A device that keeps trying the old one can lock your account.',
      'Do not be surprised if the old password is still accepted in some places: that can last for up to an hour.',
      'If you are signed in to a computer at work, lock it and sign in again with the new password.',
    ],
    mailed: 'We are sending you an e-mail that confirms the change.',
  },

  down: {
    title: 'Password reset is not available right now',
    body: [
      'The connection to the directory of your organisation is down. This concerns everybody, not your account, and nothing of yours was changed.',
      'Please try again in a few minutes. If you cannot wait, contact your help desk.',
    ],
    /** for somebody who has proven the code */
    kept: (minutes: number) =>
      `You need no other code: press Try again within ${minutes} ${plural(minutes, 'minute', 'minutes')}, and choose the password once more.`,
    again: 'Try again',
  },

  limited: {
    title: 'Too many attempts',
    body: (until: Moment) => [
      'To protect accounts, a reset cannot be started again so soon.',
      `You can try again from ${until.text}. If you cannot wait, contact your help desk.`,
    ],
  },

  ended: {
    expired: {
      title: 'Your time for this reset is over',
      body: (minutes: number) => [
        `For your safety a reset has to be finished within ${minutes} ${plural(minutes, 'minute', 'minutes')}. Your password has not been changed.`,
      ],
    },
    missing: {
      title: 'There is no reset under way in this browser',
      body: [
        'It may have ended, or your browser did not keep the cookie that we need for the few minutes of a reset.',
        'Start again here. If that brings you back to this page, allow cookies for this site.',
      ],
    },
  },

  /** another tab of this browser has begun another reset */
  replaced: {
    goOn: 'Go on with the newer one',
    posted: {
      title: 'This page belongs to an earlier reset',
      body: [
        'You began another reset in this browser meanwhile, and only the newer one goes on. What you have just entered here was not used, and changed nothing.',
        'Go on with the newer one, or start again for the account that you meant.',
      ],
    },
    asked: {
      title: 'This reset can no longer be shown here',
      body: [
        'You began another reset in this browser meanwhile, and only the newer one is shown. If this one changed your password, you get an e-mail that says so.',
        'You can also try to sign in with the new password. If it does not work, the old one still does.',
      ],
    },
  },

  notFound: {
    title: 'This page does not exist',
    body: ['The address may have been copied incompletely. Nothing was changed.'],
    action: 'Go to the start page',
  },

  forbidden: {
    title: 'This request did not come from this site',
    body: [
      'Another page tried to send something in your name, or your browser hides where requests come from. Nothing was changed.',
    ],
  },

  malformed: {
    title: 'That could not be read',
    body: ['What was sent is not a form of this site. Nothing was changed. Go back and try again.'],
  },

  fault: {
    title: 'Something failed on our side',
    body: [
      'We have written it down. If you had just submitted a new password, try it before you start again: it may have been set.',
      'Please try again in a few minutes. If it happens again, contact your help desk.',
    ],
  },

  sealing: enSealing,
  admin: enAdmin,
  audit: enAudit,
  integration: enIntegration,
  outcomes: enOutcomes,
  rules: enRules,
  characterKinds: enCharacterKinds,
  mail: enMail,
};

export type Texts = typeof en;
