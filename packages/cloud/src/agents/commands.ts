import type { Secret } from '@homeward/protocol/secret';
import type { Command } from 'commander';

export type TokenSource = () => Promise<{ token: Secret<string>; expiresAt: number }>;

/** `homeward-cloud token create`: prints the token alone on standard output, so that it can be piped. */
export function registerAgentCommands(
  program: Command,
  createToken: TokenSource,
  print: { out: (line: string) => void; err: (line: string) => void },
): void {
  const tokens = program.command('token').description('enrolment tokens for agents');
  tokens
    .command('create')
    .description('make a token that admits one agent within the next hour')
    .option('--json', 'print one JSON object')
    .action(async ({ json }: { json?: boolean }) => {
      const { token, expiresAt } = await createToken();
      const expires = new Date(expiresAt).toISOString();
      if (json) return print.out(JSON.stringify({ token: token.reveal(), expiresAt: expires }));
      print.err(`This token admits one agent until ${expires}. It is shown once.`);
      print.err(
        'On the agent’s machine: homeward-agent enroll --cloud <this cloud’s address> --token-file -',
      );
      print.out(token.reveal());
    });
}
