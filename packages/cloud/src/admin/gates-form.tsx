import type { Child } from 'hono/jsx';
import { Field, type Problem } from '../portal/components.tsx';
import type { Site } from '../portal/site.ts';

export type GatesProblem = keyof Site['texts']['admin']['machine']['problems'];

const FIELD_OF_PROBLEM: Record<GatesProblem, string> = {
  empty: 'ending',
  emptyGates: 'password',
  ending: 'ending',
  password: 'password',
  code: 'code',
  codeUsed: 'code',
};

export function gatesProblems(site: Site, problem: GatesProblem | undefined): Problem[] {
  if (problem === undefined) return [];
  return [{ field: FIELD_OF_PROBLEM[problem], text: site.texts.admin.machine.problems[problem] }];
}

export type GatesFormProps = {
  site: Site;
  action: string;
  userName: string;
  problems: readonly Problem[];
  submit: string;
  /** what is confirmed cannot be undone */
  isDangerous?: boolean;
  /** the end of a new machine's fingerprint; by default it is asked for */
  asksEnding?: boolean;
  /** other ways on, beside the button */
  children?: Child;
};

/** Both gates once more, and for a new machine what can only be read at the machine itself. */
export function GatesForm({
  site,
  action,
  userName,
  problems,
  submit,
  isDangerous = false,
  asksEnding = true,
  children,
}: GatesFormProps) {
  const { admin, errorPrefix } = site.texts;
  const { machine } = admin;
  const shared = { problems, errorPrefix };
  return (
    <section class="group">
      <h2>{asksEnding ? machine.proveHeading : machine.proveYouHeading}</h2>
      <form method="post" action={action} novalidate>
        <input type="text" name="username" autocomplete="username" value={userName} hidden readonly />
        {asksEnding ? (
          <Field
            {...shared}
            id="ending"
            name="ending"
            type="text"
            label={machine.ending}
            hint={machine.endingHint}
            autocomplete="off"
            class="short"
          />
        ) : null}
        <Field
          {...shared}
          id="password"
          name="password"
          type="password"
          label={admin.password}
          autocomplete="current-password"
        />
        <Field
          {...shared}
          id="code"
          name="code"
          type="text"
          label={admin.code}
          hint={machine.codeHint}
          autocomplete="one-time-code"
          inputmode="numeric"
          class="digits"
        />
        <p class="actions">
          <button type="submit" class={isDangerous ? 'danger' : undefined}>
            {submit}
          </button>
          {children}
        </p>
      </form>
    </section>
  );
}
