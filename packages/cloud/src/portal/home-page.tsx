import { Layout } from './layout.tsx';
import type { Site } from './site.ts';

export function homePage(site: Site) {
  const { home } = site.texts;
  return (
    <Layout site={site} title={home.title}>
      <h1>{home.title}</h1>
      <p class="lead">{home.lead(site.tenantName)}</p>
      <section class="choice">
        <h2>{home.resetHeading}</h2>
        <p>{home.resetBody}</p>
        <p class="actions">
          <a class="button" href="/reset">
            {home.resetAction}
          </a>
        </p>
      </section>
    </Layout>
  );
}
