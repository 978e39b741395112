import { type Outcome, RULES, type Rule } from '@homeward/protocol/outcome';
import {
  ErrorSummary,
  Field,
  Paragraphs,
  type Problem,
  ScriptNeeded,
  Step,
} from '../../portal/components.tsx';
import { Layout } from '../../portal/layout.tsx';
import type { Site } from '../../portal/site.ts';
import type { ResetFlow } from './flow.ts';
import { FlowField } from './flow-field.tsx';
import { resultCodeOf } from './outcome-pages.tsx';
import { hasRules, PasswordRules, RULES_ID } from './password-rules.tsx';

export type PasswordPageProps = {
  flow: ResetFlow;
  userName: string | undefined;
  /** which the password may not contain */
  names: readonly string[];
  now: number;
};

const ADVICE = 'password-advice';

export function passwordPage(site: Site, { flow, userName, names, now }: PasswordPageProps) {
  const { password, ...texts } = site.texts;
  const told = flow.notice?.kind === 'outcome' ? flow.outcome : null;
  const required = site.sealing === 'required';
  const { interrupted } = texts.sealing;
  const problems = problemsOf(site, flow, told);
  const refused = told?.kind === 'refusedByPolicy' ? texts.outcomes.refusedByPolicy : undefined;
  const broken = told?.kind === 'refusedByPolicy' ? told.refusal.rules : [];
  const describedBy = [...(hasRules(flow.policy) ? [RULES_ID] : []), ...(refused ? [] : [ADVICE])];
  return (
    <Layout
      site={site}
      title={password.heading}
      error={problems.length > 0 || told !== null}
      supportCode={flow.id}
      resultCode={told ? resultCodeOf(told) : undefined}
      scripts={[site.rulesHref, ...(site.sealHref ? [site.sealHref] : [])]}
    >
      <ErrorSummary
        site={site}
        problems={problems}
        heading={refused?.heading}
        lead={refused?.body.join(' ')}
        link={refused && { field: 'password', text: password.toField }}
      />
      {told && told.kind !== 'refusedByPolicy' ? <NotDone site={site} outcome={told} /> : null}
      {required ? <ScriptNeeded site={site} /> : null}
      <Step site={site} step={3} />
      <h1>{password.heading}</h1>
      {userName ? <p class="account">{password.account(userName)}</p> : null}
      {refused ? null : <p id={ADVICE}>{password.hint}</p>}
      <PasswordRules site={site} policy={flow.policy} names={names} now={now} broken={broken} />
      <form
        method="post"
        action="/reset/password"
        novalidate
        data-attempt={flow.attempt}
        data-working={texts.sealing.working}
        data-show={password.show}
        data-hide={password.hide}
        data-differ={password.differ}
      >
        <FlowField flow={flow} />
        {userName ? (
          <input type="text" name="username" autocomplete="username" value={userName} hidden readonly />
        ) : null}
        {/* Script enables it: where it is required, nothing can be sent in the clear by mistake. */}
        <fieldset role="presentation" disabled={required}>
          <Field
            id="password"
            name="password"
            type="password"
            label={password.newPassword}
            problems={problems}
            errorPrefix={texts.errorPrefix}
            autocomplete="new-password"
            describedBy={describedBy}
          />
          <Field
            id="confirmation"
            name="confirmation"
            type="password"
            label={password.confirmation}
            problems={problems}
            errorPrefix={texts.errorPrefix}
            autocomplete="new-password"
          />
          <p class="actions">
            <button type="submit">{password.submit}</button>
          </p>
        </fieldset>
        {site.sealHref ? <p role="status" /> : null}
      </form>
      {site.sealHref ? (
        <template id="interrupted">
          <div class="summary" role="alert" aria-labelledby="problem-heading" tabindex={-1}>
            <h2 id="problem-heading">{interrupted.heading}</h2>
            <p>{interrupted.body}</p>
          </div>
        </template>
      ) : null}
      <p class="aside">
        <a href="/reset">{texts.startAgain}</a>
      </p>
    </Layout>
  );
}

/** The order ended without a new password, but may be given again: said above the form, which is right there. */
function NotDone({ site, outcome }: { site: Site; outcome: Outcome }) {
  const words = wordsFor(site, outcome);
  return (
    <div class="summary" role="alert" aria-labelledby="outcome-heading" tabindex={-1} autofocus>
      <h2 id="outcome-heading">{words.heading}</h2>
      <Paragraphs of={words.body} />
    </div>
  );
}

function wordsFor(site: Site, outcome: Outcome): { heading: string; body: readonly string[] } {
  if (outcome.kind !== 'notStarted' || outcome.retryAt === undefined)
    return site.texts.outcomes[outcome.kind];
  const { heading, body } = site.texts.password.earlier;
  return { heading, body: body(site.moment(outcome.retryAt)) };
}

function problemsOf(site: Site, { notice }: ResetFlow, told: Outcome | null): Problem[] {
  if (notice?.kind === 'password') {
    const field = notice.problem === 'confirmationEmpty' ? 'confirmation' : 'password';
    return [{ field, text: site.texts.password.problems[notice.problem] }];
  }
  if (told?.kind !== 'refusedByPolicy') return [];
  const { refusal } = told;
  const retryAt = refusal.retryAt === undefined ? undefined : site.moment(refusal.retryAt);
  const broken = (Object.keys(RULES) as Rule[]).filter((rule) => refusal.rules.includes(rule));
  if (broken.length === 0) {
    return [{ field: 'password', text: site.texts.outcomes.refusedByPolicy.heading }];
  }
  return broken.map((rule) => ({ field: 'password', text: site.texts.rules[rule](refusal, retryAt) }));
}
