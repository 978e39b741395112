/**
 * Ticks the rules on the password page while somebody types. Sent to browsers as its own source text, so it stands
 * alone: nothing from outside this function may be used in it. It judges what the directory will judge
 * ([MS-SAMR] 3.1.1.7.2), and decides nothing: the directory does.
 */
export function passwordRules(page: Document): void {
  const input = page.querySelector<HTMLInputElement>('#password');
  const list = page.querySelector<HTMLElement>('.rules');
  const status = page.querySelector<HTMLElement>('#password-rules-status');
  if (!input || !list) return;
  const items = Array.from(list.querySelectorAll<HTMLElement>('li[data-rule]'));
  const kindOf = (character: string): string => {
    if (/^\p{Lu}$/u.test(character)) return 'upper';
    if (/^\p{Ll}$/u.test(character)) return 'lower';
    if (/^[0-9]$/.test(character)) return 'digit';
    return /^\p{L}$/u.test(character) ? 'otherLetter' : 'symbol';
  };
  const isMet = (item: HTMLElement, password: string): boolean => {
    const { rule, minimum, names } = item.dataset;
    if (rule === 'length') return password.length >= Number(minimum);
    if (rule === 'kinds') return new Set(Array.from(password, kindOf)).size >= 3;
    const parts = (JSON.parse(names ?? '[]') as string[]).filter((part) => part.length >= 3);
    return password !== '' && !parts.some((part) => password.toLowerCase().includes(part.toLowerCase()));
  };
  const marks = items.map((item) => {
    const mark = page.createElement('span');
    mark.className = 'visually-hidden';
    item.append(mark);
    return mark;
  });
  const show = (): void => {
    const met = items.map((item) => isMet(item, input.value));
    items.forEach((item, index) => {
      item.classList.toggle('met', met[index] === true);
      const mark = marks[index];
      if (mark) mark.textContent = met[index] ? ` (${list.dataset['met'] ?? ''})` : '';
    });
    const told = met.every(Boolean) ? (list.dataset['allMet'] ?? '') : '';
    if (status && status.textContent !== told) status.textContent = told;
  };
  const forget = (): void => {
    for (const item of Array.from(list.querySelectorAll('.broken'))) {
      item.classList.remove('broken');
      item.querySelector('.visually-hidden')?.remove();
    }
  };
  list.classList.add('live');
  input.addEventListener('input', forget, { once: true });
  input.addEventListener('input', show);
  show();
}
