import { parseArgs } from 'node:util';

export type DemoOptions = {
  /** open under this name instead of localhost */
  hostName: string | undefined;
  port: number | undefined;
  /** where the page of the mailbox is */
  mailboxPort: number | undefined;
};

/** @throws {Error} on an option that is not known or a port that is none */
export function demoOptions(args: string[], environment: Record<string, string | undefined>): DemoOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args, options: { name: text, port: text, 'mailbox-port': text } });
  return {
    // Not from the environment: there NAME is the machine's own on some systems (WSL).
    hostName: values.name || undefined,
    port: portOf('PORT', values.port ?? environment['PORT']),
    mailboxPort: portOf('MAILBOX_PORT', values['mailbox-port'] ?? environment['MAILBOX_PORT']),
  };
}

function portOf(variable: string, typed: string | undefined): number | undefined {
  if (!typed) return undefined;
  if (/^\d{1,5}$/.test(typed) && Number(typed) >= 1 && Number(typed) <= 65_535) return Number(typed);
  throw new Error(`${variable} must be a port from 1 to 65535, not ${typed}`);
}
