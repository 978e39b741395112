import { expect, test } from 'vitest';
import { readForm } from './form.ts';

type Body = string | Uint8Array<ArrayBuffer>;
const FORM = 'application/x-www-form-urlencoded';

function post(body: Body, type = FORM): Request {
  return new Request('http://localhost/', { method: 'POST', body, headers: { 'content-type': type } });
}

/** As browsers send it: they say how long it is. */
function postWithLength(body: Body): Request {
  const length = String(Buffer.byteLength(body));
  const headers = { 'content-type': FORM, 'content-length': length };
  return new Request('http://localhost/', { method: 'POST', body, headers });
}

async function read(body: Body, name = 'password'): Promise<string | undefined> {
  const [value, other] = await Promise.all(
    [post(body), postWithLength(body)].map(async (request) => {
      const form = await readForm(request);
      if (typeof form === 'string') throw new Error(form);
      return form.text(name);
    }),
  );
  expect(other).toBe(value);
  return value;
}

test('reads what browsers send', async () => {
  expect(await read('password=a+b%2Bc%26%3D%25&confirmation=x')).toBe('a b+c&=%');
  expect(await read('password=%C3%A9%E6%BC%A2%F0%9F%98%80')).toBe('é漢😀');
  expect(await read('x=1&password=a=b')).toBe('a=b');
  expect(await read('password=&confirmation=x')).toBe('');
  expect(await read('')).toBe('');
  expect(await read('password')).toBe('');
  expect(await read('password=%zz%4')).toBe('%zz%4');
  expect(await read('password=%EF%BB%BFx')).toBe('\uFEFFx');
});

test.each(['password=%FF', 'password=%ED%A0%80', 'password=%C3', 'password=a%F8'])(
  'says so when a value is no well-formed UTF-8, instead of reading another one (%s)',
  async (body) => {
    expect(await read(body)).toBeUndefined();
  },
);

test('refuses a field that is given twice, and a name that is no UTF-8', async () => {
  expect(await readForm(post('password=a&password=b'))).toBe('malformed');
  expect(await readForm(post('%FF=a'))).toBe('malformed');
});

test('refuses what is no form, and what is larger than any form of ours', async () => {
  expect(await readForm(post('{}', 'application/json'))).toBe('notAForm');
  expect(await readForm(new Request('http://localhost/', { method: 'POST' }))).toBe('notAForm');
  expect(await readForm(post(`password=${'x'.repeat(9_000)}`))).toBe('tooLarge');
  expect(await readForm(postWithLength(`password=${'x'.repeat(9_000)}`))).toBe('tooLarge');
  expect(await readForm(post('password=x', 'application/x-www-form-urlencoded; charset=UTF-8'))).toBeTypeOf(
    'object',
  );
});
