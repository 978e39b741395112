import { ErrorSummary, Field, type Problem, Step } from '../../portal/components.tsx';
import { Layout } from '../../portal/layout.tsx';
import type { Site } from '../../portal/site.ts';
import type { ResetFlow } from './flow.ts';
import { FlowField } from './flow-field.tsx';

export type CodePageProps = { flow: ResetFlow; codeMinutes: number };

export function codePage(site: Site, { flow, codeMinutes }: CodePageProps) {
  const { code, ...texts } = site.texts;
  const problem = problemOf(site, flow);
  const problems = problem ? [problem] : [];
  const kind = flow.notice?.kind;
  // A code that no longer works is not asked for again: the way on is a new one.
  const end = endOf(site, flow);
  const canAskNew = kind !== 'newCodeLimited' && kind !== 'locked';
  return (
    <Layout
      site={site}
      title={end?.heading ?? code.heading}
      error={problem !== undefined || end !== undefined}
      supportCode={flow.id}
    >
      <ErrorSummary site={site} problems={problems} />
      {kind === 'newCodeSent' ? (
        <p class="news" role="status">
          {code.newCodeSent}
        </p>
      ) : null}
      {kind === 'locked' ? null : <Step site={site} step={2} />}
      {end ? (
        <>
          <h1>{end.heading}</h1>
          <p>{end.body}</p>
        </>
      ) : (
        <form method="post" action="/reset/code" novalidate>
          <FlowField flow={flow} />
          <Field
            id="code"
            name="code"
            type="text"
            label={code.heading}
            labelIsHeading
            hint={
              <>
                <p>{code.sent}</p>
                <p>{code.hint(codeMinutes)}</p>
              </>
            }
            problems={problems}
            errorPrefix={texts.errorPrefix}
            autocomplete="one-time-code"
            inputmode="numeric"
            class="digits"
          />
          <p class="actions">
            <button type="submit">{texts.continue}</button>
          </p>
        </form>
      )}
      <section class={end ? undefined : 'aside'}>
        {end ? null : (
          <>
            <h2>{code.missingHeading}</h2>
            <p>{code.missing}</p>
          </>
        )}
        <div class="actions">
          {canAskNew ? (
            <form method="post" action="/reset/code/new">
              <FlowField flow={flow} />
              <button type="submit" class={end ? undefined : 'secondary'}>
                {code.newCode}
              </button>
            </form>
          ) : null}
          <a href="/reset">{code.otherUserId}</a>
        </div>
      </section>
    </Layout>
  );
}

function problemOf(site: Site, { notice }: ResetFlow): Problem | undefined {
  const { problems } = site.texts.code;
  switch (notice?.kind) {
    case 'codeEmpty':
    case 'codeMalformed':
      return { field: 'code', text: problems[notice.kind] };
    case 'codeWrong':
      return { field: 'code', text: problems.codeWrong(notice.triesLeft) };
    case 'newCodeLimited':
      return { text: problems.newCodeLimited(site.moment(notice.until)) };
    default:
      return undefined;
  }
}

function endOf(site: Site, { notice }: ResetFlow): { heading: string; body: string } | undefined {
  const { ends } = site.texts.code;
  switch (notice?.kind) {
    case 'codeUsedUp':
    case 'codeExpired':
      return { heading: ends.heading, body: ends[notice.kind] };
    case 'locked':
      return { heading: ends.lockedHeading, body: ends.locked(site.moment(notice.until)) };
    default:
      return undefined;
  }
}
