import { OUTCOMES } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { CONNECTION_FAILURES, connectionFailureOf } from './connection-failure.ts';
import { ANSWERS, type AnswerReason, reasonOfAnswer } from './directory-answer.ts';
import { LdapRefusal } from './errors.ts';

/**
 * What Windows controllers answered, as administrators reported it in public, and where nobody did, what the
 * specification says. No Windows runs in the lab, so these are recordings. `[S]` is Microsoft's specification,
 * `[?]` a number without a source. A text without a DSID is the form
 * alone: nobody quoted the rest.
 */
type Recording = {
  what: string;
  source: string;
  result: number;
  text: string;
  reason: AnswerReason;
  event: number | null;
};

const ATTRIBUTE_ERROR = (code: string, dsid: string) =>
  `${code}: AtrErr: ${dsid}, #1:\n\t0: ${code}: ${dsid}, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)\n\0`;

const WRITES: Recording[] = [
  {
    what: 'a reset refused by policy',
    source: 'github.com/cannatag/ldap3/issues/1157 (Windows Server 2019)',
    result: 53,
    text: '0000052D: SvcErr: DSID-031A126C, problem 5003 (WILL_NOT_PERFORM), data 0\n\0',
    reason: 'passwordRestriction',
    event: 33008,
  },
  {
    what: 'a change refused by policy',
    source: 'github.com/cannatag/ldap3/issues/882',
    result: 19,
    text: ATTRIBUTE_ERROR('0000052D', 'DSID-03190F80'),
    reason: 'passwordRestriction',
    event: 33008,
  },
  {
    what: 'a change refused by policy, another build',
    source: 'github.com/cannatag/ldap3/issues/1188',
    result: 19,
    text: ATTRIBUTE_ERROR('0000052D', 'DSID-03190FC9'),
    reason: 'passwordRestriction',
    event: 33008,
  },
  {
    what: 'a change that is not allowed: the same numbers as policy, told apart by the descriptor',
    source: 'github.com/ltb-project/self-service-password/issues/83',
    result: 19,
    text: ATTRIBUTE_ERROR('0000052D', 'DSID-03191083'),
    reason: 'passwordRestriction',
    event: 33008,
  },
  {
    what: 'a change that the descriptor denies',
    source: 'github.com/pwm-project/pwm/issues/407',
    result: 19,
    text: ATTRIBUTE_ERROR('00000005', 'DSID-03191083'),
    reason: 'accessDenied',
    event: 33004,
  },
  {
    what: 'a change with a wrong current password',
    source: 'github.com/cannatag/ldap3/issues/130',
    result: 19,
    text: ATTRIBUTE_ERROR('00000056', 'DSID-03190F80'),
    reason: 'currentPasswordWrong',
    event: 33007,
  },
  {
    what: 'a change for a locked person',
    source: '[?] ERROR_ACCOUNT_LOCKED_OUT, as both Sambas answer',
    result: 19,
    text: '00000775: AtrErr',
    reason: 'accountLockedOut',
    event: 33006,
  },
  {
    what: 'a reset without Reset Password',
    source: 'github.com/authelia/authelia/issues/1715',
    result: 50,
    text: '00000005: SecErr: DSID-031A11B9, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0',
    reason: 'accessDenied',
    event: 33004,
  },
  {
    what: 'an attribute that may not be written',
    source: 'github.com/ltb-project/self-service-password/issues/694',
    result: 50,
    text: '00002098: SecErr: DSID-0315130F, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0',
    reason: 'insufficientRights',
    event: 33004,
  },
  {
    what: 'an attribute that may not be written, another build',
    source: 'github.com/ltb-project/self-service-password/issues/537',
    result: 50,
    text: '00002098: SecErr: DSID-03150F94, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0',
    reason: 'insufficientRights',
    event: 33004,
  },
  {
    what: 'a password without quotes or encryption, as a reset',
    source: 'github.com/dsbenghe/Novell.Directory.Ldap.NETStandard/issues/31',
    result: 53,
    text: '0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\0',
    reason: 'connectionNotEncrypted',
    event: 33001,
  },
  {
    what: 'a password without quotes, as a change',
    source: 'github.com/dsbenghe/Novell.Directory.Ldap.NETStandard/issues/31',
    result: 19,
    text: ATTRIBUTE_ERROR('00002081', 'DSID-03190FA0'),
    reason: 'answerNotKnown',
    event: 33001,
  },
  {
    what: 'a write on plain LDAP',
    source: 'github.com/ltb-project/self-service-password/issues/840',
    result: 53,
    text: '00002077: SvcErr: DSID-03190F9E, problem 5003 (WILL_NOT_PERFORM), data 0\n\0',
    reason: 'answerNotKnown',
    event: 33001,
  },
  {
    what: 'a write at the global catalogue port',
    source: 'github.com/authelia/authelia/issues/1188',
    result: 53,
    text: '00002035: LdapErr: DSID-0C090F22, comment: Operation not allowed through GC port, data 0, v3839\0',
    reason: 'answerNotKnown',
    event: 33001,
  },
  {
    what: 'a policy hints control with a malformed value',
    source: 'github.com/cannatag/ldap3/issues/417',
    result: 12,
    text: '00000057: LdapErr',
    reason: 'policyHintsRefused',
    event: 6329,
  },
  {
    what: 'a policy hints control that is not known',
    source: '[S] RFC 4511 section 4.1.11, unavailableCriticalExtension',
    result: 12,
    text: '',
    reason: 'policyHintsRefused',
    event: 6329,
  },
  {
    what: 'a write at a read-only controller or outside its naming contexts',
    source: '[S] MS-ADTS 3.1.1.3.1.9, referral',
    result: 10,
    text: '0000202B: RefErr',
    reason: 'referral',
    event: 33001,
  },
  {
    what: 'a person who is gone',
    source: 'learn.microsoft.com/answers/questions/1188370',
    result: 32,
    text: '0000208D: NameErr: DSID-0310023C, problem 2001 (NO_OBJECT), data 0',
    reason: 'objectGone',
    event: 33002,
  },
  {
    what: 'a request on a connection without a bind',
    source: '[S] MS-ADTS 3.1.1.3.1.9, ERROR_DS_OPERATIONS_ERROR',
    result: 1,
    text: '00002020',
    reason: 'notBound',
    event: 33001,
  },
  {
    what: 'a busy controller',
    source: '[S] RFC 4511 section 4.1.9',
    result: 51,
    text: '',
    reason: 'controllerBusy',
    event: 33001,
  },
];

test.each(WRITES)('$what ($source)', ({ result, text, reason, event }) => {
  const refusal = new LdapRefusal(result, text);
  expect(reasonOfAnswer(refusal, false)).toBe(reason);
  expect(OUTCOMES[ANSWERS[reason]].event).toBe(event);
});

test.each([16, 20])('with a fence, %i says that another write came between', (result) => {
  expect(reasonOfAnswer(new LdapRefusal(result, ''), true)).toBe('markerMoved');
  expect(reasonOfAnswer(new LdapRefusal(result, ''), false)).toBe('answerNotKnown');
});

/** `data` of error 49: github.com/shaozi/ldap-authentication/issues/37 has the form, [MS-ERREF] 2.2 the codes. */
test.each([
  ['525', 'accountUnknown'],
  ['52e', 'accountOrPasswordWrong'],
  ['530', 'accountLogonRestricted'],
  ['531', 'accountLogonRestricted'],
  ['532', 'accountPasswordExpired'],
  ['533', 'accountDisabled'],
  ['701', 'accountExpired'],
  ['773', 'accountMustChangePassword'],
  ['775', 'accountLocked'],
  ['999', 'accountOrPasswordWrong'],
] as const)('a bind refused with data %s is %s', (data, reason) => {
  const text = `80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data ${data}, v4563\0`;
  const failure = connectionFailureOf(new LdapRefusal(49, text), 'dc1.corp.example.com');
  expect(failure.reason).toBe(reason);
  expect(CONNECTION_FAILURES[failure.reason]).toBe('serviceAccountRefused');
});

/** github.com/fortra/impacket/issues/474 and github.com/humhub/humhub/issues/1896: other codes in front. */
test('what stands in front of a bind’s data does not matter', () => {
  const security = '8009030C: LdapErr: DSID-0C090605, comment: AcceptSecurityContext error, data 52e, v2580';
  expect(connectionFailureOf(new LdapRefusal(49, security), undefined).reason).toBe('accountOrPasswordWrong');
  const other = '80090304: LdapErr: DSID-0C0903A8, comment: AcceptSecurityContext error, data 20ee, v1db1';
  expect(connectionFailureOf(new LdapRefusal(80, other, { request: 'bind' }), undefined).reason).toBe(
    'bindRefused',
  );
});

test('the controller’s sentence decides nothing', () => {
  const misleading = new LdapRefusal(50, 'password policy: history, complexity, 0000052D');
  expect(reasonOfAnswer(misleading, false)).toBe('accessDenied');
});
