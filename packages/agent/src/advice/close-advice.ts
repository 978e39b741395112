import type { CloseReason } from '@homeward/protocol/close-code';
import type { Advice } from './advice.ts';

const AGAIN = 'Nothing: the agent connects again by itself.';
const VERSIONS = 'Bring agent and cloud to the same version; if they are, report it with the log.';

/** Why the relay ended a link, for an operator. */
export const CLOSE_ADVICE: Readonly<Record<CloseReason, Advice>> = {
  malformed: {
    happened: 'The relay got a message that this protocol does not have.',
    means: 'Agent and cloud differ in version, or something between alters what is sent.',
    next: VERSIONS,
  },
  unauthenticated: {
    happened: 'The relay did not accept the agent’s credential or its key.',
    means: 'The credential ran out on the way, or the agent is not the one that was enrolled.',
    next: 'Run preflight. If the credential is refused there too, enrol this agent again.',
  },
  forbidden: {
    happened: 'The relay will not serve this agent.',
    means: 'It was revoked, or a frame carried another agent’s id.',
    next: 'Look at the agent in the portal; enrol it again if it was revoked by mistake.',
  },
  authenticationTimeout: {
    happened: 'The relay’s challenge was not answered in time.',
    means: 'This machine or the way to the cloud is very slow.',
    next: AGAIN,
  },
  credentialExpired: {
    happened: 'The credential of the session ran out and no new one came.',
    means: 'The cloud did not answer when it was asked for one.',
    next: 'Run preflight and look at the cloud’s part.',
  },
  tooLarge: {
    happened: 'A message was over the size limit.',
    means: 'Agent and cloud differ in version.',
    next: VERSIONS,
  },
  forgedPackages: {
    happened: 'Messages on a link could not be opened with the keys of this agent and its cloud.',
    means: 'Somebody between forges them, or one of the two was restored and has other keys.',
    next: 'Nothing, if it happens once. Else find out what ends TLS on the way; if keys were restored, enrol this agent again.',
  },
  unsupportedVersion: {
    happened: 'The relay does not speak the agent’s version of the protocol.',
    means: 'One of the two is too old.',
    next: 'Update the agent; the cloud speaks the current version and the one before.',
  },
  tooMany: {
    happened: 'Too many sessions were open, or too many frames came at once.',
    means: 'Several agents share a key or an address, or something floods the relay.',
    next: 'Check that this agent runs once; its state folder must not be copied to a second machine.',
  },
  silent: {
    happened: 'Pings were not answered.',
    means: 'The connection was dead, as a proxy or a firewall that cuts idle ones leaves it.',
    next: AGAIN,
  },
  restarting: {
    happened: 'The relay is going down for a restart.',
    means: 'Requests wait for the new one, or are told at once.',
    next: AGAIN,
  },
};
