import { expect, test } from 'vitest';
import { wireBytes } from './wire-bytes.ts';

const line = (msg: string, bytes?: number) => JSON.stringify({ level: 30, msg, ...(bytes && { bytes }) });
const sent = (bytes: number) => line('request sent to the agent', bytes);
const received = (bytes: number) => line('reply received', bytes);

test('the last request and the last reply are told, whatever else is in the log', () => {
  const log = [
    sent(132),
    received(400),
    'no JSON {',
    line('request'),
    sent(964),
    line('stopping'),
    received(401),
  ];
  expect(wireBytes(`${log.join('\n')}\n`)).toEqual({ request: 964, reply: 401 });
});

test.each([
  ['nothing', ''],
  ['a request without a reply', sent(964)],
  ['a reply without a request', received(400)],
  ['sizes that are gone', [line('request sent to the agent'), line('reply received')].join('\n')],
])('a log with %s is no measurement', (_what, log) => {
  expect(() => wireBytes(log)).toThrow('the log of the cloud does not tell the size of');
});
