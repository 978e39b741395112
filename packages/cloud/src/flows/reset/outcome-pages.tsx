import { OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import { supportCodeOf } from '../../audit/support-code.ts';
import { Paragraphs } from '../../portal/components.tsx';
import { Layout } from '../../portal/layout.tsx';
import { messagePage } from '../../portal/message-page.tsx';
import type { Site } from '../../portal/site.ts';
import type { ResetFlow } from './flow.ts';
import { outcomePath } from './steps.ts';

/** The number that administrators know from Microsoft Entra, where the field has one. */
export function resultCodeOf(outcome: Outcome): string | undefined {
  const { sspr } = OUTCOMES[outcome.kind];
  return sspr === 0 ? undefined : `SSPR_${String(sspr).padStart(4, '0')}`;
}

export type DonePageProps = { flow: ResetFlow; userName: string | undefined; mailed: boolean };

export function donePage(site: Site, { flow, userName, mailed }: DonePageProps) {
  const { done } = site.texts;
  return (
    <Layout site={site} title={done.heading} supportCode={flow.id}>
      <div class="success">
        <svg class="tick" viewBox="0 0 36 36" width="36" height="36" aria-hidden="true" focusable="false">
          <circle cx="18" cy="18" r="18" />
          <path d="m10.5 18.5 5 5 10-11" />
        </svg>
        <div>
          <h1>{done.heading}</h1>
          <p class="lead">{done.lead(userName)}</p>
        </div>
      </div>
      <h2>{done.nextHeading}</h2>
      <ul class="next">
        {done.next.map((text) => (
          <li>{text}</li>
        ))}
      </ul>
      {mailed ? <p>{done.mailed}</p> : null}
    </Layout>
  );
}

export function workingPage(site: Site, flow: ResetFlow) {
  const { working } = site.texts;
  return (
    <Layout site={site} title={working.heading} supportCode={flow.id}>
      <h1>{working.heading}</h1>
      <div class="moving" aria-hidden="true" />
      <p>{working.body}</p>
    </Layout>
  );
}

export function pendingPage(site: Site, flow: ResetFlow) {
  const { pending } = site.texts;
  return messagePage({
    site,
    title: pending.heading,
    body: pending.body,
    action: { href: outcomePath(flow), text: pending.again },
    supportCode: flow.id,
  });
}

export function failedPage(site: Site, flow: ResetFlow, outcome: Outcome) {
  const { outcomes, ...texts } = site.texts;
  const words = outcomes[outcome.kind];
  const resultCode = resultCodeOf(outcome);
  return (
    <Layout site={site} title={words.heading} error>
      <h1>{words.heading}</h1>
      <Paragraphs of={words.body} />
      <dl class="codes">
        {resultCode ? (
          <div>
            <dt>{texts.resultCode}</dt>
            <dd>
              <code>{resultCode}</code>
            </dd>
          </div>
        ) : null}
        <div>
          <dt>{texts.supportCode}</dt>
          <dd>
            <code>{supportCodeOf(flow.id)}</code>
          </dd>
        </div>
      </dl>
      <p class="actions">
        <a href="/reset">{texts.startAgain}</a>
      </p>
    </Layout>
  );
}
