import type { Child } from 'hono/jsx';
import { supportCodeOf } from '../audit/support-code.ts';
import type { Site } from './site.ts';

export type LayoutProps = {
  site: Site;
  title: string;
  /** an error is told on this page */
  error?: boolean;
  /** the id of the flow, which the help desk can find in the audit log */
  supportCode?: string | undefined;
  /** such as SSPR_0029 */
  resultCode?: string | undefined;
  /** paths of what makes the page more comfortable */
  scripts?: readonly string[];
  /** where the name of the organisation leads; the start page by default */
  home?: string;
  /** beside the name of the organisation, such as a navigation */
  bar?: Child;
  children?: Child;
};

/** The frame of every page. Works without script; everything it loads comes from this origin. */
export function Layout({ site, title, error, scripts = [], home, bar, children, ...codes }: LayoutProps) {
  const { texts, tenantName } = site;
  return (
    <html lang={texts.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{`${error ? texts.errorPrefix : ''}${title} – ${tenantName}`}</title>
        <link rel="stylesheet" href={site.styleHref} />
        <link rel="icon" href={site.iconHref} type="image/svg+xml" />
        {scripts.map((src) => (
          <script src={src} defer />
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          {texts.skipToContent}
        </a>
        <header class="top">
          <a class="brand" href={home ?? '/'}>
            <Mark />
            <span>{tenantName}</span>
          </a>
          {bar}
        </header>
        <main id="main" tabindex={-1}>
          <div class="sheet">{children}</div>
        </main>
        <Foot site={site} {...codes} />
      </body>
    </html>
  );
}

function Foot({ site, supportCode, resultCode }: Pick<LayoutProps, 'site' | 'supportCode' | 'resultCode'>) {
  const { texts, supportContact } = site;
  if (!supportContact && !supportCode && !resultCode) return <footer class="foot" />;
  return (
    <footer class="foot">
      <dl>
        {supportContact ? <Row name={texts.helpDesk} value={supportContact} /> : null}
        {resultCode ? <Row name={texts.resultCode} value={resultCode} code /> : null}
        {supportCode ? <Row name={texts.supportCode} value={supportCodeOf(supportCode)} code /> : null}
      </dl>
    </footer>
  );
}

function Row({ name, value, code }: { name: string; value: string; code?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{code ? <code>{value}</code> : value}</dd>
    </div>
  );
}

/** A door with light in it. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <path class="mark-house" d="M16 3 3.5 13.2V27a2 2 0 0 0 2 2h21a2 2 0 0 0 2-2V13.2Z" />
      <path class="mark-door" d="M12 29V19.5a4 4 0 0 1 8 0V29Z" />
    </svg>
  );
}
