import type { PersonPolicy } from '@homeward/protocol/policy';
import type { Site } from '../../portal/site.ts';

export type PasswordRulesProps = {
  site: Site;
  policy: PersonPolicy | null;
  /** the account's name and what it is shown as: complexity forbids both in a password */
  names: readonly string[];
  now: number;
};

/**
 * The rules of this person's own directory, before they type. A list without script; with it each rule that can be
 * judged here ticks as they type (islands/password-rules.ts reads the `data-` attributes).
 */
export function PasswordRules({ site, policy, names, now }: PasswordRulesProps) {
  const texts = site.texts.policy;
  const rules = policy?.rules;
  if (!policy || !rules) return null;
  const youngUntil = policy.nextChangeAllowedAt ?? 0;
  return (
    <>
      {policy.holdsOnReset && youngUntil > now ? (
        <p class="notice">{texts.tooYoung(site.moment(youngUntil))}</p>
      ) : null}
      <div id="password-rules">
        <p>{texts.heading}</p>
        <ul class="rules" data-met={texts.met} data-all-met={texts.allMet}>
          {rules.minimumLength > 0 ? (
            <li data-rule="length" data-minimum={rules.minimumLength}>
              {texts.length(rules.minimumLength)}
            </li>
          ) : null}
          {rules.complexity ? <li data-rule="kinds">{texts.kinds}</li> : null}
          {rules.complexity && names.length > 0 ? (
            <li data-rule="names" data-names={JSON.stringify(names)}>
              {texts.names}
            </li>
          ) : null}
          {rules.historyLength > 0 ? <li>{texts.history(rules.historyLength)}</li> : null}
        </ul>
        <p class="visually-hidden" role="status" id="password-rules-status" />
      </div>
    </>
  );
}
