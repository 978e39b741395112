import type { ConnectionFailureReason } from '@homeward/active-directory';
import type { Advice } from './advice.ts';

const NOBODY = 'Nobody in this forest can reset a password while that lasts.';
const UNSENT = 'The connection was ended before any password was sent.';
const PASSWORD_FILE = 'put its password into the file that account.passwordFile names';

/** Why there is no usable connection to a controller, for an operator. */
export const CONNECTION_ADVICE: Readonly<Record<ConnectionFailureReason, Advice>> = {
  nameUnknown: {
    happened: 'DNS does not know the domain or the controller’s name.',
    means: NOBODY,
    next: 'Set dnsServers to the forest’s own DNS servers, or name controllers and addresses.',
  },
  dnsSilent: {
    happened: 'The DNS servers do not answer.',
    means: NOBODY,
    next: 'Check dnsServers, and that UDP and TCP port 53 to them are open.',
  },
  connectionRefused: {
    happened: 'The controller refuses connections on its LDAPS port.',
    means: 'It is running, but its directory or its LDAPS is not (it needs a certificate).',
    next: 'Check that the controller has a server certificate, and that TCP port 636 is open.',
  },
  networkUnreachable: {
    happened: 'There is no route to the controller.',
    means: NOBODY,
    next: 'Check network, routes and firewalls between this machine and the controller.',
  },
  noAnswerInTime: {
    happened: 'The controller did not answer in time.',
    means: 'It is away, overloaded, or a firewall drops what is sent.',
    next: 'Check the controller, and that TCP port 636 is open from here.',
  },
  connectionEnded: {
    happened: 'The controller ended the connection.',
    means: 'It is restarting or overloaded, or something between cuts connections.',
    next: 'Try again; if it comes back, look at the controller’s event log and at firewalls between.',
  },
  notTheEmulator: {
    happened: 'The controller found is not the PDC emulator, and the one that is cannot be reached.',
    means: 'Passwords are only written to the PDC emulator.',
    next: 'Bring the PDC emulator back or move its role; or set otherWritableController to true.',
  },
  readOnlyController: {
    happened: 'Only read-only domain controllers were found.',
    means: 'They take no passwords.',
    next: 'Name a writable controller under controllers, or open the way to one.',
  },
  tlsFailed: {
    happened: 'TLS with the controller failed before its certificate was looked at.',
    means: 'It speaks no TLS 1.2 or later on this port, or the port is not LDAPS.',
    next: 'Check that TCP port 636 leads to the controller’s LDAPS and that TLS 1.2 is on there.',
  },
  certificateExpired: {
    happened: 'The controller’s certificate has expired.',
    means: UNSENT,
    next: 'Renew the controller’s certificate; it takes the new one without a restart.',
  },
  certificateNotYetValid: {
    happened: 'The controller’s certificate is not valid yet.',
    means: UNSENT,
    next: 'Compare the clocks of this machine and the controller; then look at the certificate’s dates.',
  },
  certificateWrongName: {
    happened: 'The controller’s certificate carries another name.',
    means: UNSENT,
    next: 'Issue a certificate with the controller’s DNS name among its subject alternative names, or correct controllers.',
  },
  certificateUnknownAuthority: {
    happened: 'The controller’s certificate comes from an authority that is not trusted here.',
    means: UNSENT,
    next: 'Point caFile at the PEM file of the authority that issued it, with its intermediates.',
  },
  certificateRefused: {
    happened: 'The controller’s certificate was refused.',
    means: UNSENT,
    next: 'Check its purpose (server authentication), its chain and its revocation.',
  },
  accountOrPasswordWrong: {
    happened: 'The directory refused the agent’s account name or password.',
    means: NOBODY,
    next: `Check account.userPrincipalName, and ${PASSWORD_FILE}.`,
  },
  accountUnknown: {
    happened: 'The directory does not know the agent’s account.',
    means: NOBODY,
    next: 'Check account.userPrincipalName; it looks like svc-homeward@corp.example.com.',
  },
  accountDisabled: {
    happened: 'The agent’s account is disabled.',
    means: NOBODY,
    next: 'Enable it.',
  },
  accountExpired: {
    happened: 'The agent’s account has expired (accountExpires).',
    means: NOBODY,
    next: 'Set it to never expire.',
  },
  accountLocked: {
    happened: 'The agent’s account is locked.',
    means: 'Something signs in with a wrong password for it.',
    next: `Unlock it, find what uses the old password, and ${PASSWORD_FILE}.`,
  },
  accountPasswordExpired: {
    happened: 'The password of the agent’s account has expired.',
    means: NOBODY,
    next: `Set a new one with “Password never expires”, and ${PASSWORD_FILE}.`,
  },
  accountMustChangePassword: {
    happened: 'The agent’s account must change its password at next logon.',
    means: NOBODY,
    next: 'Clear “User must change password at next logon” on it.',
  },
  accountLogonRestricted: {
    happened: 'The agent’s account may not sign in now or from here.',
    means: 'Its logon hours or its list of computers exclude this sign-in.',
    next: 'Widen “Logon Hours” and “Log On To” on it.',
  },
  bindRefused: {
    happened: 'The directory refused the bind of the agent’s account.',
    means: NOBODY,
    next: 'Look at the controller’s Directory Service log for the time of this attempt.',
  },
  readsRefused: {
    happened: 'The controller took the sign-in, but does not show its own root and domain head.',
    means: NOBODY,
    next: 'Let Authenticated Users read the domain head; look whether the account is restricted.',
  },
};
