import type { Child } from 'hono/jsx';
import type { Site } from './site.ts';

/** `field`: the id of the input it is about; without one it is about the page. */
export type Problem = { field?: string; text: string };

export type ErrorSummaryProps = {
  site: Site;
  problems: readonly Problem[];
  heading?: string | undefined;
  lead?: string | undefined;
  /** one link in place of the problems, which are told at that field alone */
  link?: Problem | undefined;
};

/** Told first, linked to the field, and focused when the page opens, so that screen readers begin with it. */
export function ErrorSummary({ site, problems, heading, lead, link }: ErrorSummaryProps) {
  if (problems.length === 0) return null;
  return (
    <div class="summary" role="alert" aria-labelledby="problem-heading" tabindex={-1} autofocus>
      <h2 id="problem-heading">{heading ?? site.texts.problemHeading}</h2>
      {lead ? <p>{lead}</p> : null}
      <ul>
        {(link ? [link] : problems).map(({ field, text }) => (
          <li>{field ? <a href={`#${field}`}>{text}</a> : text}</li>
        ))}
      </ul>
    </div>
  );
}

export type FieldProps = {
  id: string;
  name: string;
  type: 'text' | 'password';
  label: Child;
  /** the label is the page's only heading */
  labelIsHeading?: boolean;
  hint?: Child;
  /** ids of what else on the page says what the field takes */
  describedBy?: readonly string[];
  problems: readonly Problem[];
  /** read out before a problem of this field */
  errorPrefix: string;
  autocomplete: 'username' | 'one-time-code' | 'new-password' | 'current-password' | 'off';
  inputmode?: 'numeric' | 'email';
  value?: string;
  class?: string;
};

export function Field(props: FieldProps) {
  const { id, label, hint } = props;
  const mine = props.problems.filter((problem) => problem.field === id);
  const described = [
    ...(hint ? [`${id}-hint`] : []),
    ...(mine.length > 0 ? [`${id}-error`] : []),
    ...(props.describedBy ?? []),
  ].join(' ');
  const labelled = (
    <label for={id} class={props.labelIsHeading ? undefined : 'label'}>
      {label}
    </label>
  );
  return (
    <div class={mine.length > 0 ? 'field wrong' : 'field'}>
      {props.labelIsHeading ? <h1>{labelled}</h1> : labelled}
      {hint ? (
        <div id={`${id}-hint`} class="hint">
          {hint}
        </div>
      ) : null}
      {mine.length > 0 ? (
        <div id={`${id}-error`} class={mine.length > 1 ? 'error several' : 'error'}>
          {mine.map(({ text }) => (
            <p>
              <span class="visually-hidden">{props.errorPrefix}</span>
              {text}
            </p>
          ))}
        </div>
      ) : null}
      <input
        id={id}
        name={props.name}
        type={props.type}
        class={props.class}
        autocomplete={props.autocomplete}
        autocapitalize="none"
        autocorrect="off"
        spellcheck={false}
        {...(props.inputmode ? { inputmode: props.inputmode } : {})}
        {...(props.value === undefined ? {} : { value: props.value })}
        {...(described ? { 'aria-describedby': described } : {})}
        {...(mine.length > 0 ? { 'aria-invalid': 'true' } : {})}
      />
    </div>
  );
}

const STEPS = [1, 2, 3] as const;

/** Where in the reset one is. The bar repeats the words for the eye. */
export function Step({ site, step }: { site: Site; step: (typeof STEPS)[number] }) {
  return (
    <p class="step">
      <span class="step-bar" aria-hidden="true">
        {STEPS.map((at) => (
          <span class={at <= step ? 'reached' : undefined} />
        ))}
      </span>
      {site.texts.step(step, STEPS.length)}
    </p>
  );
}

export function Paragraphs({ of }: { of: readonly string[] }) {
  return (
    <>
      {of.map((text) => (
        <p>{text}</p>
      ))}
    </>
  );
}

/** For tenants that take only passwords which script has sealed. */
export function ScriptNeeded({ site }: { site: Site }) {
  const { title, body } = site.texts.sealing.scriptNeeded;
  return (
    <div class="summary" id="script-needed" role="note" aria-labelledby="script-needed-heading">
      <h2 id="script-needed-heading">{title}</h2>
      <p>{body}</p>
    </div>
  );
}
