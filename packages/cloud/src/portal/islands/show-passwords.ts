/**
 * On the password page: shows what is typed to whoever asks for it, and says that the two are not the same before
 * they are sent. Stands alone like the rules beside it: its own source text is what browsers get.
 */
export function showPasswords(page: Document): void {
  const form = page.querySelector<HTMLFormElement>('form[data-show]');
  const password = form?.querySelector<HTMLInputElement>('#password');
  const confirmation = form?.querySelector<HTMLInputElement>('#confirmation');
  if (!form || !password || !confirmation) return;
  const { show = '', hide = '', differ = '' } = form.dataset;

  const button = page.createElement('button');
  button.type = 'button';
  button.className = 'secondary show';
  const reveal = (shown: boolean): void => {
    button.textContent = shown ? hide : show;
    for (const input of [password, confirmation]) input.type = shown ? 'text' : 'password';
  };
  button.addEventListener('click', () => reveal(password.type === 'password'));
  // Browsers keep what was typed in fields of text, to offer it again.
  form.addEventListener('submit', () => reveal(false), { capture: true });
  reveal(false);
  confirmation.closest('.field')?.after(button);

  const told = page.createElement('p');
  told.className = 'error differ';
  told.setAttribute('role', 'status');
  confirmation.before(told);
  const compare = (): void => {
    // As long as it may still become the same, it is only not finished. Not told when the field is left: what moves
    // then is no longer below the finger that is about to press the button.
    const same = confirmation.value === password.value.slice(0, confirmation.value.length);
    const text = same || confirmation.value === '' ? '' : differ;
    if (told.textContent !== text) told.textContent = text;
  };
  for (const input of [password, confirmation]) input.addEventListener('input', compare);
}
