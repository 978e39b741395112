/**
 * Seals the new password in the browser, so that nobody between it and the agent can read it. Without what it needs
 * the form is sent as it is, and sealed on receipt; unless the tenant requires this script: then it stays disabled.
 */
import { toBase64url } from '@homeward/protocol/bytes';
import { Password, type PasswordProblem } from '@homeward/protocol/password';
import { sealFor, type Ticket } from '@homeward/protocol/ticket';
import { showAnswer } from './show-answer.ts';

/** Known only while the script is first run. */
const OWN = document.currentScript?.getAttribute('src') ?? '';

type Form = {
  element: HTMLFormElement;
  password: HTMLInputElement;
  confirmation: HTMLInputElement;
  button: HTMLButtonElement;
  status: HTMLElement;
  interrupted: HTMLTemplateElement;
  /** of the reset that this page belongs to: another tab may have begun another */
  flow: string;
};

/** Times that a browser seals anew because an agent changed its keys meanwhile. */
const TRIES = 3;
/** ms; longer than any answer that the server keeps waiting for */
const GIVEN_UP_AFTER = 90_000;

function sealPasswords(): void {
  const form = findForm(document);
  // `crypto.subtle` is missing on pages that did not come over TLS (W3C Secure Contexts).
  if (!form || !globalThis.crypto?.subtle || !('isWellFormed' in String.prototype)) return;
  for (const part of form.element.querySelectorAll('fieldset')) part.disabled = false;
  document.getElementById('script-needed')?.remove();
  let underWay = false;
  let mayHaveArrived = false;
  form.element.addEventListener('submit', (event) => {
    event.preventDefault();
    if (underWay) return;
    underWay = true;
    busy(form, true);
    submit(form, mayHaveArrived, () => {
      mayHaveArrived = true;
    })
      .catch(() => tellInterrupted(form))
      .finally(() => {
        underWay = false;
        busy(form, false);
      });
  });
}

async function submit(form: Form, mayHaveArrived: boolean, leaving: () => void): Promise<void> {
  if (mayHaveArrived && (await hasArrived(form))) return;
  const typed = form.password.value;
  const again = form.confirmation.value;
  const password = problemOf(typed, again) ?? Password.of(typed);
  if (typeof password === 'string') return show(await post(form, { problem: password }));
  try {
    await sendSealed(form, password, leaving);
  } catch (error) {
    form.password.value = typed;
    form.confirmation.value = again;
    throw error;
  }
}

async function sendSealed(form: Form, password: Password, leaving: () => void): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const body = new URLSearchParams({ flow: form.flow });
    const given = await fetch('/reset/password/ticket', { method: 'POST', body, signal: patience() });
    if (given.status === 409) {
      const { location } = (await given.json()) as { location: string };
      window.location.assign(location);
      return;
    }
    if (!given.ok) return show(given);
    const ticket = (await given.json()) as Ticket;
    const sealed = toBase64url(await sealFor(ticket, password));
    form.password.value = '';
    form.confirmation.value = '';
    leaving();
    const answer = await post(form, { ticket: ticket.ticket, sealed });
    if (answer.status !== 409) return show(answer);
  }
  throw new Error('the keys changed again and again');
}

/** At once and not by loading itself anew: meanwhile the next password would go out unsealed. */
async function show(answer: Response): Promise<void> {
  await showAnswer(answer, OWN);
  sealPasswords();
}

/** Shows what became of a post whose answer was lost. False: it never arrived, and can be sent anew. */
async function hasArrived(form: Form): Promise<boolean> {
  const answer = await fetch(`/reset/done?flow=${form.flow}`, { signal: patience() });
  if (new URL(answer.url).pathname === '/reset/password') {
    const next = new DOMParser().parseFromString(await answer.clone().text(), 'text/html');
    const attempt = next.querySelector<HTMLElement>('form[data-attempt]')?.dataset['attempt'];
    if (attempt === form.element.dataset['attempt']) return false;
  }
  await show(answer);
  return true;
}

function post({ flow }: Form, fields: Record<string, string>): Promise<Response> {
  return fetch('/reset/password', {
    method: 'POST',
    headers: { accept: 'text/html', 'homeward-sealed': '1' },
    body: new URLSearchParams({ flow, ...fields }),
    signal: patience(),
  });
}

function patience(): AbortSignal {
  return AbortSignal.timeout(GIVEN_UP_AFTER);
}

/** The same order as on the server: what is told about a password does not depend on script. */
function problemOf(
  typed: string,
  again: string,
): PasswordProblem | 'mismatch' | 'confirmationEmpty' | undefined {
  const parsed = Password.parse(typed);
  if (typeof parsed === 'string') return parsed;
  if (again === '') return 'confirmationEmpty';
  return again === typed ? undefined : 'mismatch';
}

function busy({ button, status, element }: Form, working: boolean): void {
  button.disabled = working;
  if (working) button.setAttribute('aria-busy', 'true');
  else button.removeAttribute('aria-busy');
  status.textContent = working ? (element.dataset['working'] ?? '') : '';
}

function tellInterrupted({ element, interrupted }: Form): void {
  for (const old of document.querySelectorAll('main .summary')) old.remove();
  const summary = document.importNode(interrupted.content, true).firstElementChild;
  if (!(summary instanceof HTMLElement)) return;
  element.closest('main')?.querySelector('.sheet')?.prepend(summary);
  summary.focus();
}

function findForm(page: Document): Form | undefined {
  const element = page.querySelector<HTMLFormElement>('form[data-working]');
  const password = element?.querySelector<HTMLInputElement>('#password');
  const confirmation = element?.querySelector<HTMLInputElement>('#confirmation');
  const button = element?.querySelector<HTMLButtonElement>('button[type=submit]');
  const status = element?.querySelector<HTMLElement>('[role=status]');
  const interrupted = page.querySelector<HTMLTemplateElement>('template#interrupted');
  const flow = element?.querySelector<HTMLInputElement>('input[name=flow]')?.value;
  if (!element || !password || !confirmation || !button || !status || !interrupted || !flow) return undefined;
  return { element, password, confirmation, button, status, interrupted, flow };
}

sealPasswords();
