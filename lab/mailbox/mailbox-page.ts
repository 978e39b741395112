import type { MailboxMessage } from './message-store.ts';

/** What the browser shows; everything that came by mail is escaped, and nothing in it is loaded. */
export function mailboxPage(messages: MailboxMessage[], version: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${messages.length === 0 ? 'Mailbox' : `(${messages.length}) Mailbox`}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/mailbox.css">
<noscript><meta http-equiv="refresh" content="3"></noscript>
<script src="/mailbox.js" defer></script>
</head>
<body data-version="${escaped(version)}">
<header>
<h1>Mailbox</h1>
<p>Every message that the lab’s mail server took, for anybody, newest first.</p>
</header>
<main>
${messages.length === 0 ? EMPTY : messages.map(messageArticle).join('\n')}
</main>
</body>
</html>
`;
}

const EMPTY =
  '<p class="empty">No messages yet. This page shows them as they arrive; there is no need to load it again.</p>';

function messageArticle(message: MailboxMessage): string {
  const time = new Date(message.receivedAt);
  return `<article id="message-${escaped(message.id)}">
<h2>${escaped(message.subject) || 'No subject'}</h2>
<dl>
<div><dt>To</dt><dd>${escaped(message.to.join(', '))}</dd></div>
<div><dt>From</dt><dd>${escaped(message.from) || 'nobody'}</dd></div>
<div><dt>Received</dt><dd><time datetime="${time.toISOString()}">${time.toISOString().slice(11, 19)} UTC</time></dd></div>
</dl>
<pre>${withLinks(message.text)}</pre>
</article>`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Web addresses become links; a sign that ends a sentence is not part of one. */
function withLinks(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/)
    .map((part, index) =>
      index % 2 === 0 ? escaped(part) : `<a href="${escaped(part)}">${escaped(part)}</a>`,
    )
    .join('');
}

export const MAILBOX_SCRIPT = `const shown = document.body.dataset.version;
setInterval(async () => {
  const answer = await fetch('/api/version').catch(() => undefined);
  if (answer?.ok && (await answer.text()) !== shown) location.reload();
}, 1000);
for (const time of document.querySelectorAll('time')) {
  time.textContent = new Date(time.dateTime).toLocaleTimeString();
}
`;

export const MAILBOX_STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f5f7, #14171b);
  --paper: light-dark(#fff, #1d2126);
  --ink: light-dark(#1b1f24, #e8eaed);
  --faint: light-dark(#5a6370, #a2abb7);
  --line: light-dark(#d9dde3, #333a43);
  --link: light-dark(#0b57b7, #8ab8ff);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
header, main { max-width: 44rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
header p { margin: .25rem 0 1.5rem; color: var(--faint); }
article, .empty { margin: 0 0 1rem; padding: 1.25rem; background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; }
article:first-child { box-shadow: inset .25rem 0 var(--link); }
h2 { margin: 0 0 .5rem; font-size: 1.125rem; line-height: 1.3; overflow-wrap: anywhere; }
dl { margin: 0 0 1rem; padding-bottom: .75rem; border-bottom: 1px solid var(--line); color: var(--faint); font-size: .875rem; }
dl div { display: flex; gap: .5rem; }
dt { flex: 0 0 4rem; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
a { color: var(--link); }
`;
