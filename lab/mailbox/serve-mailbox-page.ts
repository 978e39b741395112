import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAILBOX_SCRIPT, MAILBOX_STYLE, mailboxPage } from './mailbox-page.ts';
import type { MessageStore } from './message-store.ts';

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * `GET /` the page, `GET /api/messages?to=…` the messages as JSON, newest first, `DELETE /api/messages` forgets them.
 */
export function serveMailboxPage(
  store: MessageStore,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const send = (type: string, body: string, status = 200) => {
    response.writeHead(status, { ...HEADERS, 'Content-Type': `${type}; charset=utf-8` });
    response.end(body);
  };
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /':
      return send('text/html', mailboxPage(store.all(), store.version));
    case 'GET /mailbox.css':
      return send('text/css', MAILBOX_STYLE);
    case 'GET /mailbox.js':
      return send('text/javascript', MAILBOX_SCRIPT);
    case 'GET /api/version':
      return send('text/plain', store.version);
    case 'GET /api/messages': {
      const to = url.searchParams.get('to');
      return send('application/json', JSON.stringify(to === null ? store.all() : store.messagesFor(to)));
    }
    case 'DELETE /api/messages':
      store.clear();
      response.writeHead(204, HEADERS);
      response.end();
      return;
    default:
      return send('text/plain', 'There is nothing here. The messages are at /\n', 404);
  }
}
