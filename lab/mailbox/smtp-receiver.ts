import { buffer } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { NewMessage } from './message-store.ts';

const LARGEST_MESSAGE = 1024 * 1024;

/** Speaks SMTP without passwords and without TLS, as a relay on the same machine does; not listening yet. */
export function smtpReceiver(deliver: (message: NewMessage) => void): SMTPServer {
  const receiver = new SMTPServer({
    banner: 'Homeward lab mailbox',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: LARGEST_MESSAGE,
    onData(stream, session, done) {
      buffer(stream)
        .then(async (raw) => {
          if (stream.sizeExceeded) throw Object.assign(new Error('Message too large'), { responseCode: 552 });
          const mail = await PostalMime.parse(raw);
          deliver({
            to: session.envelope.rcptTo.map(({ address }) => address),
            from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
            subject: mail.subject ?? '',
            text: (mail.text ?? mail.html ?? '').replaceAll('\r\n', '\n').trimEnd(),
          });
        })
        .then(() => done(), done);
    },
  });
  // A client that breaks off harms only itself; without a listener it would end the process.
  receiver.on('error', () => {});
  return receiver;
}
