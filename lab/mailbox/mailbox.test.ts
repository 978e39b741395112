import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Mailbox, startMailbox } from './mailbox.ts';
import type { MailboxMessage } from './message-store.ts';

let mailbox: Mailbox;

beforeEach(async () => {
  mailbox = await startMailbox();
}, 60_000);
afterEach(() => mailbox.stop(), 60_000);

async function send(mail: { to: string; subject?: string; text?: string }): Promise<void> {
  const transport = createTransport({ ...mailbox.smtp, secure: false });
  await transport.sendMail({
    from: 'Homeward <no-reply@example.com>',
    subject: 'Code',
    text: 'Hello',
    ...mail,
  });
  transport.close();
}

test('a mail sent by SMTP is there for its receiver, with its text decoded', async () => {
  await send({
    to: 'zoe.mueller@corp.example.com',
    subject: 'Grüße, 李 娜',
    text: 'Your code is 123456.\n\nZoë',
  });
  expect(mailbox.messagesFor('ZOE.mueller@corp.example.com')).toEqual([
    {
      id: '1',
      to: ['zoe.mueller@corp.example.com'],
      from: 'no-reply@example.com',
      subject: 'Grüße, 李 娜',
      text: 'Your code is 123456.\n\nZoë',
      receivedAt: expect.any(Number),
    },
  ]);
  expect(mailbox.messagesFor('na.li@corp.example.com')).toEqual([]);
});

test('whoever waits gets the message that comes later', async () => {
  const waiting = mailbox.waitForMessage('na.li@corp.example.com');
  await send({ to: 'zoe.mueller@corp.example.com', subject: 'not this one' });
  await send({ to: 'na.li@corp.example.com', subject: 'this one' });
  expect((await waiting).subject).toBe('this one');
  const named = mailbox.waitForMessage('na.li@corp.example.com', { subject: 'that one' });
  await send({ to: 'na.li@corp.example.com', subject: 'another' });
  await send({ to: 'na.li@corp.example.com', subject: 'that one' });
  expect((await named).subject).toBe('that one');
});

test('a message from before is not the one waited for', async () => {
  await send({ to: 'na.li@corp.example.com', subject: 'old' });
  const after = Date.now() + 1;
  await expect(mailbox.waitForMessage('na.li@corp.example.com', { after, timeoutMs: 50 })).rejects.toThrow(
    'No message for na.li@corp.example.com came within 50 ms.',
  );
});

test('the API lists the messages of one receiver or of all, newest first, and forgets them', async () => {
  await send({ to: 'a@corp.example.com', subject: 'first' });
  await send({ to: 'b@corp.example.com', subject: 'second' });
  const subjects = async (query: string) => {
    const answer = await fetch(new URL(`/api/messages${query}`, mailbox.url));
    return ((await answer.json()) as MailboxMessage[]).map((message) => message.subject);
  };
  expect(await subjects('?to=a%40corp.example.com')).toEqual(['first']);
  expect(await subjects('')).toEqual(['second', 'first']);
  expect((await fetch(new URL('/api/messages', mailbox.url), { method: 'DELETE' })).status).toBe(204);
  expect(await subjects('')).toEqual([]);
});

test('the page shows a hostile mail as text, and makes links of web addresses only', async () => {
  await send({
    to: 'a@corp.example.com',
    subject: '<script>alert(1)</script>',
    text: 'Open https://example.com/a?b=1&c="x. <img src=x onerror=alert(1)> javascript:alert(1)',
  });
  const page = await (await fetch(mailbox.url)).text();
  expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
  expect(page).toContain('<a href="https://example.com/a?b=1&#38;c=">');
  expect(page).not.toMatch(/<script>|<img|href="javascript/);
});

test('a second mailbox on the same port fails and leaves nothing listening', async () => {
  const httpPort = Number(new URL(mailbox.url).port);
  const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const before = listening();
  await expect(startMailbox({ httpPort })).rejects.toThrow('EADDRINUSE');
  await expect.poll(listening, { timeout: 30_000 }).toBeLessThanOrEqual(before);
});

test('only the newest 500 messages are kept', async () => {
  const { MessageStore } = await import('./message-store.ts');
  const store = new MessageStore();
  for (let n = 1; n <= 501; n++) store.add({ to: ['a@example.com'], from: '', subject: String(n), text: '' });
  expect(store.all()).toHaveLength(500);
  expect(store.all().at(-1)?.subject).toBe('2');
});
