import { ErrorSummary, Field, ScriptNeeded, Step } from '../../portal/components.tsx';
import { Layout } from '../../portal/layout.tsx';
import type { Site } from '../../portal/site.ts';

export type UserIdProblem = keyof Site['texts']['userId']['problems'];

export function isUserIdProblem(text: string | undefined): text is UserIdProblem {
  return text === 'empty' || text === 'tooLong';
}

export function userIdPage(site: Site, problem: UserIdProblem | undefined) {
  const { userId, ...texts } = site.texts;
  const problems = problem ? [{ field: 'user-id', text: userId.problems[problem] }] : [];
  return (
    <Layout site={site} title={userId.heading} error={problems.length > 0}>
      {site.sealing === 'required' ? (
        <noscript>
          <ScriptNeeded site={site} />
        </noscript>
      ) : null}
      <ErrorSummary site={site} problems={problems} />
      <Step site={site} step={1} />
      <form method="post" action="/reset" novalidate>
        <Field
          id="user-id"
          name="userId"
          type="text"
          label={userId.heading}
          labelIsHeading
          hint={userId.hint}
          problems={problems}
          errorPrefix={texts.errorPrefix}
          autocomplete="username"
        />
        <p class="actions">
          <button type="submit">{texts.continue}</button>
        </p>
      </form>
    </Layout>
  );
}
