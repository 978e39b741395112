export const PATHS = {
  agents: '/admin',
  signIn: '/admin/sign-in',
  code: '/admin/sign-in/code',
  signOut: '/admin/sign-out',
  approve: '/admin/approve',
  integration: '/admin/integration',
  events: '/admin/events',
  audit: '/admin/audit',
} as const;

/** where one machine that asks to be an agent is looked at */
export function requestPath(authorizationId: string): string {
  return `${PATHS.approve}/${authorizationId}`;
}

/** where an agent is let in again of which a copy ran */
export function reinstatePath(agentId: string): string {
  return `${PATHS.integration}/${agentId}/reinstate`;
}

export function agentPath(agentId: string): string {
  return `${PATHS.agents}/agents/${agentId}`;
}

/** the events that are asked for; what is empty is left out */
export function eventsPath(asked: {
  agent: string;
  event?: string;
  since?: string;
  before?: string;
}): string {
  const given = Object.entries(asked).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length === 0 ? PATHS.events : `${PATHS.events}?${new URLSearchParams(given)}`;
}

/** what of the audit log is asked for; what is empty is left out */
export function auditPath(asked: {
  flow?: string;
  person?: string;
  activity?: string;
  after?: string;
}): string {
  const given = Object.entries(asked).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length === 0 ? PATHS.audit : `${PATHS.audit}?${new URLSearchParams(given)}`;
}
