import { type AuditTopic, TOPICS } from '../audit/audit-topics.ts';
import { Field, type Problem } from '../portal/components.tsx';
import { AUDIT_TEXT as words } from '../portal/locales/en-audit-page.ts';
import type { Site } from '../portal/site.ts';
import type { AskedAudit } from './audit-query.ts';
import { PATHS } from './paths.ts';

type FiltersProps = { site: Site; asked: AskedAudit; problems: readonly Problem[] };

/** A plain form: what is shown is in the address, so that it can be kept and sent on. */
export function AuditFilters({ site, asked, problems }: FiltersProps) {
  const shared = {
    problems,
    errorPrefix: site.texts.errorPrefix,
    type: 'text',
    autocomplete: 'off',
  } as const;
  return (
    <div class="choice">
      <form method="get" action={PATHS.audit} class="filters">
        <Field {...shared} id="flow" name="flow" label={words.flow} value={asked.flow} />
        <Field {...shared} id="person" name="person" label={words.person} value={asked.person} />
        <div class="field">
          <label for="activity" class="label">
            {words.activity}
          </label>
          <select id="activity" name="activity">
            {choices(asked.activity).map(([value, text]) => (
              <option value={value} selected={value === asked.activity}>
                {text}
              </option>
            ))}
          </select>
        </div>
        <p class="actions">
          <button type="submit">{words.show}</button>
        </p>
      </form>
    </div>
  );
}

/** What was asked stays in view, also where no choice of ours has it. */
function choices(asked: string): (readonly [value: string, text: string])[] {
  return [
    ['', words.topics.all] as const,
    ...TOPICS.map((topic) => [topic, words.topics[topic]] as const),
    ...(asked === '' || TOPICS.includes(asked as AuditTopic) ? [] : [[asked, asked] as const]),
  ];
}
