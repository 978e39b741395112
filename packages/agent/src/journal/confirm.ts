import type { Terminal } from '../terminal/terminal.ts';

/** Only a person at a terminal can say yes; a script says it beforehand. */
export async function confirmed(terminal: Terminal, question: string): Promise<boolean> {
  if (!terminal.interactive) {
    terminal.print('Nothing was changed: nobody is there to confirm. Run it again with --yes.');
    return false;
  }
  const answer = await terminal.ask(`${question} [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return true;
  terminal.print('Nothing was changed.');
  return false;
}
