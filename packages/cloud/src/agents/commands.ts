import type { Secret } from '@homeward/protocol/secret';
import type { Command } from 'commander';
import { tableText } from '../admin/table-text.ts';
import type { KnownAgent } from './agent-list.ts';

export type TokenSource = () => Promise<{ token: Secret<string>; expiresAt: number }>;

export type AgentCommandDeps = {
  createToken: TokenSource;
  /** where agents find this cloud */
  address: () => Promise<string>;
  /** asks the running cloud: method, path on its control socket, body */
  ask: (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>;
  print: { out: (line: string) => void; err: (line: string) => void };
};

/** `homeward-cloud token create` and `homeward-cloud agent list | revoke` */
export function registerAgentCommands(program: Command, deps: AgentCommandDeps): void {
  const tokens = program.command('token').description('enrolment tokens for agents');
  tokens
    .command('create')
    .description('make a token that admits one agent within the next hour')
    .option('--json', 'print one JSON object')
    .action((options: { json?: boolean }) => createToken(options, deps));
  const agents = program.command('agent').description('the agents of this cloud');
  agents
    .command('list')
    .description('show all agents, those that wait to be admitted first')
    .option('--json', 'print one JSON object')
    .action((options: { json?: boolean }) => listAgents(options, deps));
  agents
    .command('revoke')
    .description('cut an agent off at once, for good')
    .argument('<agent>', 'its id, or its name where one agent has it')
    .action((agent: string) => revokeAgent(agent, deps));
}

/** Prints the token alone on standard output, so that it can be piped. */
async function createToken({ json }: { json?: boolean }, deps: AgentCommandDeps): Promise<void> {
  const { token, expiresAt } = await deps.createToken();
  const { out, err } = deps.print;
  const expires = new Date(expiresAt).toISOString();
  if (json) return out(JSON.stringify({ token: token.reveal(), expiresAt: expires }));
  err(`This token admits one agent until ${expires}. It is shown once.`);
  err(
    `On the agent’s machine: homeward-agent writeback enable --cloud ${await deps.address()} --token-file -`,
  );
  out(token.reveal());
}

const STATES: Record<KnownAgent['status'], string> = {
  pending: 'waits to be admitted',
  active: 'in service',
  revoked: 'revoked',
  cloned: 'stopped: its keys were seen on two machines',
};

async function listAgents(
  { json }: { json?: boolean },
  { ask, print, address }: AgentCommandDeps,
): Promise<void> {
  const { agents } = (await ask('GET', '/agents')) as { agents: KnownAgent[] };
  const shown = agents.map(({ since, approvedBy, ...agent }) => ({
    ...agent,
    since: new Date(since).toISOString(),
    approvals: approvedBy.length,
  }));
  if (json) return print.out(JSON.stringify({ agents: shown }));
  if (shown.length === 0)
    return print.err(
      `There are no agents yet. On a machine that reaches the directory: homeward-agent writeback enable --cloud ${await address()}`,
    );
  const rows = shown.map(({ id, name, forests, status, connected, fingerprint, since }) => [
    ...[name, forests.map(({ domain }) => domain).join(', ')],
    status === 'active' && !connected ? `${STATES.active}, not connected` : STATES[status],
    ...[since, fingerprint, id],
  ]);
  const heads = ['NAME', 'SERVES', 'STATE', 'SINCE', 'FINGERPRINT', 'ID'];
  for (const line of tableText([heads, ...rows])) print.out(line);
}

async function revokeAgent(agent: string, { ask, print }: AgentCommandDeps): Promise<void> {
  const done = (await ask('POST', '/agents/revoke', { agent })) as {
    id: string;
    name: string;
    revoked: boolean;
  };
  print.err(
    done.revoked
      ? `${done.name} (${done.id}) is cut off, and its keys are forgotten here. To serve again it has to enrol anew. Every administrator with an address is told by mail.`
      : `${done.name} (${done.id}) was revoked before. Nothing was changed.`,
  );
}
