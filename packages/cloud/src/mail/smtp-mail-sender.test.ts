/** Against a real SMTP server in this process. */
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { expect, test } from 'vitest';
import { smtpMailSender } from './smtp-mail-sender.ts';

const mail = {
  to: 'anna@example.com',
  subject: 'Your code – é',
  text: '    123456\n',
  html: '<p>123456</p>',
};

async function startServer(options: SMTPServerOptions = {}) {
  const taken: { from: string; to: string[]; raw: string; user: unknown }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      done(password === 'right' ? null : new Error('no'), { user: username }),
    onData(stream, { envelope, user }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        taken.push({
          from,
          to: envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          user,
        });
        done();
      });
    },
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const config = { host: '127.0.0.1', port, secure: false, from: 'Homeward <reset@example.com>' };
  return {
    taken,
    config,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

test('a mail arrives in both forms, and tells automatic repliers to keep quiet', async () => {
  await using server = await startServer();
  const sender = smtpMailSender(server.config);
  await sender.send(mail);
  sender.close?.();
  const [taken] = server.taken;
  expect(taken).toMatchObject({ from: 'reset@example.com', to: ['anna@example.com'] });
  expect(taken?.raw).toMatch(/^From: Homeward <reset@example\.com>/m);
  expect(taken?.raw).toMatch(/^Auto-Submitted: auto-generated/m);
  expect(taken?.raw).toMatch(/text\/plain/);
  expect(taken?.raw).toMatch(/text\/html/);
});

test('a mail server elsewhere has to speak TLS, or nothing is handed over', async () => {
  await using server = await startServer();
  const sender = smtpMailSender({ ...server.config, starttls: 'required' });
  await expect(sender.send(mail)).rejects.toThrow();
  sender.close?.();
  expect(server.taken).toEqual([]);
});

test('signs in with the password of the file', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-mail-'));
  await using server = await startServer({ authOptional: false, allowInsecureAuth: true });
  const passwordFile = join(folder.path, 'password');
  for (const [password, count] of [
    ['right\n', 1],
    ['wrong\n', 1],
  ] as const) {
    writeFileSync(passwordFile, password);
    const sender = smtpMailSender({ ...server.config, user: 'reset', passwordFile });
    await sender.send(mail).catch(() => undefined);
    sender.close?.();
    expect(server.taken).toHaveLength(count);
  }
  expect(server.taken[0]?.user).toBe('reset');
});

test('an address that tries to add a header does not', async () => {
  await using server = await startServer();
  const sender = smtpMailSender(server.config);
  await sender.send({ ...mail, subject: 'Hello\r\nBcc: thief@example.com' });
  sender.close?.();
  expect(server.taken[0]?.to).toEqual(['anna@example.com']);
  expect(server.taken[0]?.raw).not.toMatch(/^Bcc:/m);
});
