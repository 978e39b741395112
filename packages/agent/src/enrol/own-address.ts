/**
 * Requests for people and events are proven for one address, the one that they are sent to (RFC 9449 section 4.3), and
 * the cloud takes proofs for its own alone. So a machine that knows the cloud by another name gets credentials and
 * links, and is refused with all else: better said while somebody is looking.
 *
 * @param issuer the cloud's own address, as it answered; a cloud of another kind may have told none
 * @returns that address where the machine uses another one
 */
export function ownAddress(cloudUrl: string, issuer: string | undefined): string | undefined {
  const own = normalised(issuer ?? cloudUrl);
  return own === undefined || own === normalised(cloudUrl) ? undefined : own;
}

/** What happened, what it means, and what to do. @param command how this program is called */
export function addressWarning(cloudUrl: string, own: string, command: string): string {
  return `Warning: this cloud goes by ${own}, and this machine was enrolled at ${cloudUrl}. It will refuse the people and events that are sent to another address than its own. To mend that, run "${command} writeback disable", then "${command} writeback enable --cloud ${own}". If ${own} is wrong, have the cloud’s publicUrl set right first.`;
}

function normalised(address: string): string | undefined {
  return URL.parse(address)?.href.replace(/\/$/, '');
}
