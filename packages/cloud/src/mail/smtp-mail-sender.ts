import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import type { Config } from '../config.ts';
import { isLoopback } from '../config-rules.ts';
import type { MailSender } from './mail-sender.ts';

/** Mails with codes go over TLS with a verified certificate, unless the mail server is this very machine. */
export function smtpMailSender(config: Config['mail']): MailSender {
  const starttls = config.starttls ?? (isLoopback(config.host) ? 'offered' : 'required');
  const pass = config.passwordFile && readFileSync(config.passwordFile, 'utf8').trim();
  const transport = createTransport({
    host: config.host,
    port: config.port,
    secure: config.secure,
    requireTLS: !config.secure && starttls === 'required',
    ignoreTLS: !config.secure && starttls === 'never',
    pool: true,
    maxConnections: 5,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(config.caFile ? { tls: { ca: readFileSync(config.caFile) } } : {}),
    ...(config.user && pass ? { auth: { user: config.user, pass } } : {}),
  });
  return {
    async send(mail) {
      await transport.sendMail({
        ...mail,
        from: config.from,
        // Keeps out-of-office replies, and the loops they make, away from our sender address (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      });
    },
    close: () => transport.close(),
  };
}
