import type { AgentStatus } from './collect-status.ts';

type Known = Pick<AgentStatus, 'enrolment' | 'journal' | 'links' | 'breakers' | 'forests'>;

/**
 * Why people cannot reset their passwords through this agent now, in half sentences; none: they can.
 * `everybody` false: others of its forests are served.
 */
export function whyNotServing(status: Known): { everybody: boolean; reasons: string[] } {
  const { enrolment, journal, links = [] } = status;
  if (enrolment === undefined) return all('it is not enrolled');
  if (journal.state !== 'held') return all('it does not run');
  if (links.length > 0 && links.every(({ state }) => state !== 'connected'))
    return all(withoutLink(links.find(({ problem }) => problem !== undefined)?.problem ?? ''));
  const { forests, breakers } = status;
  const reasons = forests.flatMap((forest) => whyNot(status, forest) ?? []);
  const others = breakers.filter(({ forest }) => !forests.some(({ sid }) => sid === forest));
  return {
    everybody: reasons.length === forests.length,
    reasons: [...reasons, ...others.map(({ forest }) => `its breaker for ${forest} is open`)],
  };
}

function all(reason: string) {
  return { everybody: true, reasons: [reason] };
}

/** By what the cloud says as it gives no credential; the whole of it is told with the links. */
function withoutLink(problem: string): string {
  if (problem.includes('waits to be admitted')) return 'it waits to be admitted';
  if (problem.includes('was revoked')) return 'it was revoked, or the cloud does not know it';
  if (problem.includes('two machines run')) return 'it is shut out, for a copy of it runs';
  return 'it has no link to the cloud';
}

function whyNot({ breakers }: Known, { sid, domain, probe }: Known['forests'][number]): string | undefined {
  if (sid === undefined) return `it is not enrolled for ${domain}`;
  if (!probe.reachable) return `${domain} takes no password from it`;
  return breakers.some(({ forest }) => forest === sid) ? `its breaker for ${domain} is open` : undefined;
}
