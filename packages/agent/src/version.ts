/** Of this software: what `status` and the portal show for an agent. */
export const AGENT_VERSION = '0.1.0';
