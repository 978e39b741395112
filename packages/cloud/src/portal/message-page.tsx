import { Paragraphs } from './components.tsx';
import { Layout } from './layout.tsx';
import type { Site } from './site.ts';

export type MessageProps = {
  site: Site;
  title: string;
  body: readonly string[];
  action?: { href: string; text: string } | undefined;
  supportCode?: string | undefined;
  resultCode?: string | undefined;
};

/** One thing to say, one way on. */
export function messagePage({ site, title, body, action, ...codes }: MessageProps) {
  return (
    <Layout site={site} title={title} {...codes}>
      <h1>{title}</h1>
      <Paragraphs of={body} />
      {action ? (
        <p class="actions">
          <a class="button" href={action.href}>
            {action.text}
          </a>
        </p>
      ) : null}
    </Layout>
  );
}
