import { type Finding, fail, pass, warn } from './check.ts';

/** The protocol refuses requests that are off by more than 60 s (docs/protocol.md, "Expiry"). */
const REFUSED = 60_000;
const NEAR = 30_000;
const SYNCHRONISE = 'Synchronise the clocks, for example with chrony or systemd-timesyncd.';

/** `offset`: the other clock minus this one, ms; both sides give whole seconds. */
export function clockFinding(offset: number, whose: string): Finding {
  const seconds = Math.round(Math.abs(offset) / 1000);
  const details = { offsetMs: Math.round(offset) };
  if (seconds <= 1) return pass(`In step with ${whose} clock.`, details);
  const told = `This machine is ${seconds} s ${offset > 0 ? 'behind' : 'ahead of'} ${whose} clock.`;
  if (Math.abs(offset) > REFUSED)
    return fail(`${told} Requests are refused over 60 s.`, SYNCHRONISE, details);
  if (Math.abs(offset) > NEAR) return warn(`${told} Requests are refused over 60 s.`, SYNCHRONISE, details);
  return pass(told, details);
}
