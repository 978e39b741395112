import type { Child } from 'hono/jsx';
import { Layout } from '../portal/layout.tsx';
import { AUDIT_TEXT } from '../portal/locales/en-audit-page.ts';
import { EVENTS_TEXT } from '../portal/locales/en-events.ts';
import type { Site } from '../portal/site.ts';
import type { Administrator } from './administrator-store.ts';
import { PATHS } from './paths.ts';

export type AdminLayoutProps = {
  site: Site;
  title: string;
  administrator: Administrator;
  /** the part of the portal that this page belongs to */
  at?: 'agents' | 'integration' | 'events' | 'audit';
  error?: boolean;
  children?: Child;
};

/** The frame of every page behind the sign-in. */
export function AdminLayout({ site, title, administrator, at, error, children }: AdminLayoutProps) {
  const { admin } = site.texts;
  const links = [
    { key: 'agents', href: PATHS.agents, text: admin.nav.agents },
    { key: 'integration', href: PATHS.integration, text: site.texts.integration.nav },
    { key: 'events', href: PATHS.events, text: EVENTS_TEXT.nav },
    { key: 'audit', href: PATHS.audit, text: AUDIT_TEXT.nav },
  ] as const;
  const bar = (
    <>
      <form class="account-bar" method="post" action={PATHS.signOut}>
        <span>{admin.signedInAs(administrator.userName)}</span>
        <button type="submit" class="secondary">
          {admin.nav.signOut}
        </button>
      </form>
      <nav class="bar" aria-label={admin.nav.label}>
        <ul>
          {links.map(({ key, href, text }) => (
            <li>
              <a href={href} {...(key === at ? { 'aria-current': 'page' } : {})}>
                {text}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
  return (
    <Layout
      site={site}
      title={`${title} – ${admin.name}`}
      error={error ?? false}
      home={PATHS.agents}
      bar={bar}
    >
      {children}
    </Layout>
  );
}
