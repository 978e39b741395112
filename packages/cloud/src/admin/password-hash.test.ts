import { expect, test } from 'vitest';
import { passwordHasher, unmatchedHash } from './password-hash.ts';

test('a password is recognised by its own hash, in either spelling of its characters', async () => {
  const { hash, verify } = passwordHasher();
  const phc = await hash('caf\u00e9 on the corner');
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=47104,t=2,p=1\$/);
  expect(await verify('cafe\u0301 on the corner', phc)).toBe('right');
  expect(await verify('cafe on the corner', phc)).toBe('wrong');
  expect(await verify('', unmatchedHash())).toBe('wrong');
});

test('two of the same password have different hashes', async () => {
  const { hash } = passwordHasher();
  expect(await hash('same password')).not.toBe(await hash('same password'));
});

test('a hash of another kind is a fault, not a wrong password', async () => {
  await expect(passwordHasher().verify('x', '$2b$10$abcdef')).rejects.toThrow(TypeError);
});

test('fifty may wait behind two; the next one is told that it is busy', async () => {
  const { verify } = passwordHasher();
  const weak = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA';
  const answers = await Promise.all(Array.from({ length: 53 }, () => verify('x', weak)));
  expect(answers.filter((answer) => answer === 'busy')).toHaveLength(1);
  expect(answers.at(-1)).toBe('busy');
  expect(await verify('x', weak)).toBe('wrong');
});
