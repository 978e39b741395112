import { expect, test } from 'vitest';
import { demoOptions } from './options.ts';

const NONE = { hostName: undefined, port: undefined, mailboxPort: undefined };

test('a demo that is told nothing has its own name and ports', () => {
  expect(demoOptions([], {})).toEqual(NONE);
  expect(demoOptions(['--name', ''], { NAME: 'the-machine', PORT: '', MAILBOX_PORT: '' })).toEqual(NONE);
});

test('ports come from make’s variables, and options go before them', () => {
  const variables = { PORT: '8090', MAILBOX_PORT: '8091' };
  const named = ['--name', 'reset.example.com'];
  const told = { hostName: 'reset.example.com', port: 8_090, mailboxPort: 8_091 };
  expect(demoOptions(named, variables)).toEqual(told);
  expect(demoOptions([...named, '--port', '9000'], variables)).toEqual({ ...told, port: 9_000 });
});

test.each(['0', '65536', '-1', '80a', '8 0', '999999'])('%j is told to be no port', (typed) => {
  expect(() => demoOptions([], { PORT: typed })).toThrow(`PORT must be a port from 1 to 65535, not ${typed}`);
  expect(() => demoOptions([], { MAILBOX_PORT: typed })).toThrow('MAILBOX_PORT must be a port');
});

test('an option that is not known is refused', () => {
  expect(() => demoOptions(['--colour'], {})).toThrow('--colour');
});
