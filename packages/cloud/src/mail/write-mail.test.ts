import { expect, test } from 'vitest';
import { en } from '../portal/locales/en.ts';
import { moment } from '../portal/moment.ts';
import { writeMail } from './write-mail.ts';

const facts = { tenantName: 'Example <Corp>', displayName: 'Anna "A" Berg', support: 'extension 4357' };

test('a code is in both forms of the mail, and not in the subject that a locked phone shows', () => {
  const mail = writeMail('anna@example.com', en.mail.code(facts, '012345', 5));
  expect(mail.to).toBe('anna@example.com');
  expect(mail.subject).not.toContain('012345');
  expect(mail.text).toContain('    012345\n');
  expect(mail.html).toContain('>012345</p>');
  expect(mail.text).toContain('works for 5 minutes');
});

test('names are text in HTML too', () => {
  const { html } = writeMail('anna@example.com', en.mail.passwordReset(facts, moment(0, 'UTC')));
  expect(html).toContain('Hello Anna &quot;A&quot; Berg,');
  expect(html).toContain('Example &lt;Corp&gt;');
  expect(html).not.toContain('<Corp>');
});

test('a name cannot turn the words around it about, nor begin a line', () => {
  const name = 'Ada\u202E\u2066 Winter\r\nBcc:\u2028x\u0085\u0000';
  const { subject, text, html } = writeMail('anna@example.com', {
    subject: `About ${name}`,
    paragraphs: [`Hello ${name},`],
  });
  expect(subject).toBe('About Ada Winter Bcc: x ');
  expect(text).toBe('Hello Ada Winter Bcc: x ,\n');
  expect(html).toContain('>Hello Ada Winter Bcc: x ,<');
});

test('one minute is not several', () => {
  expect(writeMail('anna@example.com', en.mail.code(facts, '012345', 1)).text).toContain(
    'works for 1 minute,',
  );
  expect(en.code.hint(1)).toContain('works for 1 minute.');
  expect(en.ended.expired.body(1).join(' ')).toContain('within 1 minute.');
});

test('the confirmation says when, in the zone of the organisation, and what to do if it was not you', () => {
  const at = moment(Date.UTC(2026, 10, 14, 9, 30), 'Europe/Berlin');
  const { text } = writeMail('anna@example.com', en.mail.passwordReset(facts, at));
  expect(text).toContain('14 November 2026 at 10:30 CET');
  expect(text).toContain('If it was not you, contact your help desk at once');
  expect(text).toContain('extension 4357');
});
