import type { MailWords } from '../portal/locales/en-mail.ts';
import type { Mail } from './mail-sender.ts';

const PARAGRAPH = 'margin:0 0 16px';
const CODE =
  'margin:0 0 16px;font:600 32px/1.2 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:6px';

/** The same words as plain text and as plain HTML: no picture, no link, nothing that is fetched. */
export function writeMail(to: string, words: MailWords): Mail {
  const paragraphs = words.paragraphs.map((paragraph) =>
    typeof paragraph === 'string' ? withoutControls(paragraph) : paragraph,
  );
  const text = paragraphs
    .map((paragraph) => (typeof paragraph === 'string' ? paragraph : `    ${paragraph.code}`))
    .join('\n\n');
  const html = paragraphs
    .map((paragraph) =>
      typeof paragraph === 'string'
        ? `<p style="${PARAGRAPH}">${escapeHtml(paragraph)}</p>`
        : `<p style="${CODE}">${escapeHtml(paragraph.code)}</p>`,
    )
    .join('\n');
  return {
    to,
    subject: withoutControls(words.subject),
    text: `${text}\n`,
    html: `<!doctype html>
<html lang="en"><body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:520px;margin:0 auto">
${html}
</div></body></html>
`,
  };
}

/** Names come from the directory: none of their characters may turn the words around it about, or break a line. */
function withoutControls(text: string): string {
  return text.replace(/[\u202A-\u202E\u2066-\u2069]/g, '').replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
