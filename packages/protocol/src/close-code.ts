/**
 * WebSocket close codes of the relay (RFC 6455 section 7.4.2: 4000-4999 are ours). Both sides read them, so
 * that an agent's log says why a link ended in the relay's own terms. An agent closes with `forgedPackages` alone.
 */
export const CLOSE_CODES = {
  /** a frame that is no frame of this protocol, or a text message that is none of the session's */
  malformed: 4400,
  /** no credential, a false one, or a challenge answered with another key */
  unauthenticated: 4401,
  /** the agent id in a frame is not the session's, or the agent was revoked */
  forbidden: 4403,
  /** the challenge was not answered in time */
  authenticationTimeout: 4408,
  /** the credential ran out and no fresh one came */
  credentialExpired: 4410,
  /** a message over the size limit (RFC 6455: message too big) */
  tooLarge: 1009,
  /** packages came that do not open, `MOST_FORGED` of them: whoever is there is not who it should be */
  forgedPackages: 4422,
  /** a protocol version that is not spoken here */
  unsupportedVersion: 4426,
  /** too many open sessions, or too many frames at once */
  tooMany: 4429,
  /** pings were not answered */
  silent: 4440,
  /** the relay is going down for a restart: connect again at once */
  restarting: 1012,
} as const;

/** On one link, by whichever side they came to: with so many packages that do not open it is closed. */
export const MOST_FORGED = 16;

export type CloseReason = keyof typeof CLOSE_CODES;

const BY_CODE = new Map(
  Object.entries(CLOSE_CODES).map(([reason, code]) => [code as number, reason as CloseReason]),
);

/** The reason for one of our codes; undefined for a code of the WebSocket layer itself. */
export function closeReasonOf(code: number): CloseReason | undefined {
  return BY_CODE.get(code);
}
