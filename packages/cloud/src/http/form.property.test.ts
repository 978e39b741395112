import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readForm } from './form.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

test('reads every well-formed text as the platform encodes it', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, text, async (password, confirmation) => {
      const body = new URLSearchParams({ password, confirmation });
      const form = await readForm(new Request('http://localhost/', { method: 'POST', body }));
      if (typeof form === 'string') throw new Error(form);
      expect([form.text('password'), form.text('confirmation')]).toEqual([password, confirmation]);
    }),
  );
});

test('a question mark in front belongs to the first name', async () => {
  const form = await readForm(
    new Request('http://localhost/', { method: 'POST', body: '?a=b', headers: FORM }),
  );
  if (typeof form === 'string') throw new Error(form);
  expect([form.text('?a'), form.text('a')]).toEqual(['b', '']);
});

test('never fails on any bytes, and agrees with the platform wherever these are UTF-8', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
      const body = new Uint8Array(bytes);
      const form = await readForm(new Request('http://localhost/', { method: 'POST', body, headers: FORM }));
      if (typeof form === 'string') {
        expect(form).toBe('malformed');
        return;
      }
      // It takes one question mark in front for the beginning of a query; a second one belongs to the first name.
      const platform = new URLSearchParams(`?${Buffer.from(bytes).toString('latin1')}`);
      for (const name of platform.keys()) {
        const value = form.text(name);
        if (/^[\x20-\x7e]*$/.test(name) && value !== undefined && /^[\x20-\x7e]*$/.test(value)) {
          expect(value).toBe(platform.get(name));
        }
      }
    }),
  );
});
