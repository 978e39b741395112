import { createServer } from 'node:http';
import type { Server } from 'node:net';
import { type MailboxMessage, MessageStore } from './message-store.ts';
import { serveMailboxPage } from './serve-mailbox-page.ts';
import { smtpReceiver } from './smtp-receiver.ts';

export type Mailbox = {
  smtp: { host: string; port: number };
  /** The page that lists the messages. */
  url: string;
  /** Newest first. */
  messagesFor(to: string): MailboxMessage[];
  /**
   * The first message for `to` received at or after `after` (milliseconds since 1970, or a Date; default: any that is
   * there), with this subject where one is given, waiting up to `timeoutMs` (default 60 s).
   * @throws {Error} when none came in time
   */
  waitForMessage(
    to: string,
    options?: { after?: number | Date; subject?: string; timeoutMs?: number },
  ): Promise<MailboxMessage>;
  stop(): Promise<void>;
};

const HOST = '127.0.0.1';

/**
 * A mail server that accepts everything for everybody and delivers it to a page: SMTP on loopback, messages in
 * memory, the newest 500 of them. A port that is not given is a free one.
 */
export async function startMailbox(options: { smtpPort?: number; httpPort?: number } = {}): Promise<Mailbox> {
  const store = new MessageStore();
  const receiver = smtpReceiver((message) => store.add(message));
  const page = createServer((request, response) => serveMailboxPage(store, request, response));
  const smtpPort = await listen(receiver.server, options.smtpPort);
  const httpPort = await listen(page, options.httpPort).catch(async (error: unknown) => {
    await close(receiver);
    throw error;
  });
  return {
    smtp: { host: HOST, port: smtpPort },
    url: `http://${HOST}:${httpPort}/`,
    messagesFor: (to) => store.messagesFor(to),
    waitForMessage: (to, { after = 0, subject, timeoutMs = 60_000 } = {}) =>
      store.waitForMessage(to, { after: Number(after), subject, timeoutMs }),
    stop: async () => {
      page.closeAllConnections();
      await Promise.all([close(receiver), close(page)]);
    },
  };
}

function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: HOST, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function close(server: { close(done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
