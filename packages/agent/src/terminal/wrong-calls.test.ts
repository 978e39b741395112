import { Command } from 'commander';
import { expect, test } from 'vitest';
import { refuseWrongCalls } from './wrong-calls.ts';

function call(...words: string[]) {
  const said: string[] = [];
  const program = new Command('homeward-agent').configureOutput({
    writeErr: (text) => void said.push(text),
    writeOut: () => {},
  });
  const journal = program.command('journal');
  journal
    .command('resolve')
    .argument('<request id>')
    .requiredOption('--as <end>')
    .action(() => {});
  class Ended extends Error {}
  let exit: number | undefined;
  refuseWrongCalls(program, (code) => {
    exit = code;
    throw new Ended();
  });
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
  }
  return { exit, said: said.join('') };
}

test('what is wrong is told with the very command that explains it', () => {
  expect(call('journal', 'resolve', 'x')).toEqual({
    exit: 2,
    said: "homeward-agent: required option '--as <end>' not specified\nSee: homeward-agent journal resolve --help\n",
  });
  expect(call('nothing')).toMatchObject({
    exit: 2,
    said: expect.stringContaining('See: homeward-agent --help'),
  });
});

test('help that was asked for is no mistake', () => {
  expect(call('journal', 'resolve', '--help').exit).toBe(0);
  expect(call('journal', 'resolve', 'x', '--as', 'applied').exit).toBeUndefined();
});
