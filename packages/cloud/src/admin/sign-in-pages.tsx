import { ErrorSummary, Field, type Problem } from '../portal/components.tsx';
import { Layout } from '../portal/layout.tsx';
import type { Site } from '../portal/site.ts';
import { PATHS } from './paths.ts';

export type SignInProblem = keyof Site['texts']['admin']['signIn']['problems'];
export type SignInNews = 'signedOut' | 'ended';
export type CodeProblem = keyof Site['texts']['admin']['codePage']['problems'];

export function signInPage(
  site: Site,
  { problem, news, userName = '' }: { problem?: SignInProblem; news?: SignInNews; userName?: string },
) {
  const { admin, ...texts } = site.texts;
  const { signIn } = admin;
  const problems: Problem[] = problem ? [{ field: 'user-name', text: signIn.problems[problem] }] : [];
  return (
    <Layout site={site} title={signIn.heading} error={problems.length > 0} home={PATHS.agents}>
      <ErrorSummary site={site} problems={problems} />
      {news ? (
        <p class="news" role="status">
          {signIn[news]}
        </p>
      ) : null}
      <h1>{signIn.heading}</h1>
      <p>{signIn.lead}</p>
      <form method="post" action={PATHS.signIn} novalidate>
        <Field
          id="user-name"
          name="userName"
          type="text"
          label={admin.userName}
          problems={problems}
          errorPrefix={texts.errorPrefix}
          autocomplete="username"
          value={userName}
        />
        <Field
          id="password"
          name="password"
          type="password"
          label={admin.password}
          problems={problems}
          errorPrefix={texts.errorPrefix}
          autocomplete="current-password"
        />
        <p class="actions">
          <button type="submit">{texts.continue}</button>
        </p>
      </form>
      <Lost site={site} />
    </Layout>
  );
}

export function codePage(site: Site, problem: CodeProblem | undefined) {
  const { admin, ...texts } = site.texts;
  const { codePage: words } = admin;
  const problems: Problem[] = problem ? [{ field: 'code', text: words.problems[problem] }] : [];
  return (
    <Layout site={site} title={words.heading} error={problems.length > 0} home={PATHS.agents}>
      <ErrorSummary site={site} problems={problems} />
      <form method="post" action={PATHS.code} novalidate>
        <Field
          id="code"
          name="code"
          type="text"
          label={words.heading}
          labelIsHeading
          hint={words.hint}
          problems={problems}
          errorPrefix={texts.errorPrefix}
          autocomplete="one-time-code"
          inputmode="numeric"
          class="digits"
        />
        <p class="actions">
          <button type="submit">{texts.continue}</button>
          <a href={PATHS.signIn}>{words.otherAccount}</a>
        </p>
      </form>
      <Lost site={site} />
    </Layout>
  );
}

/** No page gives an administrator a new gate: whoever has one gate would have the other, too. */
function Lost({ site }: { site: Site }) {
  const { heading, body, commands } = site.texts.admin.lost;
  return (
    <section class="aside">
      <h2>{heading}</h2>
      <p>{body}</p>
      <p>
        {commands.map((command) => (
          <>
            <code>{command}</code>
            <br />
          </>
        ))}
      </p>
    </section>
  );
}
