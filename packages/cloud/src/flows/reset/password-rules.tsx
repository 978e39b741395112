import type { Rule } from '@homeward/protocol/outcome';
import type { PersonPolicy } from '@homeward/protocol/policy';
import type { Site } from '../../portal/site.ts';

export type PasswordRulesProps = {
  site: Site;
  policy: PersonPolicy | null;
  /** the account's name and what it is shown as: complexity forbids both in a password */
  names: readonly string[];
  now: number;
  /** by the password that was refused last */
  broken: readonly Rule[];
};

/** of the list, for the field that it is about */
export const RULES_ID = 'password-rules';

type Item = { rule: Rule; text: string; attributes?: Record<string, string | number> };

/**
 * The rules of this person's own directory, before they type. A list without script; with it each rule that can be
 * judged here ticks as they type (islands/password-rules.ts reads the `data-` attributes).
 */
export function PasswordRules({ site, policy, names, now, broken }: PasswordRulesProps) {
  const texts = site.texts.policy;
  const items = itemsOf(site, policy, names);
  if (!policy || items.length === 0) return null;
  const youngUntil = policy.nextChangeAllowedAt ?? 0;
  return (
    <>
      {policy.holdsOnReset && youngUntil > now ? (
        <p class="notice">{texts.tooYoung(site.moment(youngUntil))}</p>
      ) : null}
      <div>
        <div id={RULES_ID}>
          <p>{texts.heading}</p>
          <ul class="rules" data-met={texts.met} data-all-met={texts.allMet}>
            {items.map(({ rule, text, attributes }) => (
              <li class={broken.includes(rule) ? 'broken' : undefined} {...attributes}>
                {text}
                {broken.includes(rule) ? <span class="visually-hidden"> ({texts.broken})</span> : null}
              </li>
            ))}
          </ul>
        </div>
        <p class="visually-hidden" role="status" id="password-rules-status" />
      </div>
    </>
  );
}

/** Whether there is a list. A controller that takes no policy hints does not look at the history on a reset. */
export function hasRules(policy: PersonPolicy | null): boolean {
  const rules = policy?.rules;
  return rules !== undefined && (rules.minimumLength > 0 || rules.complexity || holdsHistory(policy));
}

function holdsHistory(policy: PersonPolicy | null): boolean {
  return policy?.holdsOnReset === true && (policy.rules?.historyLength ?? 0) > 0;
}

function itemsOf(site: Site, policy: PersonPolicy | null, names: readonly string[]): Item[] {
  const texts = site.texts.policy;
  const rules = policy?.rules;
  if (!rules) return [];
  const { minimumLength, complexity, historyLength } = rules;
  const items: (Item | false)[] = [
    minimumLength > 0 && {
      rule: 'tooShort',
      text: texts.length(minimumLength),
      attributes: { 'data-rule': 'length', 'data-minimum': minimumLength },
    },
    complexity && { rule: 'notComplex', text: texts.kinds, attributes: { 'data-rule': 'kinds' } },
    complexity &&
      names.length > 0 && {
        rule: 'containsName',
        text: texts.names,
        attributes: { 'data-rule': 'names', 'data-names': JSON.stringify(names) },
      },
    holdsHistory(policy) && { rule: 'historyOrFilter', text: texts.history(historyLength) },
  ];
  return items.filter((item) => item !== false);
}
